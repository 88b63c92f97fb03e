"""Join counts: how often neighbours belong to the same, or to two given, categories."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError
from toolkit.explore.assignment import assignment_moments, matrix_sums
from toolkit.explore.categories import read_categories
from toolkit.explore.observations import frozen, matched
from toolkit.explore.permutation import check_count, normal_p, resolve_seed, tail_p, tally

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["JoinCountTable", "join_count"]


def join_count(
    panel: Panel,
    variable: str,
    W: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
) -> JoinCountTable:
    """Join counts of a categorical variable: BB, BW and WW, or every pair of up to 12 categories, every period.

    J_rr = 1/2 sum_ij b_ij r_i r_j, J_rs = 1/2 sum_ij b_ij (r_i s_j + s_i r_j), with r_i = 1 where region i is of category
    r and b_ij = 1 for neighbours, whatever their weight in W (where only i names j as neighbour the join counts one half).
    The counts of a period add up to the number of joins; the row ``different`` is the sum over unlike pairs.
    Expected values and variances are exact for dealing the categories anew over the regions (non-free sampling).

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column of text or whole numbers, a register of the panel (such as blocks of provinces; one row set, its time
        is ``all``), or an expression with whole numbers as values such as ``"gdp / pop > 5"``.
    W : SpatialWeights
        Matched to the panel by id.
    permutations, seed, alternative
        As for `moran`. ``greater``: more joins than by chance.

    Returns
    -------
    JoinCountTable

    Raises
    ------
    DataError
        Values missing, not whole, one category only in a period, or more than 12; fewer than four regions.
    WeightsError, InputError, FormulaError
        As `moran`.

    Notes
    -----
    A count that cannot vary (two regions of a category at most, none of it in a period, ...) has variance 0 and z NaN.

    References
    ----------
    Cliff and Ord (1981), Spatial Processes, pp. 11-20; Moran (1948), Journal of the Royal Statistical Society B 10.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.join_count(panel, "unemp > 7", tk.weights.queen(panel), permutations=99, seed=1)
    >>> record.tidy()["pair"].unique().tolist()
    ['0-0', '1-1', '0-1', 'different']
    """
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)
    W = matched(W, panel)
    n = panel.N
    if n < 4:
        raise DataError(f"The variance of join counts needs at least four regions; the panel has {n}.")
    codes, categories, times, labels = read_categories(panel, variable)
    B = W.sparse.copy()
    B.data = (B.data > 0).astype(float)
    k = len(categories)
    pairs = [(r, r) for r in range(k)] + list(combinations(range(k), 2))
    names = [f"{categories[r]}-{categories[s]}" for r, s in pairs] + ["different"]
    edges = B.tocoo()
    i, j = edges.coords
    lookup = np.empty((k, k), int)
    for m, (r, s) in enumerate(pairs):
        lookup[r, s] = lookup[s, r] = m

    def counted(x: np.ndarray) -> np.ndarray:
        """From categories (M, N) to counts (M, pairs + 1)."""
        which = lookup[x[:, i], x[:, j]] + len(pairs) * np.arange(len(x))[:, None]
        made = np.bincount(which.ravel(), minlength=len(x) * len(pairs)).reshape(len(x), len(pairs)) / 2
        return np.column_stack([made, made[:, k:].sum(axis=1)])

    statistic = counted(codes)  # (T, pairs + 1)
    size = np.stack([(codes == r).sum(axis=1) for r in range(k)], axis=1).astype(float)  # (T, K)
    expected, variance = assignment_moments(matrix_sums(B), _sums(size, pairs, n), n)
    drawn = tally(
        statistic.ravel(),
        lambda block: counted(codes[:, block].swapaxes(0, 1).reshape(-1, n)).reshape(len(block), -1),
        n,
        count,
        start,
        width=len(codes) * max(n, B.nnz),
    )
    spread = variance > 1e-9 * np.maximum(1.0, expected)
    score = np.where(spread, (statistic - expected) / np.sqrt(np.where(spread, variance, 1.0)), np.nan)
    p_perm = tail_p(drawn.above, drawn.below, count, alternative).reshape(statistic.shape)
    return JoinCountTable(
        variable=variable.strip(),
        labels=labels,
        categories=tuple(categories),
        pairs=tuple(names),
        times=tuple(times),
        statistic=frozen(statistic),
        expected=frozen(expected),
        variance=frozen(np.where(spread, variance, 0.0)),
        score=frozen(score),
        p_value=frozen(normal_p(score, alternative)),
        p_perm=frozen(p_perm),
        sizes=frozen(size),
        joins=float(B.sum() / 2),
        n=n,
        permutations=count,
        seed=start,
        alternative=alternative,
        weights=W.description,
        weights_hash=W.hash,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinCountTable:
    """Join counts by period and pair of categories; P pairs, the last one ``different``.

    Attributes
    ----------
    variable : str
    labels : tuple of str
        English and Chinese label.
    categories : tuple of str, length K
    pairs : tuple of str, length P
    times : tuple, length T
    statistic, expected, variance, score, p_value, p_perm : ndarray, shape (T, P)
        Joins; their mean and variance; (J - E) / sd and its normal p-value; the permutation p-value.
    sizes : ndarray, shape (T, K)
        Regions in each category.
    joins : float
        Number of joins.
    n : int
    permutations, seed, alternative
        As used.
    weights, weights_hash, panel, panel_hash : str
        What it was computed from.
    """

    variable: str
    labels: tuple[str, str]
    categories: tuple[str, ...]
    pairs: tuple[str, ...]
    times: tuple[object, ...]
    statistic: np.ndarray
    expected: np.ndarray
    variance: np.ndarray
    score: np.ndarray
    p_value: np.ndarray
    p_perm: np.ndarray
    sizes: np.ndarray
    joins: float
    n: int
    permutations: int
    seed: int
    alternative: str
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period and pair: variable time pair statistic expected variance z p_value p_perm permutations n."""
        import pandas as pd

        return pd.DataFrame(
            {
                "variable": self.variable,
                "time": [t for t in self.times for _ in self.pairs],
                "pair": list(self.pairs) * len(self.times),
                "statistic": self.statistic.ravel(),
                "expected": self.expected.ravel(),
                "variance": self.variance.ravel(),
                "z": self.score.ravel(),
                "p_value": self.p_value.ravel(),
                "p_perm": self.p_perm.ravel(),
                "permutations": self.permutations,
                "n": self.n,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, categories, joins, periods with fewer unlike joins than expected, and what was used."""
        import pandas as pd

        p = self.p_perm if self.permutations else self.p_value
        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": self.n,
                    "periods": len(self.times),
                    "categories": ", ".join(self.categories),
                    "joins": self.joins,
                    "significant": int((p[:, -1] < 0.05).sum()),
                    "permutations": self.permutations,
                    "seed": self.seed,
                    "alternative": self.alternative,
                    "weights": self.weights,
                }
            ]
        )

    def __repr__(self) -> str:
        shown = self.tidy()[["time", "pair", "statistic", "expected", "z", "p_value", "p_perm"]]
        perm = f", {self.permutations} permutations (seed {self.seed})" if self.permutations else ""
        head = f"Join counts of {self.variable}, {self.n} regions, {self.joins:g} joins, {self.weights}"
        return f"{head}; {self.alternative}{perm}\n{shown.to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def _sums(size: np.ndarray, pairs: list[tuple[int, int]], n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sums `assignment_moments` needs, for each pair and for unlike pairs together; each (T, pairs + 1)."""
    a0, a1, a2 = [], [], []
    for r, s in pairs:
        m, k = size[:, r], size[:, s]
        if r == s:
            a0.append(m * (m - 1) / 2)
            a1.append(m * (m - 1) / 2)
            a2.append(m * (m - 1) ** 2)
        else:
            a0.append(m * k)
            a1.append(m * k)
            a2.append(m * k * (m + k))
    unlike = (n**2 - (size**2).sum(axis=1)) / 2
    a0.append(unlike)
    a1.append(unlike)
    a2.append((size * (n - size) ** 2).sum(axis=1))
    return tuple(np.column_stack(a) for a in (a0, a1, a2))
