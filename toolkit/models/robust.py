"""Covariances robust to heteroskedasticity, clusters, dependence in time and space: least squares only.

All are bread x meat x bread with bread (Z'QZ)^-1 and meat made of the scores s_it = (QZ)_it e_it. K counts the regressors
and the effects; effects nested in the clusters are not counted in the factor of clustered covariances.

References
----------
MacKinnon, J. and White, H. (1985). J. Econometrics 29 (HC). Cameron, C., Gelbach, J. and Miller, D. (2011). Robust
inference with multiway clustering. JBES 29. Driscoll, J. and Kraay, A. (1998). Consistent covariance matrix estimation
with spatially dependent panel data. REStat 80. Conley, T. (1999). GMM estimation with cross sectional dependence. J.
Econometrics 92. Hsiang, S. (2010). Temperatures and cyclones strongly associated with economic production. PNAS 107.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError
from toolkit.models.transform import demean, effects_df

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = [
    "Sandwich",
    "bandwidth_of",
    "bartlett_sum",
    "cluster",
    "cluster_twoway",
    "conley",
    "coordinates_of",
    "driscoll_kraay",
    "hc",
]

EARTH = 6371.0088  # mean radius in km


@dataclass(frozen=True, eq=False)
class Sandwich:
    """What the robust covariances of least squares are made of.

    Attributes
    ----------
    z : ndarray, shape (T, N, k)
        Regressors off the effects.
    e : ndarray, shape (T, N)
        Residuals.
    effects : str
    """

    z: np.ndarray
    e: np.ndarray
    effects: str

    @property
    def bread(self) -> np.ndarray:
        """(Z'QZ)^-1, shape (k, k)."""
        scale = np.sqrt(np.einsum("tnk,tnk->k", self.z, self.z))
        z = self.z / scale
        return np.linalg.inv(np.einsum("tnk,tnl->kl", z, z)) / np.outer(scale, scale)

    @property
    def scores(self) -> np.ndarray:
        """(QZ)_it e_it, shape (T, N, k)."""
        return self.z * self.e[:, :, None]

    @property
    def parameters(self) -> int:
        """K: regressors and effects."""
        return self.z.shape[2] + effects_df(self.effects, self.e.shape[1], self.e.shape[0])

    def around(self, meat: np.ndarray) -> np.ndarray:
        """Bread x meat x bread, shape (k, k)."""
        return self.bread @ meat @ self.bread


def sandwich(z: np.ndarray, e: np.ndarray, effects: str) -> Sandwich:
    """`Sandwich` of regressors (T, N, k), effects not removed, and residuals (T, N)."""
    return Sandwich(demean(z, effects), e, effects)


def hc(s: Sandwich, kind: int) -> np.ndarray:
    """HC0 to HC3: e^2, e^2 n/(n - K), e^2/(1 - h), e^2/(1 - h)^2, with h the leverage of regressors and effects."""
    t, n = s.e.shape
    e2 = s.e**2
    if kind == 1:
        e2 = e2 * (t * n / (t * n - s.parameters))
    if kind >= 2:
        h = np.einsum("tnk,kl,tnl->tn", s.z, s.bread, s.z)
        h = h + {"none": 0.0, "entity": 1 / t, "time": 1 / n, "twoway": 1 / t + 1 / n - 1 / (t * n)}[s.effects]
        if h.max() > 1 - 1e-9:
            raise InputError(
                "HC2 and HC3 divide by 1 - leverage, and an observation has leverage one: it is fitted exactly.",
                fix="use cov='hc1'",
            )
        e2 = e2 / (1 - h) ** (kind - 1)
    return s.around(np.einsum("tnk,tn,tnl->kl", s.z, e2, s.z))


def _factor(s: Sandwich, groups: int, nested: int) -> float:
    """G/(G - 1) (n - 1)/(n - K), K without the effects nested in clusters."""
    n = s.e.size
    return groups / (groups - 1) * (n - 1) / (n - (s.parameters - nested))


def cluster(s: Sandwich, codes: np.ndarray, nested: int) -> tuple[np.ndarray, int]:
    """Clustered covariance for cluster numbers `codes` (T, N), 0 ... G-1; returns it and G."""
    groups = int(codes.max()) + 1
    if groups < 2:
        raise InputError("There is one cluster: its covariance cannot be estimated.", allowed="two clusters or more")
    sums = np.zeros((groups, s.z.shape[2]))
    np.add.at(sums, codes.ravel(), s.scores.reshape(codes.size, -1))
    return _factor(s, groups, nested) * s.around(sums.T @ sums), groups


def cluster_twoway(s: Sandwich) -> tuple[np.ndarray, int, bool]:
    """Regions + periods - cells (Cameron, Gelbach and Miller 2011), with the factor of the fewer clusters."""
    t, n = s.e.shape
    groups = min(t, n)
    scores = s.scores
    by_entity, by_time, cell = scores.sum(axis=0), scores.sum(axis=1), scores.reshape(t * n, -1)
    meat = by_entity.T @ by_entity + by_time.T @ by_time - cell.T @ cell
    nested = effects_df(s.effects, n, t)
    matrix = _factor(s, groups, nested) * s.around(meat)
    return matrix, groups, bool(np.linalg.eigvalsh(matrix).min() >= 0)


def bandwidth_of(periods: int, bandwidth: int | None) -> int:
    """Lags of the Bartlett kernel: floor(4 (T/100)^(2/9)) by default (Newey and West 1994)."""
    if bandwidth is None:
        return int(np.floor(4 * (periods / 100) ** (2 / 9)))
    if isinstance(bandwidth, bool) or not isinstance(bandwidth, (int, np.integer)) or not 0 <= bandwidth < periods:
        raise InputError(
            f"bandwidth={bandwidth!r} is not a number of lags.", allowed=f"a whole number from 0 to {periods - 1}"
        )
    return int(bandwidth)


def bartlett_sum(h: np.ndarray, bandwidth: int) -> np.ndarray:
    """Long-run variance of the rows of `h` (T, k): sum over lags l of (1 - l/(L + 1)) (G_l + G_l')."""
    out = h.T @ h
    for lag in range(1, bandwidth + 1):
        cross = h[lag:].T @ h[:-lag]
        out += (1 - lag / (bandwidth + 1)) * (cross + cross.T)
    return out


def driscoll_kraay(s: Sandwich, bandwidth: int) -> np.ndarray:
    """Bartlett kernel over the periods' summed scores, times n/(n - K)."""
    n = s.e.size
    return n / (n - s.parameters) * s.around(bartlett_sum(s.scores.sum(axis=1), bandwidth))


def conley(
    s: Sandwich, coordinates: np.ndarray, cutoff: float, kernel: str, serial_lag: int
) -> tuple[np.ndarray, dict[str, float]]:
    """Dependence within `cutoff` km in the same period, and within a region up to `serial_lag` periods.

    Parameters
    ----------
    s : Sandwich
    coordinates : ndarray, shape (N, 2)
        Longitude and latitude in degrees, in the order of the regions.
    cutoff : float
        Great-circle distance in km.
    kernel : {"bartlett", "uniform"}
        Weight 1 - d/cutoff, or 1, for d below the cutoff.
    serial_lag : int
        Periods; weight 1 - l/(L + 1).

    Returns
    -------
    ndarray, shape (k, k), and facts: mean number of neighbours within the cutoff, smallest eigenvalue.
    """
    from scipy import sparse
    from scipy.spatial import cKDTree

    n = s.e.shape[1]
    lon, lat = np.radians(np.asarray(coordinates, float)).T
    points = EARTH * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    chord = 2 * EARTH * np.sin(min(cutoff / (2 * EARTH), np.pi / 2))
    near = cKDTree(points).sparse_distance_matrix(cKDTree(points), chord, output_type="coo_matrix")
    arc = 2 * EARTH * np.arcsin(np.clip(near.data / (2 * EARTH), 0, 1))
    weight = np.clip(1 - arc / cutoff, 0, None) if kernel == "bartlett" else (arc <= cutoff).astype(float)
    off = near.row != near.col
    links = sparse.csr_array((weight[off], (near.row[off], near.col[off])), shape=(n, n)) + sparse.eye_array(n)
    scores, meat = s.scores, 0.0
    for period in scores:
        meat = meat + period.T @ (links @ period)
    for lag in range(1, serial_lag + 1):
        cross = np.einsum("tnk,tnl->kl", scores[lag:], scores[:-lag])
        meat = meat + (1 - lag / (serial_lag + 1)) * (cross + cross.T)
    matrix = s.around(meat)
    facts = {"neighbours": float(off.sum()) / n, "smallest": float(np.linalg.eigvalsh(matrix).min())}
    return matrix, facts


def coordinates_of(panel: Panel) -> np.ndarray:
    """Longitude and latitude of a point inside each region (its representative point), shape (N, 2), in panel order.

    Raises
    ------
    DataError
        If the panel has no map, or the map no coordinate reference system.
    """
    shapes = panel.geometry
    if shapes is None:
        raise DataError(
            "Distances need a map, and the panel has none.",
            fix="give it one: panel.with_geometry(...), or cov_options={'coordinates': longitude and latitude by region}",
        )
    if shapes.crs is None:
        raise DataError(
            "The panel's map has no coordinate reference system, so distances in km are not defined.",
            fix="set it: geometry.set_crs('EPSG:4326')",
        )
    points = shapes.geometry.representative_point().to_crs(4326)
    return np.column_stack([points.x, points.y])
