"""Kernel densities and stochastic kernels against scipy, statsmodels, integrals and a known process."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from cases import small_panel
from scipy.stats import gaussian_kde, norm

import toolkit as tk
from toolkit.errors import DataError, InputError, WeightsError


def test_densities_meet_scipy():
    panel = tk.load("us_income")
    record = tk.densities(panel, "income", [1929, 1970, 2009])
    for row, h, y in zip(record.density, record.bandwidth, record.values, strict=True):
        np.testing.assert_allclose(row, gaussian_kde(y, h / y.std(ddof=1))(record.grid), rtol=1e-9, atol=1e-14)


def test_weighted_densities_meet_scipy():
    china = tk.load("china").assign(income="gdp / pop")
    record = tk.densities(china, "income", [2000, 2023], weights="pop")
    for row, h, y, w in zip(record.density, record.bandwidth, record.values, record.weight_shares, strict=True):
        other = gaussian_kde(y, weights=w)
        other.set_bandwidth(h / np.sqrt(other._data_covariance[0, 0]))
        np.testing.assert_allclose(row, other(record.grid), rtol=1e-9, atol=1e-14)
    assert record.mean == pytest.approx(1)


@pytest.mark.parametrize("rule", ["silverman", "scott"])
def test_bandwidth_rules_meet_statsmodels(rule):
    from statsmodels.nonparametric import bandwidths

    panel = tk.load("us_income")
    record = tk.densities(panel, "income", bandwidth=rule)
    target = [getattr(bandwidths, f"bw_{rule}")(y) for y in record.values]
    # statsmodels rounds 1.3489795 to 1.349 as here, and divides by n - 1
    np.testing.assert_allclose(record.bandwidth, target, rtol=1e-12)


def test_densities_integrate_to_one():
    for panel, variable in ((tk.load("china"), "gdp / pop"), (tk.load("mexico"), "pcgdp")):
        record = tk.densities(panel, variable)
        np.testing.assert_allclose(np.trapezoid(record.density, record.grid, axis=1), 1, atol=1e-4)


def test_equal_weights_are_no_weights():
    panel, _, _ = small_panel(3, n=15)
    panel = panel.assign(y=np.exp(panel.values("y")))
    plain = tk.densities(panel, "y")
    weighted = tk.densities(panel.assign(w=2.0), "y", weights="w")
    np.testing.assert_allclose(plain.density, weighted.density, rtol=1e-10, atol=1e-14)


def test_a_year_is_the_same_alone_and_with_others_but_for_the_grid():
    panel = tk.load("us_income")
    one, all_ = tk.densities(panel, "income", [2009]), tk.densities(panel, "income")
    assert one.bandwidth[0] == pytest.approx(all_.bandwidth[-1], rel=1e-14)
    x = 1.1
    assert np.interp(x, one.grid, one.density[0]) == pytest.approx(np.interp(x, all_.grid, all_.density[-1]), rel=2e-3)


def test_two_humps_are_counted():
    rng = np.random.default_rng(1)
    y = np.concatenate([rng.normal(1, 0.1, 50), rng.normal(3, 0.1, 50)])
    frame = pd.DataFrame({"id": np.arange(100), "year": 2000, "y": y})
    record = tk.densities(tk.Panel(frame, entity="id", time="year"), "y", relative=False)
    assert record.by_year()["peaks"].item() == 2
    np.testing.assert_allclose(record.modes()["x"], [1, 3], atol=0.15)
    assert "Kernel densities" in repr(record) and "<table" in record._repr_html_()
    assert record.tidy().shape == (256, 3) and len(record.glance()) == 1


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"bandwidth": "sheather"}, InputError, "silverman"),
        ({"bandwidth": 0}, InputError, "above 0"),
        ({"bandwidth": True}, InputError, "above 0"),
        ({"years": [1999]}, InputError, "1999"),
        ({"years": []}, InputError, "empty"),
        ({"weights": "x1"}, DataError, r"negative.*r\d\d 200\d"),
        ({"grid": 3}, InputError, "32"),
        ({"relative": True, "variable": "y - 99"}, DataError, "not positive"),
    ],
)
def test_bad_arguments(options, error, says):
    arguments = {"variable": "y", "relative": False} | options
    with pytest.raises(error, match=f"(?s){says}"):
        tk.densities(small_panel(3)[0], **arguments)


@lru_cache
def kernel():
    return tk.stochastic_kernel(tk.load("us_income"), "income", lag=5)


def test_rows_of_the_kernel_integrate_to_one():
    record = kernel()
    np.testing.assert_allclose(record.density @ record.steps, 1, rtol=1e-13)
    np.testing.assert_allclose(np.trapezoid(record.density, record.grid, axis=1), 1, rtol=1e-12)
    assert (record.density > 0).all()


def test_the_ergodic_density_is_a_fixed_point():
    record = kernel()
    assert record.ergodic @ record.steps == pytest.approx(1, rel=1e-13)
    np.testing.assert_allclose((record.ergodic * record.steps) @ record.density, record.ergodic, atol=1e-12)


def test_the_kernel_meets_its_definition_and_scipy():
    """At points inside: joint over marginal density; the marginal is scipy's."""
    record = kernel()
    hx, hy = record.bandwidth
    assert hx == pytest.approx(record.x.std(ddof=1) * len(record.x) ** (-1 / 6), rel=1e-14)
    np.testing.assert_allclose(
        record.density_x, gaussian_kde(record.x, hx / record.x.std(ddof=1))(record.grid), rtol=1e-9, atol=1e-14
    )
    for i, j in ((40, 44), (64, 60), (80, 80)):
        kx = norm.pdf((record.grid[i] - record.x) / hx)
        joint = (kx * norm.pdf((record.grid[j] - record.y) / hy)).sum() / hy
        assert record.density[i, j] == pytest.approx(joint / kx.sum(), rel=1e-6)


@pytest.mark.slow  # statsmodels' estimator is imported for seconds
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_kernel_meets_statsmodels():
    from statsmodels.nonparametric.kernel_density import KDEMultivariateConditional

    record = kernel()
    other = KDEMultivariateConditional(record.y, record.x, "c", "c", bw=record.bandwidth[::-1])
    where = np.array([(30, 30), (50, 55), (64, 60), (80, 80)])
    target = other.pdf(record.grid[where[:, 1]], record.grid[where[:, 0]])
    np.testing.assert_allclose(record.density[where[:, 0], where[:, 1]], target, rtol=1e-5)


def autoregression(n=400, t=30, a=0.6):
    rng = np.random.default_rng(7)
    y = np.empty((t, n))
    y[0] = rng.normal(size=n) * 1 / np.sqrt(1 - a**2)
    for s in range(1, t):
        y[s] = a * y[s - 1] + rng.normal(size=n)
    frame = pd.DataFrame({"id": np.tile(np.arange(n), t), "year": np.repeat(np.arange(t), n), "y": y.ravel()})
    return tk.Panel(frame, entity="id", time="year")


def test_a_known_process_is_found():
    """y' = 0.6 y + e: conditional mean 0.6 y, sd 1, ergodic normal with sd 1.25, all a little wider by the smoothing.

    The x bandwidth adds slope^2 h_x^2-like terms, of order 0.05 here: tolerances say so.
    """
    record = tk.stochastic_kernel(autoregression(), "y", relative=False, bandwidth=0.15, grid=200)
    inside = np.abs(record.grid) < 2
    np.testing.assert_allclose(record.conditional_mean[inside], 0.6 * record.grid[inside], atol=0.12)
    mean = record.ergodic @ (record.steps * record.grid)
    sd = np.sqrt(record.ergodic @ (record.steps * (record.grid - mean) ** 2))
    assert mean == pytest.approx(0, abs=0.06) and sd == pytest.approx(1.25, abs=0.05)
    grown = np.abs(record.ergodic - norm.pdf(record.grid, scale=1.25)).max()
    assert grown < 0.03


def test_the_grid_hardly_matters():
    panel = tk.load("us_income")
    a = tk.stochastic_kernel(panel, "income", 5, grid=100)
    b = tk.stochastic_kernel(panel, "income", 5, grid=300)
    np.testing.assert_allclose(np.interp(a.grid, b.grid, b.ergodic), a.ergodic, atol=0.02 * a.ergodic.max())


def test_neighbours_as_the_condition():
    panel = tk.load("us_income")
    w = tk.weights.queen(panel)
    record = tk.stochastic_kernel(panel, "income", 0, w)
    values = panel.values("income") / panel.values("income").mean(axis=1, keepdims=True)
    np.testing.assert_allclose(record.y, values.ravel())
    np.testing.assert_allclose(record.x, (w.sparse @ values.T).T.ravel())
    assert np.isnan(record.ergodic).all() and "neighbours" in repr(record)
    later = tk.stochastic_kernel(panel, "income", 10, w)
    np.testing.assert_allclose(later.y, values[10:].ravel())
    assert len(later.x) == 71 * 48 and record.glance()["ergodic_peaks"].isna().item()


def test_packaged_panels():
    record = tk.stochastic_kernel(tk.load("china"), "gdp / pop", 3)
    assert record.tidy().shape == (128 * 128, 3) and len(record.marginals()) == 128
    assert "<table" in record._repr_html_()
    assert np.isfinite(tk.stochastic_kernel(tk.load("mexico"), "pcgdp").ergodic).all()


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"lag": 0}, InputError, "with W"),
        ({"bandwidth": "normal"}, InputError, "silverman"),
        ({"bandwidth": (0.1, -1)}, InputError, "pair"),
        ({"bandwidth": (0.1, 0.1, 0.1)}, InputError, "pair"),
        ({"grid": 5}, InputError, "16"),
        ({"lag": 4}, DataError, "at least 5"),
        ({"W": 3}, WeightsError, "tk.weights"),
    ],
)
def test_bad_kernels(options, error, says):
    with pytest.raises(error, match=says):
        tk.stochastic_kernel(small_panel(3)[0], "y", **({"relative": False} | options))


def test_narrow_bandwidths_get_a_finer_grid():
    panel = tk.load("us_income")
    record = tk.densities(panel, "income", [2009], bandwidth=0.001)
    assert len(record.grid) > 256
    np.testing.assert_allclose(np.trapezoid(record.density, record.grid, axis=1), 1, atol=1e-4)
    with pytest.raises(InputError, match="wider bandwidth"):
        tk.densities(panel, "income", [2009], bandwidth=1e-6)
    with pytest.raises(InputError, match="wider bandwidth"):
        tk.stochastic_kernel(panel, "income", bandwidth=1e-5)
