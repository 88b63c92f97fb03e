"""Random effects against the dense likelihood of NT observations, splm, and the models they collapse to."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from cases import FORMULAS, PANELS, columbus, golden, munnell, small_panel

import toolkit as tk
from toolkit.errors import InputError
from toolkit.models.random_effects import ErrorComponents

MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac", "gns")
WITH_LAMBDA = ("sem", "sdem", "sac", "gns")


def dense_loglik(fit, matrix, theta):
    """Gaussian log-likelihood at `theta` (all terms, then sigma2) with the NT x NT covariance written out."""
    terms = (*fit.terms, "sigma2")
    v = dict(zip(terms, theta, strict=True))
    y = fit.design.y
    t, n = y.shape
    eye = np.eye(n)
    a, b = eye - v.get("rho", 0) * matrix, eye - v.get("lambda", 0) * matrix
    psi, inverse = v.get("psi", 0.0), np.linalg.inv(b.T @ b)
    gaps = np.abs(np.arange(t)[:, None] - np.arange(t)[None])
    over_time = psi**gaps / (1 - psi**2)
    region = inverse if fit.options.components == "kkp" else eye
    omega = v["sigma2"] * (np.kron(np.ones((t, t)), v["phi"] * region) + np.kron(over_time, inverse))
    z, names = fit.design.regressors()
    e = (y @ a.T - z @ np.array([v[k] for k in names])).ravel()
    _, logdet = np.linalg.slogdet(omega)
    return -(n * t * np.log(2 * np.pi) + logdet + e @ np.linalg.solve(omega, e)) / 2 + t * np.linalg.slogdet(a)[1]


CELLS = [
    (model, components, serial)
    for model in MODELS
    for components in (("baltagi", "kkp") if model in WITH_LAMBDA else ("baltagi",))
    for serial in (False, True)
]


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize(("model", "components", "serial"), CELLS)
def test_meets_the_dense_likelihood(model, components, serial, kind):
    """Same value at the estimates; its gradient there is zero; its numerical Hessian gives the standard errors."""
    panel, w, matrix = small_panel(seed=7, n=12, t=6, kind=kind)
    fit = tk.fit("y ~ x1 + x2", panel, w, model=model, effects="random", components=components, serial=serial)
    theta = np.append(fit.coefficients.estimate, fit.sigma2)
    assert fit.loglik == pytest.approx(dense_loglik(fit, matrix, theta), abs=1e-8)
    if fit.params["phi"] == 0 or np.isnan(fit.std_errors["phi"]):
        pytest.fail("the draw was chosen to have region effects")
    se = np.append(fit.coefficients.std_error, fit.sigma2 * np.sqrt(2 / 72))
    h = 1e-3 * se
    size = len(theta)
    step = np.diag(h)

    def f(x):
        return dense_loglik(fit, matrix, x)

    slope = np.array([(f(theta + s) - f(theta - s)) for s in step]) / (2 * h)
    assert np.abs(slope * se).max() < 1e-5  # in standard errors: the witness differentiates numerically
    step = np.diag(20 * h)
    hessian = np.empty((size, size))
    for i in range(size):
        for j in range(i, size):
            si, sj = step[i], step[j]
            hessian[i, j] = hessian[j, i] = (
                f(theta + si + sj) - f(theta + si - sj) - f(theta - si + sj) + f(theta - si - sj)
            ) / (4 * 400 * h[i] * h[j])
    want = np.sqrt(np.diag(np.linalg.inv(-hessian)))[:-1]
    np.testing.assert_allclose(fit.coefficients.std_error, want, rtol=5e-3)


R = {
    "re_sar": ("sar", None),
    "re_sem_b": ("sem", "baltagi"),
    "re_sem_kkp": ("sem", "kkp"),
    "re_sac_b": ("sac", "baltagi"),
}


@lru_cache
def fitted(data, key):
    panel, w = PANELS[data]()
    model, components = R[key]
    return tk.fit(FORMULAS[data], panel, w, model=model, effects="random", components=components)


@pytest.mark.parametrize("key", R)
@pytest.mark.parametrize("data", ["munnell", "cigar"])
def test_meets_splm(data, key):
    """Estimates and log-likelihood; splm's standard errors are conditional on rho, so only those of rho and lambda
    in models with one of them are compared."""
    fit, r = fitted(data, key), golden(f"r_{data}.json")[key]
    assert fit.loglik == pytest.approx(r["logLik"], abs=1e-6)
    k = len(r["coef"])
    np.testing.assert_allclose(fit.params[:k], r["coef"], rtol=1e-3)
    theirs = {}
    for block in (r.get("ar"), r.get("ec")):
        if block:
            names, values = np.atleast_1d(block["terms"]), np.atleast_1d(block["coef"])
            ours = {"lambda": "rho", "rho": "lambda", "phi": "phi"}  # splm's names
            theirs |= {ours[a]: b for a, b in zip(names, values, strict=True)}
    for name, value in theirs.items():
        assert fit.params[name] == pytest.approx(value, rel=1e-3), name
    assert r["sigma2"][1] == pytest.approx(fit.solution.details["sigma2_e"], rel=1e-3)
    assert r["sigma2"][2] == pytest.approx(fit.solution.details["sigma2_mu"], rel=1e-3)
    if key != "re_sac_b":
        block = r["ar"] if key == "re_sar" else r["ec"]
        name = "rho" if key == "re_sar" else "lambda"
        assert fit.std_errors[name] == pytest.approx(np.atleast_1d(block["se"])[-1], rel=1e-3)


def test_joint_standard_errors_of_munnell():
    """../shared/reference: the joint Hessian gives .02906 and .0183 where splm's conditional ones are .0290 and .0087."""
    assert fitted("munnell", "re_sar").std_errors["rho"] == pytest.approx(0.02906, abs=5e-6)
    assert fitted("munnell", "re_sac_b").std_errors["rho"] == pytest.approx(0.0183, abs=5e-5)


@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "sac"])
def test_without_region_effects_it_is_the_pooled_model(model):
    """At phi = 0 the likelihood is that of effects='none'; data whose between variance is small end there."""
    panel, w = columbus_like()
    pooled = tk.fit("y ~ x", panel, w, model=model)
    fit = tk.fit("y ~ x", panel, w, model=model, effects="random")
    assert fit.params["phi"] == 0 and any("phi = 0" in n for n in fit.notes) and np.isnan(fit.std_errors["phi"])
    np.testing.assert_allclose(fit.params[:-1], pooled.params, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(fit.std_errors[:-1], pooled.std_errors, rtol=1e-5)
    assert fit.loglik == pytest.approx(pooled.loglik, abs=1e-8)


@lru_cache
def columbus_like():
    """Errors that sum to zero over time in every region: no variance between regions."""
    import pandas as pd

    rng = np.random.default_rng(3)
    n, t = 25, 4
    cells = np.array([(i, j) for i in range(5) for j in range(5)])
    matrix = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    matrix /= matrix.sum(1, keepdims=True)
    e = rng.normal(size=(t, n))
    e -= 0.95 * e.mean(axis=0)
    x = rng.normal(size=(t, n))
    y = np.linalg.solve(np.eye(n) - 0.3 * matrix, (1 + x + e).T).T
    frame = pd.DataFrame({"id": np.tile(range(n), t), "year": np.repeat(range(t), n), "x": x.ravel(), "y": y.ravel()})
    return tk.Panel(frame, entity="id", time="year"), tk.weights.from_matrix(matrix, ids=range(n))


def test_large_and_small_routes_agree(monkeypatch):
    panel, w = munnell()
    fit = fitted("munnell", "re_sem_b")
    monkeypatch.setattr("toolkit.models.random_effects._DENSE", 10)
    like = ErrorComponents(np.stack([fit.design.y], axis=2), np.ones(1), fit.spec, "baltagi", False, None, w.operator)
    block = fit.design.y.T.copy()
    by_sparse = like.between(block, 0.5, 30.0)
    monkeypatch.setattr("toolkit.models.random_effects._DENSE", 600)
    like = ErrorComponents(np.stack([fit.design.y], axis=2), np.ones(1), fit.spec, "baltagi", False, None, w.operator)
    by_dense = like.between(block, 0.5, 30.0)
    np.testing.assert_allclose(by_sparse[0], by_dense[0], rtol=1e-9)
    assert by_sparse[1] == pytest.approx(by_dense[1], rel=1e-12)


def test_predicted_effects_are_the_best_linear_predictor():
    panel, w, matrix = small_panel(seed=6, n=10, t=5)
    fit = tk.fit("y ~ x1 + x2", panel, w, model="sac", effects="random")
    t, n = 5, 10
    eye = np.eye(n)
    b = eye - fit.params["lambda"] * matrix
    omega = np.kron(np.ones((t, t)), fit.params["phi"] * eye) + np.kron(np.eye(t), np.linalg.inv(b.T @ b))
    z, names = fit.design.regressors()
    e = (fit.design.y @ (eye - fit.rho * matrix).T - z @ fit.params[list(names)].to_numpy()).ravel()
    want = fit.params["phi"] * np.kron(np.ones(t), eye) @ np.linalg.solve(omega, e)
    np.testing.assert_allclose(fit.solution.region_effects, want, atol=1e-9)
    frame = fit.random_effects()
    assert list(frame.index) == list(panel.entities)


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"model": "sar", "components": "kkp"}, "which model='sar' does not have"),
        ({"model": "sem", "components": "both"}, r"'both' is not known(.|\n)*'kkp'"),
        ({"model": "sem", "effects": "entity", "components": "kkp"}, "belongs to random effects"),
        ({"model": "sem", "bias_correction": "correction"}, "corrects for fixed effects"),
        ({"model": "sar", "dynamic": "y(t-1)"}, "correlated with the first outcome"),
        ({"model": "sar", "cov": "hc1"}, "hessian"),
    ],
)
def test_refusals(kw, message):
    panel, w = munnell()
    with pytest.raises(InputError, match=message):
        tk.fit(FORMULAS["munnell"], panel, w, **{"effects": "random", **kw})


def test_a_cross_section_is_refused():
    panel, w = columbus()
    with pytest.raises(InputError, match="2 periods or more; there is 1"):
        tk.fit("CRIME ~ INC", panel, w, model="sar", effects="random")
