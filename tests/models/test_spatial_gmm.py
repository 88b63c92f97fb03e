"""Quadratic moments of spatial errors: exact identities on small dense matrices, and Monte Carlos where theory promises."""

from __future__ import annotations

import numpy as np
import pytest
from cases import small_panel
from scipy import sparse

from toolkit.errors import EstimationError
from toolkit.models.spatial_gmm import centred, moment_matrices
from toolkit.models.spec import SPECS
from toolkit.models.two_stage import two_stage
from toolkit.weights.operator import Operator


def lattice(side: int) -> sparse.csr_array:
    """Rook contiguity of a square lattice, rows summing to one."""
    r, c = np.divmod(np.arange(side**2), side)
    w = (np.abs(r[:, None] - r) + np.abs(c[:, None] - c) == 1).astype(float)
    return sparse.csr_array(w / w.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize("time", [False, True])
@pytest.mark.parametrize("het", [False, True])
def test_moments_have_mean_zero(het, time, kind):
    """E[e'P A P e] = tr(P A P diag(variances)) vanishes for equal variances, and for any variances when het."""
    w = sparse.csr_array(small_panel(3, n=9, kind=kind)[2])
    p = np.eye(9) - time / 9
    variances = np.random.default_rng(0).uniform(0.2, 3, 9) if het else np.full(9, 1.7)
    for a in moment_matrices(w, het, time):
        dense = p @ a.toarray() @ p
        assert abs(np.trace(dense * variances)) < 1e-12
        np.testing.assert_allclose(a.toarray(), a.toarray().T, atol=0)
        if het:
            np.testing.assert_allclose(np.diag(dense), 0, atol=1e-13)


def test_only_the_diagonal_is_touched():
    w = lattice(4)
    for het in (False, True):
        for time in (False, True):
            change = centred(w, het, time).toarray() - w.toarray()
            np.testing.assert_allclose(change - np.diag(np.diag(change)), 0, atol=0)
    # rows sum to one: tr(M W) = -1, so that W gains 1 / (N - 1) on the diagonal
    np.testing.assert_allclose(np.diag(centred(w, False, True).toarray()), 1 / 15, rtol=1e-12)
    np.testing.assert_allclose(centred(w, True, False).toarray(), w.toarray(), atol=0)


@pytest.mark.parametrize("effects", ["time", "twoway"])
def test_time_effects_need_rows_of_one_sum(effects):
    _, w, _ = small_panel(1, kind="uneven")
    rng = np.random.default_rng(0)
    y, x = rng.normal(size=(4, 12)), rng.normal(size=(4, 12, 1))
    with pytest.raises(EstimationError, match="rows sum to one number") as caught:
        two_stage(y, x, ("x",), ("X",), SPECS["sem"], effects, "het", None, w.operator, x_columns=[0])
    assert "row-standardised" in str(caught.value) and "method='ml'" in str(caught.value)


def test_time_effects_drop_out_exactly():
    """Adding a number to every region of a period changes nothing, though columns of W do not sum to one number."""
    w = Operator(lattice(5))
    rng = np.random.default_rng(4)
    y, x, shift = rng.normal(size=(4, 25)), rng.normal(size=(4, 25, 1)), 10 * rng.normal(size=(4, 1))
    a, b = (two_stage(v, x, ("x",), ("X",), SPECS["sac"], "time", "het", w, w, x_columns=[0]) for v in (y, y + shift))
    np.testing.assert_allclose(a.coefficients.estimate, b.coefficients.estimate, atol=1e-6)  # scalar search to 1e-8
    np.testing.assert_allclose(a.coefficients.cov, b.coefficients.cov, atol=1e-6)


def test_lag_of_an_endogenous_regressor_is_endogenous():
    """With x and W x both correlated with the errors, the SDM instrumented by q and its lags is still right."""
    w = Operator(lattice(20))
    n, rng = 400, np.random.default_rng(7)
    q, e, own = rng.normal(size=(3, n, 1)), rng.normal(size=(3, n)), rng.normal(size=(3, n))
    x = q[:, :, 0] + 0.8 * e + rng.normal(size=(3, n))
    lag = np.stack([w.lag(v) for v in x]), np.stack([w.lag(v) for v in own])
    z = np.stack([x, own, *lag], axis=2)
    y = w.solve(0.3, (z @ [1.0, 1.0, 0.5, 0.5] + e).T).T
    terms, blocks = ("x", "own", "W x", "W own"), ("X", "X", "WX", "WX")
    s = two_stage(
        y,
        z,
        terms,
        blocks,
        SPECS["sdm"],
        "none",
        "2sls",
        w,
        x_columns=[0, 1],
        endogenous=[0],
        outside=q,
        outside_terms=("q",),
    )
    tested = [t.name for t in s.tests if t.name.startswith("first-stage")]
    assert tested == ["first-stage F, x", "first-stage F, W x", "first-stage F, W y"]
    assert "W q" in s.notes[0] and "W x" not in s.notes[0]
    gap = (s.coefficients.estimate - [1, 1, 0.5, 0.5, 0.3]) / s.coefficients.std_error
    assert np.abs(gap).max() < 3
    naive = two_stage(y, z, terms, blocks, SPECS["sdm"], "none", "2sls", w, x_columns=[0, 1])
    assert naive.value("x") > s.value("x") + 5 * s.coefficients.std_error[0]


def test_a_partly_lagged_model_keeps_first_lags_of_the_others():
    w = Operator(lattice(6))
    rng = np.random.default_rng(2)
    y, x = rng.normal(size=(2, 36)), rng.normal(size=(2, 36, 2))
    z = np.concatenate([x, np.stack([w.lag(v) for v in x[:, :, 0]])[:, :, None]], axis=2)
    s = two_stage(y, z, ("a", "b", "W a"), ("X", "X", "WX"), SPECS["sdm"], "none", "2sls", w, x_columns=[0, 1])
    assert s.notes[0] == "Instruments: W b, W^2 b, W^2 a, W^3 a."


def draws(effects, method, periods, count, side=7, seed=1):
    """Estimates and standard errors of lambda = 0.3 in drawn error models."""
    w, n = Operator(lattice(side)), side**2
    rng, out = np.random.default_rng(seed), []
    for _ in range(count):
        x = rng.normal(size=(periods, n, 1))
        spread = np.exp(0.5 * rng.normal(size=n)) if method == "het" else np.ones(n)
        y = x[:, :, 0] + w.solve(0.3, (rng.normal(size=(periods, n)) * spread).T).T
        s = two_stage(y, x, ("x",), ("X",), SPECS["sem"], effects, method, None, w, x_columns=[0])
        out.append((s.value("lambda"), s.coefficients.std_error[-1]))
    return np.array(out).T


@pytest.mark.slow
@pytest.mark.parametrize(("effects", "method"), [("twoway", "het"), ("time", "gs2sls"), ("twoway", "gs2sls")])
def test_lambda_is_right_with_time_effects(effects, method):
    """Without centring the mean is 0.25 (0.3 less 2/N = 0.04); 200 draws put it within 0.015 (three standard errors)."""
    estimate, error = draws(effects, method, periods=10, count=200)
    assert abs(estimate.mean() - 0.3) < 0.015
    covered = np.mean(np.abs(estimate - 0.3) < 1.96 * error)
    assert 0.88 < covered < 0.99


@pytest.mark.slow
@pytest.mark.parametrize(("effects", "periods"), [("none", 2), ("entity", 2), ("time", 10)])
def test_size_of_anselin_kelejian(effects, periods):
    """Nominal 5 percent; with the periods of the data for the free ones it rejected 16 percent (entity, T = 2)."""
    w, rng, rejected = Operator(lattice(7)), np.random.default_rng(5), []
    for _ in range(600):
        x = rng.normal(size=(periods, 49, 1))
        y = w.solve(0.3, (2 * x[:, :, 0] + rng.normal(size=(periods, 49))).T).T
        s = two_stage(y, x, ("x",), ("X",), SPECS["sar"], effects, "2sls", w, x_columns=[0])
        rejected.append(next(t for t in s.tests if t.name == "Anselin-Kelejian").rejected)
    assert 0.02 < np.mean(rejected) < 0.08
