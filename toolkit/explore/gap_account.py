"""The gap between groups of regions, told in full: absolute and relative, simple and weighted, nominal and real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.explore.amounts import Amounts, Grouping, grouping, observe_amounts
from toolkit.explore.gap_changes import changes
from toolkit.explore.observations import frozen
from toolkit.explore.real_values import to_real

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["GapAccount", "gap_account"]


def gap_account(
    panel: Panel,
    variable: str | tuple[str, str],
    groups: object,
    *,
    base: str | None = None,
    weights: str | None = None,
    deflator: str | None = None,
    chained: bool = False,
    prices: object = None,
    near_zero: float = 0.05,
) -> GapAccount:
    """Gaps between groups of regions by period, and how they change, with what forbids a ratio said aloud.

    A statement such as "the gap grew 491-fold" is true of any gap that began near zero. Here a ratio is refused (NaN,
    with its reason in `flags`) wherever it would mislead:

    - ``near-zero base``: the base is smaller in absolute value than `near_zero` times the mean absolute value of all
      regions in that period (in the same weighting and prices): no ratio and no relative difference;
    - ``opposite signs``, ``both negative``: no ratio and no relative difference;

    and in `changes`, between two periods:

    - ``near-zero first gap``: the first difference is smaller than `near_zero` times the same mean: no growth of the gap;
    - ``ranking reversed``: the difference changes sign: the group that led falls behind; no growth of the gap;
    - ``sign change``: the value of a group itself changes sign;
    - ``reversed on the way``: same lead at both ends, another in between (the years are given);
    - ``absolute and relative disagree``: one gap widens, the other narrows;
    - ``depends on weighting``, ``depends on prices``: the relative gap (the absolute one, where there is no
      ratio) widens in one and narrows in the other.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str or tuple of two str
        A column or expression, e.g. ``"gdp / pop"``: a group has the mean of its regions, simple and, with `weights`,
        weighted. A tuple ``("gdp", "pop")`` is the ratio of the totals of a group, the same as ``"gdp / pop"`` weighted by
        ``"pop"``.
    groups : register or mapping
    base : str, optional
        The group that the others are set against, or ``"all"`` for all regions together; every pair of groups by default.
    weights : str, optional
        A column or expression above zero, e.g. ``"pop"``.
    deflator : str, optional
        A column or expression above zero with the price level of each region and period: real values beside nominal ones.
        Every region is set to one in the year `prices`, so differences of price levels between regions in that year
        stay in; to compare at common prices divide by a spatial price index in `variable`.
    chained : bool
        The deflator is an index with the previous year as 100 (as in Chinese yearbooks) and is multiplied up first; that
        of the first year is not needed. With an index of volume the implied deflator of gdp is
        ``"10000 * gdp / lag(gdp) / gdp_index"``.
    prices : optional
        Period whose prices real values are in; the first one by default.
    near_zero : float
        The rule above, as a share of the mean absolute value.

    Returns
    -------
    GapAccount

    Raises
    ------
    DataError
        Missing cells, weights or deflators that are not above zero (named by region and period), a single group.
    InputError, FormulaError
        An unknown base, period or group; an expression that cannot be read.

    Examples
    --------
    >>> import toolkit as tk
    >>> account = tk.gap_account(tk.load("china"), ("gdp", "pop"), "blocks", base="West")
    >>> row = account.changes(2005, 2020).query("group == 'East' and weighting == 'weighted by pop'").iloc[0]
    >>> row["direction_absolute"], row["direction_relative"], row["flags"]
    ('wider', 'narrower', 'absolute and relative disagree')
    """
    if isinstance(near_zero, bool) or not isinstance(near_zero, Real) or not 0 < near_zero < 1:
        raise InputError(f"near_zero={near_zero!r} is not a share.", allowed="a number between 0 and 1, e.g. 0.05")
    division = grouping(panel, groups)
    pairs = _pairs(division, base)
    variable, weights, totals = _ratio(variable, weights)
    simple = observe_amounts(panel, variable)
    observed = [] if totals else [("simple", simple)]
    if weights is not None:
        observed.append((f"weighted by {weights}", observe_amounts(panel, variable, weights)))
    factor, said, period = to_real(panel, deflator, chained, prices, simple.times)
    variants, values, scales = [], [], []
    for basis, scale in (("nominal", None), *((("real", factor),) if deflator else ())):
        for weighting, amounts in observed:
            x = amounts.values if scale is None else amounts.values * scale
            p = amounts.shares @ division.members
            means = (amounts.shares * x) @ division.members / p
            variants.append((basis, weighting))
            values.append(np.column_stack([means, (amounts.shares * x).sum(axis=1)]))
            scales.append((amounts.shares * np.abs(x)).sum(axis=1))
    return GapAccount(
        times=simple.times,
        variants=tuple(variants),
        values=frozen(np.stack(values)),
        scales=frozen(np.stack(scales)),
        pairs=pairs,
        division=division,
        near_zero=float(near_zero),
        prices=said,
        price_period=period,
        variable=simple.name,
        labels=observed[-1][1].labels,
        source=_sources(panel, simple, weights, deflator),
        n=panel.N,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class GapAccount:
    """Values of groups and the gaps between them (V variants of prices and weighting, T periods, K groups).

    Attributes
    ----------
    times : tuple, length T
    variants : tuple of (basis, weighting), length V
    values : ndarray, shape (V, T, K + 1)
        Values of the groups; the last column is all regions together.
    scales : ndarray, shape (V, T)
        Mean absolute value of all regions, which `near_zero` is a share of.
    pairs : tuple of (int, int)
        Columns of `values`: group and base.
    division : Grouping
    near_zero : float
    prices, source : str
        What real values mean; vintage and source of every variable, from the codebook.
    price_period : object
        Period whose prices real values are in; None without a deflator.
    variable, labels, n, panel, panel_hash
        What it was computed from.
    """

    times: tuple[object, ...]
    variants: tuple[tuple[str, str], ...]
    values: np.ndarray
    scales: np.ndarray
    pairs: tuple[tuple[int, int], ...]
    division: Grouping
    near_zero: float
    prices: str
    price_period: object
    variable: str
    labels: Mapping[str, tuple[str, str, str]]
    source: str
    n: int
    panel: str
    panel_hash: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of `values`."""
        return (*self.division.labels, "all")

    def tidy(self) -> pd.DataFrame:
        """One row a variant, pair and period.

        Columns: time basis weighting group base value base_value difference ratio relative flags; `relative` is the
        difference over the base.
        """
        import pandas as pd

        frames = []
        for v, (basis, weighting) in enumerate(self.variants):
            for j, h in self.pairs:
                a, b = self.values[v, :, j], self.values[v, :, h]
                flags = [self.flags_of(*cell) for cell in zip(a, b, self.scales[v], strict=True)]
                with np.errstate(divide="ignore", invalid="ignore"):
                    ratio = np.where([not f for f in flags], a / b, np.nan)
                frames.append(
                    pd.DataFrame(
                        {
                            "time": list(self.times),
                            "basis": basis,
                            "weighting": weighting,
                            "group": self.names[j],
                            "base": self.names[h],
                            "value": a,
                            "base_value": b,
                            "difference": a - b,
                            "ratio": ratio,
                            "relative": ratio - 1,
                            "flags": flags,
                        }
                    )
                )
        return pd.concat(frames, ignore_index=True)

    def changes(self, first: object = None, last: object = None) -> pd.DataFrame:
        """Every gap at two periods, one row a variant and pair; the first and the last period by default.

        Columns: basis weighting group base first last difference_first difference_last change (of the difference)
        growth (difference_last / difference_first - 1) ratio_first ratio_last ratio_change direction_absolute
        direction_relative reversals (periods in which the lead passes) flags. Flags: see `tk.gap_account`.
        """
        ends = [self.times[0] if first is None else first, self.times[-1] if last is None else last]
        unknown = [t for t in ends if t not in self.times]
        if unknown or self.times.index(ends[0]) >= self.times.index(ends[1]):
            raise InputError(
                f"There is no change from {ends[0]!r} to {ends[1]!r}.",
                allowed=f"two periods, the earlier one first, of {listing(self.times, 40)}",
            )
        a, b = (self.times.index(t) for t in ends)
        return changes(self, a, b)

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, groups, pairs, variants, prices, near_zero, flagged cells, source."""
        import pandas as pd

        row = {"variable": self.variable, "n": self.n, "periods": len(self.times), "groups": self.division.name}
        row |= {"pairs": len(self.pairs), "variants": len(self.variants), "prices": self.prices}
        flagged = int((self.tidy()["flags"] != "").sum())
        return pd.DataFrame([row | {"near_zero": self.near_zero, "flagged": flagged, "source": self.source}])

    def flags_of(self, a: float, b: float, scale: float) -> str:
        """Why a / b is refused; empty where it is not."""
        if abs(b) < self.near_zero * scale or b == 0:
            return "near-zero base"
        if a * b < 0:
            return "opposite signs"
        return "both negative" if b < 0 else ""

    def __repr__(self) -> str:
        head = f"Gaps of {self.variable} between {self.division.name}, {self.n} regions"
        if len(self.times) == 1:
            body = self.tidy().drop(columns="time")
        else:
            body = self.changes().drop(columns=["ratio_change", "growth", "change"])
        notes = "".join(f"\n{said}" for said in (self.prices, self.source and f"Source: {self.source}") if said)
        return f"{head}\n{body.to_string(index=False, float_format='%.4g')}{notes}"

    def _repr_html_(self) -> str:
        return (self.tidy() if len(self.times) == 1 else self.changes()).to_html(index=False, float_format="%.4g")


def _pairs(division: Grouping, base: str | None) -> tuple[tuple[int, int], ...]:
    k = len(division.labels)
    if base is None:
        return tuple(combinations(range(k), 2))
    known = (*division.labels, "all")
    zh = dict(zip(division.labels_zh, division.labels, strict=True))
    base = zh.get(base, base)
    if base not in known:
        raise InputError(f"base={base!r} is no group of {division.name}.", allowed=listing(known, 40))
    at = known.index(base)
    return tuple((j, at) for j in range(k) if j != at)


def _ratio(variable: object, weights: str | None) -> tuple[str, str | None, bool]:
    """A ratio of totals is the mean of the ratio weighted by its denominator."""
    if not isinstance(variable, tuple):
        return variable, weights, False
    if len(variable) != 2 or not all(isinstance(v, str) and v.strip() for v in variable):
        raise InputError(f"variable={variable!r} is not a ratio of totals.", allowed='two names, e.g. ("gdp", "pop")')
    if weights is not None:
        raise InputError(
            f"weights={weights!r} cannot go with a ratio of totals, which is weighted by {variable[1]!r}.",
            fix=f"leave weights= out, or give the ratio as one expression: {variable[0]!r} over {variable[1]!r}",
        )
    top, bottom = (v if v.isidentifier() else f"({v})" for v in variable)
    return f"{top} / {bottom}", variable[1], True


def _sources(panel: Panel, simple: Amounts, weights: str | None, deflator: str | None) -> str:
    """What the codebook says on every variable used, once each."""
    said = [simple.source]
    said += [observe_amounts(panel, name).source for name in (weights, deflator) if name is not None]
    return " | ".join(dict.fromkeys(piece for text in said for piece in text.split(" | ") if piece))
