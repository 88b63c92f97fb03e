"""Attach a map to regions: by id, never by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.data.keys import as_ids, id_kind
from toolkit.errors import DataError, InputError, listing

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["match_geometry", "split_geometry"]


def match_geometry(
    shapes: gpd.GeoDataFrame | gpd.GeoSeries, entities: pd.Index, *, key: str | None, ids: str | None, extra: str
) -> gpd.GeoSeries:
    """Geometry of `entities`, in their order.

    Parameters
    ----------
    shapes : GeoDataFrame or GeoSeries
        One geometry a region; ids in the index, or in the column `key`.
    entities : Index
        Ids of the panel.
    key, ids : str or None
        Column with the ids, and how to read them (`as_ids`).
    extra : {"error", "drop"}
        What to do with shapes of regions that are not in the panel.

    Raises
    ------
    DataError
        Ids of another type, ids twice, regions without a shape, shapes without a region.
    """
    import geopandas as gpd
    import pandas as pd

    if not isinstance(shapes, gpd.GeoDataFrame | gpd.GeoSeries):
        raise DataError(f"A map cannot be a {type(shapes).__name__}.", allowed="a GeoDataFrame or a GeoSeries")
    if extra not in ("error", "drop"):
        raise InputError(f"extra={extra!r} is not known.", allowed='"error" or "drop"')
    labels = _labels(shapes, key)
    if labels.isna().any():
        raise DataError(f"{int(labels.isna().sum())} shapes of the map have no id.", fix=f"complete the column {key!r}")
    found = as_ids(labels, ids, "the map")
    _check_ids(found, entities, key, extra)
    matched = gpd.GeoSeries(shapes.geometry.to_numpy(), index=found, crs=shapes.crs).reindex(entities)
    lost = matched.isna() | matched.is_empty
    if lost.any():
        raise DataError(f"The map has an empty shape for: {listing(entities[lost])}.", fix="complete the map")
    return matched.set_axis(pd.Index(entities)).rename("geometry")


def split_geometry(frame: gpd.GeoDataFrame, entity: str) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Take a table apart that carries a shape in every row: observations, and one shape a region.

    Raises
    ------
    DataError
        A region has different shapes in different rows.
    """
    import pandas as pd

    shapes = frame[[entity, frame.geometry.name]]
    first = shapes.drop_duplicates(entity)
    if len(first) < len(shapes):
        wkb = shapes.geometry.to_wkb()
        several = wkb.groupby(shapes[entity]).nunique()
        if (several > 1).any():
            raise DataError(
                f"Regions have different shapes in different rows: {listing(several.index[several > 1])}.",
                fix="pass one map of one date by geometry=",
            )
    return pd.DataFrame(frame.drop(columns=frame.geometry.name)), first


def _labels(shapes: gpd.GeoDataFrame | gpd.GeoSeries, key: str | None) -> pd.Series:
    import pandas as pd

    if key is None:
        return pd.Series(shapes.index)
    columns = list(getattr(shapes, "columns", []))
    if key not in columns:
        raise DataError(
            f"The map has no column {key!r}.", allowed=listing(columns, 40), fix="name the id column by key="
        )
    return shapes[key]


def _check_ids(found: pd.Index, entities: pd.Index, key: str | None, extra: str) -> None:
    twice = found[found.duplicated()].unique()
    if len(twice):
        raise DataError(
            f"The map has more than one shape for: {listing(twice)}.",
            fix=f"merge them first: gdf.dissolve({key!r})" if key else "merge them first: gdf.dissolve(level=0)",
        )
    if (found.dtype == "int64") != (entities.dtype == "int64"):
        same = set(map(str, found)) & set(map(str, entities))
        raise DataError(
            f"Ids of the map are {id_kind(found)}, ids of the panel are {id_kind(entities)}"
            + (f": {len(same)} of {len(entities)} agree once written alike." if same else "."),
            fix='read both the same way, ids="text" or ids="int", when the panel is made'
            + ("" if key else "; or name the column of the map that holds the ids by key="),
        )
    absent, more = entities[~entities.isin(found)], found[~found.isin(entities)]
    if len(absent):
        raise DataError(
            f"{len(absent)} of {len(entities)} regions have no shape in the map: {listing(absent)}. "
            f"Only in the map ({len(more)}): {listing(more) or 'none'}.",
            fix="name the column of the map that holds the ids by key=, or use a map with all regions",
        )
    if len(more) and extra == "error":
        raise DataError(
            f"The map has {len(more)} shapes that are not regions of the panel: {listing(more)}.",
            fix='leave them out on purpose: panel.with_geometry(gdf, key=..., extra="drop")',
        )
