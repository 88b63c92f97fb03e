"""Panel estimators without rho and lambda: published values, linearmodels, closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from cases import FORMULAS, munnell, small_panel

import toolkit as tk
from toolkit.errors import EstimationError, InputError

FORMULA = FORMULAS["munnell"]
#: Baltagi and Pinnoi (1995), as in Baltagi (2013), table 2.5: random effects and within, to the digits printed
BALTAGI = {"random": (0.0044, 0.3105, 0.7297, -0.0062), "entity": (-0.0261, 0.2920, 0.7682, -0.0053)}
#: Croissant and Millo's pcce on the same data (plm's documentation, Produc): common correlated effects, mean group
PLM = (0.0899850, 0.0335784, 0.6258659, -0.0031178)
SLOPES = ["log(pcap)", "log(pc)", "log(emp)", "unemp"]


@pytest.mark.parametrize("effects", BALTAGI)
def test_munnell_as_published(effects):
    panel, _ = munnell()
    np.testing.assert_allclose(tk.fit(FORMULA, panel, effects=effects).params[SLOPES], BALTAGI[effects], atol=5.1e-5)


def test_common_correlated_effects_as_published():
    panel, _ = munnell()
    fit = tk.fit(FORMULA, panel, effects="entity", method="ccemg")
    np.testing.assert_allclose(fit.params[SLOPES], PLM, atol=1e-6)
    assert fit.slopes().shape == (48, 4)
    np.testing.assert_allclose(fit.slopes().mean(), fit.params, rtol=1e-12)


@pytest.mark.parametrize("cov", ["classical", "hc1", "cluster-entity", "cluster-time", "driscoll-kraay"])
@pytest.mark.parametrize("method", ["gls", "fd", "between"])
def test_meets_linearmodels(method, cov):
    from linearmodels.panel import BetweenOLS, FirstDifferenceOLS, RandomEffects

    panel, _ = munnell()
    effects = "random" if method == "gls" else "none"
    if (method == "between" and cov not in ("classical", "hc1")) or (method == "fd" and cov == "cluster-time"):
        with pytest.raises(InputError, match="classical, hc1"):
            tk.fit(FORMULA, panel, effects=effects, method=method, cov=cov)
        return
    fit = tk.fit(FORMULA, panel, effects=effects, method=method, cov=cov)
    frame = tk.fit(FORMULA, panel).design.frame().swaplevel()
    right = frame.iloc[:, 2:] if method == "fd" else frame.iloc[:, 1:]
    options = {
        "classical": {"cov_type": "unadjusted"},
        "hc1": {"cov_type": "robust"},
        "cluster-entity": {"cov_type": "clustered", "cluster_entity": True},
        "cluster-time": {"cov_type": "clustered", "cluster_time": True},
        "driscoll-kraay": {"cov_type": "kernel", "kernel": "bartlett"},
    }[cov]
    other = {"gls": RandomEffects, "between": BetweenOLS, "fd": FirstDifferenceOLS}[method](frame.iloc[:, 0], right)
    other = other.fit(**options)
    np.testing.assert_allclose(fit.params, other.params, rtol=1e-8)
    np.testing.assert_allclose(fit.std_errors, other.std_errors, rtol=1e-8)
    assert np.isnan(fit.loglik) and "loglik" not in fit.record().stats


def test_first_differences_of_two_periods_are_the_within_estimates():
    panel, _, _ = small_panel(seed=1, n=20, t=2)
    fd, fe = tk.fit("y ~ x1 + x2", panel, method="fd"), tk.fit("y ~ x1 + x2", panel, effects="entity")
    # without an intercept in differences there are no time effects
    np.testing.assert_allclose(fd.params, fe.params, rtol=1e-10)
    assert fd.nobs == 20 and len(fd.resids) == 20


def test_between_is_the_regression_of_means():
    panel, _ = munnell()
    fit = tk.fit(FORMULA, panel, method="between")
    d = tk.fit(FORMULA, panel).design
    np.testing.assert_allclose(fit.params, np.linalg.lstsq(d.X.mean(0), d.y.mean(0), rcond=None)[0], rtol=1e-9)
    assert fit.nobs == 48


def test_mean_group_is_the_mean_of_regressions():
    panel, _ = munnell()
    fit = tk.fit(FORMULA, panel, effects="entity", method="mg")
    d = tk.fit(FORMULA, panel).design
    each = np.array([np.linalg.lstsq(d.X[:, i], d.y[:, i], rcond=None)[0][1:] for i in range(48)])
    np.testing.assert_allclose(fit.params, each.mean(axis=0), rtol=1e-8)
    np.testing.assert_allclose(fit.std_errors, each.std(axis=0, ddof=1) / np.sqrt(48), rtol=1e-8)


@pytest.mark.slow
def test_common_correlated_effects_remove_a_factor_that_biases_the_within_estimator():
    import pandas as pd

    rng, n, t = np.random.default_rng(0), 40, 30
    got = {"ccemg": [], "ccep": [], "fe": [], "covered": []}
    for _ in range(100):
        f = rng.normal(size=t)
        x = np.outer(f, 1 + rng.normal(size=n)) + rng.normal(size=(t, n))
        b = 1 + 0.3 * rng.normal(size=n)
        y = b * x + np.outer(f, 1 + rng.normal(size=n)) + rng.normal(size=n) + rng.normal(size=(t, n))
        frame = pd.DataFrame({"id": np.tile(range(n), t), "t": np.repeat(range(t), n), "x": x.ravel(), "y": y.ravel()})
        panel = tk.Panel(frame, entity="id", time="t")
        for m in ("ccemg", "ccep"):
            fit = tk.fit("y ~ x", panel, effects="entity", method=m)
            got[m].append(fit.params["x"])
        low, high = tk.fit("y ~ x", panel, effects="entity", method="ccemg").conf_int().loc["x"]
        got["covered"].append(low < 1 < high)
        got["fe"].append(tk.fit("y ~ x", panel, effects="entity").params["x"])
    assert np.mean(got["fe"]) > 1.2
    for m in ("ccemg", "ccep"):
        assert abs(np.mean(got[m]) - 1) < 4 * np.std(got[m]) / 10 + 0.01
    assert np.mean(got["covered"]) > 0.87


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({"model": "fe"}, InputError, "effects='entity'"),
        ({"model": "re"}, InputError, "effects='random'"),
        ({"model": "sar", "method": "fd"}, InputError, "does not estimate the SAR"),
        ({"effects": "twoway", "method": "between"}, InputError, "does not go with effects='twoway'"),
        ({"effects": "entity", "method": "ccemg", "cr_lags": 6}, EstimationError, "periods are too few"),
        ({"effects": "entity", "method": "mg", "cr_lags": 2}, InputError, "means nothing to method='mg'"),
        ({"method": "best"}, InputError, r"ccemg \(common correlated"),
    ],
)
def test_refusals(kw, error, message):
    panel, w = munnell()
    with pytest.raises(error, match=message):
        tk.fit(FORMULA, panel, w, **kw)
