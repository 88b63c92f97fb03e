"""Composite indices of regions: standardise, weigh, aggregate, for all years of a panel at once."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.ahp import AHP, AHPHierarchy
from toolkit.explore.composite_record import CompositeIndex, ranks
from toolkit.explore.index_aggregation import aggregate as aggregated
from toolkit.explore.index_scaling import METHODS, blocks, scale
from toolkit.explore.index_weights import SCHEMES
from toolkit.explore.indicators import IndicatorSystem, evaluate_system, indicator_system, refuse_constant
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["composite_index", "weights_of"]


def composite_index(
    panel: Panel,
    indicators: IndicatorSystem | Mapping | str | PathLike,
    *,
    weights: str | Mapping[str, float] | AHP | AHPHierarchy = "entropy",
    standardise: str = "minmax",
    base: str = "pooled",
    aggregate: str = "sum",
    shift: float = 0.0,
    distinguishing: float = 0.5,
) -> CompositeIndex:
    """An index of several indicators for every region and period, with its weights, dimensions and ranks.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    indicators : mapping, path or IndicatorSystem
        K indicators with directions and dimensions; see `indicator_system`.
    weights : {"entropy", "critic", "cv", "pca", "equal"}, mapping, AHP or AHPHierarchy
        From the data of the base, or given: a mapping or the record of `ahp` or `ahp_hierarchy`, by indicator, or by dimension (then shared
        equally among its indicators). Given weights are divided by their sum. For the formulas see
        `toolkit.explore.index_weights`.
    standardise : {"minmax", "z", "rank", "share", "max", "vector"}
        See `toolkit.explore.index_scaling.scale`. The entropy needs values that are never negative, so not ``z``.
    base : {"pooled", "yearly"}
        The cells that are compared, for standardisation, data-driven weights and ideal points: all years together (scores
        can be compared between years), or each year by itself (only ranks within a year can; weights change by year).
    aggregate : {"sum", "geometric", "topsis", "grey"}
        Weighted sum; weighted geometric mean; closeness to the ideal point; grey relational grade with the ideal.
        With ``z`` and ``sum`` scores are averages of deviations, not in [0, 1].
    shift : float
        A number >= 0 added to every standardised value. Zero by default: the entropy takes 0 ln 0 = 0, its limit, and needs
        no shift; the habit of adding 0.0001 changes the weights (little) and is there for replication. A geometric mean
        of min-max values needs one, and its scores depend on it.
    distinguishing : float
        rho of the grey relation, in (0, 1].

    Returns
    -------
    CompositeIndex

    Raises
    ------
    DataError
        A missing or infinite value (located), an indicator that does not vary over the base, values a method cannot take.
    InputError
        Unknown names, weights that do not fit the indicators, or are negative.

    Notes
    -----
    The score of a dimension is the same aggregate of its own indicators, their weights divided by the weight of the
    dimension; with ``sum`` the index is the sum of dimension weight times dimension score.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators. Hwang and Yoon (1981), Multiple Attribute Decision
    Making. Diakoulaki et al. (1995), Computers & Operations Research 22, 763-770. Deng (1989), J. of Grey System 1, 1-24.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> index = tk.composite_index(panel, {"gsp / emp": "+", "pcap / emp": "+", "unemp": "-"})
    >>> index.weights_table()["weight"].round(3).tolist()
    [0.465, 0.472, 0.063]
    """
    system = indicator_system(indicators)
    if not hasattr(panel, "entities"):
        raise InputError(f"panel is a {type(panel).__name__}.", fix='wrap it: tk.Panel(df, entity="code", time="year")')
    if isinstance(shift, bool) or not isinstance(shift, int | float) or not 0 <= shift < np.inf:
        raise InputError(f"shift={shift!r} cannot be added.", allowed="a number >= 0, e.g. 0.0001")
    data = evaluate_system(panel, system)
    if panel.N < 2:
        raise DataError("An index compares regions; the panel has one.")
    if base == "yearly":
        for t, x in zip(data.times, blocks(data.values, base), strict=True):
            refuse_constant(x, system.names, f" in {t}")
    z = scale(data.values, system.directions, standardise, base, system.names) + shift
    scheme = weights if isinstance(weights, str) else "AHP" if isinstance(weights, AHP | AHPHierarchy) else "given"
    if scheme == "entropy" and not METHODS[standardise]:
        raise InputError(
            f'weights="entropy" needs values that are never negative; standardise={standardise!r} gives negative ones.',
            fix='use standardise="minmax", or other weights such as "critic"',
        )
    w = weights_of(weights, system, data.values, z, base)
    scores = aggregated(z, w, aggregate, base, distinguishing)
    parts = []
    for dimension in system.dimensions:
        own = [k for k, s in enumerate(system.systems) if s == dimension]
        total = w[:, own].sum(axis=1, keepdims=True)
        if (total <= 0).any():
            raise DataError(f"Dimension {dimension!r} has no weight: its score is not defined.", fix="leave it out")
        parts.append(aggregated(z[own], w[:, own] / total, aggregate, base, distinguishing))
    names, names_zh = panel.names_in("en"), panel.names_in("zh")
    return CompositeIndex(
        system=system,
        labels=data.labels,
        labels_zh=data.labels_zh,
        variables=data.variables,
        values=data.values,
        standardised=frozen(z),
        weights=frozen(w),
        scores=frozen(scores),
        dimension_scores=frozen(np.stack(parts)),
        ranks=frozen(ranks(scores)),
        times=data.times,
        regions=tuple(panel.entities),
        names=tuple(str(names[r]) for r in panel.entities),
        names_zh=tuple(str(names_zh[r]) for r in panel.entities),
        scheme=scheme,
        standardise=standardise,
        base=base,
        aggregate=aggregate,
        shift=float(shift),
        distinguishing=float(distinguishing),
        panel=panel.name,
        panel_hash=panel.hash,
    )


def weights_of(given, system: IndicatorSystem, x: np.ndarray, z: np.ndarray, base: str) -> np.ndarray:
    """Weights (T, K), each row summing to one, from a scheme (on raw x and standardised z, both (K, T, N)) or given."""
    periods = z.shape[1]
    if isinstance(given, str):
        if given not in SCHEMES:
            raise InputError(
                f"weights={given!r} is unknown.",
                allowed=f"{listing(SCHEMES)}, a mapping of indicator (or dimension) to weight, or the record of tk.ahp",
            )
        pairs = zip(blocks(z, base), blocks(x, base), strict=True)
        rows = [SCHEMES[given](a, b, system.names) for a, b in pairs]
        return np.repeat(rows, periods // len(rows), axis=0)
    if isinstance(given, AHP | AHPHierarchy):
        given = dict(zip(given.names, given.weights, strict=True))
    if not isinstance(given, Mapping):
        raise InputError(f"weights is a {type(given).__name__}.", allowed="a name, a mapping, or the record of tk.ahp")
    wanted = {str(k).strip(): float(v) for k, v in given.items()}
    if set(wanted) == set(system.names):
        row = np.array([wanted[n] for n in system.names])
    elif set(wanted) == set(system.dimensions):
        row = np.array([wanted[s] / system.systems.count(s) for s in system.systems])
    else:
        raise InputError(
            f"weights names {listing(wanted)}.",
            allowed=f"each indicator: {listing(system.names, 40)}; or each dimension: {listing(system.dimensions, 40)}",
        )
    if not np.isfinite(row).all() or (row < 0).any() or row.sum() <= 0:
        raise InputError(f"weights={wanted!r} are missing, negative or all zero.", allowed="numbers >= 0")
    return np.tile(row / row.sum(), (periods, 1))
