"""Local Geary's c: which regions differ little, or much, from their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError
from toolkit.explore.conditional import conditional_moments, conditional_tails, others
from toolkit.explore.local_table import LocalTable, decide, origin, plan
from toolkit.explore.observations import common_periods, frozen, matched, observe, standardise
from toolkit.explore.permutation import tail_p

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["GEARY_CLUSTERS", "local_geary"]

#: Cluster labels in the order of maps and legends.
GEARY_CLUSTERS = ("HH", "LL", "positive", "negative", "ns", "island")


def local_geary(
    panel: Panel,
    variable: str | Sequence[str],
    W: SpatialWeights,
    *,
    permutations: int = 9999,
    seed: int | None = None,
    p_adjust: str | None = "fdr",
    level: float = 0.05,
    alternative: str = "two-sided",
) -> LocalTable:
    """Local Geary's c of every region in every period, of one variable or of several together.

    c_i = sum_j w_ij (z_i - z_j)^2, z standardised over the regions of the period (divisor N); of several variables, the
    average of their c_i (Anselin 2019, equations 4 and 8). Small values are positive autocorrelation: a region like its
    neighbours. Labels of significant regions: in the lower tail ``HH`` (z_i and the lag above the mean), ``LL`` (both
    below) or ``positive`` (neither, and always for several variables); in the upper tail ``negative``.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str or sequence of str
        Columns or expressions; several are dealt together, a region's values staying with each other. Periods in which
        an expression has no value (a lag at the start) are left out for all.
    W : SpatialWeights
        Matched to the panel by id. Regions without neighbours: c_i = 0, no p-value, cluster ``island``.
    permutations, seed, p_adjust, level
        As for `local_moran`.
    alternative : {"two-sided", "greater", "less", "directed"}
        Of c_i itself: ``less`` is positive autocorrelation.

    Returns
    -------
    LocalTable

    Raises
    ------
    DataError, WeightsError, InputError, FormulaError
        As `local_moran`; a variable named twice.

    References
    ----------
    Anselin (1995), Geographical Analysis 27, 93-115; Anselin (2019), Geographical Analysis 51, 133-150.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.local_geary(panel, "unemp", tk.weights.queen(panel), permutations=999, seed=1)
    >>> record.title
    "Local Geary's c"
    """
    how = plan(permutations, seed, p_adjust, level, alternative)
    names = [variable] if isinstance(variable, str) else list(variable)
    if not names or len(set(names)) < len(names):
        raise InputError(f"variable={variable!r} names no variable, or one twice.", allowed="one or several, each once")
    W = matched(W, panel)
    fields = origin(panel, W)
    *observed, times = common_periods(*(observe(panel, name) for name in names))
    z = np.stack([standardise(o.values) for o in observed])  # (V, T, N)
    v, t, n = z.shape
    w = W.sparse
    sums = w.sum(axis=1)
    square = (z**2).mean(axis=0)
    lags = np.stack([(w @ each.T).T for each in z])
    statistic = sums * square - 2 * (z * lags).mean(axis=0) + (w @ square.T).T
    # the variables' lags and the lag of the mean square are all a draw needs
    columns = np.concatenate([z.reshape(v * t, n), square]).T
    focal = np.moveaxis(z, 2, 0)  # (N, V, T)

    def evaluate(rows: np.ndarray, dealt: np.ndarray) -> np.ndarray:
        cross = dealt[:, :, : v * t].reshape(*dealt.shape[:2], v, t)
        product = np.einsum("rvt,rdvt->rdt", focal[rows], cross) / v
        return (sums[:, None] * square.T)[rows, None, :] - 2 * product + dealt[:, :, v * t :]

    above, below = conditional_tails(
        np.ascontiguousarray(columns), w, np.ascontiguousarray(statistic.T), how.permutations, how.seed, evaluate
    )
    expected, variance = conditional_moments(*_distances(z), w)
    islands = np.diff(w.indptr) == 0
    p = np.where(islands, np.nan, tail_p(above.T, below.T, how.permutations, alternative))
    alike = below.T < above.T
    side = np.where((z > 0) & (lags > 0), "HH", np.where((z < 0) & (lags < 0), "LL", "positive"))
    kinds = np.where(alike, side[0] if v == 1 else "positive", "negative")
    return LocalTable(
        title="Local Geary's c" if v == 1 else "Multivariate local Geary's c",
        variable=", ".join(o.name for o in observed),
        label=", ".join(o.label for o in observed),
        label_zh="、".join(o.label_zh for o in observed),
        unit=observed[0].unit if v == 1 else "",
        times=times,
        statistic=frozen(np.where(islands, 0.0, statistic)),
        expected=frozen(expected),
        variance=frozen(variance),
        categories=GEARY_CLUSTERS,
        **fields,
        **decide(p, kinds, np.where(islands, "island", np.full(p.shape, "ns")), how),
    )


def _distances(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance over the other regions j of d_ij = mean over the variables of (z_i - z_j)^2; each (T, N)."""
    v, _, n = z.shape
    square = (z**2).mean(axis=0)
    mean = square + others(square) - 2 * (z * np.stack([others(each) for each in z])).mean(axis=0)
    # d_ij = square_i + square_j - 2 a_ij, a_ij the mean over the variables of z_i z_j
    cross = np.einsum("vti,vtj,utj,uti->ti", z, z, z, z, optimize=True) / v**2  # sum over j of a_ij^2
    cross = (cross - square**2) / (n - 1)
    mixed = np.stack([others(each * square) for each in z])  # mean over j of z_j square_j
    second = square**2 + others(square**2) + 4 * cross + 2 * square * others(square)
    second -= 4 * square * (z * np.stack([others(each) for each in z])).mean(axis=0) + 4 * (z * mixed).mean(axis=0)
    return mean, second - mean**2
