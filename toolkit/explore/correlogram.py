"""Spatial correlogram: autocorrelation by distance or by order of contiguity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.bands import distance_bands, order_bands
from toolkit.explore.geary import geary_moments, geary_of, geary_simulator
from toolkit.explore.moran import moments, simulator
from toolkit.explore.observations import frozen, matched, observe, standardise
from toolkit.explore.permutation import adjust, check_count, normal_p, resolve_seed, tail_p, tally

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["CorrelogramTable", "correlogram"]


def correlogram(
    panel: Panel,
    variable: str,
    bands: int | Sequence[float] | None = None,
    *,
    W: SpatialWeights | None = None,
    statistic: str = "moran",
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
    assumption: str = "randomization",
    p_adjust: str | None = None,
) -> CorrelogramTable:
    """Moran's I or Geary's c of pairs of regions at growing distances, every period.

    In a band the weights are 1 for the pairs of regions in it and 0 else, not standardised, so that every pair counts
    the same. Regions without a partner in a band stay in N and in the mean (as in `moran`); their number is reported.

    Parameters
    ----------
    panel : Panel
        N regions, T periods; with a map unless W is given.
    variable : str
        A column or an expression.
    bands : int or increasing numbers, optional
        By distance: the limits of the bands in km, (a, b], or how many bands with about the same number of pairs, over
        distances up to half the largest (default 8). By order: how many orders (default 4).
    W : SpatialWeights, optional
        If given, bands are orders of contiguity: order k joins regions k steps apart on the shortest path along the links
        of W, whatever their weights. Otherwise distances are those of `tk.weights.distance_band`: great-circle km.
    statistic : {"moran", "geary"}
    permutations, seed, alternative, assumption
        As for `moran`. All bands and periods share the draws. `low` and `high` are the limits of the middle 95 percent of
        the draws; without permutations the normal ones.
    p_adjust : {"fdr", "bonferroni", None}
        Correction of `p_perm` (without permutations of `p_value`) over the bands of a period.

    Returns
    -------
    CorrelogramTable

    Raises
    ------
    InputError
        Limits that do not increase, a band without pairs (named), fewer orders than asked for.
    DataError, WeightsError, FormulaError
        As `moran`; a panel without a map.

    References
    ----------
    Cliff and Ord (1981), Spatial Processes, chapter 5; Sokal and Oden (1978), Biological Journal of the Linnean Society
    10, 199-228.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.correlogram(panel, "unemp", [0, 500, 1000, 2000], permutations=99, seed=1)
    >>> record.bands
    ('0–500', '500–1000', '1000–2000')
    """
    if statistic not in ("moran", "geary"):
        raise InputError(f"statistic={statistic!r} is unknown.", allowed='"moran", "geary"')
    if assumption not in ("randomization", "normality"):
        raise InputError(f"assumption={assumption!r} is unknown.", allowed="randomization, normality")
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)
    adjust(np.ones((1, 1)), p_adjust)
    if panel.N < 4:
        raise DataError(f"The variance needs at least four regions; the panel has {panel.N}.")
    observed = observe(panel, variable)
    z = standardise(observed.values)
    if W is None:
        i, j, d, edges, measure, unit = distance_bands(panel, bands)
        shown = [f"{e:.0f}" if np.diff(edges).min() >= 10 else f"{e:.6g}" for e in edges]
        labels = [f"{a}–{b}" for a, b in pairwise(shown)]
        by, weights = "distance", measure
    else:
        W = matched(W, panel)
        i, j, d, edges = order_bands(W, bands)
        labels = [str(k + 1) for k in range(len(edges) - 1)]
        by, unit, weights = "order", "", W.description
    which = np.searchsorted(edges, d, side="left") - 1  # (a, b]
    empty = [f"{labels[b]} {unit}".strip() for b in range(len(labels)) if not (which == b).any()]
    if empty:
        raise InputError(
            f"No pair of regions is in: {listing(empty)}.",
            allowed=f"distances of the panel run from {d.min():.6g} to {d.max():.6g}",
            fix="choose wider bands, or a number of bands",
        )
    values: dict[str, list] = {k: [] for k in ("stat", "var", "p_perm", "low", "high", "mean", "pairs", "regions")}
    expected = -1 / (panel.N - 1) if statistic == "moran" else 1.0
    for b in range(len(labels)):
        here = which == b
        band = sparse.csr_array(
            (np.ones(2 * here.sum()), (np.r_[i[here], j[here]], np.r_[j[here], i[here]])), shape=(panel.N, panel.N)
        )
        if statistic == "moran":
            found = (z * (band @ z.T).T).sum(axis=1) / band.sum()
            _, normality, randomization = moments(z, band)
            simulate = simulator(z, band)
        else:
            found = geary_of(z, band)
            normality, randomization = geary_moments(z, band)
            simulate = geary_simulator(z, band)
        variance = randomization if assumption == "randomization" else np.full_like(randomization, normality)
        drawn = tally(found, simulate, panel.N, count, start, width=z.size, keep=True)
        variance = np.where(variance > 1e-12, variance, 0.0)  # a band of all pairs leaves nothing to chance
        half = 1.959963984540054 * np.sqrt(variance)
        low, high = np.quantile(drawn.draws, [0.025, 0.975], axis=0) if count else (expected - half, expected + half)
        made = (found, variance, tail_p(drawn.above, drawn.below, count, alternative), low, high)
        extra = (d[here].mean(), int(here.sum()), len(np.unique(np.r_[i[here], j[here]])))
        for key, value in zip(values, (*made, *extra), strict=True):
            values[key].append(value)
    table = {k: np.column_stack(values[k]) for k in ("stat", "var", "p_perm", "low", "high")}
    spread = table["var"] > 0
    score = np.where(spread, (table["stat"] - expected) / np.sqrt(np.where(spread, table["var"], 1.0)), np.nan)
    p_value = normal_p(score, alternative)
    return CorrelogramTable(
        variable=observed.name,
        labels=(observed.label, observed.label_zh),
        kind=statistic,
        by=by,
        unit=unit,
        bands=tuple(labels),
        lower=frozen(np.array(edges[:-1], float)),
        upper=frozen(np.array(edges[1:], float)),
        mean=frozen(np.array(values["mean"], float)),
        pairs=frozen(np.array(values["pairs"])),
        linked=frozen(np.array(values["regions"])),
        times=tuple(observed.times),
        statistic=frozen(table["stat"]),
        expected=float(expected),
        variance=frozen(table["var"]),
        score=frozen(score),
        p_value=frozen(p_value),
        p_perm=frozen(table["p_perm"]),
        p_adjusted=frozen(adjust(table["p_perm"] if count else p_value, p_adjust)),
        low=frozen(table["low"]),
        high=frozen(table["high"]),
        n=panel.N,
        permutations=count,
        seed=start,
        alternative=alternative,
        assumption=assumption,
        p_adjust=p_adjust,
        weights=weights,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class CorrelogramTable:
    """Autocorrelation by band (B) and period (T).

    Attributes
    ----------
    variable : str
    labels : tuple of str
        English and Chinese label.
    kind, by, unit : str
        ``moran`` or ``geary``; ``distance`` or ``order``; unit of the distances.
    bands : tuple of str, length B
    lower, upper, mean, pairs, linked : ndarray, shape (B,)
        Limits of a band (above the first, up to the second); mean distance of its pairs; number of pairs; regions
        that belong to one.
    times : tuple, length T
    statistic, variance, score, p_value, p_perm, p_adjusted, low, high : ndarray, shape (T, B)
        As in `MoranTable`; the p-value after `p_adjust`; range of 95 percent of the draws.
    expected : float
    n : int
    permutations, seed, alternative, assumption, p_adjust
        As used.
    weights, panel, panel_hash : str
        How distance is measured or which links were followed; the data.
    """

    variable: str
    labels: tuple[str, str]
    kind: str
    by: str
    unit: str
    bands: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    mean: np.ndarray
    pairs: np.ndarray
    linked: np.ndarray
    times: tuple[object, ...]
    statistic: np.ndarray
    expected: float
    variance: np.ndarray
    score: np.ndarray
    p_value: np.ndarray
    p_perm: np.ndarray
    p_adjusted: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int
    permutations: int
    seed: int
    alternative: str
    assumption: str
    p_adjust: str | None
    weights: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period and band.

        Columns: variable time band lower upper mean pairs linked statistic expected variance z p_value p_perm p_adjusted
        low high n.
        """
        import pandas as pd

        t = len(self.times)
        per_band = {k: np.tile(getattr(self, k), t) for k in ("lower", "upper", "mean", "pairs", "linked")}
        return pd.DataFrame(
            {
                "variable": self.variable,
                "time": [x for x in self.times for _ in self.bands],
                "band": list(self.bands) * t,
                **per_band,
                "statistic": self.statistic.ravel(),
                "expected": self.expected,
                "variance": self.variance.ravel(),
                "z": self.score.ravel(),
                "p_value": self.p_value.ravel(),
                "p_perm": self.p_perm.ravel(),
                "p_adjusted": self.p_adjusted.ravel(),
                "low": self.low.ravel(),
                "high": self.high.ravel(),
                "n": self.n,
            }
        )

    def at(self, time: object) -> pd.DataFrame:
        """The rows of one period."""
        if time not in self.times:
            raise InputError(f"There is no period {time!r} here.", allowed=listing(self.times, 40))
        row = self.times.index(time)
        k = len(self.bands)
        return self.tidy().iloc[row * k : (row + 1) * k].reset_index(drop=True)

    def glance(self) -> pd.DataFrame:
        """One row: variable, statistic, n, periods, bands, significant cells at 5 percent, and what was used."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "statistic": self.kind,
                    "by": self.by,
                    "n": self.n,
                    "periods": len(self.times),
                    "bands": len(self.bands),
                    "pairs": int(self.pairs.sum()),
                    "significant": int((self.p_adjusted < 0.05).sum()),
                    "permutations": self.permutations,
                    "seed": self.seed,
                    "alternative": self.alternative,
                    "p_adjust": self.p_adjust or "none",
                    "weights": self.weights,
                }
            ]
        )

    def __repr__(self) -> str:
        name = {"moran": "Moran's I", "geary": "Geary's c"}[self.kind]
        shown = self.tidy()[["time", "band", "pairs", "statistic", "z", "p_value", "p_perm"]]
        perm = f", {self.permutations} permutations (seed {self.seed})" if self.permutations else ""
        head = f"Correlogram of {self.variable}: {name} by {self.by} ({self.weights}), {self.n} regions; {self.alternative}"
        return f"{head}{perm}\n{shown.to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")
