"""Charts of composite indices and of industrial structure: what is drawn is what was computed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import munnell

import toolkit as tk
from toolkit.errors import InputError
from toolkit.report.chart_requests import fold

SYSTEMS = {
    "gsp / emp": {"direction": "+", "system": "output", "label": "Productivity", "label_zh": "劳动生产率"},
    "unemp": {"direction": "-", "system": "output", "label": "Unemployment", "label_zh": "失业率"},
    "pcap / emp": {"direction": "+", "system": "capital", "label": "Public capital", "label_zh": "公共资本"},
}


@pytest.fixture(scope="module")
def index():
    return tk.composite_index(munnell()[0], SYSTEMS)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(1)
    x = pd.DataFrame(rng.gamma(1, 9, size=(6, 4)) + 1, index=list("abcdef"), columns=["steel", "cars", "chips", "tea"])
    x.iloc[0, 3] = 0
    return x


def labels(axes):
    return [t.get_text() for t in axes.get_yticklabels()]


def test_weights_are_bars(index):
    axes = tk.charts.index_weights(index).axes[0]
    assert labels(axes) == ["Productivity", "Unemployment (−)", "Public capital"]
    np.testing.assert_allclose([p.get_width() for p in axes.patches], index.weights[0])
    assert labels(tk.charts.index_weights(index, lang="zh").axes[0])[0] == "劳动生产率"


def test_long_labels_are_folded_or_give_way_to_the_expression():
    folded, lines = fold(["a short one", "words " * 40, "two lines of words here"], 1.0, ["x", "gdp / pop", "z"])
    assert folded[0] == "a short one"
    assert folded[1] == "gdp / pop"
    assert folded[2].count("\n") == 1 and lines == 2
    panel = tk.load("china").select(times=[2020])
    index = tk.composite_index(panel, {"gdp / pop": "+", "patents / pop": "+"})
    assert "gdp / pop" in labels(tk.charts.index_weights(index).axes[0])


def test_scores_are_lines(index):
    axes = tk.charts.index_by_year(index, ["Ohio", "TX"]).axes[0]
    ohio = index.wide()["OH"].to_numpy()
    assert any(np.allclose(line.get_ydata(), ohio) and line.get_color() != "#dcdcdc" for line in axes.lines)
    assert {"Ohio", "Texas", "mean"} <= {t.get_text() for t in axes.texts}
    with pytest.raises(InputError, match="Atlantis"):
        tk.charts.index_by_year(index, ["Atlantis"])
    with pytest.raises(InputError, match="two periods"):
        tk.charts.index_by_year(tk.composite_index(munnell()[0].select(times=[1986]), SYSTEMS))


def test_ranks_run_from_first_to_last(index):
    record = tk.index_uncertainty(index, 30, seed=1)
    axes = tk.charts.index_ranks(record, 1986).axes[0]
    assert labels(axes) == index.ranking(1986)["name"].tolist()
    made = axes.lines[1].get_xdata()
    np.testing.assert_array_equal(made, np.sort(index.ranks[-1]))
    with pytest.raises(InputError, match="1800"):
        tk.charts.index_ranks(record, 1800)


def test_coordination_is_its_median(index):
    record = tk.coupling_coordination(index)
    axes = tk.charts.coupling_by_year(record).axes[0]
    line = max(axes.lines, key=lambda item: len(item.get_xdata()))
    np.testing.assert_allclose(line.get_ydata(), np.median(record.coordination, axis=1))


def test_obstacles_are_means(index):
    record = tk.obstacle_degree(index)
    axes = tk.charts.obstacle_degrees(record, most=2).axes[0]
    np.testing.assert_allclose([p.get_width() for p in axes.patches], record.main()["degree"].head(2))


def test_quotients_are_cells(table):
    record = tk.location_quotient(table)
    figure = tk.charts.location_quotients(record)
    image = figure.axes[0].images[0].get_array()
    order = [record.names.index(name) for name in labels(figure.axes[0])]
    expected = record.values[0][order]
    np.testing.assert_allclose(image.filled(np.nan)[expected > 0], np.clip(np.log2(expected[expected > 0]), -3, 3))
    assert np.ma.getmaskarray(image)[expected == 0].all()
    assert "no such industry" in {t.get_text() for legend in figure.legends for t in legend.get_texts()}


def test_similarity_stands_by_group(table):
    groups = dict(zip(table.index, "NSNSNS", strict=True))
    figure = tk.charts.similarity_map(tk.homogeneity_test(table, groups, kind="cosine"))
    assert labels(figure.axes[0]) == list("acebdf")
    assert {"N", "S"} <= {t.get_text() for t in figure.axes[0].texts}
    assert len(figure.axes[0].patches) == 2


def test_parts_end_where_the_mark_is(table):
    record = tk.shift_share({1: table, 2: table * 1.2 + 1})
    axes = tk.charts.shift_share_bars(record).axes[0]
    rates = record.by_region(rates=True).set_index("name")
    np.testing.assert_allclose(axes.lines[0].get_xdata(), rates.loc[labels(axes), "change"])
    widths = np.array([p.get_width() for p in axes.patches]).reshape(3, -1)
    np.testing.assert_allclose(widths.sum(0), axes.lines[0].get_xdata(), atol=1e-12)


def test_industry_space_shows_what_a_region_has(table):
    record = tk.relatedness(table)
    axes = tk.charts.industry_space(record, "b").axes[0]
    full, open_ = (len(c.get_offsets()) for c in axes.collections)
    assert full == record.present[0, 1].sum()
    assert full + open_ == 4
    assert {"steel", "cars", "chips", "tea"} <= {t.get_text() for t in axes.texts}
    assert len(axes.lines) >= 2  # a forest joins four industries in at most two parts
    with pytest.raises(InputError, match="Atlantis"):
        tk.charts.industry_space(record, "Atlantis")
    with pytest.raises(InputError, match="cut"):
        tk.charts.industry_space(record, cut=2)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_chart_is_saved(index, table, tmp_path, lang):
    record = tk.coupling_coordination(index)
    figures = [
        tk.charts.index_weights(index, lang=lang),
        tk.charts.index_by_year(index, lang=lang),
        tk.charts.coupling_by_year(record, lang=lang),
        tk.charts.obstacle_degrees(tk.obstacle_degree(index), lang=lang),
        tk.charts.location_quotients(tk.location_quotient(table), lang=lang),
        tk.charts.similarity_map(tk.similarity(table), lang=lang),
        tk.charts.industry_space(tk.relatedness(table), lang=lang),
        tk.charts.shift_share_bars(tk.shift_share({1: table, 2: table + 1}), rates=False, lang=lang),
    ]
    for number, figure in enumerate(figures):
        assert figure.save(tmp_path / f"{number}.png", dpi=60).stat().st_size > 2000


@pytest.mark.parametrize(
    "chart",
    [
        "index_weights",
        "index_by_year",
        "index_ranks",
        "coupling_by_year",
        "obstacle_degrees",
        "location_quotients",
        "similarity_map",
        "industry_space",
        "shift_share_bars",
    ],
)
def test_what_cannot_be_drawn(chart, index):
    with pytest.raises(InputError, match=r"tk\."):
        getattr(tk.charts, chart)("record")
    with pytest.raises(InputError, match="lang"):
        getattr(tk.charts, chart)(index, lang="fr")
