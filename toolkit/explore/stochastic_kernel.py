"""Stochastic kernels: the density of where a region will be, given where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError
from toolkit.explore.chain_algebra import stationary
from toolkit.explore.densities import spanning_grid
from toolkit.explore.observations import frozen, matched
from toolkit.explore.relative import relative_series, window
from toolkit.explore.spatial_markov import averaging

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["KernelTable", "stochastic_kernel"]


def stochastic_kernel(
    panel: Panel,
    variable: str,
    lag: int = 1,
    W: SpatialWeights | None = None,
    *,
    bandwidth: str | float | Sequence[float] = "silverman",
    relative: bool = True,
    grid: int = 128,
) -> KernelTable:
    """Conditional density f(y | x): x the value now, y the value `lag` periods later, all pairs of periods pooled.

    f(y | x) = sum_i K((x - x_i) / h_x) K((y - y_i) / h_y) / (h_y sum_i K((x - x_i) / h_x)), K Gaussian, made to
    integrate to one over the grid (trapezoidal rule). The ergodic density solves f(y) = int f(y | x) f(x) dx on the
    grid. It carries the smoothing of both bandwidths, so it is wider than the truth, the more so the slower the mixing.

    Parameters
    ----------
    panel : Panel
        N regions, T evenly spaced periods.
    variable : str
        A column, or an expression of columns such as ``"gdp / pop"``.
    lag : int
        Periods between x and y. 0 is allowed with W: the kernel from neighbours to regions in the same period.
    W : SpatialWeights, optional
        Row-standardised: x is then the average of the neighbours and y the region (Quah's conditioning on neighbours);
        such a kernel has no ergodic density.
    bandwidth : {"silverman", "scott"} or float or pair of floats
        Both rules are sd n^(-1/6) in two dimensions, h_x from x and h_y from y (Silverman 1986, section 4.3.2; Scott 1992:
        the reference for a normal density), n the number of pairs, which are not independent. A number is used for both.
    relative : bool
        Divide by the mean of the regions in each period.
    grid : int
        Points of the common grid of x and y, from 3 bandwidths below the lowest to 3 above the highest value; more where
        a bandwidth is less than a step of the grid.

    Returns
    -------
    KernelTable

    Raises
    ------
    DataError
        Missing or constant values, a mean that is not positive, uneven or too few periods.
    WeightsError
        W is not row-standardised, has regions without neighbours, or names other regions.
    InputError, FormulaError
        An argument that is not allowed; an expression that cannot be read.

    References
    ----------
    Quah (1997), Journal of Economic Growth 2, 27-59; Silverman (1986), Density Estimation for Statistics and Data Analysis.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.stochastic_kernel(tk.load("us_income"), "income", lag=10)
    >>> bool(abs((record.density @ record.steps) - 1).max() < 1e-12)
    True
    """
    if isinstance(grid, bool) or not isinstance(grid, int | np.integer) or not 16 <= grid <= 1000:
        raise InputError(f"grid={grid!r} is not a number of points.", allowed="16 to 1000")
    seen = relative_series(panel, variable, relative)
    same = W is not None and lag == 0 and not isinstance(lag, bool)
    if lag == 0 and not same:
        raise InputError("lag=0 compares a variable with itself.", allowed="a whole number >= 1, or 0 with W")
    pairs = len(seen.times) if same else window(seen.times, lag)
    values = seen.values
    if W is not None:
        W = averaging(matched(W, panel), panel)
        x = np.ascontiguousarray((W.sparse @ values.T).T)[:pairs].ravel()
    else:
        x = values[:pairs].ravel()
    y = values[len(values) - pairs :].ravel()
    hx, hy = _two_bandwidths(bandwidth, x, y)
    low, high = min(x.min() - 3 * hx, y.min() - 3 * hy), max(x.max() + 3 * hx, y.max() + 3 * hy)
    g = spanning_grid(low, high, int(grid), min(hx, hy), 2000)
    steps = np.full(len(g), g[1] - g[0])
    steps[[0, -1]] /= 2
    density, at_x = _conditional(g, x, y, hx, hy, steps)
    ergodic = np.full(len(g), np.nan) if W is not None else stationary(density * steps) / steps
    return KernelTable(
        variable=seen.name,
        label=seen.label,
        label_zh=seen.label_zh,
        unit=seen.unit,
        grid=frozen(g),
        steps=frozen(steps),
        density=frozen(density),
        density_x=frozen(at_x),
        ergodic=frozen(ergodic),
        x=frozen(x.copy()),
        y=frozen(y.copy()),
        bandwidth=(hx, hy),
        rule=bandwidth if isinstance(bandwidth, str) else "given",
        lag=int(lag),
        relative=bool(relative),
        times=tuple(seen.times),
        regions=tuple(panel.entities),
        weights="" if W is None else W.description,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelTable:
    """A stochastic kernel on a square grid of G x G points.

    Attributes
    ----------
    variable, label, label_zh, unit : str
    grid : ndarray, shape (G,)
        Common to x and y.
    steps : ndarray, shape (G,)
        Weights of the trapezoidal rule: ``density @ steps`` is one in every row.
    density : ndarray, shape (G, G)
        f(y | x): row x, column y. Rows far from any x say little: see `density_x`.
    density_x : ndarray, shape (G,)
        Kernel density of x, the support of each row.
    ergodic : ndarray, shape (G,)
        Ergodic density, integrates to one; NaN with W.
    x, y : ndarray, shape (M,)
        The pairs.
    bandwidth : tuple of float
        h_x, h_y.
    rule, lag, relative, times, regions, weights, panel, panel_hash
        As used.
    """

    variable: str
    label: str
    label_zh: str
    unit: str
    grid: np.ndarray
    steps: np.ndarray
    density: np.ndarray
    density_x: np.ndarray
    ergodic: np.ndarray
    x: np.ndarray
    y: np.ndarray
    bandwidth: tuple[float, float]
    rule: str
    lag: int
    relative: bool
    times: tuple[object, ...]
    regions: tuple[object, ...]
    weights: str
    panel: str
    panel_hash: str

    @property
    def conditional_mean(self) -> np.ndarray:
        """E(y | x) at each grid point of x, shape (G,)."""
        return self.density @ (self.steps * self.grid)

    def tidy(self) -> pd.DataFrame:
        """One row a pair of grid points: x y density."""
        import pandas as pd

        n = len(self.grid)
        return pd.DataFrame({"x": np.repeat(self.grid, n), "y": np.tile(self.grid, n), "density": self.density.ravel()})

    def marginals(self) -> pd.DataFrame:
        """One row a grid point: x density_x conditional_mean ergodic."""
        import pandas as pd

        return pd.DataFrame(
            {
                "x": self.grid,
                "density_x": self.density_x,
                "conditional_mean": self.conditional_mean,
                "ergodic": self.ergodic,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, pairs, lag, bandwidths, peaks of the ergodic density, and what was used."""
        import pandas as pd

        f = self.ergodic
        peaks = int(((f[1:-1] > f[:-2]) & (f[1:-1] >= f[2:])).sum()) if np.isfinite(f).all() else None
        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "pairs": len(self.x),
                    "lag": self.lag,
                    "bandwidth_x": self.bandwidth[0],
                    "bandwidth_y": self.bandwidth[1],
                    "rule": self.rule,
                    "ergodic_peaks": peaks,
                    "relative": self.relative,
                    "weights": self.weights,
                }
            ]
        )

    def __repr__(self) -> str:
        given = f"given the average of the neighbours ({self.weights})" if self.weights else "given its value before"
        hx, hy = self.bandwidth
        return (
            f"Stochastic kernel of {self.variable} {given}, lag {self.lag}, {len(self.regions)} regions, "
            f"{len(self.x)} pairs, bandwidths {hx:.4g} and {hy:.4g} ({self.rule}), {len(self.grid)} grid points"
        )

    def _repr_html_(self) -> str:
        return self.glance().to_html(index=False, float_format="%.4f")


def _two_bandwidths(rule: object, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    if isinstance(rule, str):
        if rule not in ("silverman", "scott"):
            raise InputError(
                f"bandwidth={rule!r} is unknown.", allowed='"silverman", "scott", a number or a pair of numbers'
            )
        factor = len(x) ** (-1 / 6)
        hx, hy = float(x.std(ddof=1) * factor), float(y.std(ddof=1) * factor)
        if hx <= 1e-13 * np.abs(x).max() or hy <= 1e-13 * np.abs(y).max():
            raise DataError("One side of the kernel has the same value everywhere.", fix="choose another variable or W")
        return hx, hy
    numbers = list(rule) if isinstance(rule, (list, tuple, np.ndarray)) else [rule, rule]
    wrong = [
        b for b in numbers if isinstance(b, bool) or not isinstance(b, int | float | np.number) or not 0 < b < np.inf
    ]
    if wrong or len(numbers) != 2:
        raise InputError(
            f"bandwidth={rule!r} cannot be used.", allowed='"silverman", "scott", a number above 0 or a pair'
        )
    return float(numbers[0]), float(numbers[1])


def _conditional(g, x, y, hx, hy, steps) -> tuple[np.ndarray, np.ndarray]:
    """f(y | x) on the grid, rows integrating to one, and the density of x; weights of x by softmax, so none underflow."""
    exponent = -0.5 * ((g[:, None] - x) / hx) ** 2  # (G, M)
    top = exponent.max(axis=1, keepdims=True)
    weight = np.exp(exponent - top)
    total = weight.sum(axis=1, keepdims=True)
    smooth = np.exp(-0.5 * ((g[:, None] - y) / hy) ** 2)  # (G, M)
    density = (weight / total) @ smooth.T
    density /= (density @ steps)[:, None]
    at_x = (np.exp(top) * total)[:, 0] / (len(x) * hx * np.sqrt(2 * np.pi))
    return density, at_x
