"""Moran's I of changes and of rates: the statistic of `moran` on what was made from two variables or periods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.moran import MoranTable, moran_table
from toolkit.explore.observations import Observations, common_periods, located, matched, observe, refuse_constant

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["empirical_bayes", "moran_differential", "moran_rates"]


def moran_differential(
    panel: Panel,
    variable: str,
    W: SpatialWeights,
    *,
    between: tuple[object, object] | None = None,
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
    assumption: str = "randomization",
) -> MoranTable:
    """Differential Moran's I: of the change of a variable between two periods, or of every change.

    The I of y_t - y_s: region effects that do not change over time drop out, so it asks whether changes, not levels,
    cluster. The row of a change carries its later period.

    Parameters
    ----------
    panel : Panel
        N regions, at least two periods.
    variable : str
        A column or an expression; for growth rates ``"log(y)"``.
    W : SpatialWeights
    between : (first, last), optional
        Two periods. By default every period and the one before it in the panel.
    permutations, seed, alternative, assumption
        As for `moran`.

    Returns
    -------
    MoranTable

    Raises
    ------
    InputError
        One period only; `between` not two different periods of the panel in order.
    DataError
        As `moran`; a change that is the same in all regions.
    WeightsError, FormulaError
        As `moran`.

    References
    ----------
    Anselin, Li and Koschinsky (2022), GeoDa, from the desktop to an ecosystem; GeoDa workbook, "Differential Moran".

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> W = tk.weights.queen(panel)
    >>> len(tk.moran_differential(panel, "log(gsp)", W, permutations=99, seed=1).tidy())
    16
    >>> tk.moran_differential(panel, "log(gsp)", W, between=(1970, 1986), permutations=99, seed=1).variables
    ('log(gsp), 1986 less 1970',)
    """
    W = matched(W, panel)
    x = observe(panel, variable)
    known = list(x.times)
    if len(known) < 2:
        raise InputError(f"A change needs two periods; {x.name!r} has {listing(known)}.", fix="use tk.moran")
    if between is None:
        values, times, note, note_zh = np.diff(x.values, axis=0), x.times[1:], "change", "变化"
    else:
        pair = tuple(between) if isinstance(between, (tuple, list)) else (between,)
        if len(pair) != 2 or any(t not in known for t in pair) or known.index(pair[0]) >= known.index(pair[1]):
            raise InputError(
                f"between={between!r} is no pair of periods.", allowed=f"(earlier, later) of {listing(known, 40)}"
            )
        first, last = (known.index(t) for t in pair)
        values, times = x.values[[last]] - x.values[[first]], x.times[[last]]
        note, note_zh = f"{pair[1]} less {pair[0]}", f"{pair[0]}至{pair[1]}年的变化"
    change = Observations(
        f"{x.name}, {note}",
        f"{x.label}, {note}",
        f"{x.label_zh}，{note_zh}",
        x.unit,
        times,
        np.ascontiguousarray(values),
    )
    scale = np.abs(x.values).max()
    refuse_constant(change.name, change.values, change.times, scale)
    return moran_table([change], panel, W, permutations, seed, alternative, assumption)


def moran_rates(
    panel: Panel,
    events: str,
    population: str,
    W: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
    assumption: str = "randomization",
) -> MoranTable:
    """Moran's I of rates with unequal populations, standardised by empirical Bayes (Assuncao and Reis).

    Rates of small populations vary more by chance, which can hide or feign autocorrelation. See `empirical_bayes` for
    what takes the place of the rate. The z of the record is that of `moran` on the standardised rates; the paper recommends
    the permutation p-value.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    events, population : str
        Columns or expressions: events >= 0, population > 0, in the same unit (persons and persons).
    W : SpatialWeights
    permutations, seed, alternative, assumption
        As for `moran`.

    Returns
    -------
    MoranTable
        `z` and `lag` are of the standardised rates.

    Raises
    ------
    DataError
        Negative events, a population that is not positive (located), no events at all; as `moran`.
    WeightsError, InputError, FormulaError
        As `moran`.

    References
    ----------
    Assuncao and Reis (1999), Statistics in Medicine 18, 2147-2162.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.moran_rates(panel, "emp * unemp / 100", "emp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> record.tidy().shape[0]
    17
    """
    W = matched(W, panel)
    e, p, times = common_periods(observe(panel, events), observe(panel, population, constant=True))
    for x, bad, allowed in ((e, e.values < 0, "zero or more events"), (p, p.values <= 0, "a positive population")):
        if bad.any():
            raise DataError(
                f"{x.name!r} is out of range in {bad.sum()} cells: {located(bad, x.values, x.times, panel)}.",
                allowed=allowed,
            )
    standard = empirical_bayes(e.values, p.values)
    rates = Observations(
        f"{e.name} / {p.name} (EB)",
        f"{e.label} / {p.label} (EB)",
        f"{e.label_zh} / {p.label_zh}（经验贝叶斯标准化）",
        "",
        pd.Index(times),
        standard,
    )
    refuse_constant(rates.name, rates.values, rates.times, 1.0)
    return moran_table([rates], panel, W, permutations, seed, alternative, assumption)


def empirical_bayes(events: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Rates less their common mean over their standard deviation under it; all arrays (T, N).

    With m = sum e / sum p, s2 = sum p_i (e_i / p_i - m)^2 / sum p, a = s2 - m / (sum p / N), the variance of rate i is
    v_i = a + m / p_i, or m / p_i where that is negative; the result is (e_i / p_i - m) / sqrt(v_i).

    References
    ----------
    Assuncao and Reis (1999), equations 6 to 8.

    Examples
    --------
    >>> e = np.array([[30.0, 25, 25, 15, 33, 21, 30, 20]])
    >>> p = np.array([[100.0, 100, 110, 90, 100, 90, 110, 90]])
    >>> empirical_bayes(e, p)[0, :2].round(6).tolist()
    [1.038436, -0.040991]
    """
    total = population.sum(axis=1, keepdims=True)
    rate, mean = events / population, events.sum(axis=1, keepdims=True) / total
    spread = (population * (rate - mean) ** 2).sum(axis=1, keepdims=True) / total
    chance = mean / population
    variance = spread - mean * population.shape[1] / total + chance
    return (rate - mean) / np.sqrt(np.where(variance < 0, chance, variance))
