"""Weights from shared borders: `queen` (a point is enough) and `rook` (a border of some length)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from toolkit.errors import WeightsError, listing
from toolkit.weights.assembly import assemble
from toolkit.weights.regions import by_id, regions
from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["queen", "rook"]


def queen(
    where, *, link: Mapping | None = None, islands: str = "error", normalize: str = "row", strict: bool = False
) -> SpatialWeights:
    """Neighbours share at least a point of their borders.

    Parameters
    ----------
    where : Panel, GeoDataFrame or GeoSeries
        Polygons; a frame's index holds the ids.
    link : mapping, optional
        Links to add, by id or name: ``{"Hainan": "Guangdong"}``.
    islands : {"error", "keep"}
        Regions that still have no neighbour are an error that names them, or kept with an empty row.
    normalize : {"row", "spectral", "minmax", "none"}
    strict : bool
        False: borders meet where they have vertices in common, as in a coverage made by one agency. True: by
        geometry, slower, for maps whose neighbours do not share vertices.

    Returns
    -------
    SpatialWeights
        Weights of 1 before normalisation, in the order of the regions.

    Raises
    ------
    WeightsError
        Islands; unknown names in `link`; geometry that is missing or not polygons.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> cells = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)], index=list("abcd"))
    >>> queen(cells, normalize="none").sparse.toarray().sum(axis=1)
    array([3., 3., 3., 3.])
    >>> rook(cells, normalize="none").sparse.toarray().sum(axis=1)
    array([2., 2., 2., 2.])
    """
    return _contiguity(where, "queen", link=link, islands=islands, normalize=normalize, strict=strict)


def rook(
    where, *, link: Mapping | None = None, islands: str = "error", normalize: str = "row", strict: bool = False
) -> SpatialWeights:
    """Neighbours share a border of some length, not just a point. Parameters as for `queen`.

    Examples
    --------
    See `queen`.
    """
    return _contiguity(where, "rook", link=link, islands=islands, normalize=normalize, strict=strict)


def _contiguity(where, kind: str, *, link, islands, normalize, strict) -> SpatialWeights:
    from libpysal.graph import Graph

    place = regions(where)
    polygons = place.geometry.reset_index(drop=True)  # positions as labels: no id is ever re-sorted
    wrong = ~polygons.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    if wrong.any():
        raise WeightsError(
            f"Regions that are not polygons: {listing(place.ids[i] for i in np.flatnonzero(wrong))}.",
            fix="contiguity needs polygons; for points use knn, distance_band, inverse_distance or kernel",
        )
    pairs = Graph.build_contiguity(polygons, rook=kind == "rook", strict=strict).adjacency
    pairs = pairs[pairs > 0]  # libpysal writes an island as a link of weight 0 to itself
    i, j = (pairs.index.get_level_values(level).to_numpy(dtype=np.intp) for level in ("focal", "neighbor"))
    n = len(place.ids)
    return assemble(
        place.ids,
        sparse.csr_array((np.ones(len(i)), (i, j)), shape=(n, n)),
        builder=kind,
        description=f"{kind} contiguity",
        normalize=normalize,
        link=by_id(where, link),
        islands=islands,
        names=place.names,
        recipe={"strict": strict},
    )
