"""Kernel densities of a cross-section, year by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import Observations, frozen, observe
from toolkit.explore.relative import relative_series, weight_rows

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["DensityTable", "bandwidths", "densities", "spanning_grid"]


def densities(
    panel: Panel,
    variable: str,
    years: Sequence | None = None,
    *,
    bandwidth: str | float = "silverman",
    weights: str | None = None,
    relative: bool = True,
    grid: int = 256,
) -> DensityTable:
    """Gaussian kernel density of the regions in each year, on one grid.

    f_t(x) = sum_i w_it phi((x - y_it) / h_t) / h_t. Nothing is done about boundaries: near zero some mass of a
    positive variable lies below it.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column, or an expression of columns such as ``"gdp / pop"``.
    years : sequence of periods, optional
        All by default.
    bandwidth : {"silverman", "scott"} or float
        ``silverman``: h = 0.9 A n^(-1/5), A = min(sd, IQR / 1.349) (Silverman 1986, equation 3.31); ``scott``:
        h = 1.059 A n^(-1/5), the reference for a normal density (Scott 1992); both year by year. sd has
        divisor n - 1; where the interquartile range is zero A is the sd. A number is used for all years, in
        units of the (relative) variable.
    weights : str, optional
        Column of weights, zero or more, e.g. ``"pop"``: each region counts by its share in the year. Then n is
        Kish's 1 / sum w^2, sd is sqrt(sum w (y - mean)^2 / (1 - 1/n)), and quartiles are weighted.
    relative : bool
        Divide by the mean of the regions in the year (weighted where there are weights).
    grid : int
        Number of points, from 4 bandwidths below the lowest to 4 above the highest value; more where the narrowest
        bandwidth is less than a step of the grid.

    Returns
    -------
    DensityTable

    Raises
    ------
    DataError
        Missing or constant values, a mean that is not positive, negative weights.
    InputError, FormulaError
        An unknown rule or year, a bandwidth that is not positive; an expression that cannot be read.

    References
    ----------
    Silverman (1986), Density Estimation for Statistics and Data Analysis; Scott (1992), Multivariate Density Estimation.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.densities(tk.load("us_income"), "income", [1929, 2009])
    >>> record.density.shape
    (2, 256)
    """
    if isinstance(grid, bool) or not isinstance(grid, int | np.integer) or not 32 <= grid <= 10_000:
        raise InputError(f"grid={grid!r} is not a number of points.", allowed="32 to 10000")
    seen, shares = _series(panel, variable, relative, weights)
    rows = _rows(years, list(seen.times))
    y = seen.values[rows]
    w = np.full_like(y, 1 / panel.N) if shares is None else shares[rows]
    h = bandwidths(y, w, bandwidth, power=-1 / 5)
    x = spanning_grid((y.min(axis=1) - 4 * h).min(), (y.max(axis=1) + 4 * h).max(), int(grid), h.min(), 20_000)
    z = (x[None, :, None] - y[:, None, :]) / h[:, None, None]
    f = (np.exp(-0.5 * z**2) * w[:, None, :]).sum(axis=2) / (h[:, None] * np.sqrt(2 * np.pi))
    mean = (w * y).sum(axis=1)
    return DensityTable(
        variable=seen.name,
        label=seen.label,
        label_zh=seen.label_zh,
        unit=seen.unit,
        times=tuple(seen.times[r] for r in rows),
        grid=frozen(x),
        density=frozen(f),
        bandwidth=frozen(h),
        values=frozen(y.copy()),
        weight_shares=frozen(w),
        mean=frozen(mean),
        sd=frozen(np.sqrt((w * (y - mean[:, None]) ** 2).sum(axis=1))),
        rule=bandwidth if isinstance(bandwidth, str) else "given",
        weights=weights or "",
        relative=bool(relative),
        regions=tuple(panel.entities),
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityTable:
    """Densities of T years on one grid of G points.

    Attributes
    ----------
    variable, label, label_zh, unit : str
        The unit is empty for relative values.
    times : tuple, length T
    grid : ndarray, shape (G,)
    density : ndarray, shape (T, G)
        Each row integrates to one up to the tails beyond the grid (less than 1e-4).
    bandwidth : ndarray, shape (T,)
    values, weight_shares : ndarray, shape (T, N)
        The (relative) values and their weights.
    mean, sd : ndarray, shape (T,)
        Weighted moments of the values (sd with divisor n).
    rule, weights, relative, regions, panel, panel_hash
        As used.
    """

    variable: str
    label: str
    label_zh: str
    unit: str
    times: tuple[object, ...]
    grid: np.ndarray
    density: np.ndarray
    bandwidth: np.ndarray
    values: np.ndarray
    weight_shares: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    rule: str
    weights: str
    relative: bool
    regions: tuple[object, ...]
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a year and grid point: time x density."""
        import pandas as pd

        return pd.DataFrame(
            {
                "time": np.repeat(np.array(self.times, object), len(self.grid)),
                "x": np.tile(self.grid, len(self.times)),
                "density": self.density.ravel(),
            }
        )

    def modes(self) -> pd.DataFrame:
        """One row a year and peak of the density: time x density, peaks from left to right."""
        import pandas as pd

        f = self.density
        peak = np.zeros(f.shape, bool)
        peak[:, 1:-1] = (f[:, 1:-1] > f[:, :-2]) & (f[:, 1:-1] >= f[:, 2:])
        t, g = np.nonzero(peak)
        return pd.DataFrame({"time": [self.times[a] for a in t], "x": self.grid[g], "density": f[t, g]})

    def by_year(self) -> pd.DataFrame:
        """One row a year: time bandwidth mean sd peaks main_peak."""
        import pandas as pd

        peaks = self.modes().groupby("time", sort=False).size()
        return pd.DataFrame(
            {
                "time": list(self.times),
                "bandwidth": self.bandwidth,
                "mean": self.mean,
                "sd": self.sd,
                "peaks": [int(peaks[t]) for t in self.times],
                "main_peak": self.grid[self.density.argmax(axis=1)],
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, years, rule, bandwidths, and what was used."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "rule": self.rule,
                    "bandwidth_low": self.bandwidth.min(),
                    "bandwidth_high": self.bandwidth.max(),
                    "weights": self.weights,
                    "relative": self.relative,
                }
            ]
        )

    def __repr__(self) -> str:
        scale = "relative to the mean of the year" if self.relative else "as it is"
        head = f"Kernel densities of {self.variable}, {scale}, {len(self.regions)} regions, bandwidth {self.rule}"
        return f"{head}\n{self.by_year().to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.by_year().to_html(index=False, float_format="%.4f")


def bandwidths(y: np.ndarray, w: np.ndarray, rule: str | float, power: float) -> np.ndarray:
    """Bandwidth of each row, shape (T,): factor x A x n^power with the rules of `densities`.

    Parameters
    ----------
    y, w : ndarray, shape (T, N)
        Values, and weights that sum to one in every row.
    rule : {"silverman", "scott"} or float
    power : float
        -1/5 for one dimension.
    """
    if not isinstance(rule, str):
        if isinstance(rule, bool) or not isinstance(rule, int | float | np.number) or not 0 < rule < np.inf:
            raise InputError(f"bandwidth={rule!r} cannot be used.", allowed='"silverman", "scott", or a number above 0')
        return np.full(len(y), float(rule))
    if rule not in ("silverman", "scott"):
        raise InputError(f"bandwidth={rule!r} is unknown.", allowed='"silverman", "scott", or a number above 0')
    n = 1 / (w**2).sum(axis=1)
    if (n < 1 + 1e-9).any():
        raise DataError("All the weight is on one region, so the spread is not known.", fix="use other weights")
    mean = (w * y).sum(axis=1, keepdims=True)
    spread = np.sqrt((w * (y - mean) ** 2).sum(axis=1) / (1 - 1 / n))
    if np.ptp(w) < 1e-15:
        low, high = np.quantile(y, [0.25, 0.75], axis=1)
    else:
        low, high = np.array(
            [np.quantile(a, [0.25, 0.75], weights=b, method="inverted_cdf") for a, b in zip(y, w, strict=True)]
        ).T
    iqr = (high - low) / 1.349
    scale = np.where(iqr > 0, np.minimum(spread, iqr), spread)
    return {"silverman": 0.9, "scott": 1.059}[rule] * scale * n**power


def spanning_grid(low: float, high: float, points: int, narrowest: float, most: int) -> np.ndarray:
    """Even grid of at least `points`, with steps no wider than the narrowest bandwidth.

    Sums over a grid this fine give integrals of Gaussian kernels to about 1e-8.

    Raises
    ------
    InputError
        More than `most` points would be needed.
    """
    needed = (high - low) / narrowest + 1
    if needed > most:
        raise InputError(
            f"A bandwidth of {narrowest:.3g} over a range of {high - low:.3g} needs {needed:,.0f} grid points.",
            allowed=f"at most {most:,}",
            fix="use a wider bandwidth, or a variable without such outliers, e.g. its log",
        )
    return np.linspace(low, high, max(points, int(np.ceil(needed))))


def _series(panel: Panel, variable: str, relative: bool, weights: str | None) -> tuple[Observations, np.ndarray | None]:
    """Values and weights in the year; relative values are over the weighted mean where there are weights."""
    if weights is None:
        return relative_series(panel, variable, relative), None
    seen = observe(panel, variable)
    shares = weight_rows(panel, weights, seen.times)
    if not relative:
        return seen, shares
    scaled = relative_series(panel, variable, True)
    mean = (shares * scaled.values).sum(axis=1, keepdims=True)
    if (mean <= 0).any():
        raise DataError(
            f"The weighted mean of {seen.name!r} is not positive in {listing(seen.times[(mean <= 0).ravel()])}.",
            fix="use relative=False",
        )
    return Observations(seen.name, seen.label, seen.label_zh, "", seen.times, scaled.values / mean), shares


def _rows(years: Sequence | None, known: list) -> list[int]:
    """Positions of the years asked for, in order of time."""
    if years is None:
        return list(range(len(known)))
    asked = list(years) if isinstance(years, (list, tuple, range, np.ndarray)) else [years]
    unknown = [t for t in asked if t not in known]
    if unknown or not asked:
        raise InputError(f"There is no year {listing(unknown) or 'in an empty list'}.", allowed=listing(known, 40))
    return sorted({known.index(t) for t in asked})
