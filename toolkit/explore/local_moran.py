"""Local Moran's I of every region and period, by conditional permutation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from toolkit.explore.conditional import conditional_moments, conditional_tails, others
from toolkit.explore.local_table import LocalTable, Plan, decide, origin, plan
from toolkit.explore.observations import frozen, matched, observe, standardise
from toolkit.explore.permutation import tail_p

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["CLUSTERS", "LocalMoranTable", "local_moran", "products"]

#: Cluster labels in the order of maps and legends. The first letter is the region, the second its neighbours.
CLUSTERS = ("HH", "LL", "HL", "LH", "ns", "island")


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

    Inference is conditional on z_i: the other N - 1 values are dealt anew over the other regions (see
    `toolkit.explore.conditional`). `expected` and `variance` are the exact moments of the same distribution.

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
    how = plan(permutations, seed, p_adjust, level, alternative)
    W = matched(W, panel)
    observed = observe(panel, variable)
    z = standardise(observed.values)  # (T, N)
    return LocalMoranTable(
        title="Local Moran's I",
        variable=observed.name,
        label=observed.label,
        label_zh=observed.label_zh,
        unit=observed.unit,
        times=tuple(observed.times),
        **origin(panel, W),
        **products(z, z, W.sparse, how),
    )


def products(focal: np.ndarray, around: np.ndarray, W: csr_array, how: Plan) -> dict:
    """Local products of a region's value and the lag of its neighbours' values, with their inference.

    Parameters
    ----------
    focal, around : ndarray, shape (T, N)
        Standardised; the same array for the univariate statistic.
    W : csr_array, shape (N, N)
    how : Plan

    Returns
    -------
    dict
        Fields of a `LocalMoranTable`.
    """
    n = focal.shape[1]
    lag = np.ascontiguousarray((W @ around.T).T)
    islands = np.diff(W.indptr) == 0
    at_least, at_most = conditional_tails(
        np.ascontiguousarray(around.T), W, np.ascontiguousarray(lag.T), how.permutations, how.seed
    )
    # a negative focal value turns the order of the lags round, a zero one makes every draw a tie
    above = np.where(focal > 0, at_least.T, np.where(focal < 0, at_most.T, how.permutations))
    below = np.where(focal > 0, at_most.T, np.where(focal < 0, at_least.T, how.permutations))
    scale = (n - 1) / n * focal
    mean = others(around)
    expected, variance = conditional_moments(scale * mean, scale**2 * (others(around**2) - mean**2), W)
    p = np.where(islands, np.nan, tail_p(above, below, how.permutations, how.alternative))
    quadrant = np.where(focal > 0, np.where(lag > 0, "HH", "HL"), np.where(lag > 0, "LH", "LL"))
    quadrant = np.where(islands, "island", quadrant)
    return {
        "statistic": frozen(scale * lag),
        "expected": frozen(expected),
        "variance": frozen(variance),
        "z": frozen(focal.copy()),
        "lag": frozen(lag),
        "quadrant": frozen(quadrant),
        "categories": CLUSTERS,
        **decide(p, quadrant, np.where(islands, "island", "ns"), how, depth=4),
    }


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LocalMoranTable(LocalTable):
    """Local Moran's I by period and region; `tidy` has the columns below, without `score`.

    Attributes
    ----------
    z, lag : ndarray, shape (T, N)
        Standardised values and W z (of the second variable, if there is one).
    quadrant : ndarray of str, shape (T, N)
        ``HH`` high among high, ``LL`` low among low, ``HL`` high among low, ``LH`` low among high (relative to the
        mean of the period; a value equal to the mean counts as low), ``island``. `cluster` is the quadrant where
        p_adjusted <= level, else ``ns``.

    The other attributes are those of `LocalTable`.
    """

    z: np.ndarray
    lag: np.ndarray
    quadrant: np.ndarray

    _COLUMNS: ClassVar[tuple[str, ...]] = (
        "statistic",
        "expected",
        "variance",
        "z",
        "lag",
        "p_value",
        "p_adjusted",
        "quadrant",
        "cluster",
    )
