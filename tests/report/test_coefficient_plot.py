"""Coefficient and impact plots: every estimate at its place, with its interval, under its name."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import statsmodels.formula.api as smf
from cases import columbus, munnell

import toolkit as tk
from toolkit.errors import InputError


@lru_cache
def fits():
    panel, w = columbus()
    formula = "CRIME ~ INC + HOVAL"
    return tk.fit(formula, panel), tk.fit(formula, panel, w, model="sdm")


def points(axes, model=0):
    """Estimates drawn for a model, from the top down."""
    lines = [line for line in axes.lines if line.get_gid() == f"model-{model}" and line.get_marker() != "None"]
    lines.sort(key=lambda line: line.get_ydata()[0])
    return [float(line.get_xdata()[0]) for line in lines]


def intervals(axes, model=0):
    lines = [line for line in axes.lines if line.get_gid() == f"model-{model}" and line.get_marker() == "None"]
    lines.sort(key=lambda line: (line.get_ydata()[0], line.get_linewidth()))
    return np.array([line.get_xdata() for line in lines])


def rows(axes):
    return [text.get_text().replace("\n", " ") for text in axes.get_yticklabels()]


def test_estimates_and_two_intervals_are_those_of_the_fit():
    _, sdm = fits()
    axes = tk.charts.coefficients(sdm, level=(0.9, 0.99), width="two").axes[0]
    table = sdm.tidy()
    table = table[table["term"].isin(["INC", "HOVAL", "W INC", "W HOVAL", "rho"])]
    assert points(axes) == pytest.approx(table["estimate"].tolist())
    drawn = intervals(axes)
    for i, term in enumerate(table["term"]):
        assert drawn[2 * i] == pytest.approx(sdm.conf_int(0.99).loc[term].to_numpy())
        assert drawn[2 * i + 1] == pytest.approx(sdm.conf_int(0.9).loc[term].to_numpy())
    heads = [text.get_text() for text in axes.texts]
    assert heads == ["Regressors", "Spatial lags of regressors", "Spatial parameters"]
    assert axes.get_xlabel() == "Estimate, 90% and 99% confidence intervals"
    assert rows(axes)[2:] == [f"W × {rows(axes)[0]}", f"W × {rows(axes)[1]}", "ρ (Wy)"]


def test_models_of_several_packages_share_rows():
    ols, sdm = fits()
    other = smf.ols("CRIME ~ INC + HOVAL", columbus()[0].frame).fit()
    figure = tk.charts.coefficients({"ours": ols, "theirs": other, "SDM": sdm}, keep=["INC", "HOVAL", "Constant"])
    axes = figure.axes[0]
    assert points(axes, 0) == pytest.approx(points(axes, 1))
    assert len(rows(axes)) == len(points(axes, 2)) == 3
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["ours", "theirs", "SDM"]


def test_labels_order_drop_and_equal_names():
    ols, _ = fits()
    figure = tk.charts.coefficients([ols, ols], labels={"INC": "Income (1,000 $)"}, order="HOVAL", lang="zh")
    assert rows(figure.axes[0])[1] == "Income (1,000 $)"
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["(1) OLS", "(2) OLS"]
    assert "置信区间" in figure.axes[0].get_xlabel()
    assert len(rows(tk.charts.coefficients(ols, drop="HOVAL").axes[0])) == 1


def test_marks_of_models_do_not_cover_one_another():
    axes = tk.charts.coefficients(list(fits()) * 3).axes[0]
    heights = [
        line.get_ydata()[0]
        for line in axes.lines
        if str(line.get_gid()).startswith("model") and line.get_marker() != "None"
    ]
    assert len(set(np.round(heights, 6))) == len(heights)


def test_impacts_side_by_side():
    _, sdm = fits()
    record = tk.impacts(sdm)
    figure = tk.charts.impacts(record)
    assert [a.get_title("left") for a in figure.axes] == ["Direct impact", "Indirect impact", "Total impact"]
    for axes, effect in zip(figure.axes, ("direct", "indirect", "total"), strict=True):
        rows_of = record.table[record.table["effect"] == effect]
        assert points(axes) == pytest.approx(rows_of["estimate"].tolist())
        assert intervals(axes) == pytest.approx(rows_of[["conf_low", "conf_high"]].to_numpy())
    assert len({a.get_xlim() for a in figure.axes}) == 1
    assert len(tk.charts.impacts(record, effects=["total"], width="one").axes) == 1


@pytest.mark.slow
def test_short_and_long_run_are_two_lines():
    panel, w = munnell()
    fit = tk.fit("log(gsp) ~ log(pcap) + unemp", panel, w, model="sdm", effects="twoway", dynamic="both")
    figure = tk.charts.impacts(tk.impacts(fit), lang="zh")
    assert [a.get_title("left") for a in figure.axes][::3] == ["直接效应，短期", "直接效应，长期"]
    assert len(figure.axes) == 6


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: tk.charts.coefficients(fits()[0], level=1.2), "level=1.2"),
        (lambda: tk.charts.coefficients(fits()[0], level=(0.8, 0.9, 0.95)), "one or two levels"),
        (lambda: tk.charts.coefficients(fits()[0], keep="AREA"), "'AREA', which no model has"),
        (lambda: tk.charts.coefficients(fits()[0], drop="*"), "no term left"),
        (lambda: tk.charts.coefficients([]), "was given 0 models"),
        (lambda: tk.charts.coefficients(list(fits()) * 4), "given 8 models"),
        (lambda: tk.charts.coefficients(fits()[0], titles=["a", "b"]), "one for each model"),
        (lambda: tk.charts.coefficients(tk.impacts(fits()[1])), "tk.charts.impacts"),
        (lambda: tk.charts.coefficients({"x": 3}), "builtins.int"),
        (lambda: tk.charts.coefficients(fits()[0], lang="fr"), "fr"),
        (lambda: tk.charts.impacts(fits()[1]), r"tk.impacts\(fit\)"),
        (lambda: tk.charts.impacts(tk.impacts(fits()[1]), effects="spillover"), "spillover"),
        (lambda: tk.charts.impacts([tk.impacts(fits()[1]), tk.impacts(fits()[1], level=0.9)]), "different levels"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(InputError, match=says):
        call()
