"""The interactive map: what is in the page, and what is refused."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from cases import columbus, munnell
from shapely import Point, box
from shapely.geometry import shape

import toolkit as tk
from toolkit.errors import DataError, FormulaError, InputError, OutputError
from toolkit.report.interactive import explore, interactive_page
from toolkit.report.interactive.shapes import outlines
from toolkit.report.projection import sheet


def content(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def regions(page: str) -> dict:
    """The columns of the map."""
    found = []

    def walk(part):
        if isinstance(part, dict):
            if part.get("name") == "ColumnDataSource":
                found.append(dict(part["attributes"]["data"]["entries"]))
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(content(page)["plots"]["map"]["doc"])
    return found[0]


def square(values=(1.0, 2.0, 3.0, 4.0), names=None, crs=4326, shapes=None):
    ids = list("abcd")
    shapes = shapes or [box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)]
    table = pd.DataFrame({"id": ids, "x": values})
    attributes = None if names is None else pd.DataFrame({"name": names}, index=ids)
    panel = tk.Panel(table, entity="id", attributes=attributes)
    return panel.with_geometry(gpd.GeoSeries(shapes, index=ids, crs=crs))


@pytest.fixture(scope="module")
def china():
    panel = tk.load("china")
    return panel, tk.weights.queen(panel, link={"Hainan": "Guangdong"})


def test_values_classes_and_labels_are_those_of_the_panel():
    panel, _ = munnell()
    data = content(panel.explore(["unemp", "log(gsp / emp)"]).html)
    first, second = data["layers"]
    assert (first["label"], first["unit"]) == ("Unemployment rate", "percent")
    np.testing.assert_allclose(first["values"], panel.values("unemp"))
    expected = np.log(panel.values("gsp") / panel.values("emp"))
    np.testing.assert_allclose(second["values"], expected, rtol=1e-9)
    legend = [t.get_text() for t in tk.maps.choropleth(panel, "unemp", list(panel.times)).legends[0].get_texts()]
    assert [c["label"] for c in first["classes"]] == legend
    counts = np.bincount(np.ravel(first["codes"]))
    assert counts.sum() == panel.N * panel.T and counts.min() > 0.1 * counts.sum()
    assert data["names"] == list(panel.names) and data["times"] == [str(t) for t in panel.times]


@pytest.mark.parametrize("scheme", ["equal", "natural", [4, 8], {"unemp": [4, 8]}])
def test_schemes(scheme):
    page = munnell()[0].explore("unemp", [1970, 1986], scheme=scheme, k=3).html
    (layer,) = content(page)["layers"]
    values, codes = np.array(layer["values"]), np.array(layer["codes"])
    assert values.shape == (2, 48) and len(layer["classes"]) == 3
    if not isinstance(scheme, str):
        np.testing.assert_array_equal(codes, (values > 4).astype(int) + (values > 8))


def test_gaps_of_variables_and_expressions_are_without_data(china):
    panel, _ = china
    data = content(panel.explore({"urban_share": "Urban", "growth(gdp)": "Growth"}, [2000, 2010, 2020], k=4).html)
    urban, growth = data["layers"]
    assert urban["label"] == "Urban"
    assert set(urban["codes"][0]) == {-1} and -1 not in urban["codes"][2]
    assert urban["values"][0] == [None] * 31
    assert growth["values"][0] == [None] * 31 and None not in growth["values"][1]


def test_the_borders_stay_shared_and_small(china):
    panel, _ = china
    drawn = outlines(panel)
    assert drawn.km and 4000 < drawn.width < 6500
    parts = {}
    for i in range(panel.N):
        rings = zip(drawn.xs[i], drawn.ys[i], strict=True)
        polygons = [[list(zip(x, y, strict=True)) for x, y in zip(px, py, strict=True)] for px, py in rings]
        parts[i] = shape({"type": "MultiPolygon", "coordinates": polygons}).buffer(0)
    total = sum(p.area for p in parts.values())
    page = sheet(panel)
    exact = page.shapes.area.sum() * (page.metres / 1000) ** 2
    assert total == pytest.approx(exact, rel=0.002)  # square kilometres, after simplification by half a pixel
    whole = gpd.GeoSeries(list(parts.values())).union_all()
    assert whole.area == pytest.approx(total, rel=1e-3)  # neighbours neither overlap nor part
    assert all(drawn.xs), "a region has vanished"


def test_islets_of_the_south_china_sea_are_in_the_inset(china):
    panel, _ = china
    drawn = outlines(panel)
    left, bottom, right, top = drawn.box
    hainan = list(panel.names).index("Hainan")
    x = np.concatenate([np.array(ring[0]) for ring in drawn.inset_xs[hainan]])
    y = np.concatenate([np.array(ring[0]) for ring in drawn.inset_ys[hainan]])
    assert len(drawn.inset_xs[hainan]) > 5
    assert left - 1 <= x.min() and x.max() <= right + 1 and bottom - 1 <= y.min() and y.max() <= top + 1
    assert drawn.inset_xs[list(panel.names).index("Heilongjiang")] == []
    assert outlines(panel, inset=False).box is None


def test_clusters_are_the_record(china):
    panel, w = china
    record = tk.local_moran(panel.between(2018, 2020), "log(gdp / emp)", w, permutations=999, seed=1, p_adjust=None)
    page = panel.explore("gdp", [2017, 2018, 2020], clusters=record).html
    layer = content(page)["layers"][1]
    assert layer["label"].startswith("Local Moran's I: log(Gross regional product")
    assert set(layer["codes"][0]) == {-1}  # a year the record does not have
    for row, year in ((1, 2018), (2, 2020)):
        expected = record.at(year).set_index("region").loc[list(panel.entities)]
        assert [record.categories[c] for c in layer["codes"][row]] == list(expected["cluster"])
        np.testing.assert_allclose(layer["p"][row], expected["p_adjusted"], rtol=1e-9)
        np.testing.assert_allclose(layer["values"][row], expected["statistic"], rtol=1e-9)
    assert "unadjusted" in layer["note"]
    hatches = {c["label"]: c["hatch"] for c in layer["classes"]}
    assert hatches["High among low"] == "right_diagonal_line" and hatches["High–High"] == ""
    alone = content(panel.explore(clusters=[record]).html)
    assert len(alone["layers"]) == 1


def test_points_are_drawn_as_points():
    panel = square(shapes=[Point(0, 0), Point(1, 0), Point(0, 1), Point(1, 1)])
    columns = regions(panel.explore("x", k=2).html)
    assert (
        "xs" not in columns and len(columns["x"]) == len(columns["y"]) == 4
    )  # plain lists, no buffers beside the page


def test_chinese_page(china):
    panel, _ = china
    page = panel.explore("gdp", [2020], lang="zh", title="中国").html
    data = content(page)
    assert '<html lang="zh">' in page and "<title>中国</title>" in page
    assert data["names"][0] == "北京" and data["layers"][0]["unit"] == panel.unit("gdp", "zh")
    assert data["words"]["no_data"] == "无数据"


def test_a_cross_section_has_neither_slider_nor_series():
    page = columbus()[0].explore(["CRIME", "INC"], projection="keep").html
    assert '<div class="years" hidden>' in page and "series" not in content(page)["plots"]
    assert "series" in content(munnell()[0].explore("unemp").html)["plots"]


def test_names_cannot_break_out_of_the_page():
    odd = ["</script><script>alert(1)</script>", "A & B", '"quoted"', "<b>bold</b>"]
    panel = square(names=odd)
    page = panel.explore({"x": "</title><img src=x onerror=alert(1)>"}, k=2, title="<i>t</i>").html
    assert content(page)["names"] == odd
    assert "<script>alert" not in page and "<img src=x" not in page and "<i>t" not in page and "<b>bold" not in page
    assert "<img src=x" not in panel.explore({"x": "<img src=x>"}, k=2)._repr_html_()


def test_the_page_asks_nothing_of_the_network():
    page = interactive_page(munnell()[0], "unemp")
    own = page[: page.index("/* BEGIN bokeh.min.js */")]
    assert "http" not in own and not re.search(r'<(script|link|img)[^>]* (src|href)="(?!data:,)', page)
    assert len(page) < 2_000_000


def test_the_same_map_makes_the_same_file():
    panel = square()
    assert panel.explore("x", k=2).html == panel.explore("x", k=2).html


def test_saved_whole_or_not_at_all(tmp_path):
    shown = square().explore("x", k=2)
    path = shown.save(tmp_path / "map.html")
    assert path.read_text(encoding="utf-8") == shown.html
    with pytest.raises(OutputError, match="overwrite=True"):
        shown.save(path)
    shown.save(path, overwrite=True)
    with pytest.raises(OutputError, match=r"\.html"):
        shown.save(tmp_path / "map.png")
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]
    assert shown._repr_html_().startswith("<iframe srcdoc=")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tk.Panel(pd.DataFrame({"id": ["a"], "x": [1.0]}), "id").explore("x"), DataError, "x: All"),
        (lambda: tk.Panel(pd.DataFrame({"id": ["a", "b"], "x": [1.0, 2]}), "id").explore("x"), DataError, "has no map"),
        (lambda: columbus()[0].explore("CRIME"), DataError, 'projection="keep"'),
        (lambda: square().explore("nothing"), FormulaError, "nothing"),
        (lambda: square().explore("x +"), FormulaError, "x +"),
        (lambda: square(values=list("wxyz")).explore("x"), DataError, "w"),
        (lambda: square(values=[1.0] * 4).explore("x"), DataError, "x: All regions have the same value"),
        (lambda: square(values=[np.nan] * 4).explore("x"), DataError, "x: There is no value"),
        (lambda: square().explore(), InputError, "nothing to show"),
        (lambda: square().explore(["x", "x"]), InputError, "each once"),
        (lambda: square().explore([1]), InputError, "in quotes"),
        (lambda: square().explore("x", [1999]), InputError, "no period 1999"),
        (lambda: square().explore("x", scheme="pretty"), InputError, "quantiles, equal, natural"),
        (lambda: square().explore("x", scheme={"y": "equal"}), InputError, "scheme= names what is not shown: y"),
        (lambda: square().explore(["x", "x * 2"], unit="km"), InputError, "cannot be the unit of 2"),
        (lambda: square().explore("x", k=12), InputError, "2 to 9"),
        (lambda: square().explore("x", lang="fr"), InputError, "'fr'"),
        (lambda: square().explore("x", clusters="no"), InputError, "tk.local_moran"),
        (lambda: square(shapes=[Point(0, 0), *[box(i, 0, i + 1, 1) for i in (1, 2, 3)]]).explore("x"), DataError, r"a \(Point\)"),
    ],
)  # fmt: skip
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_too_many_regions_and_records_of_others_are_refused():
    many = tk.Panel(pd.DataFrame({"id": range(5001), "x": np.arange(5001.0)}), "id")
    with pytest.raises(InputError, match=r"5,001 regions are too many(.|\n)*up to 5,000(.|\n)*tk.maps.choropleth"):
        explore(many, "x")
    panel, w = munnell()
    record = tk.getis_ord(panel, "unemp", w, permutations=99, seed=1)
    with pytest.raises(DataError, match="not the same"):
        panel.select(entities=list(panel.entities[:40])).explore("unemp", clusters=record)
