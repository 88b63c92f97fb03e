"""Marginal effects drawn: the curve, its band, and where the moderator was seen."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from cases import columbus

import toolkit as tk
from toolkit.errors import InputError


@lru_cache
def record(spatial: bool = False):
    panel, w = columbus()
    fit = tk.fit("CRIME ~ INC * HOVAL", panel, w if spatial else None, model="sdm" if spatial else "ols")
    return tk.marginal_effects(fit, "INC", by="HOVAL", values=7)


def test_one_panel_without_spillovers():
    figure = tk.charts.marginal_effects(record())
    axes = figure.axes[0]
    table = record().table[record().table["effect"] == "total"]
    curves = [np.asarray(line.get_ydata(), float) for line in axes.lines if len(line.get_xdata()) == 7]
    for column in ("estimate", "conf_low", "conf_high"):
        assert any(np.allclose(curve, table[column]) for curve in curves)
    assert axes.get_xlabel().replace("\n", " ") == "Housing value (thousand dollars)"
    assert "95% band" in axes.get_ylabel().replace("\n", " ")
    rug = axes.collections[-1].get_segments()
    assert len(rug) == 49


def test_three_panels_with_spillovers_on_one_scale():
    figure = tk.charts.marginal_effects(record(True), observed="histogram", lang="zh", labels=("收入", "房价"))
    assert [a.get_title("left") for a in figure.axes] == ["直接效应", "间接效应", "总效应"]
    assert len({a.get_ylim() for a in figure.axes}) == 1
    low, high = figure.axes[0].get_ylim()
    table = record(True).table
    assert low < table["conf_low"].min() and high > table["conf_high"].max()  # nothing is cut off
    assert figure.axes[0].get_xlabel() == "房价" and figure.axes[0].patches
    assert len(tk.charts.marginal_effects(record(True), effects="total", observed=None).axes) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"effects": "spillover"}, "unknown effect"),
        ({"horizon": "long"}, "not dynamic"),
        ({"observed": "violin"}, "violin"),
        ({"width": "wide"}, "wide"),
    ],
)
def test_bad_options(options, says):
    with pytest.raises(InputError, match=says):
        tk.charts.marginal_effects(record(), **options)


def test_bad_records():
    with pytest.raises(InputError, match=r"tk\.marginal_effects"):
        tk.charts.marginal_effects("record")
    fit = tk.fit("CRIME ~ INC * HOVAL", columbus()[0])
    with pytest.raises(InputError, match="two values"):
        tk.charts.marginal_effects(tk.marginal_effects(fit, "INC", by="HOVAL", values=[40]))
