"""The exponent of cross-sectional dependence: recovery on the authors' design, invariance, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from cases import FORMULAS, munnell

import toolkit as tk
from toolkit.errors import DataError, InputError


def draw(alpha: float, n: int, t: int, rng) -> np.ndarray:
    """Bailey, Kapetanios and Pesaran (2016), section 5: N^alpha loadings uniform on (0.7, 1.3)... mean one, the others zero."""
    loadings = np.zeros(n)
    loud = round(n**alpha)
    loadings[:loud] = rng.uniform(0.7, 1.3, loud)
    return np.outer(rng.normal(size=t), loadings) + rng.normal(size=(t, n))


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.75, 0.85, 0.95, 1.0])
def test_recovers_the_exponent(alpha):
    rng = np.random.default_rng(2)
    got = [tk.csd_exponent(draw(alpha, 150, 150, rng)) for _ in range(60)]
    estimates = np.array([g.alpha for g in got])
    assert abs(estimates.mean() - alpha) < 0.03, estimates.mean()
    low, high = np.array([g.interval() for g in got]).T
    if alpha < 1:
        assert ((low < alpha) & (alpha < high)).mean() > 0.85


def test_scale_and_order_do_not_matter():
    rng = np.random.default_rng(0)
    x = draw(0.9, 40, 60, rng)
    one = tk.csd_exponent(x)
    other = tk.csd_exponent((3 * x + rng.normal(size=40))[:, ::-1])
    assert other.alpha == pytest.approx(one.alpha, rel=1e-9) and other.std_error == pytest.approx(
        one.std_error, rel=1e-9
    )


def test_panels_and_residuals():
    panel, _ = munnell()
    level = tk.csd_exponent(panel, "log(gsp)")
    within = tk.csd_exponent(tk.fit(FORMULAS["munnell"], panel, effects="twoway").resids)
    assert level.alpha > 0.9 and "Strong" in level.note and within.alpha < level.alpha
    assert level.tidy().loc[0, "n_entities"] == 48 and "log(gsp)" in repr(level)


def test_independent_series_are_weak():
    assert tk.csd_exponent(np.random.default_rng(1).normal(size=(100, 60))).alpha < 0.62


@pytest.mark.parametrize(
    ("data", "kw", "error", "message"),
    [
        (np.zeros((20, 5)), {}, InputError, "5 regions and 20 periods"),
        (np.zeros((20, 20)), {}, DataError, "variation over time"),
        (np.zeros(20), {}, InputError, "not a panel"),
        (np.random.default_rng(0).normal(size=(20, 20)), {"size": 2}, InputError, "size=2"),
    ],
)
def test_refusals(data, kw, error, message):
    with pytest.raises(error, match=message):
        tk.csd_exponent(data, **kw)


def test_a_panel_needs_a_variable():
    with pytest.raises(InputError, match="without the name"):
        tk.csd_exponent(munnell()[0])
