"""Rank mobility: how far regions keep their places, with neighbours and groups apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import frozen, matched, observe
from toolkit.explore.permutation import check_count, draws, resolve_seed, tail_p
from toolkit.explore.relative import window

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["RankMobilityTable", "rank_mobility"]

_TIE = 1e-12


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
    Rey (2004), in Goodchild and Janelle (eds.), Spatially Integrated Social Science, 280-299 (Theta); Rey (2014),
    Geographical Analysis 46, 101-119 (spatial tau); Rey (2016), Letters in Spatial and Resource Sciences 9, 7-26.

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
    groups = None if register is None else _groups(panel, register)
    signs = np.sign(x[:, :, None] - x[:, None, :]).astype(np.int8)  # (T, N, N)
    edges = None if W is None else _edges(matched(W, panel), panel.N)
    spearman, p_spearman, p_kendall = _correlations(x, first, last)
    i, j = np.triu_indices(panel.N, 1)
    neighbour = _split(signs, first, last, edges, i, j, panel.N)
    codes = None if groups is None else np.unique(groups, return_inverse=True)[1]
    within = None if codes is None else codes[i] == codes[j]
    change = _ranks(x)[last] - _ranks(x)[first]
    theta = np.full(len(first), np.nan) if codes is None else _theta(change, codes)
    inside = (
        np.full((2, len(first)), np.nan)
        if within is None
        else np.stack([_tau_b(signs, first, last, i[m], j[m]) for m in (within, ~within)])
    )
    p = _permutation_p(
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
        tau=frozen(_tau_b(signs, first, last, i, j)),
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
        group_tau=frozen(_group_tau(signs, first, last, codes)),
        group_names=() if groups is None else tuple(str(g) for g in np.unique(groups)),
        groups=None if groups is None else tuple(str(g) for g in groups),
        ranks=frozen(_ranks(-x)),
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
        group_labels_zh=MappingProxyType(_chinese(panel, register)),
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


def _ranks(x: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return rankdata(x, axis=1)


def _correlations(x: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spearman's rho with p-value, and the p-value of Kendall's tau-b, for each interval."""
    from scipy.stats import kendalltau, spearmanr

    rho = [spearmanr(x[a], x[b]) for a, b in zip(first, last, strict=True)]
    tau = [kendalltau(x[a], x[b]).pvalue for a, b in zip(first, last, strict=True)]
    return np.array([r.statistic for r in rho]), np.array([r.pvalue for r in rho]), np.array(tau)


def _tau_b(signs: np.ndarray, first, last, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Kendall's tau-b over the pairs (i, j), for each interval; NaN without an untied pair.

    i, j have shape (pairs,) or (draws, pairs); the result (R,) or (R, draws).
    """
    s = signs[:, i, j].astype(np.int32)
    untied = (s != 0).sum(axis=-1)
    score = np.stack([(s[a] * s[b]).sum(axis=-1) for a, b in zip(first, last, strict=True)])
    with np.errstate(invalid="ignore", divide="ignore"):
        return score / np.sqrt(untied[first] * untied[last].astype(float))


def _split(signs, first, last, edges, i, j, n) -> np.ndarray:
    """Tau-b over neighbours and over the rest, shape (2, R)."""
    if edges is None:
        return np.full((2, len(first)), np.nan)
    near = np.zeros((n, n), bool)
    near[edges] = True
    rest = ~near[i, j]
    return np.stack([_tau_b(signs, first, last, *edges), _tau_b(signs, first, last, i[rest], j[rest])])


def _edges(W: SpatialWeights, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of neighbours i < j, in either direction."""
    linked = W.sparse.toarray() != 0
    return np.nonzero(np.triu(linked | linked.T, 1))


def _theta(change: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Rey's Theta, shape (R,) or (R, draws) where codes has shape (draws, N); NaN where no rank changed."""
    sums = np.stack([((codes == g) * change[:, None] if codes.ndim == 2 else (codes == g) * change).sum(axis=-1)
                     for g in np.unique(codes)])  # fmt: skip
    total = np.abs(change).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.abs(sums).sum(axis=0) / (total[:, None] if codes.ndim == 2 else total)


def _group_tau(signs: np.ndarray, first, last, codes: np.ndarray | None) -> np.ndarray:
    if codes is None:
        return np.zeros((len(first), 0, 0))
    member = (codes == np.arange(codes.max() + 1)[:, None]).astype(float)  # (G, N)
    scores = np.stack([signs[a] * signs[b].astype(float) for a, b in zip(first, last, strict=True)])
    pairs = member @ (1 - np.eye(len(codes))) @ member.T
    with np.errstate(invalid="ignore"):
        return (member @ scores @ member.T) / pairs


def _permutation_p(signs, first, last, change, edges, codes, i, j, near, within, theta, count, seed, alternative):
    """P-values of the tau of neighbours, the tau within groups and Theta, shape (3, R)."""
    rows = len(first)
    observed = np.stack([near, within, theta])
    if not count or (edges is None and codes is None):
        return np.full((3, rows), np.nan)
    above, below = np.zeros((3, rows)), np.zeros((3, rows))
    n = signs.shape[1]
    inside = None if codes is None else codes[i] == codes[j]
    width = len(signs) * max(0 if edges is None else len(edges[0]), 0 if inside is None else int(inside.sum()), n)
    for p in draws(n, count, seed, width=width):
        sims = np.full((3, rows, len(p)), np.nan)
        if edges is not None:
            sims[0] = _tau_b(signs, first, last, p[:, edges[0]], p[:, edges[1]])
        if codes is not None:
            sims[1] = _tau_b(signs, first, last, p[:, i[inside]], p[:, j[inside]])
            sims[2] = _theta(change, codes[np.argsort(p, axis=1)])
        with np.errstate(invalid="ignore"):
            above += (sims >= observed[:, :, None] - _TIE).sum(axis=2)
            below += (sims <= observed[:, :, None] + _TIE).sum(axis=2)
    return np.where(np.isfinite(observed), tail_p(above, below, count, alternative), np.nan)


def _groups(panel: Panel, register: str | Mapping) -> np.ndarray:
    """Group of every region, as text."""
    if isinstance(register, str):
        found = list(panel.register(register))
    else:
        if not hasattr(register, "keys"):
            raise InputError(
                f"register={register!r} is not known.",
                allowed=f"{listing(panel.registers) or 'no registers'}, or a mapping of id to group",
            )
        absent = [r for r in panel.entities if r not in register]
        if absent:
            raise DataError(f"register= has no group for: {listing(absent)}.", fix="give every region a group")
        found = [register[r] for r in panel.entities]
    groups = np.array([str(g) for g in found])
    if len(set(groups)) < 2:
        raise DataError(f"All regions are in one group, {groups[0]!r}: there is nothing between groups.")
    return groups


def _chinese(panel: Panel, register: str | Mapping | None) -> dict[str, str]:
    return dict(panel.register_info(register).labels_zh) if isinstance(register, str) else {}
