r"""The log t regression of convergence (Phillips and Sul 2007, 2009).

With h_it = X_it / mean_i(X_it), the relative transition path, and H_t = mean_i (h_it - 1)^2,

    log(H_1 / H_t) - 2 log(log t) = a + b log t + u_t,    t = [r T] + 1, ..., T.

Under convergence b >= 0, b = 2 alpha with alpha the speed at which heterogeneity dies out; b >= 2 is convergence of levels,
0 <= b < 2 of growth rates. It is rejected where t_b < -1.65.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import observe

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["LogT", "check", "check_size", "log_t", "observed", "regress"]

HACS = ("phillips-sul", "andrews")


@dataclass(frozen=True, slots=True)
class LogT:
    """One log t regression.

    Attributes
    ----------
    beta, std_error, statistic, p_value : float
        b, its standard error, t = b / se, and the one-sided normal p-value P(Z < t) of convergence.
    bandwidth : float
        Of the quadratic-spectral kernel, in periods.
    n, periods, discarded : int
        Regions; periods in the regression; first periods left out.
    """

    beta: float
    std_error: float
    statistic: float
    p_value: float
    bandwidth: float
    n: int
    periods: int
    discarded: int

    @property
    def converges(self) -> bool:
        """Whether convergence is not rejected at 5 percent (t >= -1.65)."""
        return self.statistic >= -1.65

    def tidy(self) -> pd.DataFrame:
        """One row: term estimate std_error statistic p_value n periods discarded."""
        import pandas as pd

        row = {"term": "log(t)", "estimate": self.beta, "std_error": self.std_error, "statistic": self.statistic}
        return pd.DataFrame([row | {k: getattr(self, k) for k in ("p_value", "n", "periods", "discarded")}])

    def glance(self) -> pd.DataFrame:
        """One row: beta, the speed alpha = beta / 2, and the verdict."""
        return self.tidy().assign(speed=self.beta / 2, converges=self.converges, bandwidth=self.bandwidth)


def log_t(
    panel: Panel,
    variable: str,
    *,
    regions: Sequence | None = None,
    trim: float = 0.3,
    hac: str = "phillips-sul",
    smooth: float | None = None,
) -> LogT:
    """Test convergence of all regions (or some) by the log t regression.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        Positive in every cell, usually ``"log(gdp / emp)"`` in units that make the logarithm positive.
    regions : sequence, optional
        Ids; the panel's regions by default. Paths are relative to the mean of these.
    trim : float
        r: the first round(r T) periods are left out; 0.3 is the authors' advice for T up to 50. (Their paper of 2009 takes 1/3.)
    hac : {"phillips-sul", "andrews"}
        Long-run variance of u_t times (Z'Z)^-1, as in the authors' program; or Andrews' (1991) sandwich of the scores. Both
        with the quadratic-spectral kernel and his AR(1) bandwidth.
    smooth : float, optional
        Parameter of the Hodrick-Prescott filter that takes the cycle out first (annual data: 6.25, or 400 as in the
        authors' papers). The paper of 2009 filters; by default the data are taken as they are.

    Returns
    -------
    LogT

    Raises
    ------
    DataError
        Values that are missing or not positive, or too few periods.

    Examples
    --------
    >>> import toolkit as tk
    >>> tk.log_t(tk.load("us_income").between(1960, 2009), "log(income)").n
    48
    """
    check(trim, hac)
    x, *_ = observed(panel, variable, smooth)
    if regions is not None:
        x = x[:, _positions(panel, regions)]
    check_size(x, trim)
    return regress(x, trim, hac)


# -- the regression ---------------------------------------------------------------------------------


def regress(x: np.ndarray, trim: float, hac: str) -> LogT:
    """The log t regression of data (T, N)."""
    from scipy.stats import norm

    t, n = x.shape
    discarded = max(round(trim * t), 1)
    h = x / x.mean(axis=1, keepdims=True)
    spread = ((h - 1) ** 2).mean(axis=1)
    if (spread[[0, *range(discarded, t)]] <= 0).any():
        raise DataError("Some periods have the same value in every region: log(H1 / Ht) is not defined.")
    log_time = np.log(np.arange(discarded + 1, t + 1))
    y = np.log(spread[0] / spread[discarded:]) - 2 * np.log(log_time)
    z = np.column_stack([np.ones_like(log_time), log_time])
    inverse = np.linalg.inv(z.T @ z)
    b = inverse @ (z.T @ y)
    e = y - z @ b
    variance, bandwidth = _hac(z, e, inverse, hac)
    se = float(np.sqrt(variance))
    statistic = float(b[1]) / se
    return LogT(float(b[1]), se, statistic, float(norm.cdf(statistic)), bandwidth, n, len(y), discarded)


def _hac(z: np.ndarray, e: np.ndarray, inverse: np.ndarray, hac: str) -> tuple[float, float]:
    """Variance of b and the bandwidth."""
    n = len(e)
    if hac == "phillips-sul":  # their program divides by the number of pairs, n - 1
        rho = (e[:-1] @ e[1:]) / (e[:-1] @ e[:-1])
        bandwidth = _bandwidth(rho, n)
        m = n - 1
        weight = quadratic_spectral(np.arange(1, m) / bandwidth)
        pairs = np.array([e[: m - j] @ e[j:m] for j in range(1, m)])
        return float(inverse[1, 1] * (e @ e + 2 * weight @ pairs) / m), bandwidth
    scores = z * e[:, None]
    s = scores[:, 1] - scores[:, 1].mean()
    before, after = s[:-1] - s[:-1].mean(), s[1:] - s[1:].mean()
    bandwidth = _bandwidth((before @ after) / (before @ before), n)
    weight = quadratic_spectral(np.arange(n) / bandwidth)
    meat = scores.T @ scores
    for j in range(1, n):
        pair = scores[:-j].T @ scores[j:]
        meat = meat + weight[j] * (pair + pair.T)
    return float((inverse @ meat @ inverse)[1, 1] * n / (n - 2)), bandwidth


def _bandwidth(rho: float, n: int) -> float:
    """Andrews (1991, eqs. 6.2 and 6.4): 1.3221 (alpha(2) n)^(1/5), alpha(2) = 4 rho^2 / (1 - rho)^4."""
    return float(max(1.3221 * (4 * rho**2 / (1 - rho) ** 4 * n) ** 0.2, 1e-8))


def quadratic_spectral(x: np.ndarray) -> np.ndarray:
    """The kernel 25 / (12 pi^2 x^2) (sin(a) / a - cos(a)), a = 6 pi x / 5; one at zero."""
    x = np.asarray(x, float)
    a = np.where(x == 0, 1.0, 6 * np.pi * x / 5)
    return np.where(x == 0, 1.0, 3 / a**2 * (np.sin(a) / a - np.cos(a)))


# -- input ------------------------------------------------------------------------------------------


def observed(panel: Panel, variable: str, smooth: float | None):
    """Values (T, N), their labels, and the periods; refused where not positive."""
    seen = observe(panel, variable)
    x, times = seen.values, tuple(seen.times)
    low = np.argwhere(x <= 0)
    if len(low):
        names = panel.names
        where = listing((f"{names[panel.entities[i]]} {times[t]}" for t, i in low), 6)
        raise DataError(
            f"{seen.name!r} is not positive in {len(low)} cells: {where}.",
            allowed="positive values: paths are relative to the mean of the regions",
            fix="take a unit in which the logarithm is positive, or the variable without logarithm",
        )
    if smooth is not None:
        if isinstance(smooth, bool) or not isinstance(smooth, (int, float)) or not 0 < smooth < np.inf:
            raise InputError(f"smooth={smooth!r} is not a parameter of the Hodrick-Prescott filter.", allowed="above 0")
        from statsmodels.tsa.filters.hp_filter import hpfilter

        x = np.column_stack([np.asarray(hpfilter(column, lamb=smooth)[1]) for column in x.T])
    return x, seen, times


def _positions(panel: Panel, regions: Sequence) -> list[int]:
    ids = list(panel.entities)
    unknown = [r for r in regions if r not in ids]
    if unknown or len(set(regions)) < len(list(regions)):
        raise InputError(
            f"regions= names what the panel does not have, or one twice: {listing(map(str, unknown or regions))}.",
            allowed=listing(ids, 40),
        )
    return [ids.index(r) for r in regions]


def check(trim: float, hac: str) -> None:
    """Refuse a share of periods or a kernel that does not exist."""
    if isinstance(trim, bool) or not isinstance(trim, (int, float)) or not 0 < trim < 1:
        raise InputError(f"trim={trim!r} is not a share of periods.", allowed="above 0 and below 1, e.g. 0.3")
    if hac not in HACS:
        raise InputError(f"hac={hac!r} is unknown.", allowed=", ".join(HACS))


def check_size(x: np.ndarray, trim: float) -> None:
    """Refuse data too few for the regression."""
    t, n = x.shape
    if n < 2 or t - max(round(trim * t), 1) < 5:
        raise DataError(
            f"{n} regions and {t} periods, {max(round(trim * t), 1)} of them left out, are too few for a log t regression.",
            allowed="2 regions, and 5 periods or more after trimming",
        )
