"""A shock and its spread, against the inverse and the impacts of a fit."""

from __future__ import annotations

import numpy as np
import pytest
from cases import munnell, small_panel

import toolkit as tk
from toolkit.errors import InputError
from toolkit.teaching.spread import spread


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.6])
def test_the_inverse_and_the_powers(kind, rho):
    panel, W, matrix = small_panel(3, kind=kind)
    n = panel.N
    S = np.linalg.inv(np.eye(n) - rho * matrix)
    s = spread(W, rho, "r02", orders=60)
    np.testing.assert_allclose(s.response, S[:, 2], atol=1e-12)
    assert s.own == pytest.approx(S[2, 2]) and s.others == pytest.approx(S[:, 2].sum() - S[2, 2])
    assert s.direct == pytest.approx(np.trace(S) / n)
    assert s.total == pytest.approx(S.sum() / n) and s.indirect == pytest.approx(s.total - s.direct)
    assert s.beyond == pytest.approx(0, abs=1e-9)
    power = rho**3 * np.linalg.matrix_power(matrix, 3)[:, 2]
    np.testing.assert_allclose(s.by_order[3], [power[2], power.sum() - power[2]], atol=1e-14)


def test_the_averages_are_the_impacts_of_a_lag_model():
    panel, W = munnell()
    fit = tk.fit("log(gsp) ~ log(emp)", panel, W, model="sar", effects="entity")
    found = tk.impacts(fit).tidy().set_index("effect")["estimate"] / fit.params["log(emp)"]
    s = spread(W, fit.params["rho"], "KS")
    for effect in ("direct", "indirect", "total"):
        assert getattr(s, effect) == pytest.approx(found[effect], rel=1e-8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, "KS"), "rho=1 has no multiplier"),
        ((0.5, "Kansas"), "'Kansas' is not a region of W"),
        ((0.5, "KS", -1), "orders=-1"),
    ],
)
def test_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        spread(munnell()[1], *arguments)
