"""Polygons made ready for the page: an equal-area projection that suits the country, true scale, inset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from toolkit.data.panel import Panel

__all__ = ["CHINA", "Sheet", "sheet"]

#: Albers equal-area conic used for maps of China (standard parallels 25 and 47 N, central meridian 105 E).
CHINA = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=30 +lon_0=105 +datum=WGS84"

#: Lon-lat windows (west, south, east, north: each a range) that name a country, with its projection.
_COUNTRIES = (
    ("china", ((73, 76), (3, 21), (130, 136), (50, 55)), CHINA),
    ("conterminous United States", ((-126, -122), (24, 27), (-70, -66), (47, 50)), "EPSG:5070"),
)

#: China's main frame begins here (degrees north); what lies south of it is shown in the inset.
_SOUTH_OF_HAINAN = 18.0
_INSET = (105.5, 3.0, 122.5, 23.5)


@dataclass(frozen=True, eq=False)
class Sheet:
    """Polygons in page coordinates.

    Attributes
    ----------
    shapes : GeoSeries
        Projected, indexed by region id in panel order; empty geometry where a region has none.
    view : tuple of float
        left, bottom, right, top of the main frame.
    inset : tuple of float or None
        The same for an inset, in the same coordinates.
    metres : float or None
        Metres on the ground for one unit of the sheet, measured at its centre; None without a CRS.
    crs : str
        The projection in words.
    """

    shapes: gpd.GeoSeries
    view: tuple[float, float, float, float]
    inset: tuple[float, float, float, float] | None
    metres: float | None
    crs: str

    @property
    def aspect(self) -> float:
        """Height over width of the main frame."""
        left, bottom, right, top = self.view
        return (top - bottom) / (right - left)


def sheet(panel: Panel, projection: str | None = None, inset: bool | None = None) -> Sheet:
    """Project the polygons of a panel.

    Parameters
    ----------
    panel : Panel
        With geometry.
    projection : str, optional
        By default Albers for China, EPSG:5070 for the conterminous United States, Equal Earth for extents of more than
        60 degrees, else Lambert azimuthal equal-area about the centre. ``"keep"`` leaves the coordinates as they are
        (also without a CRS). Anything else is handed to pyproj (``"EPSG:3035"``).
    inset : bool, optional
        Whether the islets of the South China Sea go to an inset instead of doubling the height of the map; by default
        for China when the polygons reach that far south.

    Returns
    -------
    Sheet

    Raises
    ------
    DataError
        No geometry, or no CRS.
    InputError
        A projection pyproj does not know.
    """
    import geopandas as gpd

    if panel.geometry is None:
        raise DataError(
            "The panel has no map.",
            fix='add one by panel.with_geometry(gdf, key="...") or Panel.read(..., geometry="my.shp")',
        )
    shapes = gpd.GeoSeries(panel.geometry.geometry if hasattr(panel.geometry, "geometry") else panel.geometry)
    shapes = shapes.reindex(panel.entities)
    if shapes.isna().all() or shapes.is_empty.all():
        raise DataError("The panel has no polygon for any region.")
    if shapes.crs is None and projection != "keep":
        raise DataError(
            "The map has no coordinate reference system, so neither its projection nor its scale is known.",
            fix='set it (gdf.set_crs("EPSG:4326") for longitude and latitude), or draw it as it is with projection="keep"',
        )
    if projection == "keep":
        return Sheet(shapes, _framed(shapes.total_bounds), None, _metres(shapes), "as given")
    degrees = shapes.to_crs("EPSG:4326")
    country, chosen = _chosen(degrees.total_bounds)
    crs = projection or chosen
    try:
        # long straight edges (parallels) must bend
        projected = degrees.segmentize(0.5).to_crs(crs)
    except Exception as error:  # pyproj raises CRSError, which is no part of a stable path
        raise InputError(
            f"projection={projection!r} cannot be used: {error}", allowed='None, "keep", or a code such as "EPSG:3035"'
        ) from None
    far_south = country == "china" and degrees.total_bounds[1] < _SOUTH_OF_HAINAN - 1
    if inset is None:
        inset = far_south
    if inset and not far_south:
        raise InputError("inset=True: this map has nothing in the South China Sea to put there.", allowed="None, False")
    if not inset:
        return Sheet(projected, _framed(projected.total_bounds), None, _metres(projected), crs)
    main = degrees.clip_by_rect(-180, _SOUTH_OF_HAINAN, 180, 90).to_crs(crs)
    return Sheet(projected, _framed(main.total_bounds), _window(_INSET, crs), _metres(projected), crs)


def _chosen(bounds: np.ndarray) -> tuple[str, str]:
    for country, ranges, crs in _COUNTRIES:
        if all(low <= b <= high for b, (low, high) in zip(bounds, ranges, strict=True)):
            return country, crs
    west, south, east, north = bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    if east - west > 60 or north - south > 60:
        return "", f"+proj=eqearth +lon_0={lon:.4g} +datum=WGS84 +units=m"
    return "", f"+proj=laea +lat_0={lat:.4g} +lon_0={lon:.4g} +datum=WGS84 +units=m"


def _framed(bounds: np.ndarray) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(b) for b in bounds)
    pad = 0.015 * max(right - left, top - bottom)
    return left - pad, bottom - pad, right + pad, top + pad


def _window(degrees: tuple[float, float, float, float], crs: str) -> tuple[float, float, float, float]:
    """A lon-lat window as a rectangle on the sheet."""
    from pyproj import Transformer

    west, south, east, north = degrees
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform_bounds(west, south, east, north)


def _metres(shapes: gpd.GeoSeries) -> float | None:
    """Ground metres for one unit, along the parallel through the centre of the map."""
    if shapes.crs is None:
        return None
    from pyproj import Geod, Transformer

    left, bottom, right, top = shapes.total_bounds
    x, y, half = (left + right) / 2, (bottom + top) / 2, (right - left) / 20
    back = Transformer.from_crs(shapes.crs, "EPSG:4326", always_xy=True)
    lon, lat = back.transform([x - half, x + half], [y, y])
    return Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])[2] / (2 * half)
