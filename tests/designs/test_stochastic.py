"""Panel unit roots: plm's figures on the Munnell panel, statsmodels, simulated nulls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.designs.stochastic import _BOUNDS, _simulated, dickey_fuller
from toolkit.errors import DataError, InputError

# R plm, tests of cipstest(Produc$gsp, lags = 2): model "cmg", its truncated version, model "mg"
PLM = {
    "trend": (-0.58228, -0.61357, -1.658),
    "intercept": (-0.59924, -0.59924, -0.011214),
    "none": (-0.52464, -0.52464, 1.7254),
}


@pytest.mark.parametrize("deterministic", PLM)
def test_meets_plm(deterministic):
    y = tk.load("munnell").values("gsp").astype(float)
    t = dickey_fuller(y, 2, deterministic, augmented=True)
    plain = dickey_fuller(y, 2, deterministic)
    got = (t.mean(), np.clip(t, *_BOUNDS[deterministic]).mean(), plain.mean())
    assert got == pytest.approx(PLM[deterministic], rel=1e-4)  # as many digits as printed


@pytest.mark.parametrize(("deterministic", "regression"), [("none", "n"), ("intercept", "c"), ("trend", "ct")])
@pytest.mark.parametrize("lags", [0, 1, 3])
def test_regional_t_is_statsmodels(deterministic, regression, lags):
    from statsmodels.tsa.stattools import adfuller

    y = np.log(tk.load("us_income").values("income"))[:, :4]
    want = [adfuller(c, maxlag=lags, autolag=None, regression=regression)[0] for c in y.T]
    np.testing.assert_allclose(dickey_fuller(y, lags, deterministic), want, rtol=1e-7)


@pytest.mark.parametrize(("n", "t", "critical"), [(30, 30, (-2.30, -2.15, -2.07)), (50, 50, (-2.23, -2.11, -2.04))])
def test_critical_values_are_pesarans(n, t, critical):
    """Pesaran (2007), table II(b), intercept only."""
    s = _simulated(t, n, 0, "intercept", (-np.inf, np.inf), 2000, np.random.default_rng(1))
    assert np.quantile(s, [0.01, 0.05, 0.10]) == pytest.approx(critical, abs=0.035)


def panel_of(y):
    t, n = y.shape
    ids = [f"r{i:02d}" for i in range(n)]
    frame = pd.DataFrame({"id": ids * t, "year": np.repeat(np.arange(t), n), "y": y.ravel()})
    return tk.Panel(frame, entity="id", time="year")


def test_convergence_is_seen_and_its_absence_too():
    rng = np.random.default_rng(0)
    factor = np.cumsum(rng.normal(size=(60, 1)), axis=0) * rng.uniform(0.8, 1.2, 15)
    gaps = np.zeros((60, 15))
    for t in range(1, 60):
        gaps[t] = 0.6 * gaps[t - 1] + rng.normal(size=15)
    near = tk.stochastic_convergence(panel_of(factor + gaps), "y", draws=199, seed=1)
    assert near.tests["CIPS"].p_value < 0.02
    walks = np.cumsum(rng.normal(size=(60, 15)), axis=0)
    apart = tk.stochastic_convergence(panel_of(factor + walks), "y", draws=199, seed=1)
    assert min(t.p_value for t in apart.tests.values()) > 0.05


@pytest.mark.slow
def test_size_under_dependence_between_neighbours():
    """Random walks with spatially correlated steps: both tests reject at about five percent."""
    rng = np.random.default_rng(5)
    n, t = 16, 30
    w = np.eye(n, k=1) + np.eye(n, k=-1)
    mix = np.linalg.inv(np.eye(n) - 0.6 * w / w.sum(1, keepdims=True))
    rejected = {"IPS": 0, "CIPS": 0}
    for s in range(150):
        y = np.cumsum(rng.normal(size=(t, n)) @ mix.T, axis=0)
        tests = tk.stochastic_convergence(panel_of(y), "y", draws=199, seed=s).tests
        for k in rejected:
            rejected[k] += tests[k].p_value <= 0.05
    assert 2 <= rejected["IPS"] <= 17, rejected  # 5 percent of 150, three standard errors
    assert rejected["CIPS"] <= 24, rejected  # neighbours are not a common factor: it may reject more


def test_same_seed_same_numbers_and_order_does_not_matter():
    panel = tk.load("mexico")
    one, two = (
        tk.stochastic_convergence(panel, "log(pcgdp)", lags=0, draws=99, seed=4, deterministic="none") for _ in range(2)
    )
    pd.testing.assert_frame_equal(one.glance(), two.glance())
    assert one.tidy().shape == (32, 4) and "CIPS" in repr(one)


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({"deterministic": "drift"}, InputError, "intercept"),
        ({"lags": -1}, InputError, "lags=-1"),
        ({"lags": 3}, DataError, "too few"),
        ({"draws": 10}, InputError, "permutations=10|draws"),
    ],
)
def test_refusals(kw, error, message):
    with pytest.raises(error, match=message):
        tk.stochastic_convergence(tk.load("mexico"), "log(pcgdp)", **kw)
