"""GMM of dynamic panels: Anderson and Hsiao, a loop over regions, Monte Carlo, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.errors import EstimationError, InputError
from toolkit.models.dynamic_gmm import dynamic_gmm
from toolkit.models.spec import SPECS
from toolkit.weights.operator import Operator


def lattice(m: int):
    from scipy import sparse

    cells = np.array([(i, j) for i in range(m) for j in range(m)])
    out = (np.abs(cells[:, None] - cells[None]).sum(2) == 1).astype(float)
    return sparse.csr_array(out / out.sum(1, keepdims=True))


def draw(seed, m=7, t=5, tau=0.5, eta=0.1, rho=0.3, burn=30):
    rng = np.random.default_rng(seed)
    w = lattice(m)
    n = m * m
    inverse = np.linalg.inv(np.eye(n) - rho * w.toarray())
    mu, y, ys, xs = rng.normal(size=n), np.zeros(n), [], []
    for _ in range(burn + t + 1):
        x = 0.3 * mu + rng.normal(size=n)
        y = inverse @ (tau * y + eta * (w @ y) + x + mu + rng.normal(size=n))
        ys.append(y)
        xs.append(x)
    y, x = np.array(ys[-t - 1 :]), np.array(xs[-t:])
    return y[1:], x[:, :, None], y[:-1], Operator(w)


def test_two_differences_and_one_lag_is_anderson_and_hsiao():
    """T = 2 differences of one period: y_1 instruments dy_2 and nothing else is left to choose."""
    from linearmodels.iv import IV2SLS

    y, x, y_lag, _ = draw(1, t=2, rho=0.0, eta=0.0)
    got = dynamic_gmm(y, x, ("x",), ("X",), y_lag, SPECS["ols"], "entity", depth=1)
    iv = IV2SLS(y[1] - y[0], x[1] - x[0], y_lag[1] - y_lag[0], y_lag[0]).fit(cov_type="robust")
    np.testing.assert_allclose(got.coefficients.estimate, iv.params.to_numpy(), rtol=1e-9)
    # just identified: the weight does not matter, and Windmeijer's correction vanishes
    np.testing.assert_allclose(got.coefficients.std_error, iv.std_errors.to_numpy(), rtol=1e-6)
    assert np.isnan(got.tests[0].statistic) and "just identified" in got.tests[0].reason


def test_meets_a_loop_over_regions():
    """The textbook formulas written with one matrix a region."""
    y, x, y_lag, op = draw(2, t=4)
    got = dynamic_gmm(y, x, ("x",), ("X",), y_lag, SPECS["sar"], "entity", op, lags=("y(t-1)", "W y(t-1)"), depth=2)
    levels = np.concatenate([y_lag[:1], y])
    w = op.W.toarray()
    zs, xs, ds = [], [], []
    for i in range(49):
        rows, left, reg = [], [], []
        for t in range(1, 4):  # y[t] - y[t-1]
            at = t + 1
            past = [levels[at - s, i] if at - s >= 0 else 0.0 for s in (2, 3)]
            lagged = [(w @ levels[at - s])[i] if at - s >= 0 else 0.0 for s in (2, 3)]
            dx = x[t, :, 0] - x[t - 1, :, 0]
            rows.append([*past, *lagged, dx[i], (w @ dx)[i], (w @ w @ dx)[i]])
            dlag = y_lag[t] - y_lag[t - 1]
            reg.append([dx[i], dlag[i], (w @ dlag)[i], (w @ (y[t] - y[t - 1]))[i]])
            left.append(y[t, i] - y[t - 1, i])
        zs.append(np.array(rows))
        xs.append(np.array(reg))
        ds.append(np.array(left))
    h = np.array([[2, -1, 0], [-1, 2, -1], [0, -1, 2.0]])
    a = sum(z.T @ h @ z for z in zs)
    zx, zy = sum(z.T @ x for z, x in zip(zs, xs, strict=True)), sum(z.T @ d for z, d in zip(zs, ds, strict=True))

    def solve(v):
        return np.linalg.solve(zx.T @ np.linalg.solve(v, zx), zx.T @ np.linalg.solve(v, zy))

    b1 = solve(a)
    moments = [z.T @ (d - x @ b1) for z, x, d in zip(zs, xs, ds, strict=True)]
    v = sum(np.outer(g, g) for g in moments)
    b2 = solve(v)
    np.testing.assert_allclose(got.coefficients.estimate, b2, rtol=1e-8)
    g = sum(z.T @ (d - x @ b2) for z, x, d in zip(zs, xs, ds, strict=True))
    assert got.tests[0].statistic == pytest.approx(g @ np.linalg.solve(v, g), rel=1e-7) and got.tests[0].df == 3
    plain = np.sqrt(np.diag(np.linalg.inv(zx.T @ np.linalg.solve(v, zx))))
    assert (got.coefficients.std_error > 0.9 * plain).all()


def test_time_effects_are_partialled_out():
    y, x, y_lag, op = draw(3)
    shock = np.random.default_rng(0).normal(size=(7, 1))
    plain = dynamic_gmm(y, x, ("x",), ("X",), y_lag, SPECS["ols"], "twoway", lags=("y(t-1)",))
    moved = dynamic_gmm(y + shock[1:6], x, ("x",), ("X",), y_lag + shock[:5], SPECS["ols"], "twoway", lags=("y(t-1)",))
    np.testing.assert_allclose(moved.coefficients.estimate, plain.coefficients.estimate, rtol=1e-8)


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({"effects": "none"}, InputError, "removes region effects"),
        ({"depth": 0}, InputError, "gmm_lags=0"),
        ({"periods": 1}, EstimationError, "leaves no difference"),
        ({"depth": 30, "periods": 30}, EstimationError, "moments for 49 regions"),
    ],
)
def test_refusals(kw, error, message):
    y, x, y_lag, op = draw(4, t=kw.get("periods", 5))
    with pytest.raises(error, match=message):
        dynamic_gmm(
            y, x, ("x",), ("X",), y_lag, SPECS["sar"], kw.get("effects", "entity"), op, depth=kw.get("depth", 3)
        )


@pytest.mark.slow
def test_recovers_the_truth_with_few_periods():
    """N = 196, T = 5: bias within Monte Carlo error of what two-step GMM is known for, coverage near 95 percent."""
    truth = np.array([1.0, 0.5, 0.1, 0.3])
    found, covered, serial = [], [], []
    for seed in range(200):
        y, x, y_lag, op = draw(seed + 100, m=14, t=5)
        s = dynamic_gmm(y, x, ("x",), ("X",), y_lag, SPECS["sar"], "entity", op, lags=("y(t-1)", "W y(t-1)"), depth=3)
        c = s.coefficients
        found.append(c.estimate)
        covered.append(np.abs(c.estimate - truth) < 1.96 * c.std_error)
        serial.append([t.p_value < 0.05 for t in s.tests])
    bias, sd = np.mean(found, axis=0) - truth, np.std(found, axis=0)
    assert (np.abs(bias) < 3.5 * sd / np.sqrt(200) + 0.25 * sd).all(), (
        bias
    )  # small-sample bias below a quarter of an SD
    assert (np.mean(covered, axis=0) > 0.88).all() and (np.mean(covered, axis=0) <= 1).all(), np.mean(covered, axis=0)
    j, ar1, ar2 = np.mean(serial, axis=0)
    assert j < 0.12 and ar1 > 0.9 and ar2 < 0.12, (j, ar1, ar2)
