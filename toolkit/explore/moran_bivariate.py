"""Bivariate Moran's I: one variable beside the spatial lag of another, a row for each period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import common_periods, frozen, matched, observe, standardise
from toolkit.explore.permutation import check_count, normal_p, resolve_seed, tail_p, tally

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["BivariateMoranTable", "moran_bivariate"]


def moran_bivariate(
    panel: Panel,
    variable: str,
    lagged: str,
    W: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
) -> BivariateMoranTable:
    """Bivariate Moran's I: x in a region and y in its neighbours, every period.

    I = sum_i x_i sum_j w_ij y_j / S0, both standardised within the period (divisor N); with row-standardised W it
    is the slope of the lag of y on x. For the past of the neighbours write ``lagged="lag(y)"``. The correlation of
    x and y within regions is beside it in the table, since it alone, with autocorrelation of either, gives an I
    away from zero: the statistic describes and explains nothing.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable, lagged : str
        x and y: columns or expressions. Periods both have are used.
    W : SpatialWeights
        Matched to the panel by id.
    permutations, seed, alternative
        As for `moran`. The y are dealt anew over all regions, x stays; `expected` (0) and `variance` are the exact
        moments of this permutation. It supposes y without autocorrelation of its own, else p-values are too small.

    Returns
    -------
    BivariateMoranTable

    Raises
    ------
    DataError, WeightsError, InputError, FormulaError
        As `moran`; no period in common.

    References
    ----------
    Wartenberg (1985), Geographical Analysis 17, 263-283; Anselin, Syabri and Smirnov (2002); Lee (2001), Journal of
    Geographical Systems 3, 369-385.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> W = tk.weights.queen(panel)
    >>> record = tk.moran_bivariate(panel, "unemp", "lag(unemp)", W, permutations=99, seed=1)
    >>> len(record.tidy()), bool((record.statistic > 0).all())
    (16, True)
    """
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)
    W = matched(W, panel)
    if panel.N < 3:
        raise DataError(f"A variance needs at least three regions; the panel has {panel.N}.")
    x, y, times = common_periods(observe(panel, variable), observe(panel, lagged))
    zx, zy = standardise(x.values), standardise(y.values)
    n, s0 = panel.N, W.sparse.sum()
    weight = (W.sparse.T @ zx.T).T / s0  # (T, N): what a value of y counts for at each place
    statistic = (weight * zy).sum(axis=1)
    variance = ((weight - weight.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) * n / (n - 1)
    columns = np.ascontiguousarray(zy.T)
    drawn = tally(
        statistic,
        lambda block: np.einsum("bnt,tn->bt", columns[block], weight),
        n,
        count,
        start,
        width=zy.size,
    )
    score = np.divide(statistic, np.sqrt(variance), out=np.full_like(statistic, np.nan), where=variance > 1e-20)
    names = panel.names
    return BivariateMoranTable(
        variable=x.name,
        lagged=y.name,
        labels=(x.label, x.label_zh),
        lagged_labels=(y.label, y.label_zh),
        times=times,
        statistic=frozen(statistic),
        variance=frozen(variance),
        score=frozen(score),
        p_value=frozen(normal_p(score, alternative)),
        p_perm=frozen(tail_p(drawn.above, drawn.below, count, alternative)),
        correlation=frozen((zx * zy).mean(axis=1)),
        z=frozen(zx),
        lag=frozen(np.ascontiguousarray((W.sparse @ zy.T).T) * (n / s0)),
        regions=tuple(panel.entities),
        names=tuple(str(names[r]) for r in panel.entities),
        names_zh=tuple(map(str, panel.names_in("zh"))),
        permutations=count,
        seed=start,
        alternative=alternative,
        weights=W.description,
        weights_hash=W.hash,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class BivariateMoranTable:
    """Bivariate Moran's I by period, with what its scatter plot needs.

    Attributes
    ----------
    variable, lagged : str
        x and y.
    labels, lagged_labels : tuple of str
        English and Chinese label.
    times : tuple, length T
    statistic, variance, score, p_value, p_perm, correlation : ndarray, shape (T,)
        I; its exact permutation variance (the mean is 0); I over its standard deviation; the normal p-value of that; the
        permutation p-value; the correlation of x and y within regions.
    z, lag : ndarray, shape (T, N)
        Standardised x, and (N / S0) W y; the slope of `lag` on `z` is I.
    regions, names, names_zh : tuple, length N
    permutations, seed, alternative
        As used.
    weights, weights_hash, panel, panel_hash : str
        What it was computed from.
    """

    variable: str
    lagged: str
    labels: tuple[str, str]
    lagged_labels: tuple[str, str]
    times: tuple[object, ...]
    statistic: np.ndarray
    variance: np.ndarray
    score: np.ndarray
    p_value: np.ndarray
    p_perm: np.ndarray
    correlation: np.ndarray
    z: np.ndarray
    lag: np.ndarray
    regions: tuple[object, ...]
    names: tuple[str, ...]
    permutations: int
    seed: int
    alternative: str
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str
    names_zh: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """One row a period: variable lagged time statistic expected variance z p_value p_perm correlation permutations n."""
        import pandas as pd

        return pd.DataFrame(
            {
                "variable": self.variable,
                "lagged": self.lagged,
                "time": list(self.times),
                "statistic": self.statistic,
                "expected": 0.0,
                "variance": self.variance,
                "z": self.score,
                "p_value": self.p_value,
                "p_perm": self.p_perm,
                "correlation": self.correlation,
                "permutations": self.permutations,
                "n": len(self.regions),
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: the variables, n, periods, range of I, periods significant at 5 percent, and what was used."""
        import pandas as pd

        p = self.p_perm if self.permutations else self.p_value
        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "lagged": self.lagged,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "lowest": self.statistic.min(),
                    "highest": self.statistic.max(),
                    "significant": int((p < 0.05).sum()),
                    "permutations": self.permutations,
                    "seed": self.seed,
                    "alternative": self.alternative,
                    "weights": self.weights,
                }
            ]
        )

    def scatter(self, time: object = None) -> pd.DataFrame:
        """The points of one scatter plot: region name z lag; the last period by default."""
        import pandas as pd

        if time is not None and time not in self.times:
            raise InputError(f"There is no period {time!r} here.", allowed=listing(self.times, 40))
        row = -1 if time is None else self.times.index(time)
        return pd.DataFrame(
            {"region": list(self.regions), "name": list(self.names), "z": self.z[row], "lag": self.lag[row]}
        )

    def __repr__(self) -> str:
        shown = self.tidy()[["time", "statistic", "z", "p_value", "p_perm", "correlation"]]
        perm = f", {self.permutations} permutations (seed {self.seed})" if self.permutations else ""
        head = (
            f"Bivariate Moran's I of {self.variable} and W {self.lagged}, {len(self.regions)} regions, {self.weights}"
        )
        return f"{head}; {self.alternative}{perm}\n{shown.to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")
