"""Weights that differ by period, and weights among the regions present in each period."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from toolkit.errors import InputError, WeightsError, listing
from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["PeriodWeights", "YearlyWeights", "among_present", "yearly"]


@dataclass(frozen=True, eq=False, repr=False)
class YearlyWeights:
    """A SpatialWeights for each period, over the same regions. Made by `yearly`; never changed.

    Attributes
    ----------
    by_period : mapping of period to SpatialWeights
    """

    by_period: Mapping[Hashable, SpatialWeights]

    @property
    def ids(self) -> tuple[Hashable, ...]:
        """Ids of the regions, in the order of rows."""
        return next(iter(self.by_period.values())).ids

    @property
    def N(self) -> int:
        """Number of regions."""
        return len(self.ids)

    @property
    def periods(self) -> tuple[Hashable, ...]:
        """The periods, in the order given."""
        return tuple(self.by_period)

    @property
    def note(self) -> str:
        """One line for table notes."""
        distinct = {w.hash: w.note for w in self.by_period.values()}
        first, last = self.periods[0], self.periods[-1]
        return f"{next(iter(distinct.values()))}; {len(distinct)} matrices for {first}-{last}"

    @cached_property
    def hash(self) -> str:
        """sha256 of all matrices and periods."""
        text = "|".join(f"{p!r}:{w.hash}" for p, w in self.by_period.items())
        return hashlib.sha256(text.encode()).hexdigest()

    def at(self, period: Hashable) -> SpatialWeights:
        """The weights of one period.

        Raises
        ------
        WeightsError
            If there are none.
        """
        if period not in self.by_period:
            raise WeightsError(f"There are no weights for {period!r}.", allowed=listing(self.periods, 40))
        return self.by_period[period]

    def match(self, ids: Iterable[Hashable]) -> YearlyWeights:
        """Every matrix in the order of `ids`; WeightsError lists the ids on each side that do not match."""
        ids = tuple(ids)
        return YearlyWeights(MappingProxyType({p: w.match(ids) for p, w in self.by_period.items()}))

    def warn_overlap(self, years: Iterable) -> None:
        """Warn when weights are built from data of years in which the outcome is observed."""
        seen = set()
        for w in self.by_period.values():
            if w.hash not in seen:
                seen.add(w.hash)
                w.warn_overlap(years)

    def __repr__(self) -> str:
        return f"YearlyWeights: {self.N} regions, {len(self.by_period)} periods; {self.note}"


def yearly(weights: Mapping[Hashable, SpatialWeights]) -> YearlyWeights:
    """Weights that differ by period, e.g. ``tk.weights.yearly({2000: W0, 2001: W1})``.

    Parameters
    ----------
    weights : mapping of period to SpatialWeights
        Over the same regions, in any order.

    Returns
    -------
    YearlyWeights
        Taken by ``tk.fit`` where a SpatialWeights is.

    Raises
    ------
    InputError, WeightsError
        If it is empty, holds something else, or the regions differ.

    Examples
    --------
    >>> from toolkit.weights import from_matrix
    >>> near, far = [[0, 1, 0], [1, 0, 1], [0, 1, 0]], [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    >>> W = yearly({2000: from_matrix(near, ids=["a", "b", "c"]), 2001: from_matrix(far, ids=["a", "b", "c"])})
    >>> W.at(2001).nnz
    6
    """
    if not isinstance(weights, Mapping) or not weights:
        raise InputError(f"yearly needs a mapping of period to weights; {type(weights).__name__} was given.")
    for period, w in weights.items():
        if not isinstance(w, SpatialWeights):
            raise InputError(
                f"The weights of {period!r} are a {type(w).__name__}.",
                allowed="SpatialWeights, e.g. tk.weights.queen(panel)",
            )
    first = next(iter(weights.values()))
    return YearlyWeights(MappingProxyType({p: w.match(first.ids) for p, w in weights.items()}))


@dataclass(frozen=True, eq=False)
class PeriodWeights:
    """The weights among the regions present, period by period, in the order of the panel's periods.

    Attributes
    ----------
    by_period : tuple of SpatialWeights, length T
        Over the regions present only; the same object where both weights and presence agree.
    present : ndarray of bool, shape (T, N)
    notes : tuple of str
        Regions that absence leaves without neighbours.
    """

    by_period: tuple[SpatialWeights, ...]
    present: np.ndarray
    notes: tuple[str, ...] = field(default=())

    @property
    def hash(self) -> str:
        """sha256 of what is used."""
        text = "|".join(w.hash for w in self.by_period) + str(hash(self.present.tobytes()))
        return hashlib.sha256(text.encode()).hexdigest()

    def by_rows(self, a: np.ndarray, first: int = 0, lag=None) -> np.ndarray:
        """Apply a map of blocks (n_t, m) to every period of `a` (T', N[, m]); NaN where absent."""
        out = np.full(a.shape, np.nan)
        for row in range(len(a)):
            here = self.present[first + row]
            block = a[row, here]
            out[row, here] = (lag or (lambda w, b: w.lag(b)))(self.by_period[first + row], block)
        return out

    def over(self, a: np.ndarray, first: int = 0) -> np.ndarray:
        """The spatial lag of `a` (T', N[, m]), which starts at period number `first`."""
        return self.by_rows(a, first)

    def window(self, first: int, last: int) -> PeriodWeights:
        """Periods number first, ..., last - 1."""
        return PeriodWeights(self.by_period[first:last], self.present[first:last], self.notes)


class PeriodLag:
    """A spatial lag that knows its periods; see `toolkit.data.expressions.Source`."""

    def __init__(self, weights: PeriodWeights):
        self.weights = weights

    def by_period(self, a: np.ndarray, first: int) -> np.ndarray:
        """The lag of `a` (T', N) from period number `first` on."""
        return self.weights.over(a, first)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        raise InputError("Weights that differ by period have no lag without one.")


def among_present(
    weights: SpatialWeights | YearlyWeights, times: Iterable, present: np.ndarray, renormalize: bool | None
) -> PeriodWeights:
    """Weights among the regions present in each period: absent regions leave rows and columns.

    Parameters
    ----------
    weights : SpatialWeights or YearlyWeights
        Over all regions, in panel order.
    times : iterable, length T
    present : ndarray of bool, shape (T, N)
    renormalize : bool or None
        Whether rows are normalised again over those present (as the weights are; by rows if they were given as they are).
        None is allowed when nobody is absent.

    Raises
    ------
    WeightsError
        If a period has no weights, or one region only.
    InputError
        If somebody is absent and `renormalize` was not said.
    """
    times = list(times)
    if not present.all() and renormalize is None:
        raise InputError(
            "Some regions are absent from some periods, and W can be read in two ways.",
            allowed="renormalize=True: rows are normalised again over the regions present; renormalize=False: the links to "
            "absent regions are dropped and the others keep their weights",
        )
    made: dict[tuple[str, bytes], SpatialWeights] = {}
    out, alone = [], []
    for t, here in zip(times, present, strict=True):
        w = weights.at(t) if isinstance(weights, YearlyWeights) else weights
        key = (w.hash, here.tobytes())
        if here.sum() < 2:
            raise WeightsError(
                f"In {t} {int(here.sum())} region is present.", fix="leave the period out: panel.select(times=...)"
            )
        if key not in made:
            made[key] = w if here.all() else _restricted(w, here, bool(renormalize))
        lost = [i for i in made[key].islands if i not in set(w.islands)]
        if lost:
            alone.append(f"{t}: {listing(map(str, lost))}")
        out.append(made[key])
    notes = (f"Absence leaves regions without neighbours ({'; '.join(alone[:5])}).",) if alone else ()
    return PeriodWeights(tuple(out), present, notes)


def _restricted(w: SpatialWeights, here: np.ndarray, renormalize: bool) -> SpatialWeights:
    rows = np.flatnonzero(here)
    ids = tuple(w.ids[i] for i in rows)
    if renormalize:
        kind = "row" if w.normalization == "none" else w.normalization
        source = w.sparse if w.normalization == "none" else w.matrix
    else:
        kind, source = "none", w.sparse
    return SpatialWeights(
        ids, source[rows][:, rows], kind, w.recipe, w.description, {i: w.names[i] for i in ids if i in w.names}
    )
