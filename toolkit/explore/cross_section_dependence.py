"""The exponent of cross-sectional dependence: how strongly regions move together.

The standard deviation of the cross-section average falls with N like N^(alpha - 1). alpha = 1: a common factor moves nearly
all regions, and spatial models of W alone will not do (see common correlated effects, ``method="ccemg"``); alpha near 1/2:
weak dependence, which spatial models describe.

References
----------
Bailey, N., Kapetanios, G. and Pesaran, M. H. (2016). Exponent of cross-sectional dependence: estimation and inference.
Journal of Applied Econometrics 31, 929-960.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["Exponent", "csd_exponent"]


@dataclass(frozen=True)
class Exponent:
    """Estimate of alpha.

    Attributes
    ----------
    alpha : float
        Bias-corrected, with the loadings' mean taken from the significant ones.
    std_error : float
    variable : str
    n_entities, n_times : int
    significant : int
        Regions whose loading on the cross-section average is significant (Holm).
    note : str
    """

    alpha: float
    std_error: float
    variable: str
    n_entities: int
    n_times: int
    significant: int
    note: str

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Normal confidence limits."""
        from scipy import stats

        if not 0 < level < 1:
            raise InputError(
                f"level={level!r} is not a confidence level.", allowed="a number between 0 and 1, e.g. 0.95"
            )
        half = float(stats.norm.ppf(0.5 + level / 2)) * self.std_error
        return self.alpha - half, self.alpha + half

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row: variable alpha std_error conf_low conf_high significant n_entities n_times note."""
        import pandas as pd

        low, high = self.interval(level)
        row = {
            "variable": self.variable,
            "alpha": self.alpha,
            "std_error": self.std_error,
            "conf_low": low,
            "conf_high": high,
            "significant": self.significant,
            "n_entities": self.n_entities,
            "n_times": self.n_times,
            "note": self.note,
        }
        return pd.DataFrame([row])

    glance = tidy

    def __repr__(self) -> str:
        low, high = self.interval()
        return (
            f"Exponent of cross-sectional dependence of {self.variable}: {self.alpha:.3f} ({self.std_error:.3f}), 95% interval "
            f"[{low:.3f}, {high:.3f}]. {self.note}"
        )


def csd_exponent(data: Panel | pd.Series | np.ndarray, variable: str | None = None, size: float = 0.05) -> Exponent:
    """Estimate the exponent of cross-sectional dependence.

    Parameters
    ----------
    data : Panel, Series or ndarray
        A panel with the name of a variable (or an expression); residuals as ``fit.resids``; or an array (T, N).
    variable : str, optional
        Needed with a Panel.
    size : float
        Of the Holm test that picks the significant loadings.

    Returns
    -------
    Exponent

    Raises
    ------
    InputError, DataError
        For fewer than 10 regions or 10 periods, missing cells, or a region without variation.

    Notes
    -----
    With standardised x, s2 the variance of the cross-section average, c the scaled variance of the average of what four
    principal components leave, and m2 the variance of the average of the regions with significant loadings,

        alpha = 1 + log(s2) / (2 log N) - c / (2 N log N s2) - log(m2) / (2 log N)

    (eqs. 13, 17 and 23); the standard error allows for autocorrelated factors (eq. 41). It is meant for alpha above 1/2.

    Examples
    --------
    >>> import toolkit as tk
    >>> tk.csd_exponent(tk.load("munnell"), "unemp").alpha > 0.8
    True
    """
    values, name = _values(data, variable)
    t, n = values.shape
    if n < 10 or t < 10:
        raise InputError(f"{n} regions and {t} periods are too few.", allowed="10 regions and 10 periods or more")
    if not 0 < size < 1:
        raise InputError(f"size={size!r} is not the size of a test.", allowed="a number between 0 and 1, e.g. 0.05")
    spread = values.std(axis=0, ddof=1)
    if not np.isfinite(values).all() or (spread <= 1e-12 * np.abs(values).max()).any():
        raise DataError(
            "The exponent needs every cell, and variation over time in every region.",
            fix="leave out periods with gaps (panel.complete([...])), and regions without variation",
        )
    x = (values - values.mean(axis=0)) / spread
    average = x.mean(axis=1)
    s2, log_n = float(average.var(ddof=1)), np.log(n)
    u, _, _ = np.linalg.svd(x, full_matrices=False)
    factors = u[:, : min(4, min(t, n) - 1)]
    left = (x - factors @ (factors.T @ x)).mean(axis=1)
    c = n * float(left.var())
    plain = 1 + np.log(s2) / (2 * log_n) - c / (2 * n * log_n * s2)
    loud = _significant(x, average, size)
    m2 = float(x[:, loud].mean(axis=1).var()) if loud.any() else 1.0
    alpha = float(plain - np.log(m2) / (2 * log_n))
    scaled = average / np.sqrt(s2)
    loadings = scaled @ x / (scaled @ scaled)
    count = int(np.clip(round(n**alpha), 2, n))
    top = loadings[np.argsort(-np.abs(loadings))[:count]]
    noise = 4 / n * n ** (1 - alpha) * float(((top - top.mean()) ** 2).sum()) / (count - 1)
    std_error = float(np.sqrt(_long_run(scaled) / t + noise) / (2 * log_n))
    if alpha > 0.9:
        note = "Strong dependence: a common factor moves nearly all regions."
    elif alpha > 0.5:
        note = "Dependence between weak and strong."
    else:
        note = "Weak dependence; the estimator is not meant for alpha of 1/2 or below."
    return Exponent(alpha, std_error, name, n, t, int(loud.sum()), note)


def _significant(x: np.ndarray, average: np.ndarray, size: float) -> np.ndarray:
    """Regions whose slope on the average is significant by Holm's step-down test."""
    from scipy import stats

    t, n = x.shape
    centred = average - average.mean()
    slope = centred @ x / (centred @ centred)
    e = x - x.mean(axis=0) - np.outer(centred, slope)
    statistic = np.abs(slope) / np.sqrt((e**2).sum(axis=0) / (t - 2) / (centred @ centred))
    order = np.argsort(-statistic)
    limits = stats.norm.ppf(1 - size / (n - np.arange(n)) / 2)
    passed = np.zeros(n, bool)
    passed[order] = np.cumprod(statistic[order] >= limits).astype(bool)
    return passed


def _long_run(scaled: np.ndarray) -> float:
    """Long-run variance of the squared standardised average, by an autoregression of order T^(1/3)."""
    z = (scaled - scaled.mean()) ** 2
    z = z - z.mean()
    p = int(np.ceil(len(z) ** (1 / 3)))
    lags = np.column_stack([z[p - j : len(z) - j] for j in range(1, p + 1)])
    b = np.linalg.lstsq(lags, z[p:], rcond=None)[0]
    e = z[p:] - lags @ b
    return float(e @ e) / max(len(e) - p, 1) / max(1 - b.sum(), 1e-2) ** 2


def _values(data, variable: str | None) -> tuple[np.ndarray, str]:
    import pandas as pd

    from toolkit.data.panel import Panel

    if isinstance(data, Panel):
        if variable is None:
            raise InputError("A panel was given without the name of a variable.", fix='tk.csd_exponent(panel, "gdp")')
        from toolkit.data.expressions import evaluate

        return np.asarray(evaluate(variable, data).values, float), variable
    if isinstance(data, pd.Series) and data.index.nlevels == 2:
        return data.unstack().to_numpy(dtype=float), str(data.name or "residuals")
    array = np.asarray(data, float)
    if array.ndim != 2:
        raise InputError(
            f"data of shape {array.shape} is not a panel.",
            allowed="a Panel and a variable, fit.resids, or an array (T, N)",
        )
    return array, variable or "values"
