"""Association of two region-by-region matrices: Mantel test and quadratic assignment (QAP)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError
from toolkit.explore.assignment import assignment_moments, matrix_sums
from toolkit.explore.matrices import off_diagonal, region_matrices
from toolkit.explore.observations import frozen
from toolkit.explore.permutation import check_count, resolve_seed, tail_p, tally

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["MantelTable", "mantel"]


def mantel(
    panel: Panel,
    first,
    second,
    *,
    method: str = "pearson",
    permutations: int = 9999,
    seed: int | None = None,
    alternative: str = "two-sided",
) -> MantelTable:
    """Correlation of two matrices between regions, tested by permuting regions (Mantel test, QAP correlation).

    The correlation r runs over the N (N - 1) ordered pairs of different regions. Pairs of one region depend on each other, so
    the distribution of r is found by dealing the regions of `first` anew, rows and columns together.

    Parameters
    ----------
    panel : Panel
        N regions, T periods: says which regions, in any order of the matrices.
    first, second : str, SpatialWeights or DataFrame
        ``"km"`` (distances), a variable or expression (its absolute difference between regions, a matrix for every
        period), weights, or a table with region ids on both sides; diagonals do not count.
    method : {"pearson", "spearman"}
        Of the entries, or of their ranks.
    permutations, seed, alternative
        As for `moran`.

    Returns
    -------
    MantelTable
        A row for each period; one, ``all``, if neither matrix changes over time.

    Raises
    ------
    InputError, DataError, WeightsError
        What is no matrix between the regions of the panel; a constant one; fewer than four regions; no common period.

    Notes
    -----
    `variance` is exact over all permutations (Mantel 1967); its mean is 0.

    References
    ----------
    Mantel (1967), Cancer Research 27, 209-220; Hubert (1987), Assignment Methods in Combinatorial Data Analysis;
    Krackhardt (1988), Social Networks 10, 359-381.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.mantel(panel, "log(gsp / emp)", "km", permutations=99, seed=1)
    >>> record.tidy().shape[0]
    17
    """
    if method not in ("pearson", "spearman"):
        raise InputError(f"method={method!r} is unknown.", allowed='"pearson", "spearman"')
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)
    n = panel.N
    if n < 4:
        raise DataError(f"The test needs at least four regions; the panel has {n}.")
    a, b = region_matrices(panel, first), region_matrices(panel, second)
    times = shared_times(a.times, b.times)
    rank = method == "spearman"
    moved = off_diagonal(a.at(times), a.name, rank)
    held = off_diagonal(b.at(times), b.name, rank)
    rows = max(len(moved), len(held))
    statistic = np.broadcast_to((moved * held).sum(axis=1), (rows,)).copy()
    square = np.zeros((len(moved), n, n))
    square[:, ~np.eye(n, dtype=bool)] = moved
    flat = square.reshape(len(moved), n * n)
    i, j = np.nonzero(~np.eye(n, dtype=bool))
    # the entries of `first` sum to zero, so a constant taken off `second` changes nothing: of weights only links are left
    weight = held - held.min(axis=1, keepdims=True)
    links = weight.any(axis=0)
    i, j, weight = i[links], j[links], weight[:, links]

    def simulate(block: np.ndarray) -> np.ndarray:
        dealt = flat[:, block[:, i] * n + block[:, j]]  # (1 or T, block, pairs)
        if len(dealt) == 1:
            return dealt[0] @ weight.T
        beside = np.broadcast_to(weight, (rows, weight.shape[1]))
        return np.stack([x @ y for x, y in zip(dealt, beside, strict=True)], axis=1)

    drawn = tally(statistic, simulate, n, count, start, width=len(moved) * len(i))
    beside = np.zeros((len(held), n, n))
    beside[:, ~np.eye(n, dtype=bool)] = held
    variance = np.broadcast_to(assignment_moments(matrix_sums(square), matrix_sums(beside), n)[1], (rows,)).copy()
    return MantelTable(
        first=a.name,
        second=b.name,
        method=method,
        times=times if times != (None,) else ("all",),
        statistic=frozen(statistic),
        variance=frozen(variance),
        p_perm=frozen(tail_p(drawn.above, drawn.below, count, alternative)),
        perm_mean=frozen(drawn.mean),
        perm_sd=frozen(drawn.sd),
        n=n,
        permutations=count,
        seed=start,
        alternative=alternative,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class MantelTable:
    """Correlation of two matrices by period.

    Attributes
    ----------
    first, second, method : str
    times : tuple, length T
    statistic, variance, p_perm, perm_mean, perm_sd : ndarray, shape (T,)
        r; its exact variance over all permutations; the permutation p-value; mean and standard deviation of the draws.
    n : int
    permutations, seed, alternative
        As used.
    panel, panel_hash : str
    """

    first: str
    second: str
    method: str
    times: tuple[object, ...]
    statistic: np.ndarray
    variance: np.ndarray
    p_perm: np.ndarray
    perm_mean: np.ndarray
    perm_sd: np.ndarray
    n: int
    permutations: int
    seed: int
    alternative: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period: first second time statistic expected variance z p_perm perm_mean perm_sd permutations n."""
        import pandas as pd

        return pd.DataFrame(
            {
                "first": self.first,
                "second": self.second,
                "time": list(self.times),
                "statistic": self.statistic,
                "expected": 0.0,
                "variance": self.variance,
                "z": self.statistic / np.sqrt(self.variance),
                "p_perm": self.p_perm,
                "perm_mean": self.perm_mean,
                "perm_sd": self.perm_sd,
                "permutations": self.permutations,
                "n": self.n,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: the matrices, n, periods, range of r, periods significant at 5 percent, and what was used."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "first": self.first,
                    "second": self.second,
                    "method": self.method,
                    "n": self.n,
                    "periods": len(self.times),
                    "lowest": self.statistic.min(),
                    "highest": self.statistic.max(),
                    "significant": int((self.p_perm < 0.05).sum()),
                    "permutations": self.permutations,
                    "seed": self.seed,
                    "alternative": self.alternative,
                }
            ]
        )

    def __repr__(self) -> str:
        shown = self.tidy()[["time", "statistic", "z", "p_perm"]]
        head = f"Mantel test ({self.method}) of {self.first} and {self.second}, {self.n} regions; {self.alternative}"
        perm = f", {self.permutations} permutations (seed {self.seed})"
        return f"{head}{perm}\n{shown.to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def shared_times(*each: tuple | None) -> tuple:
    """Periods all matrices have; (None,) if none of them changes over time."""
    changing = [t for t in each if t is not None]
    if not changing:
        return (None,)
    times = tuple(t for t in changing[0] if all(t in other for other in changing))
    if not times:
        raise DataError("The matrices have no period in common.", fix="choose lags short enough for the panel")
    return times
