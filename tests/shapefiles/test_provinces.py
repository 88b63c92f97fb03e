"""The shipped polygons: a coverage, small, and with the neighbours of the 68 known pairs."""

from __future__ import annotations

import csv

import geopandas as gpd
import pytest
from cases import GOLDEN, ROOT

import toolkit as tk
from toolkit.errors import WeightsError

PATH = ROOT / "shapefiles" / "provinces.shp"
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=30 +lon_0=105 +datum=WGS84"


@pytest.fixture(scope="module")
def shapes():
    return gpd.read_file(PATH)


def known_pairs() -> set[frozenset[str]]:
    with (GOLDEN / "china_adjacency.csv").open(encoding="utf-8-sig", newline="") as handle:
        return {frozenset((r["adcode_i"], r["adcode_j"])) for r in csv.DictReader(handle)}


def test_queen_contiguity_is_the_68_known_pairs():
    panel = tk.load("china")
    w = tk.weights.queen(panel, islands="keep")
    rows, columns = w.sparse.nonzero()
    found = {frozenset((w.ids[i], w.ids[j])) for i, j in zip(rows, columns, strict=True)}
    assert found == known_pairs()
    assert len(found) == 68
    assert list(w.islands) == ["460000"]


def test_hainan_is_refused_until_it_is_linked():
    panel = tk.load("china")
    with pytest.raises(WeightsError, match="Hainan|460000"):
        tk.weights.queen(panel)
    w = tk.weights.queen(panel, link={"Hainan": "Guangdong"})
    assert not len(w.islands)
    at = list(w.ids).index("460000")
    assert w.ids[w.sparse[[at]].nonzero()[1][0]] == "440000"
    same = tk.weights.queen(panel, link={"460000": "广东"})
    assert same.hash == w.hash


def test_polygons_are_one_valid_coverage(shapes):
    assert len(shapes) == 31 and shapes["adcode"].is_unique
    assert shapes.is_valid.all()
    assert shapes.crs == "EPSG:4326"
    flat = shapes.to_crs(ALBERS)
    union = flat.union_all()
    assert flat.area.sum() == pytest.approx(union.area, rel=1e-9)  # no overlaps
    holes = sum(len(p.interiors) for p in getattr(union, "geoms", [union]))
    assert holes == 0


def test_file_is_small():
    assert PATH.stat().st_size <= 400_000


def test_names_are_those_of_the_table(shapes):
    panel = tk.load("china")
    by_id = shapes.set_index(shapes["adcode"].astype(str))
    assert (by_id.loc[panel.entities, "name_zh"].to_numpy() == panel.names_in("zh").to_numpy()).all()
    assert (by_id.loc[panel.entities, "name_en"].to_numpy() == panel.names.to_numpy()).all()


def test_polygon_area_is_no_denominator(shapes):
    """The polygon of Shanghai is 40 percent larger than the official area: what the README warns of."""
    panel = tk.load("china")
    area = shapes.to_crs(ALBERS).set_index("adcode").area / 1e6
    ratio = area["310000"] / panel.attributes.loc["310000", "area_km2"]
    assert 1.3 < ratio < 1.5
    assert panel.values("area_km2")[0, list(panel.entities).index("310000")] == 5705
