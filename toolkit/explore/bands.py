"""Pairs of regions by distance or by order of contiguity."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from toolkit.errors import InputError

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["distance_bands", "order_bands"]


def distance_bands(panel: Panel, bands) -> tuple:
    """Pairs of regions by distance; `bands` as for `correlogram`.

    Returns
    -------
    i, j : ndarray of int
        Positions in the panel; every pair once.
    d : ndarray
        Distances, up to the last limit.
    edges : ndarray
        Limits of the bands.
    measure, unit : str
    """
    from toolkit.weights.points import locate

    points = locate(panel)
    n = points.N
    if bands is None or isinstance(bands, Integral):
        k = _whole(8 if bands is None else bands, "bands")
        i, j, d = (a[: len(a) // 2] for a in points.within(None))
        inside = np.sort(d[d <= d.max() / 2])
        if k > len(inside):
            raise InputError(
                f"bands={k} of {len(inside)} pairs within half the largest distance.", fix="take fewer bands"
            )
        edges = np.concatenate([[0.0], np.quantile(inside, np.arange(1, k + 1) / k, method="inverted_cdf")])
        if (np.diff(edges) <= 0).any():
            raise InputError(
                f"bands={k}: too many pairs are equally far apart.", fix="take fewer bands, or give limits in km"
            )
    else:
        try:
            edges = np.asarray([float(b) for b in bands])
        except (TypeError, ValueError):
            edges = np.empty(0)
        if len(edges) < 2 or not np.isfinite(edges).all() or edges[0] < 0 or (np.diff(edges) <= 0).any():
            raise InputError(
                f"bands={bands!r} are no limits of bands.",
                allowed="a whole number of bands, or increasing numbers of km from 0 on, e.g. [0, 500, 1000]",
            )
        i, j, d = (a[: len(a) // 2] for a in points.within(float(edges[-1])))
    if not len(d):
        raise InputError(f"No pair of the {n} regions is within {edges[-1]:g} km.", fix="choose wider bands")
    return i, j, d, edges, points.measure, "km"


def order_bands(W: SpatialWeights, bands) -> tuple:
    """Pairs of regions i < j with the number of steps d between them, up to the order asked for, and the limits."""
    k = _whole(4 if bands is None else bands, "bands")
    links = W.sparse.astype(bool)
    links = (links + links.T).astype(np.int32).tocsr()
    n = W.N
    reached = sparse.eye_array(n, dtype=np.int32, format="csr")
    front, i, j, d = reached, [], [], []
    for step in range(1, k + 1):
        front = (front @ links > 0).astype(np.int32)
        new = sparse.triu(front - front.multiply(reached > 0), 1).tocoo()
        front = sparse.csr_array(front - front.multiply(reached > 0))
        front.eliminate_zeros()
        keep = new.data > 0
        if not keep.any():
            raise InputError(
                f"No two regions are {step} steps apart.", allowed=f"up to {step - 1} orders", fix="lower bands"
            )
        i.append(new.coords[0][keep])
        j.append(new.coords[1][keep])
        d.append(np.full(keep.sum(), float(step)))
        reached = ((reached + front) > 0).astype(np.int32)
    return np.concatenate(i), np.concatenate(j), np.concatenate(d), np.arange(k + 1, dtype=float)


def _whole(value, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise InputError(f"{name}={value!r} is no number of bands.", allowed="a whole number >= 1")
    return int(value)
