"""Representative points of regions and distances between them in kilometres."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, WeightsError, listing
from toolkit.weights.checks import caution, check_positive, label
from toolkit.weights.regions import Regions, regions

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["ALL_PAIRS", "EARTH_KM", "Points", "locate", "spherical_centroids"]

#: Mean radius of the Earth, km (IUGG).
EARTH_KM = 6371.0088
#: Largest N for weights between all pairs of regions (about 0.5 GB).
ALL_PAIRS = 6000
#: Points closer than this, in km, coincide.
SAME = 1e-6


@dataclass(frozen=True, eq=False)
class Points:
    """One point per region, with distances in km.

    Attributes
    ----------
    ids, names
        Of the regions.
    coords : ndarray, shape (N, 3) or (N, 2)
        Points on a sphere of Earth's radius (great-circle distances), or planar coordinates in km.
    measure : str
        How distances are measured, in words.
    """

    ids: tuple[Hashable, ...]
    names: dict[Hashable, str]
    coords: np.ndarray
    measure: str

    @property
    def N(self) -> int:
        """Number of points."""
        return len(self.ids)

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions and distances (km) of the k nearest others, nearest first, each of shape (N, k).

        Of others equally far the one earlier in order is taken, with a warning that names the regions where that
        decides who is a neighbour.
        """
        from scipy.spatial import cKDTree

        if not (isinstance(k, int | np.integer) and 1 <= k < self.N):
            raise InputError(
                f"k={k!r} neighbours of {self.N} regions.", allowed=f"a whole number from 1 to {self.N - 1}"
            )
        seen = min(self.N, k + 9)
        far, who = cKDTree(self.coords).query(self.coords, k=seen)
        far = self._kilometres(far)
        far[who == np.arange(self.N)[:, None]] = -1.0  # itself comes first
        order = np.lexsort((who, far.round(9)), axis=1)
        far, who = np.take_along_axis(far, order, 1), np.take_along_axis(who, order, 1)
        if seen > k + 1:
            tied = np.flatnonzero(far[:, k + 1] - far[:, k] < 1e-9)
            if len(tied):
                names = listing(label(self.ids[i], self.names) for i in tied)
                caution(
                    f"Neighbours {k} and {k + 1} are equally far from {names}: the one earlier in the order of regions "
                    "is taken. Next step: another k, or distance_band, if the order should not matter."
                )
        return who[:, 1 : k + 1], far[:, 1 : k + 1]

    def within(self, km: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ordered pairs i, j of different points at most `km` apart (None: all pairs) and their distances in km."""
        from scipy.spatial import cKDTree

        if km is None:
            if self.N > ALL_PAIRS:
                raise InputError(
                    f"Weights between all pairs of {self.N} regions need {self.N**2 * 12 / 1e9:.0f} GB.",
                    allowed=f"all pairs of at most {ALL_PAIRS} regions",
                    fix="give a threshold in km",
                )
            i, j = np.triu_indices(self.N, 1)
        else:
            km = check_positive(km, "km", " of kilometres")
            i, j = cKDTree(self.coords).query_pairs(self._chord(km * (1 + 1e-12)), output_type="ndarray").T
        d = self._kilometres(np.sqrt(((self.coords[i] - self.coords[j]) ** 2).sum(axis=1)))
        return np.concatenate([i, j]), np.concatenate([j, i]), np.concatenate([d, d])

    def _kilometres(self, chord: np.ndarray) -> np.ndarray:
        """Distance along the surface from straight-line distance."""
        if self.coords.shape[1] == 2:
            return np.array(chord)
        return 2 * EARTH_KM * np.arcsin(np.minimum(chord / (2 * EARTH_KM), 1.0))

    def _chord(self, km: float) -> float:
        if self.coords.shape[1] == 2:
            return km
        return 2 * EARTH_KM * np.sin(min(km / (2 * EARTH_KM), np.pi / 2))


def locate(where) -> Points:
    """Points of `where`: the points themselves, or centroids of polygons.

    Geographic coordinates: distances along great circles of a sphere of radius 6371.0088 km (the haversine formula),
    centroids on the sphere (`spherical_centroids`). Projected coordinates: straight lines in the map's
    unit, converted to km. Without a coordinate system distances have no unit, so they are refused.

    Raises
    ------
    WeightsError
        No coordinate system; lines; points that coincide, named in pairs (they are never moved apart).
    """
    from scipy.spatial import cKDTree

    place = regions(where)
    shapes = place.geometry
    kinds = set(shapes.geom_type)
    if not (kinds <= {"Point"} or kinds <= {"Polygon", "MultiPolygon"}):
        raise WeightsError(f"Distances between {listing(sorted(kinds))}.", allowed="all points, or all polygons")
    if shapes.crs is None:
        raise WeightsError(
            "The map has no coordinate system, so distances have no unit.",
            allowed="longitude and latitude, or a projected system",
            fix='say what the coordinates are, e.g. gdf = gdf.set_crs("EPSG:4326"); contiguity needs no system',
        )
    coords, measure = _sphere(place) if shapes.crs.is_geographic else _plane(shapes)
    pairs = sorted(cKDTree(coords).query_pairs(SAME))
    if pairs:
        shown = [f"{label(place.ids[i], place.names)} and {label(place.ids[j], place.names)}" for i, j in pairs]
        raise WeightsError(
            f"Regions at the same point (less than 1 mm apart): {listing(shown)}.",
            fix="correct the map, or merge these regions",
        )
    return Points(place.ids, place.names, coords, measure)


def spherical_centroids(polygons: np.ndarray) -> np.ndarray:
    """Centroids of polygons on the unit sphere, shape (N, 3).

    The centre of mass of a spherical polygon points along the sum, over its edges, of the edge's angle times the unit
    normal of its great circle (Stokes' theorem). Unlike the mean of longitudes and latitudes it does not pull
    towards the poles, and the date line and the poles themselves are no exception.

    Parameters
    ----------
    polygons : ndarray of shapely polygons or multipolygons, shape (N,)
        Longitude and latitude in degrees.

    Examples
    --------
    >>> from shapely import box
    >>> x, y, z = spherical_centroids(np.array([box(170, -10, 190, 10)]))[0]
    >>> round(float(np.degrees(np.arctan2(y, x)))), round(float(np.degrees(np.arcsin(z))), 9) + 0.0
    (180, 0.0)
    """
    import shapely

    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, of_part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    owner = owner[of_part]
    lonlat, of_ring = shapely.get_coordinates(rings, return_index=True)
    v = _unit(lonlat)
    edge = of_ring[:-1] == of_ring[1:]
    a, b = v[:-1][edge], v[1:][edge]
    normal = np.cross(a, b)
    sine = np.linalg.norm(normal, axis=1)
    angle = np.arctan2(sine, (a * b).sum(axis=1))
    normal *= (np.divide(angle, sine, out=np.ones_like(sine), where=sine > 0))[:, None]
    total = np.zeros((len(polygons), 3))
    np.add.at(total, owner[of_ring[:-1][edge]], normal)
    return total / np.linalg.norm(total, axis=1, keepdims=True)


def _unit(lonlat: np.ndarray) -> np.ndarray:
    lon, lat = np.radians(lonlat).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _sphere(place: Regions) -> tuple[np.ndarray, str]:
    import shapely

    shapes = place.geometry.to_numpy()
    lonlat, owner = shapely.get_coordinates(shapes, return_index=True)
    wild = np.unique(owner[(np.abs(lonlat[:, 1]) > 90) | (np.abs(lonlat[:, 0]) > 360)])
    if len(wild):
        raise WeightsError(
            f"Coordinates that are not longitude and latitude in degrees: {listing(place.ids[i] for i in wild)}.",
            fix="set the coordinate system the map really has, e.g. gdf.set_crs(..., allow_override=True)",
        )
    points = shapely.get_type_id(shapes[0]) == shapely.GeometryType.POINT
    return EARTH_KM * (_unit(lonlat) if points else spherical_centroids(shapes)), "great-circle km"


def _plane(shapes: gpd.GeoSeries) -> tuple[np.ndarray, str]:
    centres = shapes.centroid
    to_km = shapes.crs.axis_info[0].unit_conversion_factor / 1000
    return np.column_stack([centres.x, centres.y]) * to_km, "km on the projected map"
