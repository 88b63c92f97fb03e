"""Rank mobility: how far regions keep their places, with neighbours and groups apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError
from toolkit.explore.groups import chinese_labels, group_of_each
from toolkit.explore.observations import frozen, matched, observe
from toolkit.explore.permutation import check_count, resolve_seed, tail_p
from toolkit.explore.rank_pairs import (
    correlations,
    edges_of,
    group_tau,
    neighbour_tau,
    permutation_p,
    ranks,
    tau_b,
    theta_of,
)
from toolkit.explore.relative import window

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["RankMobilityTable", "rank_mobility"]


def rank_mobility(
    panel: Panel,
    variable: str,
    W: SpatialWeights | None = None,
    *,
    register: str | Mapping | None = None,
    lag: int = 1,
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
) -> RankMobilityTable:
    """Rank correlation between periods, over neighbours, within and between groups; ranks and their changes.

    For every interval (t to t + lag, and first to last period) the pairs of regions are concordant (+1), discordant
    (-1) or tied (0). Kendall's tau-b is taken over all pairs; with W over pairs of neighbours and over the rest (Rey
    2014); with a register over pairs within groups and between groups, and Theta = sum_g abs(sum_{i in g} dr_i) /
    sum_i abs(dr_i) tells whether changes of rank go the same way within groups (Rey 2004). Without ties tau is
    the average of its parts, weighted by their numbers of pairs.

    Parameters
    ----------
    panel : Panel
        N regions, at least two evenly spaced periods.
    variable : str
        A column, or an expression of columns.
    W : SpatialWeights, optional
        Two regions are neighbours if a weight between them is not zero, in either direction; matched by id.
    register : str or mapping of id to group, optional
        A register of the panel, or groups of one's own.
    lag : int
        Periods of each interval.
    permutations : int
        Relabellings of the regions, the same at both ends of an interval, for p-values of the tau of neighbours, of
        the tau within groups, and of Theta; 0 for none. The draws are shared by all intervals.
    seed : int, optional
        Same seed, same numbers.
    alternative : {"two-sided", "greater", "less", "directed"}
        As in `tk.moran`.

    Returns
    -------
    RankMobilityTable

    Raises
    ------
    DataError
        Missing or constant values, too few or uneven periods, a region without a group, or one group only.
    WeightsError
        W names other regions than the panel, or has no links.
    InputError, FormulaError
        An argument that is not allowed; an expression that cannot be read.

    References
    ----------
    Rey (2004), in Getis, Mur and Zoller (eds.), Spatial Econometrics and Spatial Statistics, 193-213 (Theta); Rey (2014),
    Computational Statistics 29, 799-811 (tau of neighbours); Rey (2016), Annals of the American Association of
    Geographers 106, 788-803 (groups).

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("mexico")
    >>> record = tk.rank_mobility(panel, "pcgdp", permutations=0)
    >>> record.tidy()["tau"].round(3).iloc[-1].item()
    0.585
    """
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)
    seen = observe(panel, variable)
    pairs = window(seen.times, lag)
    x = seen.values
    first, last = np.arange(pairs), np.arange(pairs) + lag
    whole = pairs > 1
    if whole:
        first, last = np.append(first, 0), np.append(last, len(x) - 1)
    groups = None if register is None else group_of_each(panel, register)
    signs = np.sign(x[:, :, None] - x[:, None, :]).astype(np.int8)  # (T, N, N)
    edges = None if W is None else edges_of(matched(W, panel), panel.N)
    spearman, p_spearman, p_kendall = correlations(x, first, last)
    i, j = np.triu_indices(panel.N, 1)
    neighbour = neighbour_tau(signs, first, last, edges, i, j, panel.N)
    codes = None if groups is None else np.unique(groups, return_inverse=True)[1]
    within = None if codes is None else codes[i] == codes[j]
    change = ranks(x)[last] - ranks(x)[first]
    theta = np.full(len(first), np.nan) if codes is None else theta_of(change, codes)
    inside = (
        np.full((2, len(first)), np.nan)
        if within is None
        else np.stack([tau_b(signs, first, last, i[m], j[m]) for m in (within, ~within)])
    )
    p = permutation_p(
        signs, first, last, change, edges, codes, i, j, neighbour[0], inside[0], theta, count, start, alternative
    )
    return RankMobilityTable(
        variable=seen.name,
        label=seen.label,
        label_zh=seen.label_zh,
        starts=tuple(seen.times[a] for a in first),
        ends=tuple(seen.times[b] for b in last),
        whole=whole,
        spearman=frozen(spearman),
        p_spearman=frozen(p_spearman),
        tau=frozen(tau_b(signs, first, last, i, j)),
        p_tau=frozen(p_kendall),
        tau_neighbours=frozen(neighbour[0]),
        tau_others=frozen(neighbour[1]),
        neighbour_pairs=0 if edges is None else len(edges[0]),
        p_neighbours=frozen(p[0]),
        tau_within=frozen(inside[0]),
        tau_between=frozen(inside[1]),
        within_pairs=0 if within is None else int(within.sum()),
        p_within=frozen(p[1]),
        theta=frozen(theta),
        p_theta=frozen(p[2]),
        group_tau=frozen(group_tau(signs, first, last, codes)),
        group_names=() if groups is None else tuple(str(g) for g in np.unique(groups)),
        groups=None if groups is None else tuple(str(g) for g in groups),
        ranks=frozen(ranks(-x)),
        times=tuple(seen.times),
        regions=tuple(panel.entities),
        names=tuple(panel.names),
        names_zh=tuple(panel.names_in("zh")),
        lag=int(lag),
        permutations=count,
        seed=start,
        alternative=alternative,
        weights="" if W is None else W.description,
        register="" if register is None else register if isinstance(register, str) else "own groups",
        group_labels_zh=MappingProxyType(chinese_labels(panel, register)),
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class RankMobilityTable:
    """Rank correlations by interval (R rows) and ranks by period.

    Attributes
    ----------
    variable, label, label_zh : str
    starts, ends : tuple, length R
        Of the intervals; the last one is the whole span if `whole`.
    spearman, p_spearman, tau, p_tau : ndarray, shape (R,)
        Spearman's rho and Kendall's tau-b with the p-values of scipy (null: no association).
    tau_neighbours, tau_others, p_neighbours : ndarray, shape (R,)
        Tau-b over pairs of neighbours and over other pairs; permutation p-value of the first. NaN without W.
    tau_within, tau_between, p_within, theta, p_theta : ndarray, shape (R,)
        Tau-b within and between groups, Theta, permutation p-values. NaN without a register.
    neighbour_pairs, within_pairs : int
        Numbers of pairs (i < j).
    group_tau : ndarray, shape (R, G, G)
        (concordant - discordant) / pairs between and within groups; NaN within a group of one region.
    group_names, groups : tuple
        Groups in order; group of every region (None without a register).
    ranks : ndarray, shape (T, N)
        1 is the highest value; ties share the average rank.
    times, regions, names, names_zh : tuple
    lag, permutations, seed, alternative, weights, register, panel, panel_hash
        As used.
    """

    variable: str
    label: str
    label_zh: str
    starts: tuple[object, ...]
    ends: tuple[object, ...]
    whole: bool
    spearman: np.ndarray
    p_spearman: np.ndarray
    tau: np.ndarray
    p_tau: np.ndarray
    tau_neighbours: np.ndarray
    tau_others: np.ndarray
    neighbour_pairs: int
    p_neighbours: np.ndarray
    tau_within: np.ndarray
    tau_between: np.ndarray
    within_pairs: int
    p_within: np.ndarray
    theta: np.ndarray
    p_theta: np.ndarray
    group_tau: np.ndarray
    group_names: tuple[str, ...]
    groups: tuple[str, ...] | None
    ranks: np.ndarray
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    lag: int
    permutations: int
    seed: int
    alternative: str
    weights: str
    register: str
    group_labels_zh: Mapping[str, str]
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row an interval: start end spearman p_spearman tau p_tau, tau_neighbours tau_others p_neighbours (with W),
        tau_within tau_between p_within theta p_theta (with a register).
        """
        import pandas as pd

        columns = ["spearman", "p_spearman", "tau", "p_tau"]
        columns += ["tau_neighbours", "tau_others", "p_neighbours"] if self.neighbour_pairs else []
        columns += ["tau_within", "tau_between", "p_within", "theta", "p_theta"] if self.groups else []
        return pd.DataFrame(
            {"start": list(self.starts), "end": list(self.ends), **{c: getattr(self, c) for c in columns}}
        )

    def changes(self) -> pd.DataFrame:
        """One row a region: region name (group) rank_first rank_last gain best worst mean_move.

        Rank 1 is the highest value. `gain` is positive for a region that climbed; `mean_move` is the mean absolute
        change of rank over the intervals of `lag` periods.
        """
        import pandas as pd

        table = pd.DataFrame({"region": list(self.regions), "name": list(self.names)})
        if self.groups:
            table["group"] = list(self.groups)
        table["rank_first"], table["rank_last"] = self.ranks[0], self.ranks[-1]
        table["gain"] = self.ranks[0] - self.ranks[-1]
        table["best"], table["worst"] = self.ranks.min(axis=0), self.ranks.max(axis=0)
        table["mean_move"] = np.abs(self.ranks[self.lag :] - self.ranks[: -self.lag]).mean(axis=0)
        return table.sort_values("rank_last", kind="stable").reset_index(drop=True)

    def by_group(self) -> pd.DataFrame:
        """One row an interval and pair of groups: start end group other tau (concordant less discordant share)."""
        import pandas as pd

        if not self.groups:
            raise InputError("The record has no groups.", fix="give register= to tk.rank_mobility")
        rows = [
            (s, e, self.group_names[a], self.group_names[b], self.group_tau[r, a, b])
            for r, (s, e) in enumerate(zip(self.starts, self.ends, strict=True))
            for a in range(len(self.group_names))
            for b in range(a, len(self.group_names))
        ]
        return pd.DataFrame(rows, columns=["start", "end", "group", "other", "tau"])

    def glance(self) -> pd.DataFrame:
        """One row: n, periods, mean tau of the intervals, tau of the whole span, and what was used."""
        import pandas as pd

        rows = slice(None, -1) if self.whole else slice(None)
        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "lag": self.lag,
                    "tau_mean": self.tau[rows].mean(),
                    "tau_whole": self.tau[-1],
                    "spearman_whole": self.spearman[-1],
                    "permutations": self.permutations,
                    "seed": self.seed,
                    "alternative": self.alternative,
                    "weights": self.weights,
                    "register": self.register,
                }
            ]
        )

    def __repr__(self) -> str:
        used = ", ".join(x for x in (self.weights, self.register and f"register {self.register}") if x)
        head = f"Rank mobility of {self.variable}, {len(self.regions)} regions, intervals of {self.lag}" + (
            f"; {used}" if used else ""
        )
        return f"{head}\n{self.tidy().to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")
