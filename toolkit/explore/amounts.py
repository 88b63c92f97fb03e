"""What inequality is computed from: amounts by region, the weight of each region, and the groups it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.data.registers import Register

__all__ = ["Amounts", "Grouping", "grouping", "observe_amounts", "refuse_below", "weighting"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Amounts:
    """One variable with the weights of the regions, complete in every period; it may be constant.

    Attributes
    ----------
    name : str
        The expression as written.
    source : str
        From the codebook, with its warning, for every variable of the expression that has one.
    times : tuple, length T
    values : ndarray, shape (T, N)
    shares : ndarray, shape (T, N)
        Weight of each region, adding up to one in every period: 1 / N without weights.
    weights : str
        Name of the weights; empty without.
    labels : mapping
        The variable and the weights -> (English label, Chinese label, unit).
    """

    name: str
    source: str
    times: tuple[object, ...]
    values: np.ndarray
    shares: np.ndarray
    weights: str
    labels: Mapping[str, tuple[str, str, str]]

    @property
    def mean(self) -> np.ndarray:
        """Weighted mean of every period, shape (T,)."""
        return (self.values * self.shares).sum(axis=1)


def observe_amounts(panel: Panel, variable: str, weights: str | None = None) -> Amounts:
    """Evaluate a variable and the weights of the regions.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column or an expression such as ``"gdp / pop"``.
    weights : str, optional
        A column or expression, above zero everywhere: resident population where `variable` is per head.

    Returns
    -------
    Amounts

    Raises
    ------
    DataError
        A cell of the variable or of the weights is missing or infinite, a weight is not above zero, or there is
        one region only.
    InputError, FormulaError
        The variable or the weights are no text, or an expression that cannot be read.
    """
    if panel.N < 2:
        raise DataError(f"There is nothing to compare: the panel has {panel.N} region.", fix="use a panel of regions")
    name, times, values, used = _evaluated(panel, variable, "variable")
    shares = np.full(values.shape, 1 / panel.N)
    if weights is not None:
        weights, other, given, more = _evaluated(panel, weights, "weights")
        at = other.get_indexer(times)
        if (at < 0).any():
            raise DataError(
                f"weights={weights!r} do not exist in {listing(times[at < 0])}, where {name!r} does.",
                fix="give both the same periods by panel.between(first, last)",
            )
        given = given[at]
        refuse_below(
            given, f"weights={weights!r}", times, panel, zero=False, why="a region without weight has no share"
        )
        shares, used = given / given.sum(axis=1, keepdims=True), (*used, *more)
    return Amounts(
        name=name,
        source=_source(panel, used),
        times=tuple(times),
        values=frozen(values),
        shares=frozen(shares),
        weights=weights or "",
        labels=MappingProxyType({v: _labels(panel, v) for v in (name, weights) if v}),
    )


def refuse_below(values: np.ndarray, name: str, times, panel: Panel, *, zero: bool, why: str) -> None:
    """Refuse values below zero (with ``zero=False`` zeros too), naming region and period; values have shape (T, N)."""
    t, i = np.nonzero(values < 0 if zero else values <= 0)
    if not t.size:
        return
    regions = panel.names
    where = listing((f"{regions[panel.entities[b]]} {times[a]}" for a, b in zip(t, i, strict=True)), 6)
    raise DataError(
        f"{name} is {'negative' if zero else 'zero or negative'} in {t.size} of {values.size} cells: {where}; {why}.",
        allowed="values of at least zero" if zero else "values above zero",
        fix="leave out these periods or regions by panel.select(times=..., entities=...), or use another variable or measure",
    )


def weighting(weights: str) -> str:
    """How regions are weighted, in words."""
    return f"weighted by {weights}" if weights else "unweighted"


@dataclass(frozen=True, kw_only=True, eq=False)
class Grouping:
    """A division of the regions of a panel into groups.

    Attributes
    ----------
    name, note : str
        Name of the register, and who made it when; empty for a division given by hand.
    labels, labels_zh : tuple of str, length K
    codes : ndarray of int, shape (N,)
        Position in `labels` of the group of every region, in the order of the panel.
    """

    name: str
    note: str
    labels: tuple[str, ...]
    labels_zh: tuple[str, ...]
    codes: np.ndarray

    @property
    def members(self) -> np.ndarray:
        """One where a region belongs to a group, shape (N, K)."""
        return np.eye(len(self.labels))[self.codes]


def grouping(panel: Panel, groups: str | Mapping | pd.Series | Register) -> Grouping:
    """The group of every region.

    Parameters
    ----------
    panel : Panel
    groups : str, Register, mapping or Series
        Name of a register of the panel, a register, or the group of every region by its id or name.

    Returns
    -------
    Grouping
        Groups without a region in the panel are left out.

    Raises
    ------
    DataError
        An unknown register or region, a region without a group, or all regions in one group.
    InputError
        `groups` is something else.
    """
    from toolkit.data.registers import Register

    if isinstance(groups, str):
        groups = panel.register_info(groups)
    if isinstance(groups, Register):
        column = list(groups.series(panel.entities))
        order, zh = groups.labels, groups.labels_zh
        note = "; ".join(part for part in (groups.title, groups.source, groups.date, groups.note) if part)
        name = groups.name
    elif isinstance(groups, Mapping) or (hasattr(groups, "index") and hasattr(groups, "items")):
        column = _by_hand(panel, dict(groups.items()))
        order, zh, note, name = tuple(dict.fromkeys(column)), {}, "", str(getattr(groups, "name", None) or "groups")
    else:
        raise InputError(
            f"groups={groups!r} is not a division of the regions.",
            allowed=f"a register of the panel ({listing(panel.registers) or 'this panel has none'}), or a mapping of "
            "region to group such as {'A': 'North', 'B': 'South'}",
        )
    labels = tuple(g for g in order if g in set(column))
    if len(labels) < 2:
        raise DataError(f"All regions are in one group, {labels[0]!r}: there is nothing between groups.")
    codes = np.array([labels.index(g) for g in column])
    return Grouping(
        name=name, note=note, labels=labels, labels_zh=tuple(zh.get(g, g) for g in labels), codes=frozen(codes)
    )


def _by_hand(panel: Panel, given: dict) -> list[str]:
    found = {panel.find_id(region): group for region, group in given.items()}
    absent = [i for i in panel.entities if i not in found]
    empty = [i for i, group in found.items() if group is None or group != group or not str(group).strip()]
    if absent or empty:
        raise DataError(
            f"These regions have no group: {listing(panel.names[i] for i in [*absent, *empty])}.",
            fix="give every region a group, or drop these regions with panel.select(entities=...)",
        )
    return [str(found[i]) for i in panel.entities]


def _evaluated(panel: Panel, expression: object, role: str):
    """Name, periods, values (T, N) and columns used of a column or expression without gaps."""
    if not isinstance(expression, str) or not expression.strip():
        raise InputError(
            f"{role}={expression!r} is not an expression.",
            allowed='the name of a column or an expression in quotes, e.g. "gdp / pop"',
        )
    name = expression.strip()
    if name not in panel.variables:
        from toolkit.data.expressions import evaluate

        found = evaluate(name, panel)
        return name, found.times, np.asarray(found.values, float), tuple(found.variables)
    values = np.array(panel.values(name), float)
    t, i = np.nonzero(~np.isfinite(values))
    if t.size:
        regions = panel.names
        where = listing((f"{regions[panel.entities[b]]} {panel.times[a]}" for a, b in zip(t, i, strict=True)), 6)
        raise DataError(
            f"{role}={name!r} is missing in {t.size} of {values.size} cells: {where}.",
            fix=f"choose complete periods by panel.complete([{name!r}]) or panel.between(first, last)",
        )
    return name, panel.times, values, (name,)


def _labels(panel: Panel, name: str) -> tuple[str, str, str]:
    unit = panel.unit(name) if name in panel.variables else ""
    return panel.label(name, lang="en"), panel.label(name, lang="zh"), unit


def _source(panel: Panel, used: tuple[str, ...]) -> str:
    parts = []
    for name in dict.fromkeys(used):
        entry = panel.codebook.get(name)
        if entry is not None:
            said = "; ".join(s.rstrip(".") for s in (entry.source, entry.unit("en"), entry.warning) if s)
            parts += [f"{name}: {said}"] if said else []
    return " | ".join(parts)
