"""Sigma convergence: dispersion by hand, tests against their definitions and their size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import DataError, InputError


def panel_of(x, first=2000):
    t, n = x.shape
    ids = [f"r{i:02d}" for i in range(n)]
    frame = pd.DataFrame({"id": ids * t, "year": np.repeat(np.arange(first, first + t), n), "x": x.ravel()})
    return tk.Panel(frame, entity="id", time="year")


def test_dispersion_by_hand():
    x = np.array([[1.0, 2, 4], [2, 2, 3], [1, 1, 5]])
    panel = panel_of(x).assign(w=np.array([[1.0, 1, 2]] * 3))
    sd = tk.sigma_convergence(panel, "x").dispersion[0]
    np.testing.assert_allclose(sd, np.log(x).std(axis=1))
    cv = tk.sigma_convergence(panel, "x", measure="cv").dispersion[0]
    np.testing.assert_allclose(cv, x.std(axis=1) / x.mean(axis=1))
    doubled = x[:, [0, 1, 2, 2]]  # a weight of two is a region counted twice
    weighted = tk.sigma_convergence(panel, "x", weights="w").dispersion[0]
    np.testing.assert_allclose(weighted, np.log(doubled).std(axis=1))


def test_units_do_not_matter():
    panel = tk.load("mexico")
    one = tk.sigma_convergence(panel, "pcgdp")
    other = tk.sigma_convergence(panel.assign(k=panel.values("pcgdp") / 1000), "k")
    np.testing.assert_allclose(one.dispersion, other.dispersion)
    assert one.tests["all", "Pitman-Morgan"].p_value == pytest.approx(other.tests["all", "Pitman-Morgan"].p_value)


def test_trend_meets_statsmodels():
    import statsmodels.api as sm

    panel = tk.load("us_income")
    got = tk.sigma_convergence(panel, "income", lags=4)
    d, years = got.dispersion[0], np.asarray(panel.times, float)
    ols = sm.OLS(d, sm.add_constant(years)).fit(cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": True})
    assert got.slopes["all"] == pytest.approx((ols.params[1], ols.bse[1]), rel=1e-8)


def test_pitman_morgan_and_carree_klomp_are_kin():
    """T2 is (N - 2.5) log(1 + t^2 / (N - 2)), t Pitman and Morgan's; its own formula in variances gives the same."""
    panel = tk.load("us_income")
    got = tk.sigma_convergence(panel.between(1950, 1990), "income").tests
    z = np.log(panel.between(1950, 1990).values("income"))[[0, -1]]
    v = np.cov(z, bias=True)
    direct = 45.5 * np.log(1 + (v[0, 0] - v[1, 1]) ** 2 / (4 * (v[0, 0] * v[1, 1] - v[0, 1] ** 2)))
    assert got["all", "Carree-Klomp T2"].statistic == pytest.approx(direct, rel=1e-10)
    t = got["all", "Pitman-Morgan"].statistic
    assert direct == pytest.approx(45.5 * np.log(1 + t**2 / 46), rel=1e-10)


def test_size_of_the_tests_of_equal_ends():
    rng = np.random.default_rng(0)
    rejected = {"Pitman-Morgan": 0, "Carree-Klomp T2": 0, "Carree-Klomp T3": 0}
    for _ in range(400):
        a = rng.normal(size=30)
        x = np.exp(np.array([a, a, 0.8 * a + 0.6 * rng.normal(size=30)]))
        x[1] *= 1.1
        tests = tk.sigma_convergence(panel_of(x), "x").tests
        for name in rejected:
            rejected[name] += tests["all", name].p_value < 0.05
    shares = {k: v / 400 for k, v in rejected.items()}
    assert 0.025 < shares["Pitman-Morgan"] < 0.08 and 0.025 < shares["Carree-Klomp T2"] < 0.08, shares
    assert shares["Carree-Klomp T3"] < 0.12, shares  # asymptotic in N


def test_groups():
    panel = tk.load("china")
    got = tk.sigma_convergence(panel, "gdp / pop", by="blocks")
    assert got.groups[0] == "all" and set(got.groups[1:]) == {"East", "Central", "West", "Northeast"}
    west = panel.select(entities=list(panel.register_info("blocks").members("West")))
    np.testing.assert_allclose(
        got.dispersion[got.groups.index("West")], tk.sigma_convergence(west, "gdp / pop").dispersion[0]
    )
    assert "3 regions" in got.tests["Northeast", "Pitman-Morgan"].reason
    assert len(got.tidy()) == 5 * panel.T and len(got.glance()) == 5 and "Northeast" in repr(got)


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({"measure": "theil"}, InputError, "sd_log"),
        ({"lags": 99}, InputError, "lags=99"),
        ({"by": "continents"}, DataError, "continents"),
    ],
)
def test_refusals(kw, error, message):
    with pytest.raises(error, match=message):
        tk.sigma_convergence(tk.load("mexico"), "pcgdp", **kw)


def test_too_short_and_not_positive():
    with pytest.raises(DataError, match="three periods"):
        tk.sigma_convergence(panel_of(np.array([[1.0, 2], [2, 3]])), "x")
    with pytest.raises(DataError, match="not positive"):
        tk.sigma_convergence(panel_of(np.array([[1.0, -2], [2, 3], [1, 4]])), "x")
