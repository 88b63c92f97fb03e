"""Charts of Moran records: what is drawn is what was computed."""

from __future__ import annotations

import numpy as np
import pytest
from cases import columbus, munnell

import toolkit as tk
from toolkit.errors import InputError


@pytest.fixture(scope="module")
def record():
    panel, w = munnell()
    return tk.moran(panel, ["unemp", "log(gsp / emp)"], w, permutations=99, seed=1)


def test_scatter_draws_the_points_and_the_slope(record):
    figure = tk.charts.moran_scatter(record, 1986)
    axes = figure.axes[0]
    points = record.scatter(1986, "unemp")
    drawn = axes.collections[0].get_offsets()
    np.testing.assert_allclose(drawn, points[["z", "lag"]])
    line = max(axes.lines, key=lambda item: item.get_linewidth())
    x, y = line.get_data()
    assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(np.polyfit(points["z"], points["lag"], 1)[0])
    assert axes.get_xlabel() == "Unemployment rate, standardised"
    assert {"HH", "LL", "HL", "LH"} <= {t.get_text() for t in axes.texts}


def test_scatter_names_who_is_asked(record):
    texts = {t.get_text() for t in tk.charts.moran_scatter(record, 1986, label=["TX", "Ohio"]).axes[0].texts}
    assert {"Texas", "Ohio"} <= texts
    with pytest.raises(InputError, match="Atlantis"):
        tk.charts.moran_scatter(record, 1986, label=["Atlantis"])


def test_years_are_drawn_as_computed(record):
    figure = tk.charts.moran_by_year(record)
    table = record.tidy()
    lines = [i for i in figure.axes[0].lines if len(i.get_xdata()) == 17 and i.get_marker() in ("None", None, "")]
    for variable, line in zip(("unemp", "log(gsp / emp)"), lines, strict=True):
        np.testing.assert_allclose(line.get_ydata(), table.loc[table["variable"] == variable, "statistic"])
    assert figure.axes[0].get_xlabel() == "Year"


def test_what_cannot_be_drawn(record):
    panel, w = columbus()
    with pytest.raises(InputError, match="two periods"):
        tk.charts.moran_by_year(tk.moran(panel, "CRIME", w, permutations=0))
    with pytest.raises(InputError, match="1800"):
        tk.charts.moran_scatter(record, 1800)
    with pytest.raises(InputError, match=r"tk\.moran"):
        tk.charts.moran_scatter("record")


def test_moran_scatter_with_a_map_in_the_same_colours():
    panel, w = munnell()
    record = tk.moran(panel, "unemp", w, permutations=99, seed=1)
    local = tk.local_moran(panel, "unemp", w, permutations=99, seed=1, p_adjust=None)
    figure = tk.charts.moran_scatter(record, 1986, map=panel, clusters=local)
    found = local.at(1986)["cluster"].replace({"island": "ns"}).value_counts()
    drawn = {c.get_gid(): len(c.get_offsets()) for c in figure.axes[0].collections if c.get_gid()}
    assert drawn == found.to_dict()
    texts = [t.get_text() for t in figure.legends[0].get_texts()]
    assert texts[0] == f"High–High: {found.get('HH', 0)}" and len(texts) == 5
    quadrants = tk.charts.moran_scatter(record, 1986, map=panel, width="one", lang="zh")
    assert len(quadrants.legends[0].get_texts()) == 4 and quadrants.axes[0].get_position().y0 > 0
    points = record.scatter(1986)
    high = int(((points["z"] > 0) & (points["lag"] > 0)).sum())
    assert quadrants.legends[0].get_texts()[0].get_text() == f"高–高: {high}"
    with pytest.raises(InputError, match="one period"):
        tk.charts.moran_scatter(record, [1970, 1986], map=panel)
    with pytest.raises(InputError, match="local_moran"):
        tk.charts.moran_scatter(record, 1986, map=panel, clusters=record)
    other = tk.local_moran(panel, "log(gsp)", w, permutations=99, seed=1)
    with pytest.raises(InputError, match="not this variable"):
        tk.charts.moran_scatter(record, 1986, clusters=other)


def test_a_character_without_a_glyph_and_a_page_without_room(tmp_path):
    from toolkit.errors import OutputError
    from toolkit.report.figure import new_figure

    figure = new_figure()
    figure.subplots().set_title("\U0001b170")
    with pytest.raises(OutputError, match=r"U\+1B170"):
        figure.save(tmp_path / "glyph.png")
    narrow = new_figure(1.0, 0.4)
    narrow.subplots().set_ylabel("A very long label that does not fit", rotation=0)
    with pytest.raises(OutputError, match=r"no room for the figure at 1\.0 by 0\.4"):
        narrow.save(tmp_path / "narrow.png")
    assert not list(tmp_path.iterdir())
