"""How a shock in one region spreads through (I - rho W)^-1, order by order."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError
from toolkit.postestimation.multipliers import multipliers_at

if TYPE_CHECKING:
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["Spread", "spread"]


@dataclass(frozen=True, eq=False)
class Spread:
    """What a shock of one unit in one region does to all.

    Attributes
    ----------
    rho : float
    region : hashable
        Where the shock is.
    regions : tuple, length N
    response : ndarray, shape (N,)
        The column of (I - rho W)^-1 that belongs to `region`.
    by_order : ndarray, shape (orders + 1, 2)
        rho^k W^k e for k = 0, 1, ...: what stays in or returns to `region`, and the sum over the others.
    direct, indirect, total : float
        Averages over all regions of a shock of one unit everywhere in turn: tr(S)/N, the rest, 1'S1/N. With a
        coefficient of one they are the impacts of a lag model.
    """

    rho: float
    region: Hashable
    regions: tuple
    response: np.ndarray
    by_order: np.ndarray
    direct: float
    indirect: float
    total: float

    @property
    def own(self) -> float:
        """Response of the region itself: one, and what comes back from its neighbours."""
        return float(self.response[self.regions.index(self.region)])

    @property
    def others(self) -> float:
        """Sum of the responses of all other regions."""
        return float(self.response.sum() - self.own)

    @property
    def beyond(self) -> float:
        """What the orders shown leave out of `own + others`."""
        return float(self.response.sum() - self.by_order.sum())


def spread(W: SpatialWeights, rho: float, region: Hashable, orders: int = 6) -> Spread:
    """Response of every region to a shock of one unit in `region`.

    Parameters
    ----------
    W : SpatialWeights
    rho : float
        Inside the admissible interval of W.
    region : hashable
        An id of W.
    orders : int
        Highest power of rho W counted one by one.

    Returns
    -------
    Spread

    Raises
    ------
    InputError
        rho outside the interval; a region W does not have; a negative number of orders.

    References
    ----------
    LeSage and Pace (2009), Introduction to Spatial Econometrics, sections 2.7 and 4.3.

    Examples
    --------
    >>> import toolkit as tk
    >>> W = tk.weights.from_matrix([[0, 1, 0], [1, 0, 1], [0, 1, 0]], ids=["a", "b", "c"], normalize="row")
    >>> s = spread(W, 0.5, "b")
    >>> s.response.round(3), round(s.total, 3)
    (array([0.667, 1.333, 0.667]), 2.0)
    """
    if region not in W.ids:
        raise InputError(f"{region!r} is not a region of W.", allowed=", ".join(map(str, W.ids[:20])))
    if isinstance(orders, bool) or not isinstance(orders, (int, np.integer)) or orders < 0:
        raise InputError(f"orders={orders!r} is not a number of orders.", allowed="0, 1, 2, ...")
    low, high = W.operator.interval
    if not low < rho < high:
        raise InputError(
            f"rho={rho:g} has no multiplier: I - rho W must be regular.", allowed=f"{low:.4g} < rho < {high:.4g}"
        )
    at = list(W.ids).index(region)
    step = np.zeros(W.N)
    step[at] = 1.0
    response = np.asarray(W.operator.solve(rho, step))
    by_order = []
    for _ in range(orders + 1):
        by_order.append((step[at], step.sum() - step[at]))
        step = rho * W.lag(step)
    average = multipliers_at(W, None, W.N, rho)
    own, total = float(average.own[0]), float(average.sum[0])
    return Spread(float(rho), region, tuple(W.ids), response, np.array(by_order), own, total - own, total)
