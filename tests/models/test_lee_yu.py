"""Lee and Yu (2010): published values, closed forms, the orthonormal transformation done by hand, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, cigar, munnell, small_panel
from scipy import optimize

import toolkit as tk
from toolkit.errors import EstimationError, InputError

CIGAR = {  # ../shared/reference: exact ML with the transformation, and with the correction of Elhorst (2014, eq. 3.22)
    "transformation": {"rho": 0.2712},
    "correction": {
        "rho": 0.2691,
        "log(price / cpi)": -1.0009,
        "log(ndi / cpi)": 0.6025,
        "W log(price / cpi)": 0.0991,
        "W log(ndi / cpi)": -0.3156,
    },
}


@pytest.mark.parametrize("way", CIGAR)
def test_cigarettes_meet_the_reference(way):
    panel, w = cigar()
    fit = tk.fit(FORMULAS["cigar"], panel, w, model="sdm", effects="twoway", bias_correction=way)
    for term, value in CIGAR[way].items():
        assert fit.params[term] == pytest.approx(value, abs=5e-5)  # as printed
    assert fit.solution.uncorrected["rho"] == pytest.approx(0.2292, abs=5e-5)
    assert "uncorrected" in str(fit.summary) and f"{fit.params['rho']:.4f}" in str(fit.summary)


@pytest.mark.parametrize("way", ["transformation", "correction"])
@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sdm", "sdem", "sac", "gns"])
def test_entity_effects_change_only_sigma2_and_standard_errors(model, way):
    panel, w = munnell()
    plain = tk.fit(FORMULAS["munnell"], panel, w, model=model, effects="entity", cov="expected")
    fit = tk.fit(FORMULAS["munnell"], panel, w, model=model, effects="entity", bias_correction=way, cov="expected")
    np.testing.assert_allclose(fit.params, plain.params, rtol=1e-7)
    assert fit.sigma2 / plain.sigma2 == pytest.approx(17 / 16, rel=1e-7)
    np.testing.assert_allclose(fit.std_errors[:4] / plain.std_errors[:4], np.sqrt(17 / 16), rtol=2e-3)


def lattice(m: int) -> np.ndarray:
    """Row-standardised rook contiguity on an m x m board."""
    cells = np.array([(i, j) for i in range(m) for j in range(m)])
    out = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    return out / out.sum(1, keepdims=True)


def by_hand(panel, matrix, effects, model):
    """Maximum of the likelihood of data multiplied by orthonormal F, with W* = F'WF, for one x1, x2 panel."""
    t, n = panel.T, panel.N
    y, x = panel.values("y"), np.stack([panel.values(v) for v in ("x1", "x2")], axis=2)

    def off_ones(m):  # orthonormal basis of the complement of 1
        return np.linalg.svd(np.eye(m) - 1 / m)[0][:, : m - 1]

    ft = off_ones(t) if effects in ("entity", "twoway") else np.eye(t)
    fn = off_ones(n) if effects in ("time", "twoway") else np.eye(n)
    w = fn.T @ matrix @ fn
    y, x = ft.T @ y @ fn, np.einsum("st,snk,nm->tmk", ft, x, fn)
    both = np.eye(len(w))
    if model == "sdm":
        x = np.concatenate([x, np.einsum("ij,tjk->tik", w, x)], axis=2)

    def minus(p):
        a = both - p[0] * w
        left = (y @ a.T).ravel()
        z = x if model != "sem" else np.einsum("ij,tjk->tik", a, x)
        z = z.reshape(-1, z.shape[2])
        e = left - z @ np.linalg.lstsq(z, left, rcond=None)[0]
        return len(e) / 2 * (np.log(2 * np.pi * e @ e / len(e)) + 1) - len(y) * np.linalg.slogdet(a)[1]

    best = optimize.minimize_scalar(
        lambda r: minus([r]), bounds=(-0.95, 0.99), method="bounded", options={"xatol": 1e-10}
    )
    return float(best.x), -float(best.fun)


@pytest.mark.parametrize("effects", ["entity", "time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sem", "sdm"])
def test_transformation_is_the_likelihood_of_transformed_data(model, effects):
    panel, w, matrix = small_panel(seed=11, n=10, t=4)
    fit = tk.fit("y ~ x1 + x2", panel, w, model=model, effects=effects, bias_correction="transformation")
    rho, loglik = by_hand(panel, matrix, effects, model)
    assert fit.loglik == pytest.approx(loglik, abs=1e-8)
    assert fit.params["lambda" if model == "sem" else "rho"] == pytest.approx(rho, abs=1e-5)  # the witness' search


@pytest.mark.parametrize("model", ["sar", "sem", "sac", "sdm"])
def test_correction_and_transformation_agree_to_second_order(model):
    """Both remove the term of order 1/N: on a long panel little is left between them."""
    rng = np.random.default_rng(1)
    matrix = lattice(7)
    w, n, t = tk.weights.from_matrix(matrix, ids=range(49)), 49, 150
    x, e = rng.normal(size=(t, n)), rng.normal(size=(t, n))
    u = np.linalg.solve(np.eye(n) - 0.3 * matrix, e.T).T
    y = np.linalg.solve(np.eye(n) - 0.4 * matrix, (2 * x + u + rng.normal(size=n)).T).T
    frame = pd.DataFrame({"id": np.tile(range(n), t), "year": np.repeat(range(t), n), "x": x.ravel(), "y": y.ravel()})
    panel = tk.Panel(frame, entity="id", time="year")
    plain, one, two = (
        tk.fit("y ~ x", panel, w, model=model, effects="twoway", bias_correction=b)
        for b in ("none", "transformation", "correction")
    )
    for name in plain.spec.spatial:
        size = abs(one.params[name] - plain.params[name])
        assert size > 1e-4 and abs(one.params[name] - two.params[name]) < 0.3 * size


@pytest.mark.parametrize("effects", ["time", "twoway"])
def test_transformation_needs_rows_that_sum_to_one(effects):
    panel, w, _ = small_panel(seed=2, kind="uneven")
    with pytest.raises(
        EstimationError, match=r"rows of W that sum to one; they sum to .*(.|\n)*bias_correction='correction'"
    ):
        tk.fit("y ~ x1", panel, w, model="sar", effects=effects, bias_correction="transformation")
    fit = tk.fit("y ~ x1", panel, w, model="sar", effects=effects, bias_correction="correction")
    assert fit.params["rho"] != fit.solution.uncorrected["rho"]


def test_entity_effects_need_no_such_weights():
    panel, w, _ = small_panel(seed=2, kind="uneven")
    fit = tk.fit("y ~ x1", panel, w, model="sar", effects="entity", bias_correction="transformation")
    assert fit.sigma2 == pytest.approx(fit.solution.uncorrected["sigma2"] * 4 / 3, rel=1e-9)


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"effects": "none"}, "corrects for fixed effects; effects='none'"),
        ({"effects": "entity", "bias_correction": "jackknife"}, r"'jackknife' is not known(.|\n)*'transformation'"),
    ],
)
def test_refusals(kw, message):
    panel, w = munnell()
    with pytest.raises(InputError, match=message):
        tk.fit(FORMULAS["munnell"], panel, w, model="sar", **{"bias_correction": "transformation", **kw})


@pytest.mark.slow
def test_bias_of_two_way_estimates_is_removed():
    """SAR, rho = 0.4, N = 25, T = 5: the direct two-way estimate is biased downwards, both remedies are not."""
    rng = np.random.default_rng(5)
    matrix = lattice(5)
    w = tk.weights.from_matrix(matrix, ids=range(25))
    frame = pd.DataFrame({"id": np.tile(np.arange(25), 5), "year": np.repeat(np.arange(5), 25)})
    solve = np.linalg.inv(np.eye(25) - 0.4 * matrix)
    found = {b: [] for b in ("none", "transformation", "correction")}
    for _ in range(300):
        x = rng.normal(size=(5, 25))
        mean = x + rng.normal(size=25) + rng.normal(size=(5, 1)) + rng.normal(size=(5, 25))
        panel = tk.Panel(frame.assign(x=x.ravel(), y=(mean @ solve.T).ravel()), entity="id", time="year")
        for b, out in found.items():
            f = tk.fit("y ~ x", panel, w, model="sar", effects="twoway", bias_correction=b)
            out.append((f.params["rho"], f.sigma2))
    bias = {b: np.mean(v, axis=0) - [0.4, 1.0] for b, v in found.items()}
    error = {b: np.std(v, axis=0) / np.sqrt(300) for b, v in found.items()}
    assert (bias["none"] < -4 * error["none"]).all()
    for b in ("transformation", "correction"):
        assert (np.abs(bias[b]) < 3.5 * error[b] + [0.004, 0.01]).all(), (b, bias[b], error[b])


@pytest.mark.parametrize("model", ["sar", "sem", "sac"])
def test_expected_information_of_the_transformation(model):
    """Fisher information of the transformed Gaussian data, mean and covariance differentiated numerically."""
    panel, w, matrix = small_panel(seed=11, n=10, t=4)
    kw = {"model": model, "effects": "twoway", "bias_correction": "transformation"}
    fit = tk.fit("y ~ x1 + x2", panel, w, **kw, cov="expected")

    def off_ones(m):
        return np.linalg.svd(np.eye(m) - 1 / m)[0][:, : m - 1]

    ft, fn = off_ones(4), off_ones(10)
    ws, x = fn.T @ matrix @ fn, np.stack([panel.values(v) for v in ("x1", "x2")], axis=2)
    x = np.einsum("st,snk,nm->tmk", ft, x, fn)

    def moments(theta):
        v = dict(zip((*fit.terms, "sigma2"), theta, strict=True))
        a, b = (np.linalg.inv(np.eye(9) - v.get(k, 0) * ws) for k in ("rho", "lambda"))
        return (x @ theta[:2]) @ a.T, v["sigma2"] * a @ b @ b.T @ a.T

    theta = np.append(fit.params.to_numpy(), fit.sigma2)
    inverse, slopes = np.linalg.inv(moments(theta)[1]), []
    for h in 1e-5 * np.eye(len(theta)):
        (m1, v1), (m0, v0) = moments(theta + h), moments(theta - h)
        slopes.append(((m1 - m0) / 2e-5, (v1 - v0) / 2e-5))
    info = [
        [np.einsum("tn,nm,tm->", mi, inverse, mj) + 3 * np.trace(inverse @ vi @ inverse @ vj) / 2 for mj, vj in slopes]
        for mi, vi in slopes
    ]
    want = np.linalg.inv(np.array(info))[:-1, :-1]
    np.testing.assert_allclose(fit.cov.to_numpy(), want, rtol=1e-4, atol=1e-7)
