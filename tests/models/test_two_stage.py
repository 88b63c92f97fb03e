"""Spatial two-stage least squares and GS2SLS against spatialreg, splm, spreg, linearmodels and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, PANELS, columbus, golden, munnell, small_panel

import toolkit as tk
from toolkit.errors import EstimationError, InputError
from toolkit.models.two_stage import forward_deviations

COLUMBUS = "CRIME ~ INC + HOVAL"


def test_columbus_meets_spatialreg():
    """Instruments X, WX, W2X; sigma2 over n - k."""
    panel, w = columbus()
    fit, r = tk.fit(COLUMBUS, panel, w, model="sar", method="2sls"), golden("r_columbus.json")["columbus/stsls"]
    order = ["rho", "Intercept", "INC", "HOVAL"]
    np.testing.assert_allclose(fit.params[order], r["coef"], rtol=1e-8)
    np.testing.assert_allclose(fit.std_errors[order], r["se"], rtol=1e-8)
    assert "W INC, W HOVAL, W^2 INC, W^2 HOVAL" in " ".join(fit.notes)


def test_columbus_moments_meet_spatialreg():
    """GMerrorsar: Kelejian and Prucha (1999)."""
    panel, w = columbus()
    fit, r = tk.fit(COLUMBUS, panel, w, model="sem", method="gm"), golden("r_columbus.json")["columbus/gmerr"]
    assert fit.params["lambda"] == pytest.approx(r["lambda"], rel=2e-3)  # its optimiser stops early
    np.testing.assert_allclose(fit.params[:3], r["coef"], rtol=1e-3)


@pytest.mark.parametrize("data", ["munnell", "cigar"])
def test_within_meets_splm(data):
    """splm divides by NT - k, forgetting the N effects."""
    panel, w = PANELS[data]()
    fit, r = tk.fit(FORMULAS[data], panel, w, model="sar", effects="entity", method="2sls"), golden(f"r_{data}.json")
    r = r["gm_fe_sar"]
    n, t, k = panel.N, panel.T, len(r["coef"])
    order = ["rho", *fit.terms[:-1]]
    np.testing.assert_allclose(fit.params[order], r["coef"], rtol=1e-6)
    factor = np.sqrt((n * t - n - k) / (n * t - k))
    np.testing.assert_allclose(fit.std_errors[order] * factor, r["se"], rtol=2e-3)


@pytest.mark.parametrize("model", ["sem", "sac"])
@pytest.mark.parametrize("method", ["gs2sls", "het"])
def test_cross_section_meets_spreg(method, model):
    import spreg

    panel, w = columbus()
    fit = tk.fit(COLUMBUS, panel, w, model=model, method=method)
    old = w.to_w()
    old.transform = "r"
    y, x = fit.design.y.ravel()[:, None], fit.design.X[0][:, 1:]
    kind = {"sem": "GM_Error", "sac": "GM_Combo"}[model] + {"gs2sls": "_Hom", "het": "_Het"}[method]
    options = {"step1c": True} if method == "het" else {}
    options |= {"w_lags": 2} if model == "sac" else {}
    other = getattr(spreg, kind)(y, x, w=old, **options)
    np.testing.assert_allclose(fit.params, other.betas.ravel(), rtol=2e-5)
    np.testing.assert_allclose(fit.std_errors, np.sqrt(np.diag(other.vm)), rtol=2e-5)


def test_anselin_kelejian_meets_spreg():
    from spreg import AKtest, GM_Lag

    panel, w = columbus()
    fit = tk.fit(COLUMBUS, panel, w, model="sar", method="2sls")
    old = w.to_w()
    old.transform = "r"
    lag = GM_Lag(fit.design.y.ravel()[:, None], fit.design.X[0][:, 1:], w=old, w_lags=2)
    test = next(t for t in fit.solution.tests if t.name == "Anselin-Kelejian")
    assert test.statistic == pytest.approx(float(AKtest(lag, old, case="gen").ak), rel=0.02)  # its sigma2 is over n


def endogenous_panel(seed=0, n=30, t=5):
    rng = np.random.default_rng(seed)
    panel, w, matrix = small_panel(seed=seed, n=n, t=t)
    a, b, v = rng.normal(size=(t, n)), rng.normal(size=(t, n)), rng.normal(size=(t, n))
    p = 0.8 * a + 0.6 * b + v
    x = rng.normal(size=(t, n))
    y = 1 + x + 0.5 * p + 0.7 * v + rng.normal(size=n) + rng.normal(size=(t, n))
    frame = panel.frame.assign(y=y.ravel(), x=x.ravel(), p=p.ravel(), a=a.ravel(), b=b.ravel())
    return tk.Panel(frame, entity="id", time="year"), w, matrix


@pytest.mark.parametrize("effects", ["none", "entity", "time", "twoway"])
def test_without_space_it_is_instrumental_variables(effects):
    """linearmodels' IV2SLS on data with the dummies in; its J, Sargan, Wu-Hausman and first-stage F."""
    from linearmodels.iv import IV2SLS

    panel, _, _ = endogenous_panel()
    kw = {"endog": ["p"], "instruments": ["a", "b"], "effects": effects}
    fit = tk.fit("y ~ x + p", panel, **kw)
    d = fit.design
    t, n = d.y.shape
    names = list(d.terms)
    exog = d.X[:, :, [i for i, m in enumerate(names) if m != "p"]].reshape(t * n, -1)
    if effects in ("entity", "twoway"):
        exog = np.column_stack([exog, np.tile(np.eye(n), (t, 1))])
    if effects in ("time", "twoway"):
        exog = np.column_stack([exog, np.repeat(np.eye(t), n, axis=0)[:, 1 if effects == "twoway" else 0 :]])
    iv = IV2SLS(d.y.ravel(), exog, d.X[:, :, names.index("p")].ravel(), d.instruments.reshape(t * n, 2))
    other = iv.fit(cov_type="unadjusted", debiased=True)
    assert fit.params["p"] == pytest.approx(other.params.iloc[-1], rel=1e-8)
    assert fit.std_errors["p"] == pytest.approx(other.std_errors.iloc[-1], rel=1e-8)
    tests = {s.name: s for s in fit.solution.tests}
    assert tests["Sargan"].statistic == pytest.approx(other.sargan.stat, rel=1e-6)
    assert tests["Wu-Hausman"].statistic == pytest.approx(other.wu_hausman().stat, rel=1e-6)
    robust = tk.fit("y ~ x + p", panel, **kw, cov="hc0")
    assert robust.std_errors["p"] == pytest.approx(iv.fit(cov_type="robust").std_errors.iloc[-1], rel=1e-8)


def test_first_stage_f_is_that_of_the_regression():
    import statsmodels.api as sm

    panel, _, _ = endogenous_panel()
    fit = tk.fit("y ~ x + p", panel, endog=["p"], instruments=["a", "b"])
    x = fit.design.X.reshape(-1, 3)
    full = sm.OLS(x[:, 2], np.column_stack([x[:, :2], fit.design.instruments.reshape(-1, 2)])).fit()
    f = full.compare_f_test(sm.OLS(x[:, 2], x[:, :2]).fit())[0]
    test = fit.solution.tests[0]
    assert test.name == "first-stage F, p" and test.statistic == pytest.approx(f, rel=1e-8)


def test_durbin_uses_higher_lags_and_impacts_follow():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sdm", effects="entity", method="2sls")
    note = next(n for n in fit.notes if n.startswith("Instruments"))
    assert "W^2 unemp" in note and "W^3 unemp" in note and "W unemp" not in note.replace("W^", "")
    wide = tk.impacts(fit).wide()
    np.testing.assert_allclose(wide["total"], wide["direct"] + wide["indirect"])


def test_forward_deviations_are_orthonormal_and_free_of_effects():
    rng = np.random.default_rng(0)
    matrix = forward_deviations(np.eye(6)[:, :, None])[:, :, 0]
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(5), atol=1e-12)
    np.testing.assert_allclose(matrix @ np.ones(6), 0, atol=1e-12)
    a = rng.normal(size=(6, 4, 2))
    np.testing.assert_allclose(
        forward_deviations(a + rng.normal(size=(1, 4, 2)) * 0 + 3.0), forward_deviations(a), atol=1e-12
    )


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({"model": "ols", "method": "2sls"}, InputError, "needs an endogenous regressor"),
        ({"model": "ols", "endog": ["q"], "instruments": ["a"]}, InputError, r"endog names 'q'(.|\n)*x"),
        ({"model": "ols", "instruments": ["a"]}, InputError, "without an endogenous regressor"),
        (
            {"model": "ols", "endog": ["p", "x"], "instruments": ["a"]},
            EstimationError,
            "cannot identify 3 coefficients",
        ),
        ({"model": "sar", "method": "2sls", "cov": "hessian"}, InputError, "cluster-entity"),
        ({"model": "sem", "method": "2sls"}, InputError, "does not estimate the SEM"),
        ({"model": "sac", "method": "het", "cov": "hc1"}, InputError, "gmm"),
    ],
)
def test_refusals(kw, error, message):
    panel, w, _ = endogenous_panel()
    with pytest.raises(error, match=message):
        tk.fit("y ~ x + p", panel, w, **kw)


@pytest.mark.slow
def test_het_is_right_where_maximum_likelihood_is_not():
    """Large variances where feedback is strong (pairs of regions), small ones elsewhere (a ring of six neighbours)."""
    rng = np.random.default_rng(4)
    n = 240
    links = np.zeros((n, n))
    for i in range(0, 120, 2):
        links[i, i + 1] = links[i + 1, i] = 1.0
    for i in range(120):
        for step in (1, 2, 3):
            j = (i + step) % 120
            links[120 + i, 120 + j] = links[120 + j, 120 + i] = 1.0
    matrix = links / links.sum(1, keepdims=True)
    w = tk.weights.from_matrix(matrix, ids=range(n))
    spread = np.where(np.arange(n) < 120, 2.0, 0.5)
    inverse = np.linalg.inv(np.eye(n) - 0.4 * matrix)
    got = {"het": [], "ml": [], "covered": []}
    for _ in range(150):
        x = rng.normal(size=n)
        y = inverse @ (1 + 2 * x + spread * rng.normal(size=n))
        panel = tk.Panel(pd.DataFrame({"id": range(n), "x": x, "y": y}), entity="id")
        fit = tk.fit("y ~ x", panel, w, model="sac", method="het")
        got["het"].append(fit.params["rho"])
        low, high = fit.conf_int().loc["rho"]
        got["covered"].append(low < 0.4 < high)
        got["ml"].append(tk.fit("y ~ x", panel, w, model="sar").params["rho"])
    assert abs(np.mean(got["het"]) - 0.4) < 4 * np.std(got["het"]) / np.sqrt(150) + 0.02
    assert np.mean(got["covered"]) > 0.88
    assert np.mean(got["ml"]) - 0.4 > 5 * np.std(got["ml"]) / np.sqrt(150)


@pytest.mark.slow
@pytest.mark.parametrize("effects", ["entity", "twoway"])
@pytest.mark.parametrize("method", ["gs2sls", "het"])
def test_panels_recover_the_truth(method, effects):
    """SAC, rho = 0.4, lambda = 0.3, N = 64, T = 6, effects: bias within Monte Carlo error, coverage near 95 percent."""
    rng = np.random.default_rng(1)
    cells = np.array([(i, j) for i in range(8) for j in range(8)])
    matrix = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    matrix /= matrix.sum(1, keepdims=True)
    w, n, t = tk.weights.from_matrix(matrix, ids=range(64)), 64, 6
    a, b = (np.linalg.inv(np.eye(n) - p * matrix) for p in (0.4, 0.3))
    truth, found, covered = {"x": 1.0, "rho": 0.4, "lambda": 0.3}, [], []
    for _ in range(150):
        x = rng.normal(size=(t, n))
        e = rng.normal(size=(t, n)) * (np.exp(0.5 * rng.normal(size=n)) if method == "het" else 1.0)
        y = (x + rng.normal(size=n) + rng.normal(size=(t, 1)) * (effects == "twoway") + e @ b.T) @ a.T
        frame = pd.DataFrame({"id": np.tile(range(n), t), "t": np.repeat(range(t), n), "x": x.ravel(), "y": y.ravel()})
        fit = tk.fit("y ~ x", tk.Panel(frame, entity="id", time="t"), w, model="sac", effects=effects, method=method)
        found.append(fit.params[list(truth)])
        ci = fit.conf_int()
        covered.append([ci.loc[k, "lower"] < v < ci.loc[k, "upper"] for k, v in truth.items()])
    gap, sd = np.mean(found, axis=0) - list(truth.values()), np.std(found, axis=0)
    # time effects cost lambda 1/N of bias, uncorrected
    assert (np.abs(gap) < 4 * sd / np.sqrt(150) + [0.01, 0.03, 0.03 + 0.05 * (effects == "twoway")]).all(), gap
    assert (np.mean(covered, axis=0) > 0.87).all(), np.mean(covered, axis=0)
