"""Weights from distance: `knn`, `distance_band`, `inverse_distance` and `kernel`.

Distances are great-circle or planar kilometres between representative points (`points.locate`), found through
a k-d tree, so that weights with a threshold are sparse at any N.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from toolkit.errors import InputError
from toolkit.weights.assembly import assemble
from toolkit.weights.checks import check_positive
from toolkit.weights.points import Points, locate
from toolkit.weights.regions import by_id
from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["KERNELS", "distance_band", "inverse_distance", "kernel", "knn"]

#: Kernels as functions of u = distance / bandwidth; all but the last two are zero from u = 1 on.
KERNELS = {
    "triangular": lambda u: 1 - u,
    "epanechnikov": lambda u: 0.75 * (1 - u**2),
    "quartic": lambda u: 0.9375 * (1 - u**2) ** 2,
    "uniform": lambda u: np.full_like(u, 0.5),
    "gaussian": lambda u: np.exp(-0.5 * u**2) / np.sqrt(2 * np.pi),
    "exponential": lambda u: np.exp(-u),
}
UNBOUNDED = ("gaussian", "exponential")


def knn(
    where, k: int, *, link: Mapping | None = None, islands: str = "error", normalize: str = "row"
) -> SpatialWeights:
    """Neighbours are the k nearest regions; not symmetric.

    Parameters
    ----------
    where : Panel, GeoDataFrame or GeoSeries
        Points, or polygons (their centroids are used); a frame's index holds the ids.
    k : int
        Number of neighbours, less than N.
    link, islands, normalize
        As for `queen`.

    Raises
    ------
    InputError
        k is not between 1 and N - 1.
    WeightsError
        No coordinate system; points that coincide.

    Warns
    -----
    ToolkitWarning
        Two regions compete for the last place at equal distance; several unconnected parts.

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([0, 1, 3, 7], [0, 0, 0, 0], index=list("abcd"), crs=4326)
    >>> knn(towns, 1).tidy()[["focal", "neighbor"]].values.tolist()
    [['a', 'b'], ['b', 'a'], ['c', 'b'], ['d', 'c']]
    """
    points = locate(where)
    who, _ = points.nearest(k)
    i, j = np.repeat(np.arange(points.N), k), who.ravel()
    return _assemble(
        points,
        (i, j, np.ones(len(i))),
        "knn",
        f"{k} nearest neighbours ({points.measure})",
        {"k": int(k)},
        link=by_id(where, link),
        islands=islands,
        normalize=normalize,
    )


def distance_band(
    where, km: float | None = None, *, link: Mapping | None = None, islands: str = "error", normalize: str = "row"
) -> SpatialWeights:
    """Neighbours are at most `km` kilometres apart.

    Parameters
    ----------
    where : Panel, GeoDataFrame or GeoSeries
        As for `knn`.
    km : float, optional
        Threshold. None: the smallest at which every region has a neighbour; it is in the recipe.
    link, islands, normalize
        As for `queen`.

    Raises
    ------
    InputError, WeightsError
        As for `knn`; islands.

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([0, 1, 3, 7], [0, 0, 0, 0], index=list("abcd"), crs=4326)
    >>> W = distance_band(towns)
    >>> round(W.recipe["km"], 1), W.nnz
    (444.8, 8)
    """
    points = locate(where)
    if km is None:
        km = float(points.nearest(1)[1].max()) if points.N > 1 else 1.0
    i, j, _ = points.within(km)
    return _assemble(
        points,
        (i, j, np.ones(len(i))),
        "distance_band",
        f"within {km:.6g} km ({points.measure})",
        {"km": float(km)},
        link=by_id(where, link),
        islands=islands,
        normalize=normalize,
    )


def inverse_distance(
    where,
    power: float = 1.0,
    *,
    km: float | None = None,
    link: Mapping | None = None,
    islands: str = "error",
    normalize: str = "row",
) -> SpatialWeights:
    """Weights fall with distance d in km: d ** -power, between all pairs or up to a threshold.

    Parameters
    ----------
    where : Panel, GeoDataFrame or GeoSeries
        As for `knn`.
    power : float
        Positive; 1 and 2 are usual.
    km : float, optional
        Threshold; None for all pairs (up to 6,000 regions).
    link, islands, normalize
        As for `queen`. Row-standardising makes weights relative to a region's own distances; ``"spectral"`` or
        ``"minmax"`` keep absolute distance.

    Raises
    ------
    InputError, WeightsError
        As for `knn`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([0, 1, 3], [0, 0, 0], index=list("abc"), crs=4326)
    >>> inverse_distance(towns).sparse.toarray().round(3)[0]
    array([0.  , 0.75, 0.25])
    """
    power = check_positive(power, "power", ", e.g. 1 or 2")
    points = locate(where)
    i, j, d = points.within(km)
    band = "" if km is None else f" up to {km:.6g} km"
    return _assemble(
        points,
        (i, j, d**-power),
        "inverse_distance",
        f"inverse distance to the power {power:g}{band} ({points.measure})",
        {"power": power, "km": km},
        link=by_id(where, link),
        islands=islands,
        normalize=normalize,
    )


def kernel(
    where,
    bandwidth: float | None = None,
    function: str = "triangular",
    *,
    k: int | None = None,
    link: Mapping | None = None,
    islands: str = "error",
    normalize: str = "row",
) -> SpatialWeights:
    """Weights are a kernel of distance over bandwidth; a region is never its own neighbour.

    Parameters
    ----------
    where : Panel, GeoDataFrame or GeoSeries
        As for `knn`.
    bandwidth : float, optional
        In km, one for all regions. Give this or `k`.
    function : str
        triangular, epanechnikov, quartic, uniform (zero beyond the bandwidth), gaussian, exponential (all pairs).
    k : int, optional
        Adaptive: the bandwidth of a region is its distance to the (k + 1)-th nearest, so that k regions lie strictly
        inside. Neighbours are then these k, whatever the function; weights are not symmetric.
    link, islands, normalize
        As for `queen`.

    Raises
    ------
    InputError
        Unknown function; not exactly one of `bandwidth` and `k`; values that are not positive.
    WeightsError
        As for `knn`; islands.

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([0, 1, 3], [0, 0, 0], index=list("abc"), crs=4326)
    >>> W = kernel(towns, 400, normalize="none")
    >>> W.sparse.toarray().round(2)[1]
    array([0.72, 0.  , 0.44])
    """
    if function not in KERNELS:
        raise InputError(f"function={function!r} is not a kernel.", allowed=", ".join(KERNELS))
    if (bandwidth is None) == (k is None):
        raise InputError("A kernel needs one bandwidth.", allowed="either bandwidth= in km, or k= nearest neighbours")
    points = locate(where)
    if k is None:
        width = check_positive(bandwidth, "bandwidth", " of kilometres")
        i, j, d = points.within(None if function in UNBOUNDED else width)
        u, words = d / width, f"bandwidth {width:.6g} km"
    else:
        if k > points.N - 2:
            raise InputError(
                f"k={k!r} neighbours inside the bandwidth.", allowed=f"a whole number from 1 to {points.N - 2}"
            )
        who, far = points.nearest(k + 1)
        i, j = np.repeat(np.arange(points.N), k), who[:, :k].ravel()
        u, words = (far[:, :k] / far[:, k:]).ravel(), f"bandwidth by {k} neighbours"
    weights = np.maximum(KERNELS[function](u), 0.0)
    return _assemble(
        points,
        (i, j, weights),
        "kernel",
        f"{function} kernel, {words} ({points.measure})",
        {"function": function, "bandwidth": bandwidth, "k": k},
        link=by_id(where, link),
        islands=islands,
        normalize=normalize,
    )


def _assemble(points: Points, links: tuple, builder: str, description: str, recipe: dict, **choices) -> SpatialWeights:
    i, j, weight = links
    return assemble(
        points.ids,
        sparse.csr_array((weight, (i, j)), shape=(points.N, points.N)),
        builder=builder,
        description=description,
        names=points.names,
        recipe={**recipe, "distance": points.measure},
        **choices,
    )
