"""Local Moran's I by conditional permutation, all regions, periods and draws in products W @ Z."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, ToolkitWarning, listing
from toolkit.explore.observations import frozen, matched, observe, standardise
from toolkit.explore.permutation import adjust, check_count, check_level, draws, resolve_seed, tail_p

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from scipy.sparse import csr_array

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["CLUSTERS", "LocalMoranTable", "local_moran"]

#: Cluster labels in the order of maps and legends. The first letter is the region, the second its neighbours.
CLUSTERS = ("HH", "LL", "HL", "LH", "ns", "island")

_TIE = 1e-12


def local_moran(
    panel: Panel,
    variable: str,
    W: SpatialWeights,
    *,
    permutations: int = 9999,
    seed: int | None = None,
    p_adjust: str | None = "fdr",
    level: float = 0.05,
    alternative: str = "two-sided",
) -> LocalMoranTable:
    """Local Moran's I (LISA) of every region in every period, with clusters after correction for many tests.

    I_i = (N - 1) z_i sum_j w_ij z_j / sum_k z_k^2, z the deviations from the mean of the period: the scaling of
    esda. R's spdep divides by sum z^2 / N, so its values are N / (N - 1) times these. With row-standardised W the
    sum over the regions is (N - 1) times the global I.

    Inference is conditional on z_i: the other N - 1 values are dealt anew over the other regions. Each draw is one
    permutation of the whole map in which, for region i, the values of i and of the place that received z_i change
    places; this is a uniform draw among the permutations that leave i alone, and needs one product W @ Z for all regions
    and periods. `expected` and `variance` are the exact moments of the same distribution.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column, or an expression of columns such as ``"log(gdp / emp)"``.
    W : SpatialWeights
        Matched to the panel by id. A region without neighbours (kept by ``islands="keep"``) has I_i = 0, no p-value
        and the cluster ``island``; it is not among the tests corrected for.
    permutations : int
        Draws. The smallest two-sided p-value is 2 / (permutations + 1); corrections for many tests need it well below
        `level` over the number of regions, hence the default of 9,999.
    seed : int, optional
        Same seed, same numbers. None draws one and keeps it on the record.
    p_adjust : {"fdr", "bonferroni", None}
        Correction over the regions of each period: Benjamini-Hochberg false discovery rate, Bonferroni, or none.
    level : float
        A region is in a cluster where its adjusted p-value is at most `level`.
    alternative : {"two-sided", "greater", "less", "directed"}
        Two-sided is twice the smaller tail; ``directed`` is the smaller tail, the pseudo p-value of GeoDa and esda.

    Returns
    -------
    LocalMoranTable

    Raises
    ------
    DataError
        A missing, infinite or constant variable.
    WeightsError
        W names other regions than the panel, or has no links.
    InputError, FormulaError
        An argument that is not allowed; an expression that cannot be read.

    Warns
    -----
    ToolkitWarning
        Bonferroni with so few permutations that no region can be significant.

    References
    ----------
    Anselin (1995), Geographical Analysis 27, 93-115; conditional moments: Sokal, Oden and Thomson (1998),
    Geographical Analysis 30, 331-354; FDR: Benjamini and Hochberg (1995), Caldas de Castro and Singer (2006).

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.local_moran(panel, "unemp", tk.weights.queen(panel), permutations=999, seed=1)
    >>> sorted(set(record.at(1986)["cluster"]) - {"HH", "LL", "HL", "LH", "ns"})
    []
    """
    count, start, level = check_count(permutations, least=1), resolve_seed(seed), check_level(level)
    tail_p(0, 0, 0, alternative)
    adjust(np.ones((1, 1)), p_adjust)
    W = matched(W, panel)
    observed = observe(panel, variable)
    z = standardise(observed.values)  # (T, N)
    lag = np.ascontiguousarray((W.sparse @ z.T).T)
    n = panel.N
    islands = np.diff(W.sparse.indptr) == 0
    above, below = conditional_counts(z, lag, W.sparse, draws(n, count, start, width=max(z.size, W.sparse.nnz)))
    expected, variance = conditional_moments(z, W.sparse)
    p = np.where(islands, np.nan, tail_p(above, below, count, alternative))
    adjusted = adjust(p, p_adjust)
    _warn_unattainable(p, count, alternative, p_adjust, level)
    quadrant = np.where(z > 0, np.where(lag > 0, "HH", "HL"), np.where(lag > 0, "LH", "LL"))
    quadrant = np.where(islands, "island", quadrant)
    cluster = np.where(islands, "island", np.where(adjusted <= level, quadrant, "ns"))
    regions = panel.names
    return LocalMoranTable(
        variable=observed.name,
        label=observed.label,
        label_zh=observed.label_zh,
        unit=observed.unit,
        times=tuple(observed.times),
        regions=tuple(panel.entities),
        names=tuple(str(regions[r]) for r in panel.entities),
        statistic=frozen((n - 1) / n * z * lag),
        expected=frozen(expected),
        variance=frozen(variance),
        z=frozen(z),
        lag=frozen(lag),
        p_value=frozen(p),
        p_adjusted=frozen(adjusted),
        quadrant=frozen(quadrant),
        cluster=frozen(cluster),
        permutations=count,
        seed=start,
        p_adjust=p_adjust,
        level=level,
        alternative=alternative,
        weights=W.description,
        weights_hash=W.hash,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalMoranTable:
    """Local Moran's I by period and region.

    Attributes
    ----------
    variable, label, label_zh, unit : str
        The expression, and its labels and unit from the codebook.
    times : tuple, length T
    regions, names : tuple, length N
        Ids and display names.
    statistic, expected, variance : ndarray, shape (T, N)
        I_i and its exact mean and variance under conditional permutation.
    z, lag : ndarray, shape (T, N)
        Standardised values and W z.
    p_value, p_adjusted : ndarray, shape (T, N)
        Permutation p-values before and after `p_adjust`; NaN for islands.
    quadrant : ndarray of str, shape (T, N)
        ``HH`` high among high, ``LL`` low among low, ``HL`` high among low, ``LH`` low among high (relative to the
        mean of the period; a value equal to the mean counts as low), ``island``.
    cluster : ndarray of str, shape (T, N)
        `quadrant` where p_adjusted <= level, else ``ns``.
    permutations, seed, p_adjust, level, alternative
        As used.
    weights, weights_hash, panel, panel_hash : str
        What it was computed from.
    """

    variable: str
    label: str
    label_zh: str
    unit: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    statistic: np.ndarray
    expected: np.ndarray
    variance: np.ndarray
    z: np.ndarray
    lag: np.ndarray
    p_value: np.ndarray
    p_adjusted: np.ndarray
    quadrant: np.ndarray
    cluster: np.ndarray
    permutations: int
    seed: int
    p_adjust: str | None
    level: float
    alternative: str
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period and region.

        Columns: region name time statistic expected variance z lag p_value p_adjusted quadrant cluster.
        """
        return self._frame(range(len(self.times)))

    def at(self, time: object) -> pd.DataFrame:
        """The rows of one period; columns as in `tidy`."""
        if time not in self.times:
            raise InputError(f"There is no period {time!r} here.", allowed=listing(self.times, 40))
        return self._frame([self.times.index(time)])

    def counts(self) -> pd.DataFrame:
        """How many regions are in each cluster: a row a period, columns as `CLUSTERS`."""
        import pandas as pd

        return pd.DataFrame(
            {c: (self.cluster == c).sum(axis=1) for c in CLUSTERS}, index=pd.Index(self.times, name="time")
        )

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, cluster cells over all periods, and what was used."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    **self.counts().sum().to_dict(),
                    "permutations": self.permutations,
                    "seed": self.seed,
                    "p_adjust": self.p_adjust or "none",
                    "level": self.level,
                    "alternative": self.alternative,
                    "weights": self.weights,
                }
            ]
        )

    def _frame(self, rows: Iterable[int]) -> pd.DataFrame:
        import pandas as pd

        rows = list(rows)
        n = len(self.regions)
        values = ("statistic", "expected", "variance", "z", "lag", "p_value", "p_adjusted", "quadrant", "cluster")
        return pd.DataFrame(
            {
                "region": list(self.regions) * len(rows),
                "name": list(self.names) * len(rows),
                "time": [self.times[t] for t in rows for _ in range(n)],
                **{key: getattr(self, key)[rows].ravel() for key in values},
            }
        )

    def __repr__(self) -> str:
        rule = {"fdr": "Benjamini-Hochberg by period", "bonferroni": "Bonferroni by period", None: "unadjusted"}
        head = (
            f"Local Moran's I of {self.variable}, {len(self.regions)} regions, {self.weights}\n"
            f"{self.permutations} conditional permutations (seed {self.seed}), {self.alternative}, "
            f"{rule[self.p_adjust]}, level {self.level:g}. Regions by cluster:"
        )
        return f"{head}\n{self.counts().to_string()}"

    def _repr_html_(self) -> str:
        return self.counts().to_html()


def conditional_counts(
    z: np.ndarray, lag: np.ndarray, W: csr_array, blocks: Iterable[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """How many conditional draws give a local Moran at least, and at most, as large as the observed one.

    A permutation pi of the map becomes one that leaves region i alone by exchanging the values z_i and z_pi(i).
    The lag of i then is sum_j w_ij z_pi(j), plus w_ij (z_pi(i) - z_i) for the neighbour j with pi(j) = i if there is one.

    Parameters
    ----------
    z, lag : ndarray, shape (T, N)
        Standardised values and W z.
    W : csr_array, shape (N, N)
        Zero diagonal.
    blocks : iterable of ndarray of int, shape (block, N)
        Permutations of the N regions.

    Returns
    -------
    above, below : ndarray, shape (T, N)
    """
    periods, n = z.shape
    columns = np.ascontiguousarray(z.T)  # (N, T)
    observed = np.ascontiguousarray(lag.T)[:, None, :]  # (N, 1, T)
    tie = _TIE * np.maximum(1.0, abs(W).sum(axis=1))[:, None, None]
    edges = W.tocoo()
    row, col = (edges.coords[0], edges.coords[1])
    at_least, at_most = np.zeros((n, periods)), np.zeros((n, periods))
    total = 0
    for block in blocks:
        places = block.T  # (N, block): the region whose value each region receives
        draw = (W @ columns[places].reshape(n, -1)).reshape(n, -1, periods)
        edge, k = np.nonzero(places[col] == row[:, None])
        i = row[edge]
        draw[i, k] += edges.data[edge, None] * (columns[places[i, k]] - columns[i])
        at_least += (draw >= observed - tie).sum(axis=1)
        at_most += (draw <= observed + tie).sum(axis=1)
        total += len(block)
    # I_i = z_i times the lag: a negative z_i turns the order round, a zero one makes every draw a tie
    above = np.where(columns > 0, at_least, np.where(columns < 0, at_most, total))
    below = np.where(columns > 0, at_most, np.where(columns < 0, at_least, total))
    return above.T, below.T


def conditional_moments(z: np.ndarray, W: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Exact mean and variance of I_i given z_i: draws without replacement from the other values.

    Parameters
    ----------
    z : ndarray, shape (T, N)
        Standardised values (mean square 1).
    W : csr_array, shape (N, N)

    Returns
    -------
    expected, variance : ndarray, shape (T, N)
    """
    n = z.shape[1]
    sums, squares = W.sum(axis=1), W.power(2).sum(axis=1)
    scale = (n - 1) / n * z
    mean = -z / (n - 1)  # of the other values
    spread = (n - z**2) / (n - 1) - mean**2  # their variance, divisor N - 1
    pairs = squares - (sums**2 - squares) / (n - 2) if n > 2 else np.zeros(n)
    return scale * sums * mean, scale**2 * spread * pairs


def _warn_unattainable(p: np.ndarray, permutations: int, alternative: str, p_adjust: str | None, level: float) -> None:
    tests = int(np.isfinite(p).sum(axis=1).max())
    tails = 2 if alternative == "two-sided" else 1
    if p_adjust == "bonferroni" and tests * tails / (permutations + 1) > level:
        warnings.warn(
            f"With permutations={permutations} no region can be significant at {level:g} after Bonferroni over {tests} "
            f"tests; take at least {ceil(tests * tails / level) - 1} permutations.",
            ToolkitWarning,
            stacklevel=3,
        )
