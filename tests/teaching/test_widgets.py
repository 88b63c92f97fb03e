"""Widgets driven as a hand would drive them: a value is set, and the numbers on the screen are the toolkit's."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from cases import columbus, munnell

import toolkit as tk
from toolkit.errors import DataError, InputError, ToolkitError
from toolkit.teaching.spread import spread

pytest.importorskip("ipywidgets", reason="the extra `teaching` is not installed")


def test_rho_moves_the_shock_over_the_map():
    panel, W = munnell()
    widget = tk.widgets.rho(panel, W, "Kansas", value=0.3)
    first = bytes(widget._image.value)
    assert first.startswith(b"\x89PNG") and widget.spread.region == "KS"
    assert widget.spread.total == pytest.approx(1 / 0.7)
    widget.rho.value = 0.75
    np.testing.assert_array_equal(widget.spread.response, spread(W, widget.rho.value, "KS").response)
    assert bytes(widget._image.value) != first
    assert f"{widget.spread.total:.3f}" in widget._numbers.value and "Kansas, ρ = 0.75" in widget._numbers.value
    widget.region.value = "ME"
    assert widget.spread.region == "ME" and widget.spread.own > 1


def test_rho_stays_within_its_interval():
    panel, W = munnell()
    widget = tk.widgets.rho(panel, W)
    low, high = W.operator.interval
    assert low < widget.rho.min < 0 < widget.rho.max < high
    widget.rho.value = 5.0
    assert widget.rho.value == widget.rho.max and np.isfinite(widget.spread.response).all()
    loose = tk.widgets.rho(panel, W.normalize("none"))
    assert loose.rho.max < loose._W.operator.interval[1] < 0.3


@pytest.mark.parametrize(
    ("kind", "control", "value", "make"),
    [
        ("rook", None, None, lambda p: tk.weights.rook(p, islands="keep")),
        ("knn", "k", 3, lambda p: tk.weights.knn(p, 3)),
        ("band", "km", 700.0, lambda p: tk.weights.distance_band(p, 700.0)),
        ("inverse", "power", 2.0, lambda p: tk.weights.inverse_distance(p, 2.0)),
    ],
)
def test_every_kind_of_weights(kind, control, value, make):
    panel, _ = munnell()
    widget = tk.widgets.weights(panel, "unemp", 1980, permutations=99)
    widget.kind.value = kind
    if control:
        getattr(widget, control).value = value
    W = make(panel)
    assert widget.W == W and widget.message == ""
    expected = tk.moran(panel.select(times=1980), "unemp", W, permutations=99, seed=1)
    assert widget.moran.statistic[0] == expected.statistic[0] and widget.moran.p_perm[0] == expected.p_perm[0]
    assert f"{expected.statistic[0]:.3f}" in widget._numbers.value and f"{W.nnz:,}" in widget._numbers.value
    shown = {k: c.layout.display for k, c in widget._own.items()}
    assert [k for k, d in shown.items() if d is None] == ([kind] if control else [])


def test_islands_are_counted_and_a_band_without_links_says_so():
    china = tk.load("china")
    widget = tk.widgets.weights(china, "log(gdp / pop)", permutations=99, lang="zh")
    assert [china.names[i] for i in widget.W.islands] == ["Hainan"]
    kept = widget.W
    widget.kind.value = "band"
    widget.km.min = 1.0
    widget.km.value = 1.0
    assert widget.message and widget.message.splitlines()[0] in widget._numbers.value
    widget.kind.value = "queen"
    assert widget.message == "" and kept == widget.W


def test_the_last_complete_period_and_expressions_with_lags():
    china = tk.load("china")
    widget = tk.widgets.weights(china, "growth(rd_fte)", permutations=0)
    year = widget._panel.times[-1]
    assert list(widget._panel.times) == [year] and year == 2023
    earlier = tk.widgets.weights(china, "expressway", 2016, permutations=0)
    assert list(earlier._panel.times) == [2016]


def test_a_map_without_a_reference_system_offers_contiguity_alone():
    panel, _ = columbus()
    widget = tk.widgets.weights(panel, "CRIME", permutations=99, projection="keep")
    assert [value for _, value in widget.kind.options] == ["queen", "rook"]
    assert widget.moran.statistic[0] == pytest.approx(tk.moran(panel, "CRIME", tk.weights.queen(panel)).statistic[0])


def test_a_notebook_shows_the_box():
    panel, W = munnell()
    shown = tk.widgets.rho(panel, W)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown


def test_without_ipywidgets_the_error_says_what_to_install(monkeypatch):
    panel, W = munnell()
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ToolkitError, match=r"regional-toolkit\[teaching\]"):
        tk.widgets.rho(panel, W)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda p, W: tk.widgets.rho(p, W, "Atlantis"), DataError, "Atlantis"),
        (lambda p, W: tk.widgets.rho(p, W, value=1.2), InputError, "value=1.2 is outside the interval"),
        (lambda p, W: tk.widgets.rho(p, W, lang="fr"), InputError, "'fr'"),
        (lambda p, W: tk.widgets.weights(p, "unemp", 1950), DataError, "1950"),
        (lambda p, W: tk.widgets.weights(p, "nothing"), InputError, "nothing"),
        (lambda p, W: tk.widgets.weights(p, 3), InputError, "variable=3"),
        (lambda p, W: tk.widgets.weights(columbus()[0], "CRIME"), DataError, 'projection="keep"'),
    ],
)
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        make(*munnell())
