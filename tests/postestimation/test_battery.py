"""The test battery against spdep, splm, spreg, statsmodels, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, PANELS, cigar, columbus, golden, munnell, small_panel

import toolkit as tk
from toolkit.errors import InputError
from toolkit.postestimation.error_component_tests import baltagi_song_koh
from toolkit.postestimation.residual_tests import breusch_pagan, jarque_bera, moran_residuals, pesaran_cd

COLUMBUS = "CRIME ~ INC + HOVAL"


@pytest.mark.parametrize("data", ["munnell", "cigar"])
def test_baltagi_song_koh_meet_splm(data):
    panel, w = PANELS[data]()
    tests = baltagi_song_koh(tk.fit(FORMULAS[data], panel, w), w)
    r = golden(f"r_{data}.json")
    for test, key in zip(tests, ("LM1", "LM2", "LMH", "CLMlambda", "CLMmu"), strict=True):
        assert test.statistic == pytest.approx(r[f"bsktest/{key}"]["stat"], rel=1e-6), key
    named = tk.spectests(tk.fit(FORMULAS[data], panel, w))
    assert named["BSK CLM mu"].statistic == tests[-1].statistic


def test_columbus_meets_spdep():
    panel, w = columbus()
    fit, r = tk.fit(COLUMBUS, panel, w), golden("r_columbus.json")
    tests = tk.spectests(fit)
    assert tests["LM SARMA"].statistic == pytest.approx(r["columbus/lm/SARMA"]["stat"], rel=1e-6)
    got = moran_residuals(fit)["Moran"]
    want = r["columbus/lmmoran"]
    assert f"I = {want['I']:.6f}, mean {want['E']:.6f}, variance {want['V']:.6g}" in got.reason
    assert got.p_value == pytest.approx(2 * want["p"][0][0], rel=1e-6)  # spdep's is one-sided


def test_durbin_scores_meet_spreg():
    """spreg's cross-section tests for the SDM (its panel tests are not used: see the reference values)."""
    from spreg import OLS, diagnostics_sp

    panel, w = columbus()
    fit = tk.fit(COLUMBUS, panel, w)
    old = w.to_w()
    old.transform = "r"
    ols = OLS(fit.design.y.ravel()[:, None], fit.design.X[0][:, 1:])
    wx, joint = diagnostics_sp.lm_wx(ols, old)[0], diagnostics_sp.lm_spdurbin(ols, old)[0]
    lag = diagnostics_sp.LMtests(ols, old, tests=["lml"]).lml[0]
    want = {"LM WX": wx, "LM SDM": joint, "robust LM WX": joint - lag, "robust LM lag (W X)": joint - wx}
    ours = tk.spectests(fit)
    for name, value in want.items():
        assert ours[name].statistic == pytest.approx(float(value), rel=1e-6), name


def test_pesaran_cd_meets_the_reference_and_is_refused_after_time_effects():
    panel, _ = munnell()
    assert pesaran_cd(tk.fit(FORMULAS["munnell"], panel, effects="entity")).statistic == pytest.approx(
        30.3685, abs=5e-5
    )
    refused = pesaran_cd(tk.fit(FORMULAS["munnell"], panel, effects="twoway"))
    assert np.isnan(refused.statistic) and "not valid" in refused.reason


def dense_moran(fit, matrix):
    """Mean and variance of Moran's I with M of size NT written out."""
    t, n = fit.design.y.shape
    z, _ = fit.design.regressors()
    x = z.reshape(t * n, -1)
    dummies = [np.tile(np.eye(n), (t, 1))] if fit.effects in ("entity", "twoway") else []
    dummies += [np.repeat(np.eye(t), n, axis=0)] if fit.effects in ("time", "twoway") else []
    x = np.column_stack([x, *dummies])
    m = np.eye(t * n) - x @ np.linalg.pinv(x)
    big = np.kron(np.eye(t), matrix)
    mw = m @ big
    d, scale = np.linalg.matrix_rank(m, tol=1e-8), n / matrix.sum()
    mean = np.trace(mw) / d
    second = (np.trace(mw @ m @ big.T) + np.trace(mw @ mw) + np.trace(mw) ** 2) / (d * (d + 2))
    return scale * mean, scale**2 * (second - mean**2)


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize("effects", ["none", "entity", "time", "twoway"])
def test_moran_of_panel_residuals_meets_the_dense_formula(effects, kind):
    panel, w, matrix = small_panel(seed=5, n=9, t=4, kind=kind)
    fit = tk.fit("y ~ x1 + x2", panel, w, effects=effects)
    mean, variance = dense_moran(fit, matrix)
    test = moran_residuals(fit, w, permutations=99)["Moran"]
    e = fit.solution.innovations
    i = 9 / matrix.sum() * (e * (e @ matrix.T)).sum() / (e**2).sum()
    assert test.statistic == pytest.approx((i - mean) / np.sqrt(variance), rel=1e-8)


def test_moran_by_year_and_after_a_spatial_model():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sem", effects="entity")
    tests = tk.moran_residuals(fit, permutations=199, seed=3)
    assert len(tests) == 18 and tests["Moran"].distribution == "permutation" and tests["Moran 1970"].p_value <= 1
    again = tk.moran_residuals(fit, permutations=199, seed=3)
    assert [t.p_value for t in tests] == [t.p_value for t in again]
    pooled = tk.moran_residuals(tk.fit(FORMULAS["munnell"], panel, w))["Moran"]
    assert pooled.p_value < 1e-6


def test_residual_tests_meet_statsmodels():
    import statsmodels.api as sm
    from statsmodels.stats.diagnostic import het_breuschpagan
    from statsmodels.stats.stattools import jarque_bera as sm_jb

    panel, _ = columbus()
    fit = tk.fit(COLUMBUS, panel)
    ols = sm.OLS(fit.design.y.ravel(), fit.design.X[0]).fit()
    assert jarque_bera(fit).statistic == pytest.approx(sm_jb(ols.resid)[0], rel=1e-9)
    classic, koenker = breusch_pagan(fit)
    assert koenker.statistic == pytest.approx(het_breuschpagan(ols.resid, fit.design.X[0])[0], rel=1e-9)
    assert classic.statistic == pytest.approx(het_breuschpagan(ols.resid, fit.design.X[0], robust=False)[0], rel=1e-9)


@pytest.mark.parametrize("effects", ["none", "entity", "time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sem"])
def test_conditional_tests_are_close_to_likelihood_ratios_nearby(model, effects):
    """Score and LR tests agree to first order: data with a small second parameter."""
    rng = np.random.default_rng(2)
    cells = np.array([(i, j) for i in range(10) for j in range(10)])
    matrix = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    matrix /= matrix.sum(1, keepdims=True)
    w, eye = tk.weights.from_matrix(matrix, ids=range(100)), np.eye(100)
    x = rng.normal(size=(6, 100))
    rho, lam = (0.4, 0.08) if model in ("sar", "sdm") else (0.06, 0.4)
    u = np.linalg.solve(eye - lam * matrix, rng.normal(size=(6, 100)).T)
    y = np.linalg.solve(eye - rho * matrix, 2 * x.T + u).T
    frame = pd.DataFrame({"id": np.tile(range(100), 6), "t": np.repeat(range(6), 100), "x": x.ravel(), "y": y.ravel()})
    panel = tk.Panel(frame, entity="id", time="t")
    fit = tk.fit("y ~ x", panel, w, model=model, effects=effects)
    kind = "none" if effects in ("none", "time") else "transformation"  # as the score tests count observations
    base = tk.fit("y ~ x", panel, w, model=model, effects=effects, bias_correction=kind)
    wider = tk.fit("y ~ x", panel, w, model="sac", effects=effects, bias_correction=kind)
    name = "LM error given lag" if model in ("sar", "sdm") else "LM lag given error"
    lm, lr = tk.spectests(fit)[name].statistic, 2 * (wider.loglik - base.loglik)
    assert lm == pytest.approx(lr, rel=0.25, abs=0.2)


@pytest.mark.slow
def test_size_of_the_conditional_tests():
    """600 samples under the null, N = 36, T = 4, entity effects: 5 percent within Monte Carlo error."""
    from toolkit.postestimation.score_tests import conditional

    rng = np.random.default_rng(8)
    cells = np.array([(i, j) for i in range(6) for j in range(6)])
    matrix = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    matrix /= matrix.sum(1, keepdims=True)
    w, inverse = tk.weights.from_matrix(matrix, ids=range(36)), np.linalg.inv(np.eye(36) - 0.4 * matrix)
    rejected = {"sar": [], "sem": [], "sdm": [], "sdem": []}
    for _ in range(600):
        x, e = rng.normal(size=(4, 36)), rng.normal(size=(4, 36))
        for model in rejected:
            y = (x + e) @ inverse.T if model in ("sar", "sdm") else x + e @ inverse.T
            frame = pd.DataFrame(
                {"id": np.tile(range(36), 4), "t": np.repeat(range(4), 36), "x": x.ravel(), "y": y.ravel()}
            )
            fit = tk.fit("y ~ x", tk.Panel(frame, entity="id", time="t"), w, model=model, effects="entity")
            rejected[model].append(conditional(fit)[0].p_value < 0.05)
    for model, out in rejected.items():
        assert abs(np.mean(out) - 0.05) < 3.5 * np.sqrt(0.0475 / 600) + 0.01, (model, np.mean(out))


def test_hausman_of_munnell():
    """../shared/reference: 9.5254 with 4 degrees of freedom (Swamy and Arora's random effects)."""
    panel, _ = munnell()
    fixed = tk.fit(FORMULAS["munnell"], panel, effects="entity")
    random = tk.fit(FORMULAS["munnell"], panel, effects="random", method="gls")
    test = tk.hausman(fixed, random)
    assert test.statistic == pytest.approx(9.5254, abs=5e-4) and test.df == 4


def test_spatial_hausman_says_when_the_difference_is_not_positive_definite():
    """../shared/reference: with joint Hessians the quadratic form of the Munnell SAR is -13.6, where splm prints 83.08."""
    panel, w = munnell()
    kw = {"model": "sar"}
    test = tk.hausman(
        tk.fit(FORMULAS["munnell"], panel, w, **kw, effects="entity"),
        tk.fit(FORMULAS["munnell"], panel, w, **kw, effects="random"),
    )
    assert np.isnan(test.statistic) and "not positive definite" in test.reason and "-13.599" in test.reason
    assert "mundlak" in test.reason


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ({"effects": "time"}, {"effects": "random"}, "'time' and 'random'"),
        ({"effects": "entity"}, {"effects": "mundlak"}, "its own test"),
        ({"effects": "entity", "model": "sem"}, {"effects": "random"}, "differ in more than their effects"),
    ],
)
def test_hausman_refusals(left, right, message):
    panel, w = munnell()
    a, b = (tk.fit(FORMULAS["munnell"], panel, w, **{"model": "sar", **kw}) for kw in (left, right))
    with pytest.raises(InputError, match=message):
        tk.hausman(a, b)


def test_selection_follows_elhorst_on_cigarettes():
    """Elhorst (2014), section 3.6.2: two-way effects, LM points to error, LR rejects both: the SDM."""
    panel, w = cigar()
    out = tk.select(FORMULAS["cigar"], panel, w, effects="twoway")
    assert out.chosen.model == "sdm" and len(out.steps) == 2
    tidy = out.tidy()
    assert set(tidy["test"]) >= {"LM lag", "robust LM error", "LR SDM against SAR"} and "SDM" in repr(out)
    assert out.glance().loc[0, "tests"] == 6


@pytest.mark.slow
@pytest.mark.parametrize("truth", ["ols", "slx", "sar", "sem", "sdm"])
@pytest.mark.parametrize("strategy", ["elhorst", "lesage-pace"])
def test_selection_finds_the_truth_most_often(truth, strategy):
    rng = np.random.default_rng(11)
    cells = np.array([(i, j) for i in range(9) for j in range(9)])
    matrix = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    matrix /= matrix.sum(1, keepdims=True)
    w, eye, found = tk.weights.from_matrix(matrix, ids=range(81)), np.eye(81), []
    inverse = np.linalg.inv(eye - 0.5 * matrix)
    for _ in range(20):
        x, e = rng.normal(size=(5, 81)), rng.normal(size=(5, 81))
        lagged = x @ matrix.T
        y = {
            "ols": x + e,
            "slx": x - lagged + e,
            "sar": (x + e) @ inverse.T,
            "sem": x + e @ inverse.T,
            "sdm": (x + lagged + e) @ inverse.T,
        }[truth]
        frame = pd.DataFrame(
            {"id": np.tile(range(81), 5), "t": np.repeat(range(5), 81), "x": x.ravel(), "y": y.ravel()}
        )
        found.append(tk.select("y ~ x", tk.Panel(frame, entity="id", time="t"), w, "entity", strategy).chosen.model)
    expected = "sdm" if (truth, strategy) == ("slx", "elhorst") else truth  # that sequence never asks whether rho = 0
    assert found.count(expected) >= 14, found


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"strategy": "stepwise"}, "lesage-pace"),
        ({"level": 5}, "level=5"),
        ({"effects": "random"}, "no sequence of tests"),
    ],
)
def test_selection_refusals(kw, message):
    panel, w = munnell()
    with pytest.raises(InputError, match=message):
        tk.select(FORMULAS["munnell"], panel, w, **kw)


def test_lm_given_random_effects_is_the_square_of_clm_lambda_and_close_to_likelihood_ratios():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, effects="random", method="ml")
    clm = golden("r_munnell.json")["bsktest/CLMlambda"]["stat"]
    assert tk.spectests(fit)["LM error given RE"].statistic == pytest.approx(clm**2, rel=1e-6)

    rng = np.random.default_rng(5)
    cells = np.array([(i, j) for i in range(9) for j in range(9)])
    matrix = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    matrix /= matrix.sum(1, keepdims=True)
    w, x = tk.weights.from_matrix(matrix, ids=range(81)), rng.normal(size=(6, 81))
    mean = (x + rng.normal(size=81) + rng.normal(size=(6, 81))).T
    y = np.linalg.solve(np.eye(81) - 0.08 * matrix, mean).T
    frame = pd.DataFrame({"id": np.tile(range(81), 6), "t": np.repeat(range(6), 81), "x": x.ravel(), "y": y.ravel()})
    panel = tk.Panel(frame, entity="id", time="t")
    base = tk.fit("y ~ x", panel, w, effects="random", method="ml")
    tests = tk.spectests(base)
    for model, name in (("sar", "LM lag given RE"), ("sem", "LM error given RE")):
        lr = 2 * (tk.fit("y ~ x", panel, w, model=model, effects="random").loglik - base.loglik)
        assert tests[name].statistic == pytest.approx(lr, rel=0.25, abs=0.3), name


def test_lm_given_random_effects_without_any_are_the_pooled_ones():
    """Where phi = 0 all four, robust ones included, are the classical tests of the pooled model."""
    rng = np.random.default_rng(3)
    panel, w, _ = small_panel(seed=2, n=20, t=4)
    e = rng.normal(size=(4, 20))
    x = rng.normal(size=(4, 20))
    panel = tk.Panel(
        panel.frame.assign(x1=x.ravel(), y=(x + e - 0.95 * e.mean(axis=0)).ravel()), entity="id", time="year"
    )
    base = tk.fit("y ~ x1", panel, w, effects="random", method="ml")
    assert base.params["phi"] == 0
    given, pooled = tk.spectests(base), tk.spectests(tk.fit("y ~ x1", panel, w))
    for name in ("LM lag", "LM error", "robust LM lag", "robust LM error"):
        assert given[f"{name} given RE"].statistic == pytest.approx(pooled[name].statistic, rel=1e-6), name
