"""Posterior model probabilities: quadrature by brute force, closed forms, invariance, recovery."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import columbus, munnell, small_panel
from scipy import integrate, linalg, special

import toolkit as tk
from toolkit.errors import InputError


def contrasts(n):
    """Orthonormal columns (n, n - 1) at right angles to the constant."""
    return linalg.null_space(np.ones((1, n)))


def dense_log_marginal(y, z, w, model, effects, g):
    """The likelihood of contrasts F'y over regions and periods, with matrices written out, integrated by scipy.

    Rows of W sum to one, so that F'A = (F'A F) F': contrasts obey the model with F'W F for W (Lee and Yu 2010).
    """
    t, n = y.shape
    if effects in ("entity", "twoway"):
        over = contrasts(t).T
        y, z = over @ y, np.einsum("st,tnk->snk", over, z)
    if effects != "entity":  # a constant is removed like the effect of a period
        f = contrasts(n)
        y, z, w = y @ f, np.einsum("tnk,nm->tmk", z, f), f.T @ w @ f
    periods, size = y.shape
    m, k = y.size, z.shape[2]

    def log_density(p):
        a = np.eye(size) - p * w
        left = (y @ a.T).ravel()
        right = (np.einsum("mn,tnk->tmk", a, z) if model in ("sem", "sdem") else z).reshape(m, k)
        e = left - right @ np.linalg.lstsq(right, left, rcond=None)[0]
        out = periods * np.linalg.slogdet(a)[1] - m / 2 * np.log(np.pi) + special.gammaln(m / 2) - k / 2 * np.log1p(g)
        return out - m / 2 * np.log((left @ left + g * e @ e) / (1 + g))

    low = max(1 / np.linalg.eigvals(w).real.min(), -1.0)
    grid = np.linspace(low + 1e-6, 1 - 1e-6, 400)
    values = [log_density(p) for p in grid]
    top, mode = max(values), grid[int(np.argmax(values))]
    value = integrate.quad(lambda p: np.exp(log_density(p) - top), low, 1, limit=800, points=[mode], epsabs=1e-12)[0]
    return top + np.log(value) - np.log(1 - low)


@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "sdem"])
@pytest.mark.parametrize("effects", ["none", "entity", "time", "twoway"])
def test_meets_the_dense_likelihood_of_contrasts(model, effects):
    if effects == "none":
        (panel, w), formula = columbus(), "CRIME ~ INC + HOVAL"
    else:
        (panel, w, _), formula = small_panel(seed=4, n=12, t=4), "y ~ x1 + x2"
    got = tk.probabilities(formula, panel, w, models=[model], effects=effects, g=50.0).tidy()["log_marginal"][0]
    d = tk.fit(formula, panel, w, model="slx").design
    z = d.X[:, :, 1:]
    z = np.concatenate([z, d.WX], axis=2) if model in ("sdm", "sdem") else z
    want = dense_log_marginal(d.y, z, w.sparse.toarray(), model, effects, 50.0)
    assert got == pytest.approx(want, abs=1e-6)


def test_without_space_it_is_the_closed_form():
    """Zellner's g-prior: log of (1 + g)^((m - k)/2) / (1 + g (1 - R2))^(m/2), up to the same constant (Liang et al. 2008)."""
    panel, w = columbus()
    p = tk.probabilities("CRIME ~ INC + HOVAL", panel, w, models=["ols", "slx"], g=49.0).tidy().set_index("model")
    d = tk.fit("CRIME ~ INC + HOVAL", panel, w, model="slx").design
    y = d.y[0] - d.y[0].mean()

    def bayes_factor(z):
        z = z - z.mean(axis=0)
        r2 = 1 - ((y - z @ np.linalg.lstsq(z, y, rcond=None)[0]) ** 2).sum() / (y @ y)
        return (48 - z.shape[1]) / 2 * np.log(50.0) - 24 * np.log1p(49 * (1 - r2))

    want = bayes_factor(np.column_stack([d.X[0][:, 1:], d.WX[0]])) - bayes_factor(d.X[0][:, 1:])
    assert p.loc["slx", "log_marginal"] - p.loc["ols", "log_marginal"] == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("effects", ["none", "entity", "twoway"])
def test_units_do_not_matter(effects):
    panel, w = munnell()
    one = tk.probabilities("unemp ~ pcap + pc", panel, w, effects=effects)
    other = tk.probabilities("I(3 * unemp) ~ I(pcap / 1000) + pc", panel, w, effects=effects)
    np.testing.assert_allclose(one.tidy()["probability"], other.tidy()["probability"], atol=1e-8)


def test_fits_have_the_probabilities_of_their_models():
    panel, w = munnell()
    names = ("slx", "sdm", "sdem")
    fits = [tk.fit("unemp ~ pcap + pc", panel, w, model=m, effects="entity") for m in names]
    for g in (None, "diffuse"):
        one = tk.probabilities(fits, g=g).tidy()
        other = tk.probabilities("unemp ~ pcap + pc", panel, w, models=names, effects="entity", g=g).tidy()
        np.testing.assert_allclose(one["probability"], other["probability"], atol=1e-12)
        np.testing.assert_allclose(one["log_marginal"], other["log_marginal"], atol=1e-9)
    # diffuse: the posterior mean is near the estimate, which maximises nearly the same function
    assert other.loc[1, "mean"] == pytest.approx(fits[1].rho, abs=0.3 * fits[1].std_errors["rho"])


def test_a_model_without_weights_is_one_model():
    panel, w = columbus()
    rook = tk.weights.rook(panel)
    p = tk.probabilities("CRIME ~ INC", panel, {"queen": w, "rook": rook}, models=["ols", "sar"]).tidy()
    assert list(p["model"]) == ["ols", "sar", "sar"] and list(p["prior"]) == [0.5, 0.25, 0.25]


def test_the_right_weights_are_found():
    panel, w, matrix = small_panel(seed=3, n=40, t=6)
    wrong = tk.weights.from_matrix(np.roll(np.roll(matrix, 7, 0), 7, 1), ids=list(panel.entities))
    p = tk.probabilities("y ~ x1 + x2", panel, {"true": w, "wrong": wrong}, effects="entity")
    assert p.by("weights")["true"] > 0.99 and p.by("model").sum() == pytest.approx(1.0)
    assert p.glance().loc[0, "weights"] == "true" and "true" in repr(p)


@pytest.mark.slow
@pytest.mark.parametrize("truth", ["slx", "sar", "sem", "sdm", "sdem"])
def test_the_right_model_is_found_most_often(truth):
    rng = np.random.default_rng(7)
    cells = np.array([(i, j) for i in range(8) for j in range(8)])
    matrix = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    matrix /= matrix.sum(1, keepdims=True)
    w, inverse, hits = tk.weights.from_matrix(matrix, ids=range(64)), np.linalg.inv(np.eye(64) - 0.6 * matrix), 0
    for _ in range(15):
        x, e = rng.normal(size=(6, 64)), rng.normal(size=(6, 64))
        mean = x + (1.0 if truth in ("slx", "sdm", "sdem") else 0.0) * x @ matrix.T
        y = {"slx": mean + e, "sar": (mean + e) @ inverse.T, "sdm": (mean + e) @ inverse.T}.get(
            truth, mean + e @ inverse.T
        )
        frame = pd.DataFrame(
            {"id": np.tile(range(64), 6), "t": np.repeat(range(6), 64), "x": x.ravel(), "y": y.ravel()}
        )
        p = tk.probabilities("y ~ x", tk.Panel(frame, entity="id", time="t"), w, effects="entity")
        hits += p.glance().loc[0, "model"] == truth
    assert hits >= 12


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"models": ["sac"]}, "sdem"),
        ({"effects": "random"}, "no closed marginal"),
        ({"g": -1}, "g=-1"),
        ({"prior": 0}, "prior=0"),
        ({"g": "diffuse", "models": ["sar", "sdm"]}, "arbitrary factor"),
    ],
)
def test_refusals(kw, message):
    panel, w = munnell()
    with pytest.raises(InputError, match=message):
        tk.probabilities("unemp ~ pcap", panel, w, **kw)
