"""Expected information against the textbook formula for a Gaussian, the effects kept as dummies."""

from __future__ import annotations

import numpy as np
import pytest
from cases import FORMULAS, munnell, small_panel

import toolkit as tk
from toolkit.errors import InputError
from toolkit.models.covariance import covariance


def dense_information(fit, matrix, effects):
    """Fisher information of y ~ N(m, V): dm'V^-1 dm + tr(V^-1 dV V^-1 dV)/2, derivatives by central differences."""
    t, n = fit.design.y.shape
    k = fit.estimated.z.shape[2]
    z = fit.estimated.z.reshape(t * n, k)
    dummies = {
        "none": np.zeros((t * n, 0)),
        "entity": np.kron(np.ones((t, 1)), np.eye(n)),
        "time": np.kron(np.eye(t), np.ones((n, 1))),
    }
    dummies["twoway"] = np.hstack([dummies["entity"], dummies["time"][:, 1:]])
    f = dummies[effects]
    o = fit.estimated.optimum
    if effects == "none":
        alpha = np.zeros(0)
    else:
        a = np.eye(n) - o.rho * matrix
        b = np.eye(n) - o.lam * matrix
        left = np.kron(np.eye(t), b) @ (np.kron(np.eye(t), a) @ fit.design.y.ravel() - z @ o.beta)
        alpha = np.linalg.lstsq(np.kron(np.eye(t), b) @ f, left, rcond=None)[0]
    theta = np.concatenate([o.beta, [o.rho] * fit.spec.wy, [o.lam] * fit.spec.wu, [o.sigma2], alpha])
    p = k + fit.spec.wy + fit.spec.wu + 1

    def moments(v):
        rho = v[k] if fit.spec.wy else 0.0
        lam = v[k + fit.spec.wy] if fit.spec.wu else 0.0
        a, b = np.eye(n) - rho * matrix, np.eye(n) - lam * matrix
        inverse = np.linalg.inv(a)
        mean = (inverse @ (z @ v[:k] + f @ v[p:]).reshape(t, n).T).T.ravel()
        root = inverse @ np.linalg.inv(b)
        return mean, np.kron(np.eye(t), v[p - 1] * root @ root.T)

    steps = 1e-5 * np.maximum(np.abs(theta), 0.1)
    slopes = []
    for i, h in enumerate(steps):
        e = np.eye(len(theta))[i] * h
        up, down = moments(theta + e), moments(theta - e)
        slopes.append(((up[0] - down[0]) / (2 * h), (up[1] - down[1]) / (2 * h)))
    inverse = np.linalg.inv(moments(theta)[1])
    white = [inverse @ s for _, s in slopes]
    info = np.array(
        [
            [mi @ inverse @ mj + np.einsum("ij,ji->", wi, wj) / 2 for (mj, _), wj in zip(slopes, white, strict=True)]
            for (mi, _), wi in zip(slopes, white, strict=True)
        ]
    )
    return np.linalg.inv(info)[:p, :p]


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize("effects", ["none", "entity", "time", "twoway"])
@pytest.mark.parametrize("spec", ["sar", "sem", "sdm", "sac", "gns"])
def test_expected_information_meets_the_dense_formula(spec, effects, kind):
    panel, w, matrix = small_panel(seed=3, n=9, t=3, kind=kind)
    fit = tk.fit("y ~ x1 + x2", panel, w, model=spec, effects=effects, cov="expected")
    target = dense_information(fit, matrix, effects)
    got = covariance("expected", fit.estimated).matrix
    scale = np.sqrt(np.outer(np.diag(target), np.diag(target)))
    np.testing.assert_allclose(got / scale, target / scale, atol=2e-5)  # the witness differentiates numerically


def test_classical_is_what_linearmodels_reports():
    from linearmodels.panel import PanelOLS

    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, effects="twoway")
    frame = panel.frame.set_index(["ST_ABB" if "ST_ABB" in panel.frame else panel.entity, panel.time])
    x = np.log(frame[["pcap", "pc", "emp"]]).assign(unemp=frame["unemp"])
    other = PanelOLS(np.log(frame["gsp"]), x, entity_effects=True, time_effects=True).fit()
    np.testing.assert_allclose(fit.params, other.params, rtol=1e-9)
    np.testing.assert_allclose(fit.std_errors, other.std_errors, rtol=1e-9)
    np.testing.assert_allclose(fit.pvalues, other.pvalues, atol=1e-10)


@pytest.mark.parametrize(
    ("model", "cov", "says"),
    [
        ("sar", "classical", "least squares"),
        ("sar", "hc1", "inconsistent(.|\\n)*hessian(.|\\n)*method='het'"),
        ("sdm", "conley", "inconsistent"),
        ("ols", "qml", "least squares"),
        ("ols", "nope", "classical"),
    ],
)
def test_covariances_that_do_not_apply_are_refused(model, cov, says):
    panel, w = munnell()
    with pytest.raises(InputError, match=says):
        tk.fit(FORMULAS["munnell"], panel, w, model=model, cov=cov)
