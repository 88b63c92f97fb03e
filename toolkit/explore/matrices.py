"""Region-by-region matrices: from an expression, distances, weights or a labelled table, matched by id."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import observe

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["Matrices", "off_diagonal", "region_matrices"]


@dataclass(frozen=True, eq=False)
class Matrices:
    """One matrix for all periods, or one a period.

    Attributes
    ----------
    name : str
    values : ndarray, shape (1 or T, N, N)
        Diagonal zero.
    times : tuple or None
        None where one matrix is meant for every period.
    """

    name: str
    values: np.ndarray
    times: tuple[Hashable, ...] | None

    def at(self, times: tuple) -> np.ndarray:
        """The matrices of these periods; one for all stays one."""
        return self.values if self.times is None else self.values[[self.times.index(t) for t in times]]


def region_matrices(panel: Panel, what, name: str | None = None) -> Matrices:
    """Read what stands for a matrix between the regions of a panel.

    Parameters
    ----------
    panel : Panel
    what : str, SpatialWeights or DataFrame
        ``"km"``: distances between the regions. Another text: the absolute difference of this variable or expression,
        a matrix for every period. Weights: as they are. A DataFrame: rows and columns named by region ids.
    name : str, optional
        By default made from `what`.

    Raises
    ------
    InputError, DataError
        Something else; other regions than the panel's (listed); gaps off the diagonal.
    """
    import pandas as pd

    ids = list(panel.entities)
    if isinstance(what, str) and what.strip() == "km":
        from toolkit.weights.points import locate

        points = locate(panel)
        i, j, d = points.within(None)
        square = np.zeros((points.N, points.N))
        square[i, j] = d
        return Matrices(name or "km", square[None], None)
    if isinstance(what, str):
        x = observe(panel, what)
        return Matrices(name or f"|Δ {x.name}|", np.abs(x.values[:, :, None] - x.values[:, None, :]), tuple(x.times))
    if hasattr(what, "match") and hasattr(what, "sparse"):
        return Matrices(name or what.description, what.match(panel.entities).sparse.toarray()[None], None)
    if isinstance(what, pd.DataFrame):
        sides = {"rows": list(what.index), "columns": list(what.columns)}
        for side, given in sides.items():
            if sorted(map(str, given)) != sorted(map(str, ids)) or set(given) != set(ids):
                raise DataError(
                    f"The {side} of the matrix are not the regions of the panel: without {listing(set(ids) - set(given)) or 'none'}, "
                    f"foreign {listing(set(given) - set(ids)) or 'none'}, {len(given)} in all.",
                    allowed=f"each of the {len(ids)} region ids once, e.g. {listing(ids, 3)}",
                )
        square = what.loc[ids, ids].to_numpy(dtype=float, copy=True)
        np.fill_diagonal(square, 0.0)
        if not np.isfinite(square).all():
            bad = np.argwhere(~np.isfinite(square))
            raise DataError(f"The matrix has gaps: {listing((f'{ids[a]}, {ids[b]}' for a, b in bad), 6)}.")
        return Matrices(name or str(what.index.name or "matrix"), square[None], None)
    raise InputError(
        f"A {type(what).__name__} is no matrix between regions.",
        allowed='"km", a variable or expression, spatial weights, or a DataFrame with region ids on both sides',
    )


def off_diagonal(values: np.ndarray, name: str, rank: bool = False) -> np.ndarray:
    """Entries off the diagonal, row by row, standardised to mean 0 and sum of squares 1; (R, N, N) to (R, N (N - 1))."""
    n = values.shape[1]
    flat = values[:, ~np.eye(n, dtype=bool)]
    if rank:
        from scipy.stats import rankdata

        flat = rankdata(flat, axis=1)
    centred = flat - flat.mean(axis=1, keepdims=True)
    norm = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    if (norm <= 1e-12 * np.maximum(np.abs(flat).max(axis=1, keepdims=True), 1e-300) * n).any():
        raise DataError(f"{name!r} is the same between all regions: there is nothing to correlate.")
    return centred / norm
