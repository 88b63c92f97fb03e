"""Series of a distribution over time: values relative to the mean of the period, and pairs of periods."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import Observations, observe

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["relative_series", "weight_rows", "window"]


def relative_series(panel: Panel, variable: str, relative: bool) -> Observations:
    """The variable, divided by the unweighted mean of the regions in each period if `relative`.

    Raises
    ------
    DataError
        Missing, infinite or constant values; with ``relative=True`` a mean that is not positive.
    """
    if not isinstance(relative, bool | np.bool_):
        raise InputError(f"relative={relative!r} is neither yes nor no.", allowed="True, False")
    seen = observe(panel, variable)
    if not relative:
        return seen
    mean = seen.values.mean(axis=1)
    if (mean <= 0).any():
        raise DataError(
            f"The mean of {seen.name!r} is not positive in {listing(seen.times[mean <= 0])}: nothing can be relative to it.",
            fix="use relative=False (logs and growth rates are not to be divided by their mean)",
        )
    return Observations(seen.name, seen.label, seen.label_zh, "", seen.times, seen.values / mean[:, None])


def window(times: Sequence, lag: int, least: int = 1) -> int:
    """Check that pairs of periods `lag` apart exist and are the same time apart; returns the number of pairs.

    Raises
    ------
    InputError
        A lag that is no positive whole number.
    DataError
        Too few periods, or numeric periods that are not evenly spaced.
    """
    if isinstance(lag, bool) or not isinstance(lag, Integral) or lag < 1:
        raise InputError(f"lag={lag!r} is not a number of periods.", allowed="a whole number >= 1")
    pairs = len(times) - int(lag)
    if pairs < least:
        raise DataError(
            f"Moves over {lag} period(s) need at least {lag + least} periods; there are {len(times)}.",
            fix="use a panel with more periods, or a smaller lag",
        )
    if all(isinstance(t, (int, float, np.integer, np.floating)) for t in times):
        gaps = np.diff(np.asarray(times, float))
        if not np.allclose(gaps, gaps[0]):
            odd = [f"{a}-{b}" for a, b, g in zip(times[:-1], times[1:], gaps, strict=True) if g != np.median(gaps)]
            raise DataError(
                f"The periods are not evenly spaced ({listing(odd)}), so moves between them are over unequal times.",
                fix="choose evenly spaced periods by panel.between(first, last) or panel.select(times=...)",
            )
    return pairs


def weight_rows(panel: Panel, weights: str | None, times: Sequence) -> np.ndarray | None:
    """Weights of the regions in each of `times`, summing to one, shape (T, N); None without weights.

    Raises
    ------
    DataError
        Missing or negative weights (region and period are named), or none above zero in a period.
    """
    if weights is None:
        return None
    seen = observe(panel, weights, constant=True)
    at = seen.times.get_indexer(times)
    if (at < 0).any():
        lost = [t for t, a in zip(times, at, strict=True) if a < 0]
        raise DataError(f"weights={weights!r} has no values in {listing(lost)}.", fix="choose periods that have both")
    w = seen.values[at]
    t, i = np.nonzero(w < 0)
    if t.size:
        names = panel.names
        where = listing((f"{names[panel.entities[b]]} {times[a]}" for a, b in zip(t, i, strict=True)), 6)
        raise DataError(
            f"Weights {weights!r} are negative in {t.size} cells: {where}.", allowed="weights of zero or more"
        )
    total = w.sum(axis=1, keepdims=True)
    if (total == 0).any():
        raise DataError(f"Weights {weights!r} are zero everywhere in {listing(np.asarray(times)[total[:, 0] == 0])}.")
    return w / total
