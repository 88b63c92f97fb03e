"""The packaged China table against its codebook, and the registers against their sources."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Polygon

import toolkit as tk
from toolkit.data.china import china_codebook, china_map, china_registers

ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=30 +lon_0=105 +datum=WGS84"


@pytest.fixture(scope="module")
def panel():
    return tk.load("china")


def test_shape_and_ids(panel):
    assert (panel.N, panel.T, panel.balanced) == (31, 24, True)
    assert panel.times[0] == 2000 and panel.times[-1] == 2023
    assert all(isinstance(i, str) and len(i) == 6 for i in panel.entities)
    assert "gdp_prelim" not in panel.variables


def test_preliminary_year_is_opt_in():
    late = tk.load("china", preliminary=True)
    assert late.times[-1] == 2024
    frame = late.frame
    assert frame.loc[frame["year"] == 2024, "gdp_prelim"].notna().all()
    assert frame.loc[frame["year"] == 2024, "gdp"].isna().all()


def test_every_variable_is_in_the_codebook_with_both_languages(panel):
    book = china_codebook()
    for name in panel.variables:
        entry = book[name]
        assert entry.label_en and entry.label_zh and entry.unit_en and entry.unit_zh and entry.source, name


def test_years_are_those_of_the_codebook():
    late = tk.load("china", preliminary=True)
    for name, entry in china_codebook().items():
        if entry.first_year is None:
            continue
        years = late.frame.dropna(subset=[name])["year"]
        assert (years.min(), years.max()) == (entry.first_year, entry.last_year), name


def test_orders_of_magnitude(panel):
    """National totals of 2020 known from the yearbook: population 1.41 billion, regional product about 101 trillion yuan."""
    year = panel.select(times=[2020])
    assert year.values("pop").sum() == pytest.approx(141_000, rel=0.01)
    assert year.values("gdp").sum() == pytest.approx(1_012_000, rel=0.02)
    frame = panel.frame
    for name in set(panel.variables) - {"gdp_index", "urban_share"}:
        assert (frame[name].dropna() >= 0).all(), name
    assert frame["gdp_index"].dropna().between(80, 140).all()
    sectors = frame[["emp_primary", "emp_secondary", "emp_tertiary"]].sum(axis=1, skipna=False)
    gap = (sectors / frame["emp"] - 1).dropna().abs()
    assert gap.median() < 0.01


def test_registers_cover_every_province_once(panel):
    sizes = {r.name: pd.Series(r.groups).value_counts().to_dict() for r in china_registers()}
    assert sizes["blocks"] == {"East": 10, "Central": 6, "West": 12, "Northeast": 3}
    assert sizes["coast"] == {"Coastal": 11, "Inland": 20}
    assert sizes["north_south"] == {"North": 15, "South": 16}
    for register in china_registers():
        assert set(register.groups) == set(panel.entities)
        assert register.source and register.date and set(register.labels_zh) == set(register.labels)
    assert panel.register("blocks", lang="zh")["110000"] == "东部"


def test_hu_line_sides_are_the_majority_of_area():
    """The line from Heihe (127.5 E, 50.2 N) to Tengchong (98.5 E, 25.0 N), straight in the equal-area projection."""
    import geopandas as gpd

    ends = gpd.GeoSeries([LineString([(127.528, 50.245), (98.490, 25.025)])], crs=4326).to_crs(ALBERS)[0].coords
    (x0, y0), (x1, y1) = ends
    along = np.array([x1 - x0, y1 - y0])
    west = np.array([along[1], -along[0]]) if along[1] < 0 else np.array([-along[1], along[0]])
    a, b = np.array([x0, y0]) - 20 * along, np.array([x1, y1]) + 20 * along
    half = Polygon([a, b, b + 20 * west, a + 20 * west])
    flat = china_map().to_crs(ALBERS)
    share = flat.intersection(half).area / flat.area
    groups = next(r for r in china_registers() if r.name == "hu_line").groups
    assert {i for i, s in share.items() if s > 0.5} == {i for i, g in groups.items() if g == "Northwest"}
    assert round(100 * share["510000"], 1) == 49.6  # the note of the register


def test_the_warning_on_employment_names_the_steps(panel):
    """Changes of more than 10 percent in a year outside 2010, where every unit may break: those the codebook names."""
    change = np.log(panel.wide("emp")).diff().drop(index=[2000, 2010])
    found = {(t, panel.names[i]) for (t, i), v in change.stack().items() if abs(v) > 0.1}
    warned = {(2004, "Beijing"), (2011, "Tianjin"), (2011, "Shanghai"), (2013, "Shanghai")}
    warned |= {(t, "Tianjin") for t in (2006, 2007, 2008)} | {(2020, n) for n in ("Anhui", "Hunan", "Qinghai")}
    assert found == warned | {(2001, "Guizhou"), (2005, "Guizhou")}
    text = panel.codebook["emp"].warning
    assert all(name in text and str(year) in text for year, name in found if year not in (2007,))


def test_where_sectors_do_not_add_up_is_said(panel):
    """By more than 3 percent; the codebook names units and years."""
    total = sum(panel.values(f"emp_{s}") for s in ("primary", "secondary", "tertiary"))
    gap = pd.DataFrame(total / panel.values("emp") - 1, index=panel.times, columns=panel.names)
    wide = gap[gap.abs() > 0.03].stack().dropna()
    assert wide.min() == pytest.approx(-0.246, abs=5e-4) and (wide < 0).all()
    by_unit = wide.reset_index().groupby("name")["year"].agg(["min", "max", "size"])
    assert by_unit.loc["Xinjiang"].tolist() == [2010, 2015, 6] and by_unit.loc["Shaanxi"].tolist() == [2012, 2018, 7]
    assert len(by_unit) == 2
    for sector in ("primary", "secondary", "tertiary"):
        assert "Xinjiang 2010-2015 and Shaanxi 2012-2018" in panel.codebook[f"emp_{sector}"].warning


@pytest.mark.parametrize(
    ("variable", "limit"), [("emp_primary", 0.35), ("emp_secondary", 0.35), ("emp_tertiary", 0.35), ("pop", 0.04)]
)
def test_steps_of_single_units_are_named(panel, variable, limit):
    y = panel.values(variable)
    change = y[1:] / y[:-1] - 1
    change = np.minimum(change, 0) if variable == "pop" else change
    text = panel.codebook[variable].warning
    found = {(int(panel.times[t + 1]), panel.names.iloc[i]) for t, i in np.argwhere(abs(change) > limit)}
    assert found and all(str(year) in text and name in text for year, name in found)


def test_roads_break_when_village_roads_come_in(panel):
    total = panel.values("road").sum(axis=1)
    jump = total[list(panel.times).index(2006)] / total[list(panel.times).index(2005)]
    assert jump > 1.7 and "2005 and 2006" in panel.codebook["road"].warning
