"""The QML sandwich against the dense variance of the score, and its coverage; scores by period."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, munnell, small_panel

import toolkit as tk
from toolkit.models.covariance import covariance
from toolkit.models.qml import extra_variance, period_scores


def quadratic_variance(linear, forms, k2, k3, k4):
    """Variance of l'u + u'Cu for independent u with cumulants k2, k3, k4, entry by entry."""
    p = len(forms)
    out = np.empty((p, p))
    for a in range(p):
        for b in range(p):
            ca, cb = (forms[a] + forms[a].T) / 2, (forms[b] + forms[b].T) / 2
            out[a, b] = (
                k2 * linear[a] @ linear[b]
                + k3 * (linear[a] @ np.diag(cb) + linear[b] @ np.diag(ca))
                + k4 * np.diag(ca) @ np.diag(cb)
                + 2 * k2**2 * np.trace(ca @ cb)
            )
    return out


def dense_scores(fit, matrix):
    """The scores as l'u + u'Cu, every matrix written out; and the projections over time and across regions."""
    m, o, spec = fit.estimated, fit.estimated.optimum, fit.estimated.likelihood.spec
    t, n = m.innovations.shape
    a, b = np.eye(n) - o.rho * matrix, np.eye(n) - o.lam * matrix
    v = b @ np.ones(n)
    across = np.eye(n) - np.outer(v, v) / (v @ v) if m.effects in ("time", "twoway") else np.eye(n)
    along = np.eye(t) - 1 / t if m.effects in ("entity", "twoway") else np.eye(t)
    h, g = matrix @ np.linalg.inv(b), b @ matrix @ np.linalg.inv(a) @ np.linalg.inv(b)
    off = np.kron(along, across)
    filtered = off @ np.kron(np.eye(t), b)
    linear = [*(filtered @ m.z.reshape(t * n, -1)).T / o.sigma2]
    forms = [np.zeros((t * n, t * n))] * len(linear)
    if spec.wy:
        lagged = np.kron(along, across @ g)
        linear.append((filtered @ m.wy.ravel() - lagged @ m.innovations.ravel()) / o.sigma2)
        forms.append(lagged / o.sigma2)
    if spec.wu:
        linear.append(np.zeros(t * n))
        forms.append(np.kron(along, across @ h @ across) / o.sigma2)
    linear.append(np.zeros(t * n))
    forms.append(off / (2 * o.sigma2**2))
    return linear, forms, along, across


def skewed_panel(t, kind):
    """12 regions with skewed errors, so that the third moment counts."""
    panel, w, matrix = small_panel(seed=7, n=12, t=t, kind=kind)
    frame = panel.frame.assign(y=panel.frame["y"] + np.random.default_rng(t).chisquare(1, len(panel.frame)))
    return tk.Panel(frame, entity=panel.entity, time=panel.time), w, matrix


@pytest.mark.filterwarnings("ignore:The weights fall into")
@pytest.mark.parametrize("periods", [2, 4])
@pytest.mark.parametrize(
    ("effects", "kind", "correction"),
    [
        ("none", "uneven", None),
        ("entity", "knn", "transformation"),
        ("time", "knn", "transformation"),
        ("twoway", "knn", "transformation"),
        ("entity", "uneven", None),
        ("time", "uneven", None),
        ("twoway", "uneven", None),
    ],
)
@pytest.mark.parametrize("model", ["sar", "sem", "sac"])
def test_qml_meets_the_dense_formula(model, effects, kind, correction, periods):
    panel, w, matrix = skewed_panel(periods, kind)
    fit = tk.fit("y ~ x1 + x2", panel, w, model=model, effects=effects, bias_correction=correction)
    m, s2 = fit.estimated, fit.estimated.optimum.sigma2
    linear, forms, along, across = dense_scores(fit, matrix)
    inverse = covariance("expected", m).matrix
    normal = quadratic_variance(linear, forms, s2, 0.0, 0.0)
    if correction or effects == "none":  # normal innovations: the variance of the score is the information
        np.testing.assert_allclose(inverse @ normal @ inverse, inverse, rtol=1e-7, atol=1e-12)

    def kept(r):
        return (along**r).sum(axis=1).mean() * (across**r).sum(axis=1).mean()

    e = m.innovations
    k2 = (e**2).mean() / kept(2)
    k3 = (e**3).mean() / kept(3) if periods > 2 or effects in ("none", "time") else 0.0
    k4 = max(((e**4).mean() - 3 * (e**2).mean() ** 2) / kept(4), k3**2 / k2 - 2 * k2**2)
    extra = quadratic_variance(linear, forms, s2, k3, k4) - normal
    if effects in ("entity", "twoway"):
        extra *= (periods - 1) / m.likelihood.periods
    got, want = covariance("qml", m), inverse + inverse @ extra @ inverse
    size = np.sqrt(np.diag(want))
    np.testing.assert_allclose(got.matrix / np.outer(size, size), want / np.outer(size, size), atol=1e-9)
    assert np.linalg.eigvalsh(got.matrix / np.outer(size, size)).min() > 0
    assert any("excess kurtosis" in note for note in got.notes)


def test_moments_are_those_of_the_innovations():
    """N = 400, T = 3, both effects: cumulants of the residuals over what demeaning leaves are those of chi-squared."""
    rng = np.random.default_rng(5)
    _, w, matrix = small_panel(seed=1, n=400, t=1)
    x, u = rng.normal(size=(3, 400)), (rng.chisquare(2, (3, 400)) - 2) / 2
    y = np.linalg.solve(np.eye(400) - 0.4 * matrix, (x + u).T).T
    frame = pd.DataFrame({"id": np.tile(w.ids, 3), "year": np.repeat(range(3), 400), "x": x.ravel(), "y": y.ravel()})
    m = tk.fit("y ~ x", tk.Panel(frame, entity="id", time="year"), w, model="sar", effects="twoway").estimated
    words = extra_variance(m)[1].replace(",", "").split()
    skewness, kurtosis = float(words[1]), float(words[4])
    assert skewness == pytest.approx(2, abs=0.5)  # chi-squared with 2: skewness 2, excess kurtosis 6
    assert kurtosis == pytest.approx(6, abs=3)


@pytest.mark.parametrize(
    ("effects", "correction"),
    [("none", None), ("entity", None), ("time", None), ("twoway", None), ("entity", "transformation"),
     ("twoway", "transformation")],
)  # fmt: skip
@pytest.mark.parametrize("model", ["sar", "sem", "sac"])
def test_period_scores_sum_to_zero_at_the_maximum(model, effects, correction):
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model=model, effects=effects, bias_correction=correction)
    s = period_scores(fit.estimated)
    assert (np.abs(s.sum(axis=0)) < 1e-5 * np.sqrt((s**2).sum(axis=0)) + 1e-9).all()
    for cov in ("cluster-time", "driscoll-kraay"):
        again = fit.with_cov(cov)
        np.testing.assert_allclose(again.params, fit.params)
        assert (again.std_errors > 0).all() and any("periods are few" in n for n in again.notes)


@pytest.mark.slow
def test_qml_covers_under_skewed_errors():
    """SAR with chi-squared errors, N = 100: the interval of sigma2 covers with QML and not with the Hessian."""
    rng = np.random.default_rng(3)
    _, w, matrix = small_panel(seed=1, n=100, t=1)
    solve, hit = np.linalg.inv(np.eye(100) - 0.4 * matrix), {"qml": [], "expected": []}
    for _ in range(300):
        x = rng.normal(size=100)
        y = solve @ (1 + x + (rng.chisquare(1, 100) - 1) / np.sqrt(2))
        panel = tk.Panel(pd.DataFrame({"id": w.ids, "x": x, "y": y}), entity="id")
        m = tk.fit("y ~ x", panel, w, model="sar").estimated
        for name, out in hit.items():
            c = covariance(name, m).matrix
            out.append(
                [
                    abs(m.optimum.sigma2 - 1) < 1.96 * np.sqrt(c[-1, -1]),
                    abs(m.optimum.rho - 0.4) < 1.96 * np.sqrt(c[2, 2]),
                ]
            )
    qml, normal = np.mean(hit["qml"], axis=0), np.mean(hit["expected"], axis=0)
    assert normal[0] < 0.70 and qml[0] > 0.78  # kurtosis 15: the normal interval is far too short
    assert qml[1] > 0.90
