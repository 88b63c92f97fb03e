"""Class intervals of a map: where to cut, and how to write the cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real

import numpy as np

from toolkit.errors import DataError, InputError

__all__ = ["SCHEMES", "Classes", "classify"]

#: Ways to cut values into classes.
SCHEMES = ("quantiles", "equal", "natural")


@dataclass(frozen=True, eq=False)
class Classes:
    """k intervals, closed on the right; the first is closed on the left too.

    Attributes
    ----------
    edges : ndarray, shape (k + 1,)
        Ascending; the outer two are the lowest and highest value.
    scheme : str
    center : float or None
        The value the classes diverge from; it is one of the edges if there are values on both sides.
    """

    edges: np.ndarray
    scheme: str
    center: float | None = None

    @property
    def below(self) -> int:
        """Number of classes below the center; 0 without one."""
        return 0 if self.center is None else int((self.edges[1:] <= self.center).sum())

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.edges) - 1

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Class of each value, 0 to k - 1; -1 for a missing one. Same shape as `values`."""
        values = np.asarray(values, float)
        codes = np.searchsorted(self.edges[1:-1], values, side="left")
        return np.where(np.isfinite(values), codes, -1)

    def labels(self) -> list[str]:
        """The intervals as text, with as few digits as keep them apart and true to three digits."""
        edges = _written(self.edges)
        return [f"{a} – {b}" for a, b in pairwise(edges)]


def classify(
    values: np.ndarray, scheme: str | Sequence[float] = "quantiles", k: int = 5, center: float | None = None
) -> Classes:
    """Cut values into at most k classes; all periods shown together, so that they share one scale.

    Parameters
    ----------
    values : ndarray, any shape
        NaN is left aside.
    scheme : {"quantiles", "equal", "natural"} or sequence of numbers
        Equal counts, equal widths, Fisher and Jenks' least variance within classes; or the inner cut points themselves.
    k : int
        2 to 9. Tied values can leave fewer.
    center : float, optional
        A value to diverge from, such as 0 or the mean: it is a cut point, and about half of the classes are on each side of
        it (all of them where all values are on one side).

    Returns
    -------
    Classes

    Raises
    ------
    DataError
        No value, or a single one.
    InputError
        Unknown scheme, unordered cut points, k out of range, a center that is no number.

    References
    ----------
    Fisher (1958), Journal of the American Statistical Association 53, 789-798.

    Examples
    --------
    >>> classify([1, 2, 3, 4, 5, 6], k=3).edges.round(2).tolist()
    [1.0, 2.67, 4.33, 6.0]
    """
    values = np.asarray(values, float).ravel()
    values = values[np.isfinite(values)]
    if values.size == 0:
        raise DataError("There is no value to map: all are missing.")
    low, high = values.min(), values.max()
    if low == high:
        raise DataError(f"All regions have the same value, {low:g}: a map of classes would show one colour.")
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 2 <= k <= 9:
        raise InputError(f"k={k!r} is not a number of classes.", allowed="2 to 9")
    if center is not None and (isinstance(center, bool) or not isinstance(center, Real) or not np.isfinite(center)):
        raise InputError(f"center={center!r} is no number.", allowed="a number, e.g. 0")
    if isinstance(scheme, str):
        if scheme not in SCHEMES:
            raise InputError(f"scheme={scheme!r} is unknown.", allowed=", ".join(SCHEMES) + ", or a list of cut points")
        inner, name = (
            _inner(values, scheme, int(k)) if center is None else _about(values, scheme, int(k), center),
            scheme,
        )
    else:
        inner, name = np.array(list(scheme), float), "cut points"
        if not inner.size or not all(isinstance(c, Real) for c in scheme) or (np.diff(inner) <= 0).any():
            raise InputError(f"scheme={scheme!r} does not ascend.", allowed="cut points in ascending order")
        if inner[0] <= low or inner[-1] >= high:
            inside = inner[(inner > low) & (inner < high)]
            if not inside.size:
                raise InputError(
                    f"No cut point of {list(scheme)!r} is within the values.",
                    allowed=f"cut points between {low:g} and {high:g}",
                )
            inner = inside
    inner = np.unique(inner if center is None else np.append(inner, center))
    inner = inner[(inner >= low) & (inner < high)]
    return Classes(np.concatenate([[low], inner, [high]]), name, None if center is None else float(center))


def _about(values: np.ndarray, scheme: str, k: int, center: float) -> np.ndarray:
    """Cut points on each side of `center`, which is one of them; the larger side gets the odd class."""
    sides = [values[values <= center], values[values > center]]
    if not all(side.size for side in sides):
        return _inner(values, scheme, k)
    few = k // 2
    shares = (few, k - few) if sides[1].size >= sides[0].size else (k - few, few)
    cuts = [
        _inner(np.append(side, center), scheme, n)
        for side, n in zip(sides, shares, strict=True)
        if n > 1 and np.ptp(np.append(side, center)) > 0
    ]
    return np.concatenate([*cuts, [center]])


def _inner(values: np.ndarray, scheme: str, k: int) -> np.ndarray:
    if scheme == "equal":
        return np.linspace(values.min(), values.max(), k + 1)[1:-1]
    if scheme == "quantiles":
        return np.quantile(values, np.arange(1, k) / k)
    from mapclassify import FisherJenks

    return np.asarray(FisherJenks(values, min(k, len(np.unique(values)))).bins[:-1], float)


def _written(edges: np.ndarray) -> list[str]:
    """Numbers with the fewest decimals that keep them distinct and three digits of the narrowest step."""
    step = np.diff(edges).min()
    decimals = int(np.clip(np.ceil(-np.log10(step)) + 1, 0, 8)) if step < 10 else 0
    return [f"{e:,.{decimals}f}".replace("-", "−") for e in edges]
