"""Regions, weights and regressors of a simulation: given by the user, or made."""

from __future__ import annotations

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.models.process import REGRESSORS

__all__ = ["regressors_of", "spread_of", "weights_of"]


def weights_of(W, n: int, x, geometry):
    """Weights as `SpatialWeights` and the map: the given ones, or the lattice."""
    from toolkit.weights.spatial_weights import SpatialWeights

    if W is None and isinstance(x, str):
        from toolkit.weights.contiguity import queen

        cells = _lattice(n)
        return queen(cells), cells
    if W is None:
        raise InputError(
            "x holds regions, but W=None was given.", fix="give their weights, e.g. tk.weights.queen(panel)"
        )
    if hasattr(W, "by_period"):
        raise InputError("W differs by period; a simulation has one W.", fix="give the weights of one period")
    if not isinstance(W, SpatialWeights):
        from toolkit.weights.interchange import from_graph

        W = from_graph(W)
    return W, geometry


def _lattice(n: int):
    """`n` unit squares, row by row, as near to a square as they go: a GeoSeries indexed ``r1`` ... with leading zeros."""
    import geopandas as gpd
    from shapely import box

    side, width = int(np.ceil(np.sqrt(n))), len(str(n))
    squares = [box(i % side, i // side, i % side + 1, i // side + 1) for i in range(n)]
    return gpd.GeoSeries(squares, index=[f"r{i + 1:0{width}d}" for i in range(n)])


def regressors_of(x, beta: dict, W, periods: int):
    """The panel they come from and their values (T, N, k), or (None, None) where they are to be drawn."""
    import pandas as pd

    from toolkit.data.panel import Panel

    if isinstance(x, str):
        odd = [name for name in beta if not name.isidentifier() or name == "y"]
        if odd:
            raise InputError(
                f"beta has {listing(map(repr, odd))}: not a name for a new variable.", allowed="x, x1, ..."
            )
        return None, None
    if isinstance(x, pd.DataFrame):
        x = Panel(x.rename_axis("region").reset_index(), entity="region")
    if not isinstance(x, Panel):
        raise InputError(f"x is a {type(x).__name__}.", allowed=f"{listing(REGRESSORS)}, a Panel or a DataFrame by id")
    if periods not in (1, x.T):
        raise InputError(f"periods={periods}, but x has {x.T}.", fix="leave periods out, or select those of x")
    if "y" in x.variables:
        raise InputError("x has a variable y already.", fix="rename it: the outcome drawn is y")
    names = {f"regressor_{i}": name for i, name in enumerate(beta)}
    built = x.assign(**names).require_complete(list(names))
    return x, np.stack([built.values(name) for name in names], axis=2)


def spread_of(hetero, W) -> np.ndarray | str | None:
    """Relative standard deviations by region (N,), ``"x"``, or None."""
    if hetero is None or (isinstance(hetero, str) and hetero == "x"):
        return hetero
    if isinstance(hetero, str) and hetero != "neighbours":
        raise InputError(f"hetero={hetero!r} is not known.", allowed="None, 'x', 'neighbours', an array by region")
    spread = W.cardinalities.astype(float) if isinstance(hetero, str) else np.asarray(hetero, float)
    if spread.shape != (W.N,) or not np.isfinite(spread).all() or (spread < 0).any() or not spread.any():
        raise InputError(
            f"hetero has shape {spread.shape} or values that are no standard deviations.",
            allowed=f"{W.N} numbers of 0 or more, one a region",
        )
    return spread
