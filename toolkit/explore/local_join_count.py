"""Local join counts: where regions marked 1 have more marked neighbours than by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError
from toolkit.explore.conditional import conditional_moments, conditional_tails, others
from toolkit.explore.local_table import LocalTable, decide, origin, plan
from toolkit.explore.observations import Observations, common_periods, frozen, located, matched, observe
from toolkit.explore.permutation import tail_p

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["JOIN_CLUSTERS", "local_join_count"]

#: Cluster labels in the order of maps and legends.
JOIN_CLUSTERS = ("joined", "marked", "absent", "island")


def local_join_count(
    panel: Panel,
    variable: str,
    W: SpatialWeights,
    *,
    other: str | None = None,
    permutations: int = 9999,
    seed: int | None = None,
    p_adjust: str | None = "fdr",
    level: float = 0.05,
    alternative: str = "greater",
) -> LocalTable:
    """Local join counts of a 0/1 variable, or of two of them, every region and period.

    One variable: BB_i = x_i sum_j b_ij x_j, the marked neighbours of a marked region. Two: where no region has both
    (no co-location), x_i sum_j b_ij y_j, the neighbours marked by the other; where all regions with x also count the
    neighbours with both (co-location), x_i y_i sum_j b_ij x_j y_j. Which of the two holds is seen from the data: if x and
    y meet in no region and period it is the first, else the second (Anselin and Li 2019). b_ij is 1 for
    neighbours, whatever their weight in W.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        0 and 1, or an expression with such values, e.g. ``"gdp / pop > 5"``. Where all regions of a period are marked
        every p-value is 1, where none is there is no test.
    W : SpatialWeights
        Matched to the panel by id. Regions without neighbours: cluster ``island``.
    other : str, optional
        y, of 0 and 1 too.
    permutations, seed, p_adjust, level
        As for `local_moran`. The tests corrected for are those of the regions that are marked (in the co-location case
        by both), given before neighbours are looked at; esda and GeoDa leave out those without a join as well.
    alternative : {"greater", "two-sided", "less", "directed"}
        Clusters of marked regions are upper tails, hence the default.

    Returns
    -------
    LocalTable
        Clusters ``joined`` (significant), ``marked`` (not significant), ``absent`` (not marked, no test), ``island``.

    Raises
    ------
    DataError
        Other values than 0 and 1 (located).
    WeightsError, InputError, FormulaError
        As `local_moran`.

    References
    ----------
    Anselin and Li (2019), Journal of Geographical Systems 21, 189-210.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.local_join_count(panel, "unemp > 7", tk.weights.queen(panel), permutations=999, seed=1)
    >>> int(record.at(1986)["statistic"].max())
    5
    """
    how = plan(permutations, seed, p_adjust, level, alternative)
    W = matched(W, panel)
    fields = origin(panel, W)
    x = observe(panel, variable, constant=True)
    _binary(x, panel)
    title, name, label, label_zh = "Local join count", x.name, x.label, x.label_zh
    focal = around = x.values
    times = tuple(x.times)
    if other is not None:
        y = observe(panel, other, constant=True)
        _binary(y, panel)
        x, y, times = common_periods(x, y)
        both = x.values * y.values
        apart = not both.any()
        focal, around = (x.values, y.values) if apart else (both, both)
        title = "Bivariate local join count" if apart else "Co-location local join count"
        sign = "×" if apart else "∧"
        name, label, label_zh = (
            f"{x.name} {sign} {y.name}",
            f"{x.label} {sign} {y.label}",
            f"{x.label_zh} {sign} {y.label_zh}",
        )
    w = W.sparse.copy()
    w.data = (w.data > 0).astype(float)
    lag = np.ascontiguousarray((w @ around.T).T)
    above, below = conditional_tails(
        np.ascontiguousarray(around.T), w, np.ascontiguousarray(lag.T), how.permutations, how.seed
    )
    mean = others(around)
    expected, variance = conditional_moments(focal * mean, focal * (others(around**2) - mean**2), w)
    islands = np.diff(w.indptr) == 0
    p = np.where(islands | (focal == 0), np.nan, tail_p(above.T, below.T, how.permutations, alternative))
    return LocalTable(
        title=title,
        variable=name,
        label=label,
        label_zh=label_zh,
        unit="",
        times=times,
        statistic=frozen(focal * lag),
        expected=frozen(expected),
        variance=frozen(variance),
        categories=JOIN_CLUSTERS,
        **fields,
        **decide(
            p,
            np.full(p.shape, "joined"),
            np.where(islands, "island", np.where(focal == 0, "absent", "marked")),
            how,
        ),
    )


def _binary(x: Observations, panel: Panel) -> None:
    bad = (x.values != 0) & (x.values != 1)
    if bad.any():
        raise DataError(
            f"{x.name!r} has other values than 0 and 1: {located(bad, x.values, x.times, panel)}.",
            fix='mark regions by a comparison, e.g. "gdp / pop > 5"',
        )
