"""Regression of a region-by-region matrix on others, tested by permuting regions (MRQAP)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.mantel import shared_times
from toolkit.explore.matrices import Matrices, off_diagonal, region_matrices
from toolkit.explore.observations import frozen
from toolkit.explore.permutation import check_count, resolve_seed, tail_p, tally

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["MrqapTable", "mrqap"]


def mrqap(
    panel: Panel,
    outcome,
    regressors: Mapping[str, object] | Sequence[object],
    *,
    permutations: int = 1999,
    seed: int | None = None,
    alternative: str = "two-sided",
) -> MrqapTable:
    """Regress one matrix between regions on others, with p-values by double semi-partialling.

    Least squares over the N (N - 1) ordered pairs of different regions, a regression for each period. Its standard errors
    suppose independent pairs, which pairs that share a region are not; so for each regressor its residual on the others
    is permuted, rows and columns together, in place of the regressor, and the t values are compared (Dekker, Krackhardt
    and Snijders 2007). With one regressor this is the Mantel test.

    Parameters
    ----------
    panel : Panel
        N regions, T periods: says which regions, in any order of the matrices.
    outcome : str, SpatialWeights or DataFrame
        As for `mantel`.
    regressors : mapping of name to matrix, or sequence of matrices
        Each as `outcome`.
    permutations, seed, alternative
        As for `moran`. All regressors and periods share the draws.

    Returns
    -------
    MrqapTable

    Raises
    ------
    InputError, DataError, WeightsError
        As `mantel`; no regressors, one named twice, or regressors that are combinations of each other.

    References
    ----------
    Dekker, Krackhardt and Snijders (2007), Psychometrika 72, 563-581.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell").between(1985, 1986)
    >>> W = tk.weights.queen(panel)
    >>> record = tk.mrqap(panel, "log(gsp / emp)", {"distance": "km", "contiguity": W}, permutations=99, seed=1)
    >>> record.terms
    ('Intercept', 'distance', 'contiguity')
    """
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)
    n = panel.N
    y = region_matrices(panel, outcome)
    if isinstance(regressors, Mapping):
        x = [region_matrices(panel, what, str(name)) for name, what in regressors.items()]
    else:
        given = [regressors] if isinstance(regressors, str) or not isinstance(regressors, Sequence) else regressors
        x = [region_matrices(panel, what) for what in given]
    names = [m.name for m in x]
    if not names or len(set(names)) < len(names):
        raise InputError(
            f"regressors: {listing(names) or 'none'}.",
            allowed="one or more, with different names",
            fix='name them: {"distance": "km"}',
        )
    if n < 4 or n * (n - 1) <= len(x) + 1:
        raise DataError(f"The panel has {n} regions: too few for {len(x)} regressors.", allowed="four regions or more")
    times = shared_times(y.times, *(m.times for m in x))
    for m in (y, *x):
        off_diagonal(m.at(times), m.name)  # refuses matrices that are constant
    fits = [_period(y, x, times, t, n, count, start) for t in range(len(times))]
    above, below = (np.array([f[k] for f in fits]) for k in (3, 4))
    p = tail_p(above, below, count, alternative)
    return MrqapTable(
        outcome=y.name,
        terms=("Intercept", *names),
        times=times if times != (None,) else ("all",),
        estimate=frozen(np.array([f[0] for f in fits])),
        std_error=frozen(np.array([f[1] for f in fits])),
        r_squared=frozen(np.array([f[2] for f in fits])),
        p_perm=frozen(np.column_stack([np.full(len(fits), np.nan), p])),
        n=n,
        permutations=count,
        seed=start,
        alternative=alternative,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class MrqapTable:
    """Coefficients by period (T) and term (K), the intercept first.

    Attributes
    ----------
    outcome : str
    terms : tuple, length K
    times : tuple, length T
    estimate, std_error, p_perm : ndarray, shape (T, K)
        Least squares; the standard error for independent pairs; the permutation p-value, NaN for the intercept.
    r_squared : ndarray, shape (T,)
    n : int
    permutations, seed, alternative
        As used.
    panel, panel_hash : str
    """

    outcome: str
    terms: tuple[str, ...]
    times: tuple[object, ...]
    estimate: np.ndarray
    std_error: np.ndarray
    r_squared: np.ndarray
    p_perm: np.ndarray
    n: int
    permutations: int
    seed: int
    alternative: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period and term: outcome time term estimate std_error statistic p_perm permutations n."""
        import pandas as pd

        return pd.DataFrame(
            {
                "outcome": self.outcome,
                "time": [t for t in self.times for _ in self.terms],
                "term": list(self.terms) * len(self.times),
                "estimate": self.estimate.ravel(),
                "std_error": self.std_error.ravel(),
                "statistic": (self.estimate / self.std_error).ravel(),
                "p_perm": self.p_perm.ravel(),
                "permutations": self.permutations,
                "n": self.n,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row a period: outcome time n pairs r_squared permutations seed alternative."""
        import pandas as pd

        return pd.DataFrame(
            {
                "outcome": self.outcome,
                "time": list(self.times),
                "n": self.n,
                "pairs": self.n * (self.n - 1),
                "r_squared": self.r_squared,
                "permutations": self.permutations,
                "seed": self.seed,
                "alternative": self.alternative,
            }
        )

    def __repr__(self) -> str:
        shown = self.tidy()[["time", "term", "estimate", "std_error", "statistic", "p_perm"]]
        head = f"MRQAP of {self.outcome}, {self.n} regions, double semi-partialling; {self.alternative}"
        perm = f", {self.permutations} permutations (seed {self.seed}); std_error supposes independent pairs"
        return f"{head}{perm}\n{shown.to_string(index=False, float_format='%.4g')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4g")


def _period(y: Matrices, x: list[Matrices], times: tuple, t: int, n: int, count: int, seed: int) -> tuple:
    """Estimates, standard errors, R2, and the tail counts of the regressors of one period."""
    off = ~np.eye(n, dtype=bool)

    def flat(m: Matrices) -> np.ndarray:
        values = m.at(times)
        return values[t if len(values) > 1 else 0][off]

    outcome = flat(y)
    design = np.column_stack([np.ones(n * (n - 1)), *(flat(m) for m in x)])
    scale = np.sqrt((design**2).mean(axis=0))
    if np.linalg.matrix_rank(design / scale, tol=1e-9 * np.sqrt(len(design))) < design.shape[1]:
        raise DataError(
            f"The regressors {listing(m.name for m in x)} are linear combinations of each other.", fix="leave one out"
        )
    estimate = np.linalg.lstsq(design / scale, outcome, rcond=None)[0] / scale
    residual = outcome - design @ estimate
    freedom = len(outcome) - design.shape[1]
    inverse = np.linalg.inv((design / scale).T @ (design / scale)) / np.outer(scale, scale)
    std_error = np.sqrt(residual @ residual / freedom * np.diag(inverse))
    centred = outcome - outcome.mean()
    r_squared = 1 - residual @ residual / (centred @ centred)
    i, j = np.nonzero(off)
    above, below = [], []
    for k in range(1, design.shape[1]):
        basis = np.linalg.qr(np.delete(design / scale, k, axis=1))[0]
        left = outcome - basis @ (basis.T @ outcome)
        part = design[:, k] / scale[k]
        part = part - basis @ (basis.T @ part)
        square = np.zeros((n, n))
        square[off] = part
        moved = square.ravel()

        def simulate(block: np.ndarray, moved=moved, basis=basis, left=left) -> np.ndarray:
            dealt = moved[block[:, i] * n + block[:, j]]
            return _t(dealt - (dealt @ basis) @ basis.T, left, freedom)[:, None]

        drawn = tally(_t(part[None], left, freedom), simulate, n, count, seed, width=2 * n * n)
        above.append(drawn.above[0])
        below.append(drawn.below[0])
    return estimate, std_error, r_squared, above, below


def _t(e: np.ndarray, left: np.ndarray, freedom: int) -> np.ndarray:
    """T values of regressors e (draws, pairs) and outcome, both free of the other regressors."""
    cross, square = e @ left, (e**2).sum(axis=1)
    b = cross / square
    return b / np.sqrt(np.maximum(left @ left - b * cross, 1e-300) / freedom / square)
