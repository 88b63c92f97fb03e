"""Log-determinants at scale: stochastic curves made exact, against factorisations and eigenvalues."""

from __future__ import annotations

import numpy as np
import pytest
from weights.matrices import distances, lattice, nearest, scaled

from toolkit.weights import operator as operator_module
from toolkit.weights.logdet import EigenCurve, LogdetCurve, SeriesCurve
from toolkit.weights.operator import Operator
from toolkit.weights.series import ORDER, ChebyshevSeries, PowerSeries

LARGE = {
    "rook, 2500, row": lambda: scaled(lattice(50), "row"),
    "queen, 2500, row": lambda: scaled(lattice(50, queen=True), "row"),
    "queen, 2500, spectral": lambda: scaled(lattice(50, queen=True), "spectral"),
    "6 nearest, 2000, row": lambda: scaled(nearest(2000, 6), "row"),
    "6 nearest, 2000, min-max": lambda: scaled(nearest(2000, 6), "minmax"),
}


@pytest.fixture(params=LARGE, scope="module")
def large(request):
    return Operator(LARGE[request.param]())


@pytest.mark.parametrize("series", [ChebyshevSeries(-0.7, 1.2), PowerSeries(1.2, 1)])
def test_series_with_exact_moments_is_the_logdet(series):
    """With all moments exact only truncation is left: z^100 and rho^100, here below 1e-10."""
    w = np.array([-0.6, -0.2, 0.1, 0.4, 1.2])
    centre, half = 0.25, 0.95
    moments = (
        np.cos(np.arange(ORDER + 1)[:, None] * np.arccos((w - centre) / half)).sum(axis=1)
        if isinstance(series, ChebyshevSeries)
        else (w ** np.arange(ORDER + 1)[:, None]).sum(axis=1)
    )
    for rho in (-0.5, 0.0, 0.3, 0.6):
        value, d1, d2 = series(rho, moments)
        assert value == pytest.approx(np.log(1 - rho * w).sum(), abs=1e-10)
        assert d1 == pytest.approx(-(w / (1 - rho * w)).sum(), abs=1e-9)
        assert d2 == pytest.approx(-((w / (1 - rho * w)) ** 2).sum(), abs=1e-8)


def test_curves_keep_the_protocol(large):
    assert isinstance(large.curve(), LogdetCurve) and isinstance(large.curve(), SeriesCurve)
    assert isinstance(Operator(scaled(lattice(5), "row")).curve(), LogdetCurve)


@pytest.mark.parametrize("share", [-0.6, 0.3, 0.6, 0.9])
def test_refined_curve_is_exact_around_rho(large, share):
    """Inside the window the error is within the reported one, and 1e-6 at most; six nodes off the fitted ones."""
    rho = share * (large.interval[1] if share > 0 else -max(large.interval[0], -1.5))
    curve = large.curve().refined(rho)
    low, high = curve.window
    assert low < rho < high
    for at in np.linspace(low, high, 8)[1:-1]:
        assert abs(curve.value(at) - large.logdet(at)) <= curve.error
    assert curve.error < 1e-6
    h = 1e-3
    five = [large.logdet(rho + k * h) for k in (-2, -1, 0, 1, 2)]
    slope = (five[0] - 8 * five[1] + 8 * five[3] - five[4]) / (12 * h)
    bend = (-five[0] + 16 * five[1] - 30 * five[2] + 16 * five[3] - five[4]) / (12 * h * h)
    assert curve.d1(rho) == pytest.approx(slope, rel=1e-6)
    assert curve.d2(rho) == pytest.approx(bend, rel=1e-5)


def test_coarse_curve_keeps_its_error(large):
    curve = large.curve()
    for share in (-0.5, 0.3, 0.6, 0.9):
        rho = share * (large.interval[1] if share > 0 else -max(large.interval[0], -1.5))
        assert abs(curve.value(rho) - large.logdet(rho)) <= curve.error
    assert 0 < curve.error < 0.02 * large.N


def test_refining_costs_three_factorisations_and_the_centre_is_kept():
    op = Operator(scaled(lattice(45), "row"))
    curve = op.curve()
    assert op.n_factorizations == 0
    curve.refined(0.5)
    assert op.n_factorizations == 3
    op.solve(0.5, np.ones(op.N))
    op.logdet(0.5)
    assert op.n_factorizations == 3
    assert curve.error > 1e-3, "refining returns a new curve"


def test_route_is_named_and_numbers_repeat():
    one, two = (Operator(scaled(nearest(1000, 5), "row")) for _ in range(2))
    assert "power series" in one.route and "LU" in one.route
    assert one.curve().value(0.5) == two.curve().value(0.5)
    assert "Chebyshev" in Operator(scaled(lattice(40), "row")).route


@pytest.mark.parametrize("name", ["rook", "queen"])
def test_sparse_route_against_eigenvalues(name, monkeypatch):
    """N = 1,600: the same W by eigenvalues and by factorisation; rounding only."""
    W = scaled(lattice(40, queen=name == "queen"), "row")
    sparse_route = Operator(W)
    monkeypatch.setattr(operator_module, "EXACT", {"symmetric": 5000, "dense": 5000, "general": 5000})
    exact = Operator(W)
    assert isinstance(exact.curve(), EigenCurve)
    for rho in (-0.9, 0.2, 0.7, 0.99):
        assert sparse_route.logdet(rho) == pytest.approx(exact.logdet(rho), abs=1e-9)
    assert sparse_route.interval[1] == exact.interval[1] == 1.0
    low, true = sparse_route.interval[0], exact.interval[0]
    assert true <= low + 1e-9 and low == pytest.approx(true, rel=5e-4), "never wider than the truth"
    curve = sparse_route.curve().refined(0.7)
    assert curve.d1(0.7) == pytest.approx(exact.curve().d1(0.7), rel=1e-7)
    assert curve.d2(0.7) == pytest.approx(exact.curve().d2(0.7), rel=1e-6)


def test_traces_with_monte_carlo_errors(large):
    """Exact to k = 4, then within five standard errors of the power traces of the dense matrix."""
    values, errors = large.trace_table(8)
    assert (errors[:5] == 0).all() and (errors[5:] > 0).all()
    W = large.W.toarray()
    square = W @ W
    power = square @ square
    truth = {2: np.trace(square), 4: np.trace(power), 6: np.sum(power * square.T), 8: np.sum(power * power.T)}
    for k, t in truth.items():
        assert abs(values[k] - t / large.N) <= 5 * errors[k] + 1e-12
    assert np.array_equal(large.traces(8), values)


def test_norm_of_g_with_monte_carlo_error(large):
    G = large.W @ np.linalg.inv(np.eye(large.N) - 0.5 * large.interval[1] * large.W.toarray())
    value, error = large.tr_GtG(0.5 * large.interval[1])
    assert error > 0 and abs(value - np.sum(G * G)) <= 5 * error
    assert error < 0.02 * value


@pytest.mark.slow
def test_dense_weights_above_the_eigenvalue_limit(monkeypatch):
    """Inverse distance as if too large for eigenvalues: dense Cholesky against eigenvalues."""
    W = scaled(distances(700), "row")
    exact = Operator(W)
    monkeypatch.setattr(operator_module, "EXACT", {"symmetric": 0, "dense": 0, "general": 0})
    dense = Operator(W)
    assert "dense symmetric" in dense.route
    curve = dense.curve().refined(0.6)
    assert abs(curve.value(0.6004) - exact.logdet(0.6004)) <= curve.error < 1e-6
    assert dense.interval == pytest.approx(exact.interval, rel=5e-4)


@pytest.mark.slow
@pytest.mark.parametrize("rows, rho", [(100, 0.6), (100, 0.9), (316, 0.6)])
def test_lattices_of_ten_and_a_hundred_thousand(rows, rho):
    """Closed-form binary lattice, spectral scale: an exact log-determinant without any factorisation."""
    a = 2 * np.cos(np.pi * np.arange(1, rows + 1) / (rows + 1))
    w = (a[:, None] + a[None]).ravel() / (2 * a.max())
    W = lattice(rows)
    W.data = W.data / (2 * a.max())
    op = Operator(W)
    assert op.interval == pytest.approx((-1, 1), rel=1e-9)
    curve = op.curve().refined(rho)
    for at in (curve.window[0], rho, rho + 0.6 * (curve.window[1] - rho)):
        assert abs(curve.value(at) - np.log(1 - at * w).sum()) <= max(curve.error, 1e-9)
    assert curve.error < 1e-6
    assert curve.d1(rho) == pytest.approx(-(w / (1 - rho * w)).sum(), rel=1e-7)
    assert curve.d2(rho) == pytest.approx(-((w / (1 - rho * w)) ** 2).sum(), rel=1e-6)


def test_series_curve_is_exact_at_zero_too():
    """At rho = 0 the log-determinant is zero for every weighting of the sign vectors; its slope and bend are not."""
    w = scaled(lattice(50), "row")
    curve = Operator(w).curve().refined(0.0)
    assert abs(curve.value(0.0)) < 1e-6
    assert curve.d1(0.0) == pytest.approx(0.0, abs=1e-4)
    assert curve.d2(0.0) == pytest.approx(-(w @ w).diagonal().sum(), rel=1e-3)
