"""Centre of gravity, standard distance and standard deviational ellipse of a variable, year by year, on the sphere."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import frozen, observe
from toolkit.explore.sphere import frechet_mean, from_local, local_coordinates, to_degrees, to_vectors
from toolkit.weights.points import EARTH_KM, spherical_centroids

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["CentreTable", "centre_of_gravity"]


def centre_of_gravity(
    panel: Panel, variable: str, *, points: pd.DataFrame | None = None, scale: float = 1.0
) -> CentreTable:
    """Weighted mean centre, standard distance and standard deviational ellipse in every period.

    The centre is the point with the smallest weighted sum of squared great-circle distances (the Frechet mean on a
    sphere of radius 6371.0088 km): what the mean of coordinates is in a plane. Averages of longitudes and latitudes
    are not, since degrees of longitude shrink towards the poles. Around it, in the azimuthal equidistant
    projection (distances and directions from the centre are true), the covariance matrix sum_i w_i u_i u_i' has the
    eigenvalues a^2 >= b^2: the semi-axes of the ellipse are ``scale`` x a and b, the standard distance is
    sqrt(a^2 + b^2).

    Parameters
    ----------
    panel : Panel
        N regions with a map (or `points`), T periods.
    variable : str
        A column or expression, zero or more in every region: a total such as ``gdp`` or ``pop``. A ratio
        (income per head) gives the centre of ratios, which depends on how the country is cut into regions.
    points : DataFrame, optional
        Columns ``lon`` and ``lat`` in degrees, indexed by id, e.g. of capitals. By default the centroids
        of the polygons, on the sphere.
    scale : float
        1: one standard deviation along each axis, which holds 39 percent of a bivariate normal distribution.
        sqrt(2): 63 percent, the "one standard deviation" ellipse of ArcGIS and CrimeStat.

    Returns
    -------
    CentreTable

    Raises
    ------
    DataError
        No map or no coordinate system, missing or negative values, zeros only, regions without a point, points on opposite sides
        of the Earth.
    InputError, FormulaError
        A scale that is not positive; an expression that cannot be read.

    References
    ----------
    Lefever (1926), American Journal of Sociology 32, 88-94; Yuill (1971), Geografiska Annaler B 53, 28-39; Frechet
    mean on the sphere: Buss and Fillmore (2001), ACM Transactions on Graphics 20, 95-126.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.centre_of_gravity(tk.load("china").between(2000, 2002), "gdp")
    >>> record.tidy()[["time", "lon", "lat"]].round(1).iloc[0].tolist()
    [2000.0, 115.0, 32.9]
    """
    if isinstance(scale, bool) or not isinstance(scale, int | float | np.number) or not 0 < scale < np.inf:
        raise InputError(f"scale={scale!r} cannot be used.", allowed="a number above 0, e.g. 1 or 2 ** 0.5")
    seen = observe(panel, variable, constant=True)
    _refuse_unusable(seen, panel)
    v = _positions(panel, points)
    w = seen.values / seen.values.sum(axis=1, keepdims=True)
    centres = np.stack([frechet_mean(v, row) for row in w])
    local = [local_coordinates(c, v) * EARTH_KM for c in centres]  # (N, 2) each: km east and north
    axes, angle = _axes(np.stack([(u * row[:, None]).T @ u for u, row in zip(local, w, strict=True)]))
    moves = [local_coordinates(a, b[None])[0] * EARTH_KM for a, b in itertools.pairwise(centres)]
    step = np.array([[np.nan, np.nan], *moves])
    from_start = local_coordinates(centres[0], centres) * EARTH_KM
    from_start[0] = 0.0  # not the rounding of arctan2
    plain = to_degrees(frechet_mean(v, np.full(panel.N, 1 / panel.N))[None])[0]
    return CentreTable(
        variable=seen.name,
        label=seen.label,
        label_zh=seen.label_zh,
        times=tuple(seen.times),
        centre=frozen(to_degrees(centres)),
        standard_distance=frozen(np.sqrt((axes**2).sum(axis=1))),
        axes=frozen(axes * scale),
        angle=frozen(angle),
        step=frozen(step),
        net=frozen(from_start),
        unweighted=(float(plain[0]), float(plain[1])),
        points=frozen(to_degrees(v)),
        shares=frozen(w),
        scale=float(scale),
        regions=tuple(panel.entities),
        names=tuple(panel.names),
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class CentreTable:
    """Centre and ellipse of a variable in T periods.

    Attributes
    ----------
    variable, label, label_zh : str
    times : tuple, length T
    centre : ndarray, shape (T, 2)
        Longitude and latitude in degrees.
    standard_distance : ndarray, shape (T,)
        km: root of the weighted mean squared great-circle distance from the centre; `scale` does not enter.
    axes : ndarray, shape (T, 2)
        Major and minor semi-axis in km, times `scale`.
    angle : ndarray, shape (T,)
        Direction of the major axis in degrees clockwise from north, 0 to 180.
    step, net : ndarray, shape (T, 2)
        Move of the centre since the period before (NaN in the first), and since the first: km east and north.
    unweighted : tuple of float
        Longitude and latitude of the centre of the points themselves.
    points : ndarray, shape (N, 2)
        Longitude and latitude of every region's point.
    shares : ndarray, shape (T, N)
        Weights.
    scale, regions, names, panel, panel_hash
        As used.
    """

    variable: str
    label: str
    label_zh: str
    times: tuple[object, ...]
    centre: np.ndarray
    standard_distance: np.ndarray
    axes: np.ndarray
    angle: np.ndarray
    step: np.ndarray
    net: np.ndarray
    unweighted: tuple[float, float]
    points: np.ndarray
    shares: np.ndarray
    scale: float
    regions: tuple[object, ...]
    names: tuple[str, ...]
    panel: str
    panel_hash: str

    @property
    def area(self) -> np.ndarray:
        """Area of the ellipse in square km, pi x major x minor, shape (T,)."""
        return np.pi * self.axes.prod(axis=1)

    def tidy(self) -> pd.DataFrame:
        """One row a period.

        Columns: time lon lat standard_distance_km major_km minor_km angle area_km2 flattening (1 - minor / major)
        step_km bearing (degrees clockwise from north) net_km.
        """
        import pandas as pd

        length = np.hypot(*self.step.T)
        with np.errstate(invalid="ignore"):
            bearing = np.where(length > 0, np.degrees(np.arctan2(self.step[:, 0], self.step[:, 1])) % 360, np.nan)
        return pd.DataFrame(
            {
                "time": list(self.times),
                "lon": self.centre[:, 0],
                "lat": self.centre[:, 1],
                "standard_distance_km": self.standard_distance,
                "major_km": self.axes[:, 0],
                "minor_km": self.axes[:, 1],
                "angle": self.angle,
                "area_km2": self.area,
                "flattening": 1 - self.axes[:, 1] / self.axes[:, 0],
                "step_km": length,
                "bearing": bearing,
                "net_km": np.hypot(*self.net.T),
            }
        )

    def outline(self, time: object, points: int = 181) -> np.ndarray:
        """Longitude and latitude of the ellipse of a period, a closed curve of shape (points, 2)."""
        if time not in self.times:
            raise InputError(f"There is no period {time!r} here.", allowed=listing(self.times, 40))
        t = self.times.index(time)
        turn = np.linspace(0, 2 * np.pi, points)
        a, b = self.axes[t]
        theta = np.radians(self.angle[t])
        along, across = a * np.cos(turn), b * np.sin(turn)
        east, north = along * np.sin(theta) + across * np.cos(theta), along * np.cos(theta) - across * np.sin(theta)
        return to_degrees(from_local(to_vectors(self.centre[t][None])[0], np.column_stack([east, north]) / EARTH_KM))

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, length of the path, net move and its bearing, change of the standard distance."""
        import pandas as pd

        east, north = self.net[-1]
        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "path_km": float(np.nansum(np.hypot(*self.step.T))),
                    "net_km": float(np.hypot(east, north)),
                    "net_bearing": float(np.degrees(np.arctan2(east, north)) % 360),
                    "standard_distance_first": self.standard_distance[0],
                    "standard_distance_last": self.standard_distance[-1],
                    "scale": self.scale,
                }
            ]
        )

    def __repr__(self) -> str:
        head = f"Centre of gravity of {self.variable}, {len(self.regions)} regions, ellipse at {self.scale:g} sd"
        return f"{head}\n{self.tidy().to_string(index=False, float_format='%.3f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.3f")


def _refuse_unusable(seen, panel: Panel) -> None:
    t, i = np.nonzero(seen.values < 0)
    if t.size:
        names = panel.names
        where = listing((f"{names[panel.entities[b]]} {seen.times[a]}" for a, b in zip(t, i, strict=True)), 6)
        raise DataError(
            f"{seen.name!r} is negative in {t.size} cells: {where}; it cannot be a weight.",
            fix="choose a total that is zero or more",
        )
    empty = seen.times[seen.values.sum(axis=1) == 0]
    if len(empty):
        raise DataError(f"{seen.name!r} is zero in every region in {listing(empty)}: there is no centre.")


def _positions(panel: Panel, points: pd.DataFrame | None) -> np.ndarray:
    """Unit vectors of the regions, shape (N, 3)."""
    if points is not None:
        absent = [c for c in ("lon", "lat") if c not in getattr(points, "columns", ())]
        if absent:
            raise InputError(f"points= has no column {listing(absent)}.", allowed="a DataFrame with lon and lat, by id")
        lost = panel.entities[~panel.entities.isin(points.index)]
        if len(lost) or not points.index.is_unique:
            raise DataError(
                f"points= has no row for: {listing(lost) or 'none'}, or rows with the same id.",
                fix="give one row for every region, indexed by id",
            )
        degrees = points.loc[panel.entities, ["lon", "lat"]].to_numpy(float)
        bad = ~np.isfinite(degrees).all(axis=1) | (np.abs(degrees[:, 0]) > 360) | (np.abs(degrees[:, 1]) > 90)
        if bad.any():
            raise DataError(f"Not degrees of longitude and latitude: {listing(panel.entities[bad])}.")
        return to_vectors(degrees)
    if panel.geometry is None:
        raise DataError(
            "The panel has no map, so the places of its regions are not known.",
            fix='add one by panel.with_geometry(gdf, key="..."), or give points=DataFrame of lon and lat by id',
        )
    shapes = panel.geometry.geometry
    if shapes.crs is None:
        raise DataError(
            "The map has no coordinate reference system, so distances have no unit.",
            fix='set it (gdf.set_crs("EPSG:4326") for longitude and latitude), or give points=',
        )
    shapes = shapes.to_crs("EPSG:4326")
    if set(shapes.geom_type) <= {"Point"}:
        return to_vectors(np.column_stack([shapes.x, shapes.y]))
    return spherical_centroids(shapes.to_numpy())


def _axes(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Semi-axes (T, 2), major first, and the direction of the major one in degrees clockwise from north."""
    values, vectors = np.linalg.eigh(covariance)
    east, north = vectors[:, 0, 1], vectors[:, 1, 1]
    return np.sqrt(np.maximum(values[:, ::-1], 0)), np.degrees(np.arctan2(east, north)) % 180
