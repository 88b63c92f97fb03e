"""The Gini coefficient between neighbours and between others, with permutation inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, WeightsError
from toolkit.explore.amounts import observe_amounts
from toolkit.explore.inequality import refuse_mean, warn_negative
from toolkit.explore.inequality_measures import gini
from toolkit.explore.observations import frozen, matched
from toolkit.explore.permutation import check_count, draws, resolve_seed, tail_p

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["SpatialGiniTable", "gini_spatial"]

_TIE = 1e-12


def gini_spatial(
    panel: Panel,
    variable: str,
    W: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
) -> SpatialGiniTable:
    """Gini coefficient split into pairs of neighbours and pairs of others (Rey and Smith 2013), for every period.

    G = sum_ij c_ij |x_i - x_j| / (2 N^2 mu) + sum_ij (1 - c_ij) |x_i - x_j| / (2 N^2 mu),

    c_ij = 1 where W links i to j, whatever the weight. With positive spatial autocorrelation neighbours are alike
    and the second part is larger than if the values were spread at random: that is what the permutations test. The
    share of the pairs that are neighbours is small, and so is the first part; read it beside its expectation.
    `polarization` is the mean difference of other pairs over that of neighbours, one if place plays no role.

    Parameters
    ----------
    panel : Panel
        N regions, T periods. Regions count once each: there are no population weights.
    variable : str
        A column or expression such as ``"gdp / pop"``.
    W : SpatialWeights
        Matched to the panel by id; only who is a neighbour matters. A W that is not symmetric counts ordered pairs.
    permutations : int
        Random relabellings of the regions; 0 for none. All periods share the draws.
    seed : int, optional
        Same seed, same numbers.
    alternative : {"two-sided", "greater", "less", "directed"}
        As in `tk.moran`; ``greater``: the part between others is larger, neighbours are more alike than at random.
        ``directed`` is the pseudo p-value of PySAL's `Gini_Spatial`.

    Returns
    -------
    SpatialGiniTable

    Raises
    ------
    DataError
        Missing cells, a mean of zero or below, a variable that is equal everywhere.
    WeightsError
        W names other regions, has no links, or links all regions to one another.
    InputError, FormulaError
        An argument that is not allowed; an expression that cannot be read.

    References
    ----------
    Rey and Smith (2013), A spatial decomposition of the Gini coefficient, Letters in Spatial and Resource Sciences 6, 55-70.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("mexico")
    >>> record = tk.gini_spatial(panel, "pcgdp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> bool(abs(record.neighbour + record.other - record.gini).max() < 1e-12)
    True
    """
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)
    W = matched(W, panel)
    amounts = observe_amounts(panel, variable)
    refuse_mean(amounts)
    warn_negative(amounts, panel)
    x, n = amounts.values, panel.N
    if (np.ptp(x, axis=1) <= 1e-13 * np.abs(x).max(axis=1)).any():
        raise DataError(
            f"{amounts.name!r} is the same in every region in some period: there is no inequality to split."
        )
    links = W.sparse.tocoo()
    i, j = links.row[links.data != 0], links.col[links.data != 0]
    if len(i) == n * (n - 1):
        raise WeightsError("W links all regions to one another: there are no other pairs.")
    scale = 2 * n**2 * x.mean(axis=1)
    total = gini(x, amounts.shares)
    near = np.abs(x[:, i] - x[:, j]).sum(axis=1) / scale
    other = total - near
    above, below, mean, sd = _permuted(x, i, j, scale, total, other, count, start)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(near > 0, other / near, np.nan) * len(i) / (n * (n - 1) - len(i))
        score = (other - mean) / sd
    return SpatialGiniTable(
        times=amounts.times,
        gini=frozen(total),
        neighbour=frozen(near),
        other=frozen(other),
        polarization=frozen(ratio),
        expected=frozen(mean),
        sd=frozen(sd),
        score=frozen(score),
        p_perm=frozen(tail_p(above, below, count, alternative)),
        pairs=len(i) / (n * (n - 1)),
        variable=amounts.name,
        labels=amounts.labels,
        permutations=count,
        seed=start,
        alternative=alternative,
        n=n,
        weights=W.description,
        weights_hash=W.hash,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SpatialGiniTable:
    """The Gini coefficient between neighbours and others by period.

    Attributes
    ----------
    times : tuple, length T
    gini, neighbour, other, polarization : ndarray, shape (T,)
        G, its part between neighbours, between other pairs (components of G, not shares), and the ratio of mean differences.
    expected, sd, score, p_perm : ndarray, shape (T,)
        Of `other` over the permutations: mean, standard deviation, (other - expected) / sd, p-value.
    pairs : float
        Share of all ordered pairs that are neighbours.
    variable, labels, permutations, seed, alternative, n, weights, weights_hash, panel, panel_hash
        As used.
    """

    times: tuple[object, ...]
    gini: np.ndarray
    neighbour: np.ndarray
    other: np.ndarray
    polarization: np.ndarray
    expected: np.ndarray
    sd: np.ndarray
    score: np.ndarray
    p_perm: np.ndarray
    pairs: float
    variable: str
    labels: Mapping[str, tuple[str, str, str]]
    permutations: int
    seed: int
    alternative: str
    n: int
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period: time gini neighbour other neighbour_share polarization expected sd z p_perm permutations n."""
        import pandas as pd

        return pd.DataFrame(
            {
                "time": list(self.times),
                "gini": self.gini,
                "neighbour": self.neighbour,
                "other": self.other,
                "neighbour_share": self.neighbour / self.gini,
                "polarization": self.polarization,
                "expected": self.expected,
                "sd": self.sd,
                "z": self.score,
                "p_perm": self.p_perm,
                "permutations": self.permutations,
                "n": self.n,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, share of pairs that are neighbours, periods significant at 5 percent, what was used."""
        import pandas as pd

        row = {"variable": self.variable, "n": self.n, "periods": len(self.times), "pairs": self.pairs}
        row["significant"] = int((self.p_perm < 0.05).sum())
        names = ("permutations", "seed", "alternative", "weights")
        return pd.DataFrame([row | {name: getattr(self, name) for name in names}])

    def __repr__(self) -> str:
        shown = self.tidy()[["time", "gini", "neighbour", "other", "polarization", "expected", "z", "p_perm"]]
        head = f"Spatial Gini coefficient of {self.variable}, {self.n} regions, {self.weights}; {self.alternative}, "
        head += f"{self.permutations} permutations (seed {self.seed}); {100 * self.pairs:.1f}% of pairs are neighbours"
        return f"{head}\n{shown.to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def _permuted(x, i, j, scale, total, other, count: int, seed: int) -> tuple:
    """Tail counts, mean and sd of the part between others over the permutations; each of shape (T,)."""
    rows, n = x.shape
    above, below = np.zeros(rows), np.zeros(rows)
    mean, squares = np.zeros(rows), np.zeros(rows)
    for block in draws(n, count, seed, width=len(i) * rows):
        moved = x[:, block]  # (T, block, N)
        sim = total[:, None] - np.abs(moved[..., i] - moved[..., j]).sum(axis=-1) / scale[:, None]
        above += (sim >= other[:, None] - _TIE).sum(axis=1)
        below += (sim <= other[:, None] + _TIE).sum(axis=1)
        mean += sim.sum(axis=1)
        squares += (sim**2).sum(axis=1)
    if not count:
        return above, below, np.full(rows, np.nan), np.full(rows, np.nan)
    mean /= count
    return above, below, mean, np.sqrt(np.maximum(squares / count - mean**2, 0))
