"""What any estimator hands to `Fit`: named estimates, their joint covariance, innovations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from toolkit.contracts import BLOCKS, CoefTable, TestResult

__all__ = ["Solution"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Solution:
    """The result of one estimator.

    Attributes
    ----------
    estimator : str
        In words, for the head of the summary: ``"exact maximum likelihood"``, ``"spatial two-stage least squares"``.
    coefficients : CoefTable
        Terms in reporting order: regressors (block ``X``), their lags (``WX``), ``y(t-1)`` and ``W y(t-1)``
        (``dynamic``), ``rho`` and ``lambda`` (``spatial``), ``phi``, ``psi`` (``variance``), with their joint
        covariance.
    cov_title : str
        The covariance estimator in words, for table notes.
    innovations : ndarray, shape (T, N)
        Estimated e; NaN where a region is absent.
    sigma2 : float
        Variance of the innovations.
    sigma2_divisor : str
        What the sum of squares was divided by, e.g. ``"N T"``.
    loglik : float
        Log-likelihood with its constants; NaN for estimators without one.
    n_params : int
        Parameters counted by AIC and BIC, sigma2 and effects included.
    tests : tuple of TestResult
        Tests that come with the estimator: over-identification, weak instruments, serial correlation.
    details : mapping of str to float
        Further numbers of the estimator, e.g. ``sigma2_mu``, ``theta``; printed by ``glance``.
    region_effects : ndarray, shape (N,), or None
        Predicted random effects of regions.
    slopes : ndarray, shape (N, k), or None
        Coefficients of each region, of heterogeneous panels.
    uncorrected : mapping of str to float
        Estimates before a bias correction, by term and ``"sigma2"``; empty without one.
    notes : tuple of str
        What the reader must know.
    """

    estimator: str
    coefficients: CoefTable
    cov_title: str
    innovations: np.ndarray
    sigma2: float
    n_params: int
    sigma2_divisor: str = "N T"
    loglik: float = float("nan")
    tests: tuple[TestResult, ...] = ()
    details: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    region_effects: np.ndarray | None = None
    slopes: np.ndarray | None = None
    uncorrected: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        unknown = set(self.coefficients.blocks) - set(BLOCKS)
        if unknown:
            raise ValueError(f"unknown blocks {sorted(unknown)}; allowed: {BLOCKS}")

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.coefficients.terms

    def value(self, term: str, default: float = 0.0) -> float:
        """The estimate of `term`, or `default` where the model does not have it."""
        terms = self.coefficients.terms
        return float(self.coefficients.estimate[terms.index(term)]) if term in terms else default
