"""Rank tests of the first stage against linearmodels, the eigenvalue formula and invariance."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.models.instruments import weak_identification


def drawn(n=200, p=1, l=3, seed=0, strength=0.4):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    z = rng.normal(size=(n, l)) + 0.3 * x[:, 1:]
    v = rng.normal(size=(n, p)) * (0.3 + np.abs(z[:, :1]))
    return z @ (strength * rng.normal(size=(l, p))) + x @ rng.normal(size=(2, p)) + v, x, z


@pytest.mark.parametrize("kind", ["unadjusted", "robust", "clustered"])
def test_one_endogenous_is_linearmodels_first_stage(kind):
    """With one endogenous regressor rk is the Wald statistic of the first stage."""
    from linearmodels.iv import IV2SLS

    y2, x, z = drawn()
    groups = np.arange(200) % 40
    options = {"clusters": groups} if kind == "clustered" else {}
    outcome = np.random.default_rng(9).normal(size=200)  # the first stage does not depend on it
    fit = IV2SLS(outcome, x, y2, z).fit(cov_type=kind, debiased=False, **options)
    f = fit.first_stage.diagnostics["f.stat"].iloc[0]
    ours = weak_identification(y2, x, z, robust=kind == "robust", groups=groups if kind == "clustered" else None)
    assert ours.df == 3
    # linearmodels divides by the number of instruments (an F) where variances are equal, and not where it is robust
    np.testing.assert_allclose(ours.statistic, f * (3 if kind == "unadjusted" else 1), rtol=1e-8)


def test_cragg_donald_is_the_smallest_eigenvalue():
    y2, x, z = drawn(p=2, l=4)
    n = len(x)
    residual = np.eye(n) - x @ np.linalg.pinv(x)
    y, zz = residual @ y2, residual @ z
    hat = zz @ np.linalg.pinv(zz)
    inside = np.linalg.solve(y.T @ (np.eye(n) - hat) @ y / (n - 6), y.T @ hat @ y / 4)
    smallest = np.linalg.eigvals(inside).real.min()
    test = weak_identification(y2, x, z)
    np.testing.assert_allclose(test.statistic * (n - 6) / n / 4, smallest, rtol=1e-10)
    assert f"as an F: {smallest:.4g}" in test.reason and test.df == 3


@pytest.mark.parametrize("robust", [False, True])
def test_units_and_combinations_change_nothing(robust):
    y2, x, z = drawn(p=2, l=4, seed=3)
    rng = np.random.default_rng(1)
    turn, mix = rng.normal(size=(2, 2)), rng.normal(size=(4, 4))
    a = weak_identification(y2, x, z, robust=robust)
    b = weak_identification(y2 @ turn + x @ rng.normal(size=(2, 2)), x, 1e3 * z @ mix, robust=robust)
    np.testing.assert_allclose(a.statistic, b.statistic, rtol=1e-8)


def test_clusters_of_one_are_the_robust_test():
    y2, x, z = drawn(p=2, l=3)
    alone = weak_identification(y2, x, z, groups=np.arange(200))
    np.testing.assert_allclose(alone.statistic, weak_identification(y2, x, z, robust=True).statistic, rtol=1e-10)


def test_it_rejects_five_percent_when_the_rank_is_short():
    """Two endogenous regressors driven by one combination of instruments; 500 draws: 5 percent within three errors."""
    rng, rejected = np.random.default_rng(8), 0
    for _ in range(500):
        z = rng.normal(size=(400, 4))
        v = rng.normal(size=(400, 2)) * (0.3 + np.abs(z[:, :1]))
        rejected += weak_identification(z[:, :1] @ [[1.0, 1.0]] + v, np.ones((400, 1)), z, robust=True).rejected
    assert 0.02 < rejected / 500 < 0.08


def test_weak_instruments_are_called_so():
    strong, weak = (weak_identification(*drawn(l=2, strength=s)) for s in (3.0, 0.02))
    assert "above 19.93" in strong.reason and "below 19.93" in weak.reason
