"""Values cut into the states of a Markov chain."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from toolkit.errors import DataError, InputError, listing

__all__ = ["SCHEMES", "StateClasses", "classify"]

#: Named ways to cut a variable into states.
SCHEMES = ("quantiles-pooled", "quantiles-by-year")


@dataclass(frozen=True, eq=False)
class StateClasses:
    """States of every region in every period.

    Attributes
    ----------
    codes : ndarray of int, shape (T, N)
        0 is the lowest class. A value equal to a cut point belongs to the class below it.
    cuts : ndarray, shape (k - 1,) or (T, k - 1)
        Cut points; a row a period where they change over time.
    labels : tuple of str, length k
    scheme : str
        ``"quantiles-pooled"``, ``"quantiles-by-year"`` or ``"given"``.
    """

    codes: np.ndarray
    cuts: np.ndarray
    labels: tuple[str, ...]
    scheme: str

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.labels)


def classify(
    values: np.ndarray, classes: str | Sequence[float], k: int | None, what: str = "the variable"
) -> StateClasses:
    """Cut values (T, N) into classes.

    Parameters
    ----------
    values : ndarray, shape (T, N)
    classes : {"quantiles-pooled", "quantiles-by-year"} or sequence of float
        Quantiles (linear interpolation) of all cells, or of each period; or cut points in ascending order.
    k : int or None
        Number of quantile classes (None: 5); with cut points it must be left out or agree with them.
    what : str
        For messages.

    Raises
    ------
    InputError
        An unknown scheme, k below 2, cut points that do not ascend or do not agree with k.
    DataError
        So many equal values that a class is empty, or fewer regions than classes.

    Examples
    --------
    >>> classify(np.array([[1.0, 2.0, 3.0]]), [1.0, 2.5], None).codes
    array([[0, 1, 2]])
    """
    if isinstance(classes, str):
        if classes not in SCHEMES:
            raise InputError(
                f"classes={classes!r} is unknown.", allowed=f"{', '.join(SCHEMES)}, or a list of cut points"
            )
        k = 5 if k is None else k
        if isinstance(k, bool) or not isinstance(k, Integral) or not 2 <= k <= 20:
            raise InputError(
                f"k={k!r} is not a number of classes.",
                allowed="a whole number from 2 to 20; cut points go to classes=[...]",
            )
        return _quantiles(values, classes, int(k), what)
    try:
        cuts = np.asarray(classes, float)
    except (TypeError, ValueError):
        cuts = np.array([np.nan])  # text among the numbers: refused below
    if cuts.ndim != 1 or not cuts.size or not np.isfinite(cuts).all() or (np.diff(cuts) <= 0).any():
        raise InputError(
            f"Cut points {classes!r} cannot be used.", allowed="finite numbers in ascending order, each once"
        )
    if k is not None and k != cuts.size + 1:
        raise InputError(
            f"k={k!r} does not agree with {cuts.size} cut points.", allowed=f"k={cuts.size + 1}, or leave k out"
        )
    return StateClasses(np.searchsorted(cuts, values, side="left"), cuts, _intervals(cuts), "given")


def _quantiles(values: np.ndarray, scheme: str, k: int, what: str) -> StateClasses:
    levels = np.arange(1, k) / k
    if scheme == "quantiles-pooled":
        cuts = np.quantile(values, levels)
        codes = np.searchsorted(cuts, values, side="left")
        _refuse_empty(codes.reshape(1, -1), k, what, "")
        return StateClasses(codes, cuts, _intervals(cuts), scheme)
    if values.shape[1] < k:
        raise DataError(
            f"{values.shape[1]} regions cannot be cut into {k} classes in every period.",
            allowed=f"k <= {values.shape[1]}",
        )
    cuts = np.quantile(values, levels, axis=1).T
    codes = (values[:, :, None] > cuts[:, None, :]).sum(axis=2)
    _refuse_empty(codes, k, what, " in every period")
    return StateClasses(codes, cuts, tuple(str(i + 1) for i in range(k)), scheme)


def _refuse_empty(codes: np.ndarray, k: int, what: str, when: str) -> None:
    if any(len(np.unique(row)) < k for row in codes):
        raise DataError(
            f"So many values of {what} are equal that some of {k} quantile classes{when} are empty.",
            fix="use fewer classes, or give cut points as a list by classes=[...]",
        )


def _intervals(cuts: np.ndarray) -> tuple[str, ...]:
    """Labels such as ``≤0.84``, ``0.84-0.95``, ``>1.15``, with as many digits as tell the cuts apart."""
    for digits in range(3, 16):
        texts = [f"{c:.{digits}g}" for c in cuts]
        if len(set(texts)) == len(texts):
            break
    if any("e" in t for t in texts):
        texts = [f"{c:,.0f}" if abs(c) >= 1000 and len({f"{x:,.0f}" for x in cuts}) == len(cuts) else t
                 for c, t in zip(cuts, texts, strict=True)]  # fmt: skip
    middle = [f"{a}–{b}" for a, b in itertools.pairwise(texts)]
    return (f"≤{texts[0]}", *middle, f">{texts[-1]}")


def check_labels(labels: Sequence[str], k: int) -> tuple[str, ...]:
    """Names of the classes given by the user, one for each."""
    names = tuple(str(x) for x in labels)
    if len(names) != k or len(set(names)) != k:
        raise InputError(f"{len(names)} labels ({listing(names)}) for {k} classes.", allowed=f"{k} different names")
    return names
