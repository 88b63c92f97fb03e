"""Obstacle degree: which indicators keep a region from the top of the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError
from toolkit.explore.composite_record import CompositeIndex, period_of
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ObstacleDegree", "obstacle_degree"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ObstacleDegree:
    """Shares of each indicator in what a region lacks.

    Attributes
    ----------
    degrees : ndarray, shape (K, T, N)
        Shares that sum to one over the indicators; NaN for a region that lacks nothing.
    dimension_degrees : ndarray, shape (S, T, N)
        Sums over the indicators of each dimension.
    indicators, systems : tuple of str, length K
    dimensions : tuple of str, length S
    labels : mapping
        Indicator -> (English label, Chinese label).
    times, regions, names, names_zh : tuple
    """

    degrees: np.ndarray
    dimension_degrees: np.ndarray
    indicators: tuple[str, ...]
    systems: tuple[str, ...]
    dimensions: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """One row an indicator, period and region: indicator system time region name degree."""
        import pandas as pd

        k, t, n = self.degrees.shape
        return pd.DataFrame(
            {
                "indicator": np.repeat(self.indicators, t * n),
                "system": np.repeat(self.systems, t * n),
                "time": [time for _ in range(k) for time in self.times for _ in range(n)],
                "region": list(self.regions) * (k * t),
                "name": list(self.names) * (k * t),
                "degree": self.degrees.ravel(),
            }
        )

    def main(self, time: object = None) -> pd.DataFrame:
        """Indicators of one period (the last by default), largest mean over regions first: indicator label system degree."""
        import pandas as pd

        at = self.times.index(period_of(self.times, time))
        frame = pd.DataFrame(
            {
                "indicator": self.indicators,
                "label": [self.labels[i][0] for i in self.indicators],
                "system": self.systems,
                "degree": np.nanmean(self.degrees[:, at], axis=1),
            }
        )
        return frame.sort_values("degree", ascending=False, kind="stable").reset_index(drop=True)

    def glance(self) -> pd.DataFrame:
        """One row: indicators, regions, periods, and the main obstacle of the last period with its mean degree."""
        import pandas as pd

        first = self.main().iloc[0]
        return pd.DataFrame(
            [
                {
                    "indicators": len(self.indicators),
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "main_obstacle": first["indicator"],
                    "degree": first["degree"],
                }
            ]
        )

    def __repr__(self) -> str:
        head = f"Obstacle degrees of {len(self.indicators)} indicators, means over {len(self.regions)} regions"
        return f"{head}, {self.times[-1]}\n{self.main().to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.main().to_html(index=False, float_format="%.4f")


def obstacle_degree(index: CompositeIndex) -> ObstacleDegree:
    """Obstacle degrees O_j = w_j (1 - z_j) / sum_k w_k (1 - z_k), z the standardised indicator and w its weight.

    Parameters
    ----------
    index : CompositeIndex
        With values in [0, 1]: standardised by ``minmax``, ``rank`` or ``max``, without `shift`.

    Returns
    -------
    ObstacleDegree

    Raises
    ------
    InputError
        The standardised values are not shares of the best: ``z``, ``share``, ``vector``, or shifted.

    References
    ----------
    The obstacle degree model of Chinese evaluation studies: factor contribution w_j times deviation degree 1 - z_j, divided
    by the sum of these products.

    Examples
    --------
    >>> import toolkit as tk
    >>> index = tk.composite_index(tk.load("munnell"), {"gsp / emp": "+", "pcap / emp": "+", "unemp": "-"})
    >>> tk.obstacle_degree(index).main().iloc[0]["indicator"]
    'pcap / emp'
    """
    if not isinstance(index, CompositeIndex):
        raise InputError(f"index is a {type(index).__name__}.", allowed="the record of tk.composite_index")
    if index.standardise not in ("minmax", "rank", "max") or index.shift:
        raise InputError(
            f"1 - z is no distance from the best where standardise={index.standardise!r}, shift={index.shift:g}.",
            fix='make the index with standardise="minmax", "rank" or "max", and shift=0',
        )
    lacking = index.weights.T[:, :, None] * (1 - index.standardised)
    total = lacking.sum(axis=0)
    degrees = np.divide(lacking, total, out=np.full_like(lacking, np.nan), where=total > 0)
    dimensions = index.system.dimensions
    sums = [degrees[[k for k, s in enumerate(index.system.systems) if s == d]].sum(axis=0) for d in dimensions]
    names = index.system.names
    return ObstacleDegree(
        degrees=frozen(degrees),
        dimension_degrees=frozen(np.stack(sums)),
        indicators=names,
        systems=index.system.systems,
        dimensions=dimensions,
        labels=MappingProxyType(dict(zip(names, zip(index.labels, index.labels_zh, strict=True), strict=True))),
        times=index.times,
        regions=index.regions,
        names=index.names,
        names_zh=index.names_zh,
    )
