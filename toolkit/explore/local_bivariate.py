"""Bivariate local Moran's I: one variable in a region beside another in its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.explore.local_moran import LocalMoranTable, products
from toolkit.explore.local_table import origin, plan
from toolkit.explore.observations import common_periods, matched, observe, standardise

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["BivariateLocalMoranTable", "local_moran_bivariate"]


def local_moran_bivariate(
    panel: Panel,
    variable: str,
    lagged: str,
    W: SpatialWeights,
    *,
    permutations: int = 9999,
    seed: int | None = None,
    p_adjust: str | None = "fdr",
    level: float = 0.05,
    alternative: str = "two-sided",
) -> BivariateLocalMoranTable:
    """Bivariate LISA: a variable in region i and the spatial lag of another, every region and period.

    I_i = ((N - 1) / N) x_i sum_j w_ij y_j, both standardised within the period. For the past of the neighbours write
    ``lagged="lag(y)"``. It describes association in space and leaves aside the correlation of x and y within a region,
    which may produce it: read it beside their correlation, and as no cause (Anselin, Syabri and Smirnov 2002).

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable, lagged : str
        x and y: columns or expressions. Periods both have are used.
    W : SpatialWeights
        Matched to the panel by id. Islands as in `local_moran`.
    permutations, seed, p_adjust, level, alternative
        As for `local_moran`. Conditional on x_i and y_i: the y of the other regions are dealt anew.

    Returns
    -------
    BivariateLocalMoranTable

    Raises
    ------
    DataError, WeightsError, InputError, FormulaError
        As `local_moran`; no period in common.

    References
    ----------
    Anselin, Syabri and Smirnov (2002), Visualizing multivariate spatial correlation with dynamically linked windows;
    Lee (2001), Journal of Geographical Systems 3, 369-385, on its limits.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> W = tk.weights.queen(panel)
    >>> record = tk.local_moran_bivariate(panel, "unemp", "log(gsp / emp)", W, permutations=999, seed=1)
    >>> record.lagged
    'log(gsp / emp)'
    """
    how = plan(permutations, seed, p_adjust, level, alternative)
    W = matched(W, panel)
    x, y, times = common_periods(observe(panel, variable), observe(panel, lagged))
    return BivariateLocalMoranTable(
        title="Bivariate local Moran's I",
        variable=x.name,
        lagged=y.name,
        label=f"{x.label} × W {y.label}",
        label_zh=f"{x.label_zh} × W {y.label_zh}",
        unit="",
        times=times,
        **origin(panel, W),
        **products(standardise(x.values), standardise(y.values), W.sparse, how),
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BivariateLocalMoranTable(LocalMoranTable):
    """Bivariate local Moran's I; the attributes of `LocalMoranTable`, `lag` being that of `lagged`.

    In the labels of clusters the first letter is `variable` in the region, the second `lagged` around it.
    """

    lagged: str
