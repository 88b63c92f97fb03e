"""Dynamic panels: closed forms, the expectation of the score by simulation, impacts, stability, Monte Carlo."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from cases import FORMULAS, ROOT, cigar, munnell, small_panel

import toolkit as tk
from toolkit.errors import EstimationError, InputError
from toolkit.models.dynamic import _expected_score, corrected_dynamic, stability
from toolkit.models.estimate import estimate
from toolkit.models.spec import SPECS
from toolkit.weights.operator import Operator


@pytest.fixture(scope="module")
def study():
    """The published Monte Carlo's script."""
    spec = importlib.util.spec_from_file_location("study", ROOT / "tests" / "benchmarks" / "monte_carlo_dynamic.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["study"] = module
    spec.loader.exec_module(module)
    return module


def test_direct_estimate_is_the_static_model_with_lags_as_regressors():
    panel, w = munnell()
    formula = FORMULAS["munnell"]
    fit = tk.fit(formula, panel, w, model="sar", effects="entity", dynamic="y(t-1)", bias_correction="none")
    by_hand = tk.fit(f"{formula} + lag(log(gsp))", panel, w, model="sar", effects="entity")
    np.testing.assert_allclose(fit.params, by_hand.params, rtol=1e-9)
    np.testing.assert_allclose(fit.std_errors, by_hand.std_errors, rtol=1e-7)
    assert fit.terms[-2:] == ("y(t-1)", "rho") and any("Nickell" in n for n in fit.notes)


def test_both_lags_have_their_names_and_period():
    panel, w = cigar()
    fit = tk.fit(FORMULAS["cigar"], panel, w, model="sdm", effects="twoway", dynamic="both")
    assert fit.terms[-3:] == ("y(t-1)", "W y(t-1)", "rho") and fit.nobs == 46 * 29
    assert list(fit.tidy()["block"])[-3:] == ["dynamic", "dynamic", "spatial"]
    assert set(fit.solution.uncorrected) == {*fit.terms, "sigma2"}


def test_without_space_it_is_hahn_and_kuersteiner():
    """No W, no regressor that matters: tau + (1 + tau)/T up to the information, sigma2_y (1 - tau^2) = sigma2."""
    rng = np.random.default_rng(0)
    n, t, tau = 4000, 12, 0.5
    y = rng.normal(size=n) / np.sqrt(1 - tau**2)
    path = [y := tau * y + rng.normal(size=n) for _ in range(t + 1)]
    y = np.array(path)
    direct = estimate(y[1:], y[:-1, :, None], ("y(t-1)",), SPECS["ols"], "entity")
    fixed, slope = corrected_dynamic(direct, y[1:], {"y(t-1)": 0}, None)
    within = direct.optimum.beta[0]
    q = y[:-1] - y[:-1].mean(axis=0)
    information = (q**2).sum() / direct.optimum.sigma2
    assert fixed.optimum.beta[0] == pytest.approx(within + n / (1 - within) / information, rel=1e-10)
    hahn = within + (1 + within) / t  # with the information of a stationary process, NT / (1 - tau^2)
    assert fixed.optimum.beta[0] == pytest.approx(hahn, abs=0.03)
    assert abs(fixed.optimum.beta[0] - tau) < 0.25 * abs(within - tau)


@pytest.mark.slow
@pytest.mark.parametrize("effects", ["entity", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sac"])
def test_expected_score_meets_its_simulation(model, effects):
    """At the true parameters of a long panel the mean score of the direct likelihood is the closed form."""
    rng = np.random.default_rng(5)
    _, w, matrix = small_panel(seed=1, n=9, t=3, kind="uneven")
    n, t, tau, eta, rho, lam = 9, 60, 0.4, 0.1, 0.3, 0.2 if model == "sac" else 0.0
    eye = np.eye(n)
    a, b = np.linalg.inv(eye - rho * matrix), np.linalg.inv(eye - lam * matrix)
    op, scores = Operator(w.sparse), []
    direct = None
    for _ in range(1500):
        y, path = np.zeros(n), []
        for _ in range(t + 31):
            y = a @ (tau * y + eta * matrix @ y + b @ rng.normal(size=n))
            path.append(y)
        y = np.array(path[-t - 1 :])
        z = np.stack([y[:-1], y[:-1] @ matrix.T], axis=2)
        if direct is None:
            direct = estimate(
                y[1:], z, ("y(t-1)", "W y(t-1)"), SPECS[model], effects, op, op if model == "sac" else None
            )
        bb = eye - lam * matrix
        e = (y[1:] @ (eye - rho * matrix).T - tau * z[:, :, 0] - eta * z[:, :, 1]) @ bb.T
        e = e - e.mean(axis=0)
        v = bb @ np.ones(n)
        if effects == "twoway":
            e = e - np.outer(e @ v / (v @ v), v)
        g, h = matrix @ a, matrix @ b
        row = [(e * (z[:, :, j] @ bb.T)).sum() for j in (0, 1)]
        row.append((e * (y[1:] @ matrix.T @ bb.T)).sum() - t * np.trace(g))
        if model == "sac":
            u = y[1:] @ (eye - rho * matrix).T - tau * z[:, :, 0] - eta * z[:, :, 1]
            row.append((e * (u @ matrix.T)).sum() - t * np.trace(h))
        row.append(-n * t / 2 + (e**2).sum() / 2)
        scores.append(row)
    theta = np.array([tau, eta, rho, *([lam] if model == "sac" else []), 1.0])
    slots = {
        "y(t-1)": 0,
        "W y(t-1)": 1,
        "rho": 2,
        **({"lambda": 3} if model == "sac" else {}),
        "sigma2": len(theta) - 1,
    }
    want = _expected_score(direct, theta, slots, op, t, n)
    mean, error = np.mean(scores, axis=0), np.std(scores, axis=0) / np.sqrt(len(scores))
    # the closed form lets T go to infinity in sum_h P^h: at T = 60 that is worth up to 3 percent
    assert (np.abs(mean - want) < 4 * error + 0.03 * np.abs(want)).all(), (mean, want, error)


def test_stability_meets_the_dense_spectral_radius():
    for kind in ("knn", "uneven"):
        _, w, matrix = small_panel(seed=2, kind=kind)
        p = np.linalg.solve(np.eye(12) - 0.4 * matrix, 0.5 * np.eye(12) + 0.2 * matrix)
        want = np.abs(np.linalg.eigvals(p)).max()
        assert stability(w.operator, 0.4, 0.5, 0.2) == pytest.approx(want, rel=1e-10)


def test_stability_by_other_routes(monkeypatch):
    _, w, _ = small_panel(seed=2)
    panel, queen = munnell()
    exact = [stability(x.operator, 0.4, 0.5, -0.2) for x in (w, queen)]
    monkeypatch.setattr(Operator, "exact_spectrum", False)
    assert stability(queen.operator, 0.4, 0.5, -0.2) == pytest.approx(exact[1], rel=1e-6)
    assert stability(w.operator, 0.4, 0.5, -0.2) == pytest.approx(exact[0], rel=1e-6)


def test_explosive_estimates_say_so():
    panel, w = cigar()
    fit = tk.fit(FORMULAS["cigar"], panel, w, model="sdm", effects="entity", dynamic="both")
    assert fit.solution.details["spectral_radius"] > 1 and any("explosive" in n for n in fit.notes)
    table = tk.impacts(fit).tidy()
    assert table.loc[table["horizon"] == "long", "estimate"].isna().all()
    assert table.loc[table["horizon"] == "short", "estimate"].notna().all()


def dense_impacts(fit, matrix, term):
    eye, v = np.eye(len(matrix)), fit.params
    right = eye * v[term] + matrix * v.get(f"W {term}", 0.0)
    short = np.linalg.solve(eye - v["rho"] * matrix, right)
    long = np.linalg.solve((1 - v["y(t-1)"]) * eye - (v["rho"] + v["W y(t-1)"]) * matrix, right)
    return {"short": short, "long": long}


@pytest.mark.parametrize("kind", ["knn", "uneven"])
def test_impacts_in_the_short_and_the_long_run(kind):
    panel, w, matrix = small_panel(seed=4, n=15, t=9, kind=kind)
    fit = tk.fit("y ~ x1 + x2", panel, w, model="sdm", effects="entity", dynamic="both")
    table = tk.impacts(fit).tidy().set_index(["term", "horizon", "effect"])
    for horizon, m in dense_impacts(fit, matrix, "x1").items():
        assert table.loc[("x1", horizon, "direct"), "estimate"] == pytest.approx(np.trace(m) / 15, rel=1e-9)
        assert table.loc[("x1", horizon, "total"), "estimate"] == pytest.approx(m.sum() / 15, rel=1e-9)
        np.testing.assert_allclose(tk.impact_matrix(fit, "x1", horizon=horizon), m, atol=1e-10)
    drawn = tk.impacts(fit, "simulation", draws=4000, seed=1)
    near = drawn.tidy().set_index(["term", "horizon", "effect"])
    ratio = near.loc[("x1", "short"), "std_error"] / table.loc[("x1", "short"), "std_error"]
    assert ((ratio > 0.85) & (ratio < 1.3)).all()
    assert drawn.draws + drawn.discarded == 4000
    order = tk.impacts_by_order(fit, "x1", orders=3, horizon="long").wide()
    np.testing.assert_allclose(order.loc["all"], table.loc[("x1", "long"), "estimate"].to_numpy(), rtol=1e-9)


def test_delta_errors_of_long_run_impacts_by_differences():
    panel, w, matrix = small_panel(seed=4, n=15, t=9)
    fit = tk.fit("y ~ x1", panel, w, model="sdm", effects="entity", dynamic="both")
    eye, terms = np.eye(15), list(fit.terms)

    def total_and_direct(p):
        v = dict(zip(terms, p, strict=True))
        m = np.linalg.solve(
            (1 - v["y(t-1)"]) * eye - (v["rho"] + v["W y(t-1)"]) * matrix, eye * v["x1"] + matrix * v["W x1"]
        )
        return np.array([np.trace(m), m.sum()]) / 15

    at = fit.coefficients.estimate
    slope = np.array([(total_and_direct(at + h) - total_and_direct(at - h)) / 2e-6 for h in 1e-6 * np.eye(len(at))]).T
    want = np.sqrt(np.diag(slope @ fit.coefficients.cov @ slope.T))
    table = tk.impacts(fit).tidy().set_index(["horizon", "effect"])
    np.testing.assert_allclose(table.loc[("long", ["direct", "total"]), "std_error"], want, rtol=1e-6)


def test_forecasts_go_on_from_the_last_outcome():
    panel, w, matrix = small_panel(seed=4, n=15, t=9)
    fit = tk.fit("y ~ x1", panel.between(2000, 2006), w, model="sar", effects="entity", dynamic="y(t-1)")
    out = tk.predict(fit, panel)["prediction"].to_numpy().reshape(2, 15)
    fe, x = fit.fixed_effects(), panel.values("x1")
    y = panel.values("y")[6]
    for step in range(2):
        mean = fit.params["x1"] * x[7 + step] + fit.params["y(t-1)"] * y + fe.constant + fe.entity.to_numpy()
        y = np.linalg.solve(np.eye(15) - fit.rho * matrix, mean)
        np.testing.assert_allclose(out[step], y, atol=1e-10)


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({"dynamic": "lag"}, InputError, r"dynamic='lag' is not known(.|\n)*W y\(t-1\)"),
        ({"bias_correction": "transformation"}, InputError, "does not remove the bias of a lagged outcome"),
        ({"method": "2sls"}, InputError, "means nothing to method='2sls'"),
        ({"effects": "random"}, InputError, "correlated with the first outcome"),
    ],
)
def test_refusals(kw, error, message):
    panel, w = munnell()
    with pytest.raises(error, match=message):
        tk.fit(FORMULAS["munnell"], panel, w, **{"model": "sar", "effects": "entity", "dynamic": "y(t-1)", **kw})


def test_explosive_direct_estimates_are_not_corrected():
    rng = np.random.default_rng(1)
    panel, w, _ = small_panel(seed=4, n=15, t=9)
    growth = np.exp(0.4 * np.arange(9))[:, None] * (1 + rng.normal(size=15) ** 2) + rng.normal(size=(9, 15)) / 10
    panel = tk.Panel(panel.frame.assign(y=growth.ravel()), entity="id", time="year")
    with pytest.raises(EstimationError, match="explosive"):
        tk.fit("y ~ x1", panel, w, model="sar", effects="entity", dynamic="both")


@pytest.mark.slow
@pytest.mark.parametrize("effects", ["entity", "twoway"])
@pytest.mark.parametrize(("periods", "low"), [(10, 0.86), (30, 0.90)])
def test_the_published_study_at_a_reduced_size(study, effects, periods, low):
    """docs/monte_carlo.md with 200 draws: bounds of the full study widened by three Monte Carlo standard errors."""
    cell = study.simulate(0.6, periods, effects, draws=200)
    error = cell.after[:, 1].std() / np.sqrt(200)
    bias = np.abs(cell.before[:, 1].mean())
    assert np.abs(cell.after[:, 1].mean()) < 0.15 * bias + 3 * error
    coverage = cell.covered[:, 1].mean()
    assert low - 3 * np.sqrt(0.07 / 200) < coverage < 0.97 + 3 * np.sqrt(0.03 / 200)
