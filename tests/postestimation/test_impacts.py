from __future__ import annotations

import numpy as np
import pytest
from cases import FORMULAS, cigar, munnell, small_panel

import toolkit as tk
from toolkit.errors import InputError


def dense_impacts(fit, w, wd):
    """Averages of the N x N matrix of effects, written out."""
    n = fit.design.y.shape[1]
    s = np.linalg.inv(np.eye(n) - (fit.rho or 0) * w)
    out = {}
    for i, name in enumerate(fit.design.terms):
        if i == fit.design.constant:
            continue
        effect = s * fit.params[name]
        if f"W {name}" in fit.params:
            effect = effect + s @ wd * fit.params[f"W {name}"]
        out[name] = (np.trace(effect) / n, (effect.sum() - np.trace(effect)) / n, effect.sum() / n)
    return out


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sdm", "sdem", "sac", "gns"])
def test_every_model_against_the_full_matrix(model, kind):
    panel, w, matrix = small_panel(9, n=15, kind=kind)
    other = np.roll(np.eye(panel.N), 1, axis=1) * 0.7
    for durbin in (None, tk.weights.from_matrix(other, ids=w.ids)):
        fit = tk.fit("y ~ x1 + x2", panel, w, model=model, W_durbin=durbin)
        made = tk.impacts(fit).wide()
        target = dense_impacts(fit, matrix, matrix if durbin is None else other)
        for name, values in target.items():
            np.testing.assert_allclose(made.loc[name].astype(float), values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize("model", ["slx", "sar", "sdm", "gns"])
def test_delta_standard_errors_are_the_numerical_gradient(model, kind):
    """Gradient by central differences of the dense impacts in (b, theta, rho)."""
    panel, w, matrix = small_panel(10, n=15, kind=kind)
    other = np.roll(np.eye(panel.N), 1, axis=1) * 0.7
    for durbin in (None, other):
        wd = None if durbin is None else tk.weights.from_matrix(durbin, ids=w.ids)
        fit = tk.fit("y ~ x1 + x2", panel, w, model=model, W_durbin=wd)
        lag = matrix if durbin is None else durbin

        def effects(theta, terms=fit.terms, lag=lag):
            v = dict(zip(terms, theta, strict=True))
            s = np.linalg.inv(np.eye(len(matrix)) - v.get("rho", 0.0) * matrix)
            out = []
            for name in ("x1", "x2"):
                e = s * v[name] + s @ lag * v.get(f"W {name}", 0.0)
                out += [np.trace(e), e.sum() - np.trace(e), e.sum()]
            return np.array(out) / len(matrix)

        theta = fit.params.to_numpy()
        gradient = np.array([(effects(theta + h) - effects(theta - h)) / 2e-6 for h in np.eye(len(theta)) * 1e-6]).T
        target = np.sqrt(np.diag(gradient @ fit.cov.to_numpy() @ gradient.T))
        np.testing.assert_allclose(tk.impacts(fit).tidy()["std_error"], target, rtol=1e-6)


def test_cigarettes_published():
    """Elhorst (2014), table 3.4; 0.005 as the book lags demeaned data and uses a grid of log-determinants."""
    panel, w = cigar()
    made = tk.impacts(tk.fit(FORMULAS["cigar"], panel, w, model="sdm", effects="twoway")).wide()
    published = [[-1.015, -0.210, -1.225], [0.591, -0.194, 0.397]]
    exact = [[-1.0133, -0.2140, -1.2273], [0.5908, -0.1943, 0.3965]]
    np.testing.assert_allclose(made, published, atol=5e-3)
    np.testing.assert_allclose(made, exact, atol=6e-5)


@pytest.mark.parametrize("model", ["slx", "sar", "sdm", "sac"])
def test_simulation_agrees_with_delta(model):
    """20,000 draws: the standard deviation of draws has relative error 0.5 percent. The rest is curvature: the delta
    method leaves out the product of variances, which counts where an estimate is small beside its standard error (SAC)."""
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model=model, effects="entity")
    delta, simulated = tk.impacts(fit).tidy(), tk.impacts(fit, method="simulation", draws=20_000, seed=1).tidy()
    np.testing.assert_array_equal(delta["estimate"], simulated["estimate"])
    np.testing.assert_allclose(simulated["std_error"], delta["std_error"], rtol=0.1 if model == "sac" else 0.04)
    again = tk.impacts(fit, method="simulation", draws=20_000, seed=1).tidy()
    np.testing.assert_array_equal(again["conf_low"], simulated["conf_low"])


def test_simulation_with_uneven_rows_meets_draw_by_draw_inversion():
    panel, w, matrix = small_panel(12, n=15, kind="uneven")
    fit = tk.fit("y ~ x1 + x2", panel, w, model="sdm", W_durbin=tk.weights.from_matrix(matrix**2, ids=w.ids))
    made = tk.impacts(fit, method="simulation", draws=400, seed=3)
    draws = np.random.default_rng(3).multivariate_normal(fit.params, fit.cov, size=400, method="eigh")
    low, high = fit.estimated.likelihood.interval
    keep = draws[(draws[:, -1] > low) & (draws[:, -1] < high)]
    assert made.discarded == 400 - len(keep)
    totals = []
    for v in keep:
        s = np.linalg.inv(np.eye(15) - v[-1] * matrix)
        totals.append((s * v[1] + s @ matrix**2 * v[3]).sum() / 15)
    row = made.tidy().query("term == 'x1' and effect == 'total'")
    assert row["std_error"].item() == pytest.approx(np.std(totals, ddof=1), rel=1e-6)


def test_total_is_direct_plus_indirect_and_table_is_tidy():
    panel, w = munnell()
    made = tk.impacts(tk.fit(FORMULAS["munnell"], panel, w, model="sdm", effects="twoway"))
    wide = made.wide()
    np.testing.assert_allclose(wide["total"], wide["direct"] + wide["indirect"], rtol=1e-12)
    assert list(made.tidy().columns) == [
        "term", "effect", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high",
    ]  # fmt: skip
    assert made.tidy()["term"].unique().tolist() == ["log(pcap)", "log(pc)", "log(emp)", "unemp"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"method": "bootstrap"}, "delta, simulation"),
        ({"method": "simulation", "draws": 5}, "too few"),
        ({"level": 95}, "0.95"),
    ],
)
def test_bad_arguments(arguments, says):
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sar")
    with pytest.raises(InputError, match=says):
        tk.impacts(fit, **arguments)
    with pytest.raises(InputError, match="tk.fit"):
        tk.impacts(fit.tidy())
