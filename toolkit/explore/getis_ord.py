"""Getis-Ord Gi and Gi*: hot spots and cold spots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import sparse

from toolkit.errors import InputError
from toolkit.explore.conditional import conditional_tails, others
from toolkit.explore.local_table import LocalTable, decide, origin, plan
from toolkit.explore.observations import frozen, matched, observe, standardise
from toolkit.explore.permutation import normal_p, tail_p

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["HOT_COLD", "GetisOrdTable", "getis_ord"]

#: Cluster labels in the order of maps and legends.
HOT_COLD = ("hot", "cold", "ns", "island")


def getis_ord(
    panel: Panel,
    variable: str,
    W: SpatialWeights,
    *,
    star: bool = True,
    inference: str = "permutation",
    permutations: int = 9999,
    seed: int | None = None,
    p_adjust: str | None = "fdr",
    level: float = 0.05,
    alternative: str = "two-sided",
) -> GetisOrdTable:
    """Getis-Ord Gi or Gi* of every region in every period, with hot and cold spots.

    The statistic is the standardised one of Ord and Getis (1995, equations 5 and 6, any weights): with W_i = sum_j w_ij,
    S_i = sum_j w_ij^2,

        Gi  = (sum_j w_ij x_j - W_i m_i) / (s_i sqrt([(N - 1) S_i - W_i^2] / (N - 2))), sums over j other than i,
        Gi* = (sum_j w_ij x_j - W_i m) / (s sqrt([N S_i - W_i^2] / (N - 1))), sums over all j,

    m and s the mean and standard deviation (divisor n) of all regions, m_i and s_i without region i. It does not change
    with the unit or origin of the variable, nor with the scale of a row of W. For Gi* a region's weight on itself is the
    largest weight in its row: that of each neighbour where they weigh the same.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column, or an expression of columns. Negative values are allowed; the column `share`, the statistic of
        Getis and Ord (1992), then has no meaning and is NaN in that period.
    W : SpatialWeights
        Matched to the panel by id. Regions without neighbours: statistic NaN, cluster ``island``. A region with all
        others as neighbours of one weight has no variance: statistic NaN, cluster ``ns``.
    star : bool
        Gi*, with region i among its own neighbours, or Gi.
    inference : {"permutation", "normal"}
        What `p_value` and the clusters rest on: conditional permutation, or the standard normal. Given x_i, Gi and Gi*
        order the draws alike, so their permutation p-values are the same. A region is ``hot`` where its neighbours
        are in the upper tail (permutation), or where the statistic is positive (normal).
    permutations, seed, p_adjust, level, alternative
        As for `local_moran`; no permutations are needed for normal inference. ``greater`` looks for hot spots only, ``less`` for cold spots only.

    Returns
    -------
    GetisOrdTable

    Raises
    ------
    DataError, WeightsError, InputError, FormulaError
        As `local_moran`; an unknown `inference`; `star` not True or False.

    References
    ----------
    Getis and Ord (1992), Geographical Analysis 24, 189-206; Ord and Getis (1995), Geographical Analysis 27, 286-306.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.getis_ord(panel, "unemp", tk.weights.queen(panel), permutations=999, seed=1)
    >>> set(record.at(1986)["cluster"]) <= {"hot", "cold", "ns"}
    True
    """
    if inference not in ("permutation", "normal"):
        raise InputError(f"inference={inference!r} is unknown.", allowed='"permutation", "normal"')
    if not isinstance(star, (bool, np.bool_)):
        raise InputError(f"star={star!r} is neither Gi* nor Gi.", allowed="True for Gi*, False for Gi")
    how = plan(permutations, seed, p_adjust, level, alternative, least=int(inference == "permutation"))
    W = matched(W, panel)
    observed = observe(panel, variable)
    fields = origin(panel, W)
    x, z = observed.values, standardise(observed.values)
    islands = np.diff(W.sparse.indptr) == 0
    lag = np.ascontiguousarray((W.sparse @ z.T).T)
    above, below = conditional_tails(
        np.ascontiguousarray(z.T), W.sparse, np.ascontiguousarray(lag.T), how.permutations, how.seed
    )
    weights = _with_own(W.sparse) if star else W.sparse
    statistic = np.where(islands, np.nan, _standard(z, weights, star))
    p_normal = normal_p(statistic, alternative)
    p_perm = np.where(islands, np.nan, tail_p(above.T, below.T, how.permutations, alternative))
    hot = above.T < below.T if inference == "permutation" else statistic > 0
    total = x.sum(axis=1, keepdims=True) - (0 if star else x)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where((x >= 0).all(axis=1, keepdims=True) & ~islands, (weights @ x.T).T / total, np.nan)
    return GetisOrdTable(
        title="Getis-Ord Gi*" if star else "Getis-Ord Gi",
        variable=observed.name,
        label=observed.label,
        label_zh=observed.label_zh,
        unit=observed.unit,
        times=tuple(observed.times),
        statistic=frozen(statistic),
        expected=frozen(np.where(islands, np.nan, 0.0) + np.zeros_like(z)),
        variance=frozen(np.where(islands, np.nan, 1.0) + np.zeros_like(z)),
        share=frozen(share),
        p_normal=frozen(p_normal),
        p_perm=frozen(p_perm),
        star=bool(star),
        inference=inference,
        categories=HOT_COLD,
        **fields,
        **decide(
            (p_perm if inference == "permutation" else p_normal).copy(),
            np.where(islands, "island", np.where(hot, "hot", "cold")),
            np.where(islands, "island", np.full(z.shape, "ns")),
            how,
            tested_by_draws=inference == "permutation",
        ),
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GetisOrdTable(LocalTable):
    """Gi or Gi* by period and region.

    Attributes
    ----------
    statistic : ndarray, shape (T, N)
        Standardised (mean 0, variance 1 without association), hence its own `score`.
    share : ndarray, shape (T, N)
        sum_j w_ij x_j over the sum of x (without x_i for Gi): Getis and Ord (1992); NaN where x has negative values.
    p_normal, p_perm : ndarray, shape (T, N)
        By the standard normal and by conditional permutation; `p_value` is the one named by `inference`.
    star : bool
    inference : str

    The other attributes are those of `LocalTable`.
    """

    share: np.ndarray
    p_normal: np.ndarray
    p_perm: np.ndarray
    star: bool
    inference: str

    _COLUMNS: ClassVar[tuple[str, ...]] = (
        "statistic",
        "share",
        "p_normal",
        "p_perm",
        "p_value",
        "p_adjusted",
        "cluster",
    )

    def _inference(self) -> str:
        return super()._inference() if self.inference == "permutation" else "normal approximation"


def _with_own(W: sparse.csr_array) -> sparse.csr_array:
    own = W.max(axis=1).toarray().ravel()
    return sparse.csr_array(W + sparse.diags_array(own))


def _standard(z: np.ndarray, W: sparse.csr_array, star: bool) -> np.ndarray:
    """Ord and Getis (1995), of standardised values; shape (T, N)."""
    n = z.shape[1]
    sums, squares = W.sum(axis=1), W.power(2).sum(axis=1)
    lag = (W @ z.T).T
    m = n if star else n - 1
    pairs = (m * squares - sums**2) / (m - 1)
    pairs = np.where(pairs > 1e-12 * squares, pairs, np.nan)
    if star:
        return lag / np.sqrt(pairs)
    mean = others(z)
    spread = others(z**2) - mean**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 1e-12, (lag - sums * mean) / np.sqrt(spread * pairs), np.nan)
