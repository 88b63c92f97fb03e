"""Weights that differ by period, and weights among the regions present in each period."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from toolkit.errors import InputError, WeightsError, listing
from toolkit.weights.assembly import ISLANDS
from toolkit.weights.checks import label
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

    def __post_init__(self):
        object.__setattr__(self, "by_period", MappingProxyType(dict(self.by_period)))

    def __reduce__(self):
        return YearlyWeights, (dict(self.by_period),)

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, YearlyWeights) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    @property
    def ids(self) -> tuple[Hashable, ...]:
        """Ids of the regions, in the order of rows."""
        return next(iter(self.by_period.values())).ids

    @property
    def N(self) -> int:
        """Number of regions."""
        return len(self.ids)

    @property
    def T(self) -> int:
        """Number of periods."""
        return len(self.by_period)

    @property
    def periods(self) -> tuple[Hashable, ...]:
        """The periods, in the order given."""
        return tuple(self.by_period)

    @property
    def description(self) -> str:
        """What the matrices are, without the normalisation; each wording once."""
        return "; ".join(dict.fromkeys(w.description for w in self.by_period.values()))

    @property
    def note(self) -> str:
        """One line for table notes: each wording once, the number of distinct matrices, the periods."""
        words = "; ".join(dict.fromkeys(w.note for w in self.by_period.values()))
        distinct = len({w.hash for w in self.by_period.values()})
        span = f"{self.periods[0]}-{self.periods[-1]}" if self.T > 1 else f"{self.periods[0]}"
        return f"{words}; {distinct} {'matrix' if distinct == 1 else 'matrices'} for {span}"

    @cached_property
    def hash(self) -> str:
        """sha256 of all matrices and periods."""
        text = "|".join(f"{p}:{w.hash}" for p, w in self.by_period.items())
        return hashlib.sha256(text.encode()).hexdigest()

    def at(self, period: Hashable) -> SpatialWeights:
        """The weights of one period.

        Raises
        ------
        WeightsError
            If there are none.
        """
        self._require([period])
        return self.by_period[period]

    def match(self, ids: Iterable[Hashable], times: Iterable[Hashable] | None = None) -> YearlyWeights:
        """Every matrix in the order of `ids`, and the periods `times` in their order (all periods by default).

        Raises
        ------
        WeightsError
            Ids that do not match are listed with the period, on each side; so are all periods without weights.
        """
        ids = tuple(ids)
        periods = self.periods if times is None else tuple(times)
        self._require(periods)
        return YearlyWeights({p: _named(p, lambda w: w.match(ids), self.by_period[p]) for p in periods})

    def subset(self, ids: Iterable[Hashable], *, islands: str = "error") -> YearlyWeights:
        """The weights among some regions in every period; see `SpatialWeights.subset`."""
        ids = tuple(ids)
        return YearlyWeights(
            {p: _named(p, lambda w: w.subset(ids, islands=islands), w) for p, w in self.by_period.items()}
        )

    def _require(self, periods: Iterable[Hashable]) -> None:
        gone = [p for p in periods if p not in self.by_period]
        if gone:
            have = self.periods[0]
            kinds = {type(p).__name__ for p in gone} - {type(p).__name__ for p in self.periods}
            spelled = {str(p) for p in self.periods} & {str(p) for p in gone}
            raise WeightsError(
                f"There are no weights for {listing(gone, 40)}.",
                allowed=f"the periods of the weights: {listing(self.periods, 40)}",
                fix=f"the periods are the same but of another type ({type(have).__name__} in the weights, "
                f"{', '.join(sorted(kinds))} in the data): write them as in the data"
                if spelled and kinds
                else "give tk.weights.yearly a matrix for each of them, or leave them out: panel.select(times=...)",
            )

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
    return YearlyWeights({p: _named(p, lambda w: w.match(first.ids), w) for p, w in weights.items()})


def _named(period: Hashable, change, weights: SpatialWeights) -> SpatialWeights:
    """`change` of the weights of one period, whose errors say the period."""
    try:
        return change(weights)
    except WeightsError as error:
        raise WeightsError(f"{period}: {error.problem}", allowed=error.allowed, fix=error.fix) from None


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
        digest = hashlib.sha256("|".join(w.hash for w in self.by_period).encode())
        digest.update(f"{self.present.shape}".encode())
        digest.update(np.packbits(self.present).tobytes())
        return digest.hexdigest()

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
    weights: SpatialWeights | YearlyWeights,
    times: Iterable,
    present: np.ndarray,
    renormalize: bool | None,
    islands: str = "keep",
) -> PeriodWeights:
    """Weights among the regions present in each period: absent regions leave rows and columns.

    Parameters
    ----------
    weights : SpatialWeights or YearlyWeights
        Over all regions, in panel order.
    times : iterable, length T
    present : ndarray of bool, shape (T, N)
    renormalize : bool or None
        Whether the weights are normalised again over those present, as they were over all: by rows, by the spectral
        radius or min-max, period by period. None is allowed when nobody is absent.
    islands : {"keep", "error"}
        Regions that lose their last neighbour to absence keep a row of zeros, with a note, or are refused.

    Raises
    ------
    WeightsError
        If periods have no weights, or one region only; if weights without a normalisation are to be normalised again;
        with ``islands="error"``, naming regions and periods.
    InputError
        If somebody is absent and `renormalize` was not said.
    """
    times, present = list(times), np.asarray(present, bool)
    if islands not in ISLANDS:
        raise InputError(f"islands={islands!r} is not a choice.", allowed=", ".join(ISLANDS))
    if not present.all() and renormalize is None:
        raise InputError(
            "Some regions are absent from some periods, and W can be read in two ways.",
            allowed="renormalize=True: rows are normalised again over the regions present; renormalize=False: the links to "
            "absent regions are dropped and the others keep their weights",
        )
    if isinstance(weights, YearlyWeights):
        weights._require(times)
    made: dict[tuple[str, bytes], SpatialWeights] = {}
    out, alone = [], {}
    for t, here in zip(times, present, strict=True):
        w = weights.at(t) if isinstance(weights, YearlyWeights) else weights
        key = (w.hash, here.tobytes())
        if here.sum() < 2:
            raise WeightsError(
                f"In {t} {int(here.sum())} region is present.", fix="leave the period out: panel.select(times=...)"
            )
        if key not in made:
            if not present.all() and renormalize:
                _check_renormalizable(w)
            made[key] = w if here.all() else _restricted(w, here, bool(renormalize))
        before = set(w.islands)
        lost = [label(i, w.names) for i in made[key].islands if i not in before]
        if lost:
            alone[t] = lost
        out.append(made[key])
    return PeriodWeights(tuple(out), present, _settle_islands(alone, islands))


def _check_renormalizable(w: SpatialWeights) -> None:
    """Weights as given, whose rows do not sum to one, have no normalisation that could be renewed."""
    sums = w.row_sums[w.cardinalities > 0]
    if w.normalization == "none" and sums.size and np.abs(sums - 1).max() > 1e-9:
        raise WeightsError(
            f"renormalize=True, but the weights ({w.note}) have no normalisation to renew: complete periods would keep them "
            "as they are and the others would not.",
            allowed='renormalize=False, or weights that are normalised: W.normalize("row"), W.normalize("spectral"), '
            'W.normalize("minmax")',
        )


def _settle_islands(alone: Mapping[Hashable, list[str]], islands: str) -> tuple[str, ...]:
    """The note on regions that absence leaves without neighbours, or the refusal."""
    if not alone:
        return ()
    where = listing((f"{', '.join(regions)} ({t})" for t, regions in alone.items()), 8)
    if islands == "error":
        raise WeightsError(
            f"Absence leaves regions without neighbours: {where}.",
            fix="leave these regions or periods out (panel.select), or keep them without spillovers: islands='keep'",
        )
    return (f"Absence leaves regions without neighbours, so nothing spills over to them then: {where}.",)


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
