"""Markov chains of a distribution: do regions keep, gain or lose their place?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import TestTable
from toolkit.errors import DataError, InputError, listing
from toolkit.explore.chain_tests import homogeneity, order_tests
from toolkit.explore.chains import Chain, count_transitions
from toolkit.explore.groups import chinese_labels, group_of_each
from toolkit.explore.observations import frozen
from toolkit.explore.relative import relative_series, window
from toolkit.explore.state_classes import StateClasses, check_labels, classify

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["MarkovTable", "markov"]


def markov(
    panel: Panel,
    variable: str,
    k: int | None = None,
    *,
    classes: str | Sequence[float] = "quantiles-pooled",
    relative: bool = True,
    lag: int = 1,
    subperiods: int | Sequence = 2,
    register: str | Mapping | None = None,
    labels: Sequence[str] | None = None,
) -> MarkovTable:
    """First-order Markov chain of the classes of a variable.

    All moves of all regions are pooled: p_ij = n_ij / n_i. With ``lag`` above 1 the moves overlap (every period is a
    start), so standard errors and tests take more information for granted than there is.

    Parameters
    ----------
    panel : Panel
        N regions, T evenly spaced periods.
    variable : str
        A column, or an expression of columns such as ``"gdp / pop"``.
    k : int, optional
        Number of classes, 5 by default; left out where `classes` are cut points.
    classes : {"quantiles-pooled", "quantiles-by-year"} or sequence of float
        Quantiles of all region-years, or of each year (then every class keeps its size and only changes of rank are
        moves), or cut points. A value equal to a cut point is in the class below.
    relative : bool
        Divide by the mean of the regions in the year first. Cut points are then relative too.
    lag : int
        Periods between start and end of a move.
    subperiods : int or sequence of periods
        For the test of homogeneity over time: a number of parts as equal as can be, or the first start period
        of every part but the first.
    register : str or mapping of id to group, optional
        A register of the panel, or groups of one's own: a chain for each group, and tests that they are one.
    labels : sequence of str, optional
        Names of the classes, lowest first.

    Returns
    -------
    MarkovTable

    Raises
    ------
    DataError
        Missing values, a mean that is not positive, coinciding quantiles, unevenly spaced or too few periods.
    InputError, FormulaError
        An argument that is not allowed; an expression that cannot be read.

    References
    ----------
    Quah (1993), European Economic Review 37, 426-434; Anderson and Goodman (1957), Annals of Mathematical Statistics
    28, 89-110; Bickenbach and Bode (2003), International Regional Science Review 26, 363-392.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.markov(tk.load("us_income"), "income", k=5)
    >>> record.chain.ergodic.round(3).tolist()
    [0.18, 0.216, 0.215, 0.211, 0.178]
    """
    seen = relative_series(panel, variable, relative)
    pairs = window(seen.times, lag)
    cut = classify(seen.values, classes, k, repr(seen.name))
    states = cut.labels if labels is None else check_labels(labels, cut.k)
    start, end = cut.codes[:pairs], cut.codes[lag:]
    by_start = np.stack([count_transitions(a, b, cut.k) for a, b in zip(start, end, strict=True)])
    first = _parts(subperiods, list(seen.times[:pairs]))
    groups = None if register is None else group_of_each(panel, register)
    members = () if groups is None else tuple(str(g) for g in np.unique(groups))
    by_group = [frozen(count_transitions(start[:, groups == g], end[:, groups == g], cut.k)) for g in members]
    return MarkovTable(
        variable=seen.name,
        label=seen.label,
        label_zh=seen.label_zh,
        chain=Chain(states, frozen(by_start.sum(axis=0))),
        counts_by_start=frozen(by_start),
        tests=_tests(by_start, cut, lag, first, by_group),
        groups=MappingProxyType({g: Chain(states, c) for g, c in zip(members, by_group, strict=True)}),
        group_labels_zh=MappingProxyType(chinese_labels(panel, register)),
        parts=tuple(seen.times[a] for a in first),
        classes=cut,
        shares=frozen(np.stack([np.bincount(row, minlength=cut.k) for row in cut.codes]) / panel.N),
        times=tuple(seen.times),
        regions=tuple(panel.entities),
        names=tuple(panel.names),
        names_zh=tuple(panel.names_in("zh")),
        relative=bool(relative),
        lag=int(lag),
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class MarkovTable:
    """A Markov chain of classes with its tests.

    Attributes
    ----------
    variable, label, label_zh : str
    chain : Chain
        Counts, probabilities, standard errors, ergodic distribution, first passage and sojourn times, mobility
        indices, half-life: see `toolkit.explore.chains.Chain`. Times are in moves of `lag` periods each.
    counts_by_start : ndarray of int, shape (T - lag, k, k)
        Moves by the period in which they start.
    tests : TestTable
        ``time Q``, ``time LR`` (same probabilities in all subperiods); ``order 0 vs 1`` and ``order 1 vs 2``, Q and LR;
        with a register ``groups Q`` and ``groups LR``.
    groups : mapping of str to Chain
        Chain of each group of the register; empty without one. Counts add up to those of `chain`.
    group_labels_zh : mapping of str to str
    parts : tuple
        First start period of each subperiod.
    classes : StateClasses
        Codes of every region and period, cut points.
    shares : ndarray, shape (T, k)
        Observed distribution over the classes in every period.
    times, regions, names, names_zh : tuple
    relative, lag
        As used.
    panel, panel_hash : str
        What it was computed from.
    """

    variable: str
    label: str
    label_zh: str
    chain: Chain
    counts_by_start: np.ndarray
    tests: TestTable
    groups: Mapping[str, Chain]
    group_labels_zh: Mapping[str, str]
    parts: tuple[object, ...]
    classes: StateClasses
    shares: np.ndarray
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    relative: bool
    lag: int
    panel: str
    panel_hash: str

    @property
    def mobility(self) -> Mapping[str, float]:
        """Mobility indices of the chain."""
        return self.chain.mobility

    def matrices(self) -> list[tuple[str, Chain]]:
        """Name and chain of every group, then ``("all", chain)``; ``[("", chain)]`` without groups: for charts."""
        return [*self.groups.items(), ("all", self.chain)] if self.groups else [("", self.chain)]

    def tidy(self) -> pd.DataFrame:
        """One row a pair of classes: from to count probability std_error first_passage first_passage_sd.

        With a register a first column ``group``; the group ``all`` is the chain of all regions.
        """
        return self._stacked("tidy")

    def by_state(self) -> pd.DataFrame:
        """One row a class: state starts share ergodic ergodic_se exit sojourn recurrence; with a register first ``group``."""
        return self._stacked("by_state")

    def _stacked(self, table: str) -> pd.DataFrame:
        import pandas as pd

        if not self.groups:
            return getattr(self.chain, table)()
        tables = []
        for name, chain in self.matrices():
            tables.append(getattr(chain, table)())
            tables[-1].insert(0, "group", name)
        return pd.concat(tables, ignore_index=True)

    def transitions(self, region: object = None) -> pd.DataFrame:
        """Classes of one region, or of all: region name time state."""
        import pandas as pd

        keep = [
            i for i, r in enumerate(self.regions) if region is None or region in (r, self.names[i], self.names_zh[i])
        ]
        if not keep:
            raise InputError(f"There is no region {region!r} here.", allowed=listing(self.names, 40))
        codes = self.classes.codes[:, keep]
        return pd.DataFrame(
            {
                "region": np.tile(np.array(self.regions, object)[keep], len(self.times)),
                "name": np.tile(np.array(self.names, object)[keep], len(self.times)),
                "time": np.repeat(np.array(self.times, object), len(keep)),
                "state": [self.chain.states[c] for c in codes.ravel()],
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: what was used, moves, mobility indices, half-life in periods, structure."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "k": self.chain.k,
                    "classes": self.classes.scheme,
                    "relative": self.relative,
                    "lag": self.lag,
                    "moves": int(self.chain.counts.sum()),
                    **self.mobility,
                    "shorrocks_se": self.chain.shorrocks_se,
                    "half_life": self.chain.half_life * self.lag,
                    "irreducible": self.chain.irreducible,
                    "note": self.chain.note,
                }
            ]
        )

    def __repr__(self) -> str:
        import pandas as pd

        matrix = pd.DataFrame(self.chain.probabilities, index=self.chain.states, columns=self.chain.states)
        matrix.insert(0, "n", [str(n) for n in self.chain.starts])
        matrix.loc["ergodic"] = ["", *self.chain.ergodic]
        scale = "relative to the mean of the period" if self.relative else "as it is"
        head = f"Markov chain of {self.variable}, {scale}, {len(self.regions)} regions, {self.classes.scheme}, lag {self.lag}"
        note = f"\nNote: {self.chain.note}" if self.chain.note else ""
        index = ", ".join(f"{name} {value:.3f}" for name, value in self.mobility.items())
        return (
            f"{head}\n{matrix.to_string(float_format='%.3f', na_rep='')}\nMobility: {index}; "
            f"half-life {self.chain.half_life * self.lag:.1f} periods{note}"
        )

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def _tests(by_start: np.ndarray, cut: StateClasses, lag: int, first: list[int], by_group: list) -> TestTable:
    parts = np.stack([p.sum(axis=0) for p in np.split(by_start, first[1:])])
    found = list(homogeneity(parts, "time", f"the same probabilities in {len(first)} subperiods"))
    if len(cut.codes) > 2 * lag:
        a, b, c = cut.codes[: -2 * lag], cut.codes[lag:-lag], cut.codes[2 * lag :]
        k = cut.k
        triples = np.bincount(((a * k + b) * k + c).ravel(), minlength=k**3).reshape(k, k, k)
        found += order_tests(triples)
    if by_group:
        found += homogeneity(
            np.stack(by_group), "groups", f"the same probabilities in {len(by_group)} groups of regions"
        )
    return TestTable(tuple(found), title="Tests of the Markov chain")


def _parts(subperiods: int | Sequence, starts: list) -> list[int]:
    """Positions of the first start period of each part."""
    if isinstance(subperiods, Integral) and not isinstance(subperiods, bool):
        if not 1 <= subperiods <= len(starts):
            raise InputError(f"subperiods={subperiods!r} parts of {len(starts)} moves.", allowed=f"1 to {len(starts)}")
        return [int(x[0]) for x in np.array_split(np.arange(len(starts)), int(subperiods))]
    if isinstance(subperiods, str | bool) or not hasattr(subperiods, "__iter__"):
        raise InputError(f"subperiods={subperiods!r} is not known.", allowed="a number of parts, or a list of periods")
    wanted = list(subperiods)
    unknown = [t for t in wanted if t not in starts[1:]]
    if unknown:
        raise DataError(f"No second or later move starts in {listing(unknown)}.", allowed=listing(starts[1:], 40))
    return [0, *sorted({starts.index(t) for t in wanted})]
