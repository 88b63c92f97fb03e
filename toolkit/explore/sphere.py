"""Geometry on the unit sphere: local coordinates about a point, and the mean of points."""

from __future__ import annotations

import numpy as np

from toolkit.errors import DataError

__all__ = ["east_and_north", "frechet_mean", "from_local", "local_coordinates", "to_degrees", "to_vectors"]


def to_vectors(degrees: np.ndarray) -> np.ndarray:
    """Unit vectors, shape (N, 3), of longitudes and latitudes in degrees, shape (N, 2)."""
    lon, lat = np.radians(degrees).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def to_degrees(v: np.ndarray) -> np.ndarray:
    """Longitude and latitude in degrees, shape (N, 2), of vectors, shape (N, 3)."""
    return np.degrees(np.column_stack([np.arctan2(v[:, 1], v[:, 0]), np.arctan2(v[:, 2], np.hypot(v[:, 0], v[:, 1]))]))


def east_and_north(c: np.ndarray) -> np.ndarray:
    """East and north at a unit vector, shape (2, 3)."""
    east = np.array([-c[1], c[0], 0.0])
    size = np.linalg.norm(east)
    east = east / size if size > 1e-12 else np.array([0.0, 1.0, 0.0])  # at a pole any direction is east
    return np.stack([east, np.cross(c, east)])


def local_coordinates(c: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Azimuthal equidistant coordinates of v about c, in radians (east, north), shape (N, 2)."""
    flat = v @ east_and_north(c).T
    sine = np.hypot(flat[:, 0], flat[:, 1])
    angle = np.arctan2(sine, v @ c)
    return flat * np.divide(angle, sine, out=np.ones_like(sine), where=sine > 1e-15)[:, None]


def from_local(c: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The points with azimuthal equidistant coordinates u (radians) about c, shape (N, 3)."""
    angle = np.hypot(u[:, 0], u[:, 1])
    direction = (
        u * np.divide(np.sin(angle), angle, out=np.ones_like(angle), where=angle > 1e-15)[:, None]
    ) @ east_and_north(c)
    return np.cos(angle)[:, None] * c + direction


def frechet_mean(v: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Frechet mean of unit vectors v (N, 3) with weights w (N,) that sum to one, shape (3,).

    Each step goes to the mean of the tangent plane at the present centre (Buss and Fillmore 2001).

    Raises
    ------
    DataError
        Points with weight that are not within a quarter of the Earth's circumference of their centre.

    Examples
    --------
    >>> v = to_vectors(np.array([[10.0, 0.0], [14.0, 0.0]]))
    >>> to_degrees(frechet_mean(v, np.array([0.25, 0.75]))[None]).round(9).tolist()
    [[13.0, 0.0]]
    """
    c = w @ v
    size = np.linalg.norm(c)
    if size < 1e-6 or (v[w > 0] @ (c / size)).min() <= 0:
        raise DataError(
            "The regions do not lie within a hemisphere of their centre, so there is no one centre of gravity.",
            fix="use fewer regions",
        )
    c = c / size
    for _ in range(100):
        move = w @ local_coordinates(c, v)
        c = from_local(c, move[None])[0]
        c /= np.linalg.norm(c)
        if np.hypot(*move) < 1e-15:
            break
    return c
