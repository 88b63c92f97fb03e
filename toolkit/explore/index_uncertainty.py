"""How far the ranks of a composite index depend on the choices that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.composite_index import weights_of
from toolkit.explore.composite_record import CompositeIndex, cells, period_of, ranks
from toolkit.explore.index_aggregation import AGGREGATES, aggregate
from toolkit.explore.index_scaling import METHODS, scale
from toolkit.explore.index_weights import SCHEMES
from toolkit.explore.indicators import IndicatorSystem
from toolkit.explore.observations import frozen
from toolkit.explore.permutation import check_count, check_level, resolve_seed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["IndexUncertainty", "index_uncertainty"]

CHOICES = ("weights", "standardise", "aggregate", "left_out")


@dataclass(frozen=True, kw_only=True, eq=False)
class IndexUncertainty:
    """Ranks over many ways of making one index.

    Attributes
    ----------
    rank : ndarray of int, shape (T, N)
        Of the index as made.
    low, median, high : ndarray, shape (T, N)
        Quantiles of the rank over the draws: (1 - level) / 2, 1/2, (1 + level) / 2.
    best : ndarray, shape (T, N)
        Share of draws in which the region is first.
    shift : ndarray, shape (draws,)
        Mean over cells of |rank in the draw - rank as made|.
    choices : mapping of str to tuple, each of length draws
        The weights, standardisation, aggregate and left-out indicator (or "none") of every draw.
    shares : mapping of str to float
        Share of the variance of `shift` due to each choice alone (first-order sensitivity), and ``rest``: weights drawn
        around their scheme, and interactions.
    level : float
    spread : float
    draws, seed : int
    times, regions, names, names_zh : tuple
    """

    rank: np.ndarray
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    best: np.ndarray
    shift: np.ndarray
    choices: Mapping[str, tuple]
    shares: Mapping[str, float]
    level: float
    spread: float
    draws: int
    seed: int
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """One row a period and region: time region name rank rank_low rank_median rank_high share_first."""
        return cells(self).assign(
            rank=self.rank.ravel(),
            rank_low=self.low.ravel(),
            rank_median=self.median.ravel(),
            rank_high=self.high.ravel(),
            share_first=self.best.ravel(),
        )

    def sensitivity(self) -> pd.DataFrame:
        """Where changes of rank come from: choice share."""
        import pandas as pd

        return pd.DataFrame({"choice": list(self.shares), "share": list(self.shares.values())})

    def by_choice(self, choice: str) -> pd.DataFrame:
        """Mean change of rank for each option of one choice: option draws mean_shift."""
        import pandas as pd

        if choice not in self.choices:
            raise InputError(f"choice={choice!r} is unknown.", allowed=listing(self.choices))
        frame = pd.DataFrame({"option": self.choices[choice], "shift": self.shift})
        return frame.groupby("option", sort=False)["shift"].agg(draws="size", mean_shift="mean").reset_index()

    def glance(self) -> pd.DataFrame:
        """One row: regions, periods, draws, mean change and mean width of the interval of the rank, shares, seed."""
        import pandas as pd

        row = {
            "n": len(self.regions),
            "periods": len(self.times),
            "draws": self.draws,
            "level": self.level,
            "mean_shift": self.shift.mean(),
            "mean_width": (self.high - self.low).mean(),
        }
        return pd.DataFrame([row | {f"share_{k}": v for k, v in self.shares.items()} | {"seed": self.seed}])

    def __repr__(self) -> str:
        last = self.tidy()
        last = last[last["time"] == period_of(self.times, None)].sort_values("rank").drop(columns="time")
        head = f"Ranks in {self.draws} draws (seed {self.seed}), {self.level:.0%} intervals, {self.times[-1]}"
        parts = ", ".join(f"{k} {v:.0%}" for k, v in self.shares.items())
        return f"{head}\nchange of rank due to: {parts}\n{last.to_string(index=False, float_format='%.2f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.2f")


def index_uncertainty(
    index: CompositeIndex,
    draws: int = 1000,
    *,
    seed: int | None = None,
    weights: Sequence[str] = ("entropy", "critic", "pca", "equal"),
    standardise: Sequence[str] = ("minmax", "z", "rank"),
    aggregate: Sequence[str] = ("sum", "topsis"),
    leave_out: bool = True,
    spread: float = 0.25,
    level: float = 0.9,
) -> IndexUncertainty:
    """Ranks when weights, standardisation, aggregation and the set of indicators are drawn at random.

    In each draw every choice is drawn by itself, all options being equally likely: a scheme of weights; these weights
    times independent uniform numbers in [1 - spread, 1 + spread], divided by their sum; a standardisation; an aggregate;
    one indicator left out, or none. Data-driven weights are taken from min-max values whatever the standardisation.

    Parameters
    ----------
    index : CompositeIndex
        Its raw values, directions and base are kept.
    draws : int
        At least 10.
    seed : int, optional
        None draws one and keeps it on the record.
    weights, standardise, aggregate : sequence of str
        Options of each choice. ``"own"`` among the weights is the index's own weights.
    leave_out : bool
        Whether indicators are left out, one at a time.
    spread : float
        In [0, 1); 0 keeps the weights of a scheme as they are.
    level : float
        Coverage of the intervals of the rank.

    Returns
    -------
    IndexUncertainty

    Raises
    ------
    InputError
        Unknown options, a geometric aggregate (undefined for z and for zeros), no draws.

    References
    ----------
    Saisana, Saltelli and Tarantola (2005), Journal of the Royal Statistical Society A 168, 307-323: mean change of rank,
    and first-order sensitivity V[E(shift | choice)] / V(shift), here without the part that chance alone
    gives to the means of groups (omega squared, not below zero; with few draws the shares can add up to a little more
    than one, and ``rest`` is then zero).

    Examples
    --------
    >>> import toolkit as tk
    >>> index = tk.composite_index(tk.load("munnell"), {"gsp / emp": "+", "pcap / emp": "+", "unemp": "-"})
    >>> record = tk.index_uncertainty(index, 50, seed=1)
    >>> bool((record.low <= record.high).all())
    True
    """
    if not isinstance(index, CompositeIndex):
        raise InputError(f"index is a {type(index).__name__}.", allowed="the record of tk.composite_index")
    options = {
        "weights": _options(weights, (*SCHEMES, "own"), "weights"),
        "standardise": _options(standardise, tuple(METHODS), "standardise"),
        "aggregate": _options(aggregate, tuple(a for a in AGGREGATES if a != "geometric"), "aggregate"),
    }
    if not isinstance(spread, int | float) or not 0 <= spread < 1:
        raise InputError(f"spread={spread!r} is not allowed.", allowed="a number in [0, 1), e.g. 0.25")
    count, start, level = check_count(draws, 10), resolve_seed(seed), check_level(level)
    k = len(index.system)
    if leave_out and k < 3:
        raise DataError(f"With {k} indicators none can be left out.", fix="leave_out=False")
    options["left_out"] = ("none", *index.system.names) if leave_out else ("none",)
    rng = np.random.default_rng(start)
    drawn = {c: rng.integers(len(options[c]), size=count) for c in CHOICES}
    factors = rng.uniform(1 - spread, 1 + spread, size=(count, k))
    space = _Space(index)
    table = np.empty((count, *index.scores.shape), dtype=np.int32)
    for d in range(count):
        picked = {c: options[c][drawn[c][d]] for c in CHOICES}
        table[d] = ranks(space.scores(picked, factors[d]))
    shift = np.abs(table - index.ranks).mean(axis=(1, 2))
    tails = (1 - level) / 2
    low, median, high = np.quantile(table, [tails, 0.5, 1 - tails], axis=0)
    shares = {c: _omega(shift, drawn[c]) for c in CHOICES if len(options[c]) > 1}
    return IndexUncertainty(
        rank=index.ranks,
        low=frozen(low),
        median=frozen(median),
        high=frozen(high),
        best=frozen((table == 1).mean(axis=0)),
        shift=frozen(shift),
        choices=MappingProxyType({c: tuple(options[c][j] for j in drawn[c]) for c in CHOICES}),
        shares=MappingProxyType(shares | {"rest": max(0.0, 1 - sum(shares.values()))}),
        level=level,
        spread=float(spread),
        draws=count,
        seed=start,
        times=index.times,
        regions=index.regions,
        names=index.names,
        names_zh=index.names_zh,
    )


class _Space:
    """Scores of one index under any combination of choices; what draws share is computed once."""

    def __init__(self, index: CompositeIndex):
        self.index, self._scaled, self._weights = index, {}, {}

    def scores(self, picked: dict[str, str], factors: np.ndarray) -> np.ndarray:
        index, names = self.index, self.index.system.names
        kept = [j for j, name in enumerate(names) if name != picked["left_out"]]
        w = self.weights(picked["weights"], tuple(kept)) * factors[kept]
        z = self.scaled(picked["standardise"])[kept]
        w = w / w.sum(axis=1, keepdims=True)
        return aggregate(z, w, picked["aggregate"], index.base, index.distinguishing)

    def scaled(self, method: str) -> np.ndarray:
        if method not in self._scaled:
            index = self.index
            self._scaled[method] = scale(index.values, index.system.directions, method, index.base, index.system.names)
        return self._scaled[method]

    def weights(self, scheme: str, kept: tuple[int, ...]) -> np.ndarray:
        key = scheme, kept
        if key not in self._weights:
            index, rows = self.index, list(kept)
            if scheme == "own":
                w = index.weights[:, rows]
                if (w.sum(axis=1) <= 0).any():
                    raise DataError("Without one indicator all own weights are zero.", fix="leave_out=False")
                self._weights[key] = w
            else:
                s = index.system
                pick = [
                    tuple(getattr(s, f)[j] for j in rows)
                    for f in ("names", "directions", "systems", "labels", "labels_zh")
                ]
                self._weights[key] = weights_of(
                    scheme, IndicatorSystem(*pick), index.values[rows], self.scaled("minmax")[rows], index.base
                )
        return self._weights[key]


def _options(given: Sequence[str], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    given = (given,) if isinstance(given, str) else tuple(given)
    unknown = [g for g in given if g not in known]
    if unknown or not given or len(set(given)) < len(given):
        raise InputError(
            f"{what}={list(given)!r}: unknown, twice or empty.", allowed=f"some of {listing(known)}, each once"
        )
    return given


def _omega(y: np.ndarray, groups: np.ndarray) -> float:
    """Share of the variance of y between groups, corrected for chance (omega squared), not below zero."""
    total = ((y - y.mean()) ** 2).sum()
    labels, sizes = np.unique(groups, return_counts=True)
    if total <= 0 or len(labels) < 2 or len(y) <= len(labels):
        return 0.0
    means = np.array([y[groups == g].mean() for g in labels])
    between = (sizes * (means - y.mean()) ** 2).sum()
    error = (total - between) / (len(y) - len(labels))
    return float(max(0.0, (between - (len(labels) - 1) * error) / (total + error)))
