"""Maps: what is on the page, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from cases import columbus, munnell, small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError, OutputError


@pytest.fixture(scope="module")
def china():
    panel = tk.load("china").between(2015, 2020)
    return panel, tk.weights.queen(panel, link={"Hainan": "Guangdong"})


def legend_texts(figure):
    return [t.get_text() for legend in figure.legends for t in legend.get_texts()]


def test_small_multiples_share_one_scale():
    panel, _ = munnell()
    figure = tk.maps.choropleth(panel, "unemp", [1970, 1978, 1986], k=4)
    assert [a.get_title("left") for a in figure.axes] == ["1970", "1978", "1986"]
    texts = legend_texts(figure)
    assert len(texts) == 4
    values = panel.values("unemp")[[0, 8, 16]]
    assert texts[0].startswith(f"{values.min():.1f}") and texts[-1].endswith(f"{values.max():.1f}")
    assert figure.legends[0].get_title().get_text() == "Unemployment rate (percent)"


@pytest.mark.parametrize("times", [1986, [1970, 1986]])
def test_titles_are_on_the_page(times):
    figure = tk.maps.choropleth(munnell()[0], "unemp", times)
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes._left_title.get_window_extent(figure.canvas.get_renderer())
        assert box.y1 <= figure.bbox.height and box.x0 >= 0


def test_china_is_drawn_equal_area_with_an_inset_and_a_scale_bar(china):
    panel, _ = china
    figure = tk.maps.choropleth(panel, "gdp / pop", 2020, lang="zh")
    main = figure.axes[0]
    assert len(main.child_axes) == 1
    assert any("公里" in t.get_text() for t in main.texts)
    assert figure.legends[0].get_title().get_text().startswith("地区生产总值 / 常住人口")


def test_gaps_are_hatched_and_named(china):
    panel, _ = china
    gaps = panel.assign(part=np.where(panel.frame["adcode"].to_numpy() == "540000", np.nan, panel.frame["gdp"]))
    assert "No data" in legend_texts(tk.maps.choropleth(gaps, "part", 2020))


def test_lisa_counts_are_the_record(china):
    panel, w = china
    record = tk.local_moran(panel, "log(gdp / pop)", w, permutations=999, seed=1, p_adjust=None)
    figure = tk.maps.lisa(panel, record, [2015, 2020])
    counts = [(record.at(t)["cluster"] == "HH").sum() for t in (2015, 2020)]
    assert f"High–High: {counts[0]}, {counts[1]}" in legend_texts(figure)
    assert "unadjusted" in figure.legends[0].get_title().get_text()


def test_files_are_written_whole_and_not_over_others(tmp_path):
    panel, _ = munnell()
    figure = tk.maps.choropleth(panel, "unemp")
    for suffix, magic in ((".pdf", b"%PDF"), (".png", b"\x89PNG"), (".svg", b"<?xml")):
        path = figure.save(tmp_path / f"map{suffix}")
        content = path.read_bytes()
        assert content.startswith(magic)
        with pytest.raises(OutputError, match="overwrite"):
            figure.save(path)
        assert figure.save(path, overwrite=True).read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"variable": "unemp", "time": 1800}, InputError, "1800"),
        ({"variable": "unemp", "k": 1}, InputError, "2 to 9"),
        ({"variable": "unemp", "scheme": "jenks"}, InputError, "natural"),
        ({"variable": "unemp", "width": "three"}, InputError, "two"),
    ],
)
def test_bad_arguments(arguments, error, says):
    panel, _ = munnell()
    with pytest.raises(error, match=says):
        tk.maps.choropleth(panel, **arguments)


def test_no_map_no_system_no_record(china):
    panel, w, _ = small_panel(1)
    with pytest.raises(DataError, match="no map"):
        tk.maps.choropleth(panel, "x1")
    with pytest.raises(DataError, match="keep"):
        tk.maps.choropleth(columbus()[0], "CRIME")
    assert len(tk.maps.choropleth(columbus()[0], "CRIME", projection="keep").axes) == 1
    with pytest.raises(InputError, match="local_moran"):
        tk.maps.lisa(china[0], "record")
    record = tk.local_moran(panel, "x1", w, permutations=99, seed=1)
    with pytest.raises(DataError, match="not the same"):
        tk.maps.lisa(china[0], record)


def callouts(figure):
    return [line for line in figure.axes[0].lines if line.get_gid() == "callout"]


def test_small_units_are_called_out(china):
    panel, _ = china
    figure = tk.maps.choropleth(panel, "gdp", 2020, callouts=True)
    names = [t.get_text() for t in figure.axes[0].texts if "km" not in t.get_text()]
    assert set(names) == {"Beijing", "Tianjin", "Shanghai"} and len(callouts(figure)) == 3
    chosen = tk.maps.choropleth(panel, "gdp", [2015, 2020], callouts=["上海", "Hainan"], width="two")
    assert len(callouts(chosen)) == 2
    assert {t.get_text() for t in chosen.axes[1].texts} == {"Shanghai", "Hainan"}
    assert not callouts(tk.maps.choropleth(panel, "gdp", 2020))
    with pytest.raises(DataError, match="Atlantis"):
        tk.maps.choropleth(panel, "gdp", 2020, callouts=["Atlantis"])


def test_classes_diverge_from_a_value(china):
    panel, _ = china
    figure = tk.maps.choropleth(panel, "gdp / pop", 2020, center=6, k=4)
    texts = legend_texts(figure)
    assert sum(float(t.split(" – ")[1]) <= 6 for t in texts) == 2 and len(texts) == 4
    hatched = [bool(h.get_hatch()) for h in figure.legends[0].legend_handles]
    assert hatched == [True, True, False, False]
    with pytest.raises(InputError, match="center='mean'"):
        tk.maps.choropleth(panel, "gdp", 2020, center="mean")


def test_many_periods_take_more_columns(china):
    panel, _ = china
    figure = tk.maps.choropleth(panel, "gdp", [2015, 2016, 2017, 2018, 2019, 2020], columns=2)
    assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == (3, 2)
    with pytest.raises(InputError, match="columns=0"):
        tk.maps.choropleth(panel, "gdp", 2020, columns=0)


def test_growth_reaches_beyond_the_periods_shown(china):
    panel, _ = china
    figure = tk.maps.choropleth(panel, "growth(gdp)", [2016, 2020], scheme="equal", k=2)
    growth = panel.wide("gdp").pct_change().loc[[2016, 2020]].to_numpy()
    low, high = (float(legend_texts(figure)[i].replace("−", "-").split(" – ")[i]) for i in (0, 1))
    assert low == pytest.approx(growth.min(), abs=0.006) and high == pytest.approx(growth.max(), abs=0.006)


def test_regions_known_by_a_place_only_are_points():
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "v": [1.0, 2.0, np.nan]}, geometry=gpd.points_from_xy([1, 2, 3], [4, 5, 4]), crs=4326
    )
    figure = tk.maps.choropleth(tk.Panel(frame, entity="id"), "v", k=2)
    assert sum(len(c.get_offsets()) for c in figure.axes[0].collections) == 3
