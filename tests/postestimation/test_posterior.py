"""Posterior model probabilities: quadrature by brute force, closed forms, invariance, recovery."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import columbus, munnell, small_panel
from scipy import integrate, special

import toolkit as tk
from toolkit.errors import InputError


def dense_log_marginal(y, z, w, model, g):
    """The integrand with matrices written out, integrated by scipy over rho; a constant is taken out."""
    n, k = z.shape
    eye, m = np.eye(n), n - 1

    def log_density(p):
        a = eye - p * w
        left, right = a @ y, (a @ z if model in ("sem", "sdem") else z)
        one = (a @ np.ones(n) if model in ("sem", "sdem") else np.ones(n))[:, None]
        off = eye - one @ one.T / (one.T @ one).item()
        left, right = off @ left, off @ right
        e = left - right @ np.linalg.lstsq(right, left, rcond=None)[0]
        out = np.linalg.slogdet(a)[1] - m / 2 * np.log(np.pi) + special.gammaln(m / 2) - k / 2 * np.log1p(g)
        return out - m / 2 * np.log((left @ left + g * e @ e) / (1 + g))

    low = max(1 / np.linalg.eigvals(w).real.min(), -1.0)
    grid = np.linspace(low + 1e-6, 1 - 1e-6, 400)
    top = max(map(log_density, grid))
    value = integrate.quad(lambda p: np.exp(log_density(p) - top), low, 1, limit=400, points=[grid[200]])[0]
    return top + np.log(value) - np.log(1 - low)


@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "sdem"])
def test_meets_brute_force(model):
    panel, w = columbus()
    got = tk.probabilities("CRIME ~ INC + HOVAL", panel, w, models=[model], g=50.0).tidy()["log_marginal"][0]
    d = tk.fit("CRIME ~ INC + HOVAL", panel, w, model="slx").design
    z = d.X[0][:, 1:]
    z = np.column_stack([z, d.WX[0]]) if model in ("sdm", "sdem") else z
    assert got == pytest.approx(dense_log_marginal(d.y[0], z, w.sparse.toarray(), model, 50.0), abs=1e-5)


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
    ],
)
def test_refusals(kw, message):
    panel, w = munnell()
    with pytest.raises(InputError, match=message):
        tk.probabilities("unemp ~ pcap", panel, w, **kw)
