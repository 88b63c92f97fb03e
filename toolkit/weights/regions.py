"""Read ids, names and geometry from whatever the caller holds: a panel, a GeoDataFrame, a GeoSeries."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import InputError, WeightsError, listing
from toolkit.weights.checks import as_ids

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Regions", "by_id", "regions"]


@dataclass(frozen=True)
class Regions:
    """Ids in order, display names by id, and one geometry per region."""

    ids: tuple[Hashable, ...]
    names: dict[Hashable, str]
    geometry: gpd.GeoSeries


def regions(where) -> Regions:
    """Regions of `where`, in its order.

    Parameters
    ----------
    where : Panel, GeoDataFrame or GeoSeries
        A panel with geometry; or a GeoDataFrame or GeoSeries whose index holds the ids.

    Raises
    ------
    InputError, WeightsError
        No geometry, or a missing or empty one (named).
    """
    import geopandas as gpd

    names: dict[Hashable, str] = {}
    if isinstance(where, gpd.GeoDataFrame | gpd.GeoSeries):
        shapes, ids = where.geometry, as_ids(where.index)
    elif hasattr(where, "entities") and hasattr(where, "geometry"):
        if where.geometry is None:
            raise WeightsError(
                "The panel has no geometry.",
                fix="attach a map: panel.with_geometry(gdf, key=...), or use weights from_matrix",
            )
        ids = as_ids(where.entities)
        shapes = where.geometry.geometry.reindex(list(where.entities))
        names = dict(where.names) if getattr(where, "names", None) is not None else {}
    else:
        raise InputError(
            f"Weights cannot be built from a {type(where).__name__}.",
            allowed="a Panel with geometry, or a GeoDataFrame or GeoSeries indexed by region id",
        )
    empty = [i for i, lost in zip(ids, (shapes.isna() | shapes.is_empty).to_numpy(), strict=True) if lost]
    if empty:
        raise WeightsError(
            f"Regions without a geometry: {listing(empty)}.", fix="complete the map or drop these regions"
        )
    return Regions(ids, names, shapes)


def by_id(where, link: Mapping | None) -> Mapping | None:
    """`link` with names replaced by ids where a panel knows them (in any of its languages); else as it is."""
    find = getattr(where, "find_id", None)
    if find is None or not isinstance(link, Mapping):
        return link
    out: dict[Hashable, list] = {}
    for region, others in link.items():
        many = [others] if isinstance(others, str) or not isinstance(others, Iterable) else others
        out.setdefault(find(region), []).extend(find(other) for other in many)
    return out
