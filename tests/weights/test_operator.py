"""The operator against dense algebra, closed forms and its own derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weights.matrices import (
    distances,
    lattice,
    nearest,
    random_graph,
    ring,
    scaled,
    triangular,
    two_parts,
    with_islands,
)  # fmt: skip

from toolkit.errors import InputError
from toolkit.weights import operator as operator_module
from toolkit.weights.operator import Operator

SMALL = {
    "rook 3 x 3, row": lambda: scaled(lattice(3), "row"),
    "rook 6 x 7, row": lambda: scaled(lattice(6, 7), "row"),
    "queen 9 x 9, row": lambda: scaled(lattice(9, queen=True), "row"),
    "queen 7 x 7, spectral": lambda: scaled(lattice(7, queen=True), "spectral"),
    "queen 7 x 7, min-max": lambda: scaled(lattice(7, queen=True), "minmax"),
    "rook 6 x 6, binary": lambda: lattice(6),
    "3 nearest of 48, row": lambda: scaled(nearest(48, 3), "row"),
    "6 nearest of 200, row": lambda: scaled(nearest(200, 6), "row"),
    "4 nearest of 60, spectral": lambda: scaled(nearest(60, 4), "spectral"),
    "5 nearest of 60, binary": lambda: nearest(60, 5),
    "inverse distance, 80, row": lambda: scaled(distances(80), "row"),
    "inverse square distance, 80, spectral": lambda: scaled(distances(80, 2.0), "spectral"),
    "islands kept": lambda: scaled(with_islands(lattice(5)), "row"),
    "two parts, one bipartite": lambda: scaled(two_parts(lattice(4), lattice(4, queen=True)), "row"),
    "random asymmetric": lambda: scaled(random_graph(50, 4, 3, symmetric=False), "minmax"),
    "downstream only": lambda: scaled(triangular(), "row"),
}
RHOS = (-0.8, -0.3, 0.0, 0.4, 0.95)


def inside(op: Operator) -> list[float]:
    low, high = (np.clip(end, -2, 2) for end in op.interval)
    return [abs(low) * r if r < 0 else high * r for r in RHOS]


@pytest.fixture(params=SMALL, scope="module")
def small(request):
    return SMALL[request.param]()


@pytest.mark.parametrize("route", ["eigenvalues", "series"])
def test_against_dense_algebra(small, route, monkeypatch):
    """log-determinant, solves and lag: numpy's dense LU is the witness; rounding only (1e-9)."""
    if route == "series":
        monkeypatch.setattr(operator_module, "EXACT", {"symmetric": 0, "dense": 0, "general": 0})
    op, W = Operator(small), small.toarray()
    n = len(W)
    B = np.random.default_rng(1).standard_normal((n, 3))
    assert np.allclose(op.lag(B), W @ B, atol=1e-14)
    assert np.allclose(op.lag(B[:, 0]), W @ B[:, 0], atol=1e-14)
    for rho in inside(op):
        A = np.eye(n) - rho * W
        sign, value = np.linalg.slogdet(A)
        assert sign == 1
        assert op.logdet(rho) == pytest.approx(value, abs=1e-9)
        assert np.allclose(op.solve(rho, B), np.linalg.solve(A, B), atol=1e-9)
        assert np.allclose(op.solve(rho, B, transpose=True), np.linalg.solve(A.T, B), atol=1e-9)
        assert op.solve(rho, B[:, 0]).shape == (n,)


def test_derivatives_traces_and_norm_against_dense_algebra(small):
    op, W = Operator(small), small.toarray()
    curve = op.curve()
    assert curve.error == 0.0 and curve.refined(0.1) is curve
    for rho in inside(op):
        G = W @ np.linalg.inv(np.eye(len(W)) - rho * W)
        assert curve.d1(rho) == pytest.approx(-np.trace(G), abs=1e-8, rel=1e-8)
        assert curve.d2(rho) == pytest.approx(-np.trace(G @ G), abs=1e-8, rel=1e-8)
        value, error = op.tr_GtG(rho)
        assert value == pytest.approx(np.sum(G * G), rel=1e-9) and error == 0.0
    powers = [np.trace(np.linalg.matrix_power(W, k)) / len(W) for k in range(7)]
    assert np.allclose(op.traces(6), powers, atol=1e-12)


def test_interval_holds_no_root_and_ends_at_one(small):
    """Between the ends no eigenvalue makes I - rho W singular; at a finite end one does."""
    op, W = Operator(small), small.toarray()
    low, high = op.interval
    eigenvalues = np.linalg.eigvals(W)
    for end in (low, high):
        if np.isfinite(end):
            assert np.abs(1 - end * eigenvalues).min() < 1e-6
    grid = np.linspace(max(low, -5), min(high, 5), 41)[1:-1]
    assert all(np.linalg.slogdet(np.eye(len(W)) - r * W)[0] == 1 for r in grid)
    assert op.spectral_radius == pytest.approx(np.abs(eigenvalues).max(), abs=1e-6)


def test_asymmetric_weights_are_never_symmetrised():
    """(W + W') / 2 of nearest-neighbour weights has another log-determinant; the dense one is the witness."""
    W = scaled(nearest(48, 4, seed=2), "row")
    right = np.linalg.slogdet(np.eye(48) - 0.8 * W.toarray())[1]
    wrong = np.linalg.slogdet(np.eye(48) - 0.4 * (W + W.T).toarray())[1]
    op = Operator(W)
    assert op.scale is None and "general" in op.route
    assert op.logdet(0.8) == pytest.approx(right, abs=1e-10)
    assert abs(right - wrong) > 0.5


@pytest.mark.parametrize("rows, columns", [(3, 3), (5, 8), (10, 10)])
def test_closed_form_of_a_rook_lattice(rows, columns):
    """Eigenvalues of the grid are 2 cos(pi i / (r + 1)) + 2 cos(pi j / (c + 1))."""
    a = 2 * np.cos(np.pi * np.arange(1, rows + 1) / (rows + 1))
    b = 2 * np.cos(np.pi * np.arange(1, columns + 1) / (columns + 1))
    w = (a[:, None] + b[None]).ravel()
    op = Operator(lattice(rows, columns))
    assert np.allclose(np.sort(op.eigenvalues), np.sort(w), atol=1e-12)
    assert op.interval == pytest.approx((1 / w.min(), 1 / w.max()), rel=1e-12)
    assert op.logdet(0.2) == pytest.approx(np.log(1 - 0.2 * w).sum(), abs=1e-11)


@pytest.mark.parametrize("n", [9, 10, 31])
def test_closed_form_of_a_ring(n):
    """Row-standardised ring: eigenvalues cos(2 pi j / n); -1 is one of them only for even n."""
    w = np.cos(2 * np.pi * np.arange(n) / n)
    op = Operator(scaled(ring(n), "row"))
    assert op.interval == pytest.approx((1 / w.min(), 1.0), rel=1e-12)
    assert op.interval[1] == 1.0
    assert op.curve().value(0.7) == pytest.approx(np.log(1 - 0.7 * w).sum(), abs=1e-12)


def test_arrays_of_rho_and_values_outside():
    op = Operator(scaled(lattice(4), "row"))
    curve = op.curve()
    grid = np.array([[-1.5, -0.5], [0.5, 1.0]])
    value, slope = curve.value(grid), curve.d1(grid)
    assert value.shape == (2, 2)
    assert value[0, 0] == -np.inf and value[1, 1] == -np.inf and np.isnan(slope[0, 0]) and np.isnan(slope[1, 1])
    assert value[0, 1] == curve.value(-0.5) and slope[1, 0] == curve.d1(0.5)
    for ask in (curve.value, curve.d1, curve.d2, op.logdet, lambda r: op.solve(r, np.ones(16))):
        with pytest.raises(InputError, match=r"rho = 1\.2 is not admissible[\s\S]*-1 < rho < 1"):
            ask(1.2)


@pytest.mark.parametrize("shape", [(3,), (5, 2), (16, 2, 2)])
def test_wrong_shapes_are_refused(shape):
    op = Operator(scaled(lattice(4), "row"))
    with pytest.raises(InputError, match=r"does not fit 16 regions"):
        op.lag(np.ones(shape))


def test_downstream_weights_have_no_bounds_and_no_determinant():
    op = Operator(triangular())
    assert op.interval == (-np.inf, np.inf) and op.spectral_radius == 0.0
    assert op.logdet(5.0) == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(9, 40), st.integers(0, 10_000), st.booleans(), st.sampled_from(["row", "spectral", "minmax"]))
def test_derivatives_are_derivatives(n, seed, symmetric, how):
    """d1 and d2 against central differences of value: their error is of the order of the step squared."""
    A = random_graph(n, 4, seed, symmetric)
    if A.nnz == 0:
        return
    op = Operator(scaled(A, how))
    curve, h = op.curve(), 1e-4
    low, high = (np.clip(end, -1.5, 1.5) for end in op.interval)
    for rho in (0.6 * low, 0.0, 0.6 * high):
        up, mid, down = curve.value(rho + h), curve.value(rho), curve.value(rho - h)
        assert curve.d1(rho) == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-5)
        assert curve.d2(rho) == pytest.approx((up - 2 * mid + down) / h**2, rel=1e-3, abs=1e-3)
    if how == "row" and (np.diff(A.indptr) > 0).all():
        assert op.interval[1] == 1.0 and op.interval[0] <= -1.0 + 1e-9


@settings(max_examples=25, deadline=None)
@given(st.integers(9, 40), st.integers(0, 10_000), st.booleans())
def test_a_scale_is_found_exactly_where_there_is_one(n, seed, symmetric):
    """D^-1 S has a scale for any positive D; breaking one link of a cycle by 1e-6 takes it away."""
    S = random_graph(n, 6, seed, symmetric=True)
    d = np.random.default_rng(seed).lognormal(0, 2, n)
    W = S.copy()
    W.data = W.data / np.repeat(d, np.diff(W.indptr))
    op = Operator(W)
    assert op.scale is not None
    assert abs(op.H - op.H.T).max() == 0 if W.nnz else True
    if symmetric:
        return
    A = random_graph(n, 6, seed, symmetric=False)
    pattern = abs(A - A.T) > 1e-9
    assert (Operator(A).scale is None) == bool(pattern.nnz)
