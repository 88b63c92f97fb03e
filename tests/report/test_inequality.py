"""Charts of inequality and of gaps: what is drawn is what was computed."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.errors import InputError


@pytest.fixture(scope="module")
def china():
    return tk.load("china").between(2015, 2022)


@pytest.fixture(scope="module")
def record(china):
    return tk.inequality(china, "gdp / pop", ["gini", "cv"], weights="pop", bootstrap=99, seed=1)


def test_measures_are_drawn_with_their_intervals(record):
    figure = tk.charts.inequality_by_year(record)
    for k, axes in enumerate(figure.axes):
        np.testing.assert_allclose(axes.lines[0].get_ydata(), record.estimate[k])
        band = axes.collections[0].get_paths()[0].vertices
        assert band[:, 1].min() == pytest.approx(record.conf_low[k].min())
        assert band[:, 1].max() == pytest.approx(record.conf_high[k].max())
        assert axes.get_ylim()[0] == 0
    assert [a.get_title(loc="left") for a in figure.axes] == ["Gini coefficient", "Coefficient of variation"]
    assert figure.legends[0].get_texts()[0].get_text() == "95% bootstrap interval"
    assert "Resident population" in figure.get_suptitle()


@pytest.mark.parametrize("share", [False, True])
def test_stacks_add_up_to_the_total(china, share):
    for made in (
        tk.dagum(china, "gdp / pop", "blocks", weights="pop"),
        tk.theil(china, "gdp / pop", "coast", index="L"),
    ):
        axes = tk.charts.decomposition_by_year(made, share=share).axes[0]
        tops = [bar.get_y() + bar.get_height() for bar in axes.containers[-1]]
        np.testing.assert_allclose(tops, np.full(china.T, 100.0) if share else made.total, rtol=1e-12)
        heights = [[bar.get_height() for bar in stack] for stack in axes.containers]
        np.testing.assert_allclose(heights, 100 * made.parts / made.total if share else made.parts, rtol=1e-12)


def test_negative_contributions_hang_below_zero(china):
    made = tk.gini_sources(china, None, [f"va_{k} / pop" for k in ("primary", "secondary", "tertiary")], weights="pop")
    assert (made.contribution[0] < 0).any()
    figure = tk.charts.decomposition_by_year(made, parts=["Primary", "Secondary", "Tertiary"])
    low = [bar.get_y() + bar.get_height() for bar in figure.axes[0].containers[0]]
    np.testing.assert_allclose(low, made.contribution[0])
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["Primary", "Secondary", "Tertiary"]
    with pytest.raises(InputError, match="3 parts and 2 names"):
        tk.charts.decomposition_by_year(made, parts=["Primary", "Others"])


def test_lorenz_curves_are_the_points(china):
    curves = tk.lorenz(china, "gdp / pop", weights="pop", groups="coast")
    figure = tk.charts.lorenz_curves(curves, 2020, lang="zh")
    for line, group in zip(figure.axes[0].lines, ("all", "Coastal", "Inland"), strict=False):
        weight, amount = curves.points[group]
        np.testing.assert_allclose(line.get_xdata(), weight[5])
        np.testing.assert_allclose(line.get_ydata(), amount[5])
    texts = [t.get_text() for t in figure.legends[0].get_texts()]
    assert texts[1].startswith("沿海 (G = ") and texts[-1] == "绝对平等线"
    with pytest.raises(InputError, match="1999"):
        tk.charts.lorenz_curves(curves, 1999)


def test_gaps_are_drawn_and_broken_where_refused(china):
    account = tk.gap_account(china, "gdp / pop - 4", "blocks", base="West", weights="pop")
    figure = tk.charts.gap_by_year(account, "East", name="Product above 40,000 yuan")
    table = account.tidy().query("group == 'East'")
    left, right = figure.axes
    for line, (_, rows) in zip(left.lines, table.groupby("weighting", sort=False), strict=False):
        np.testing.assert_allclose(line.get_ydata(), rows["difference"])
    for line, (_, rows) in zip(right.lines, table.groupby("weighting", sort=False), strict=False):
        np.testing.assert_allclose(line.get_ydata(), rows["ratio"])
    refused = table["ratio"].isna().sum()
    assert refused > 0
    assert any(f"No ratio in {refused} of 16" in t.get_text() for t in figure.legends[0].get_texts())
    assert figure.get_suptitle() == "Product above 40,000 yuan"


def test_polarisation_and_the_spatial_gini_are_drawn_as_computed(china):
    records = [
        tk.polarisation(china, "gdp / pop", weights="pop"),
        tk.polarisation(china, "gdp / pop", "blocks", measure="esteban-ray"),
    ]
    figure = tk.charts.polarisation_by_year(*records, name="Product per head")
    for axes, record in zip(figure.axes, records, strict=True):
        np.testing.assert_allclose(axes.lines[0].get_ydata(), record.estimate)
    assert figure.axes[1].get_title(loc="left") == "Esteban–Ray index (alpha = 1.3, blocks)"
    made = tk.gini_spatial(china, "gdp / pop", tk.weights.knn(china, k=4), permutations=99, seed=1)
    axes = tk.charts.gini_spatial_by_year(made, lang="zh").axes[0]
    lines = [line.get_ydata() for line in axes.lines]
    np.testing.assert_allclose(lines[0], made.expected)
    np.testing.assert_allclose(lines[1], made.other)
    assert len(lines[2]) == (made.p_perm < 0.05).sum() and len(lines[2]) + len(lines[3]) == china.T
    with pytest.raises(InputError, match="permutations"):
        tk.charts.gini_spatial_by_year(tk.gini_spatial(china, "gdp / pop", tk.weights.knn(china, k=4), permutations=0))
    with pytest.raises(InputError, match=r"tk\.polarisation"):
        tk.charts.polarisation_by_year(made)


def test_the_year_of_real_prices_is_named(china):
    account = tk.gap_account(china.assign(cpi=100.0), "gdp / pop", "coast", deflator="cpi", prices=2020)
    texts = [t.get_text() for t in tk.charts.gap_by_year(account).legends[0].get_texts()]
    assert texts == ["nominal, mean of regions", "real (2020 prices), mean of regions"]


def test_they_are_saved_in_both_languages(china, record, tmp_path):
    charts = tk.charts
    dagum = tk.dagum(china, "gdp / pop", "blocks")
    account = tk.gap_account(china, "gdp / pop", "north_south")
    for lang in ("en", "zh"):
        for k, figure in enumerate(
            (
                charts.inequality_by_year(record, "gini", lang=lang),
                charts.decomposition_by_year(dagum, lang=lang),
                charts.gap_by_year(account, lang=lang, width="one"),
            )
        ):
            assert figure.save(tmp_path / f"{lang}{k}.png", dpi=50).stat().st_size > 2000


def test_what_cannot_be_drawn(china, record):
    year = china.select(times=2020)
    with pytest.raises(InputError, match="two periods"):
        tk.charts.inequality_by_year(tk.inequality(year, "gdp / pop"))
    with pytest.raises(InputError, match="two periods"):
        tk.charts.gap_by_year(tk.gap_account(year, "gdp / pop", "blocks"))
    with pytest.raises(InputError, match="gini, cv"):
        tk.charts.inequality_by_year(record, "theil_t")
    with pytest.raises(InputError, match=r"tk\.dagum"):
        tk.charts.decomposition_by_year(record)
    with pytest.raises(InputError, match="East - West"):
        tk.charts.gap_by_year(tk.gap_account(china, "gdp / pop", "blocks", base="West"), "North")
