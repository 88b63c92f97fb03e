"""Global Geary's c: every period of a panel and every permutation in one product W @ Z."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError
from toolkit.explore.observations import frozen, matched, observe, standardise
from toolkit.explore.permutation import check_count, normal_p, resolve_seed, tail_p, tally

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["GearyTable", "geary", "geary_moments", "geary_of", "geary_simulator"]


def geary(
    panel: Panel,
    variable: str | Sequence[str],
    W: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
    assumption: str = "randomization",
) -> GearyTable:
    """Geary's c of one or several variables, a row for each period.

    c = (N - 1) / (2 S0) sum_ij w_ij (x_i - x_j)^2 / sum_i z_i^2. Its expected value is 1; below it neighbours are alike
    (positive autocorrelation), above it they differ. A region without neighbours stays in N, as in `moran`.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str or sequence of str
        Columns, or expressions of columns such as ``"log(gdp / emp)"``.
    W : SpatialWeights
        Matched to the panel by id. c does not depend on the scale of W.
    permutations, seed : int
        As for `moran`.
    alternative : {"two-sided", "greater", "less", "directed"}
        Of c itself: ``less`` is positive autocorrelation (R's spdep turns the sign of its z round).
    assumption : {"randomization", "normality"}
        Which variance `z` and `p_value` rest on; both variances are in the table.

    Returns
    -------
    GearyTable

    Raises
    ------
    DataError, WeightsError, InputError, FormulaError
        As `moran`.

    References
    ----------
    Geary (1954), The Incorporated Statistician 5, 115-145; moments: Cliff and Ord (1981), Spatial Processes, pp. 42-46.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.geary(panel, "unemp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> bool((record.statistic < 1).all())
    True
    """
    if assumption not in ("randomization", "normality"):
        raise InputError(f"assumption={assumption!r} is unknown.", allowed="randomization, normality")
    names = [variable] if isinstance(variable, str) else list(variable)
    if not names or len(set(names)) < len(names):
        raise InputError(f"variable={variable!r} names no variable, or one twice.", allowed="one or several, each once")
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)
    W = matched(W, panel)
    if panel.N < 4:
        raise DataError(f"Geary's variance needs at least four regions; the panel has {panel.N}.")
    observed = [observe(panel, name) for name in names]
    z = standardise(np.concatenate([o.values for o in observed]))
    statistic = geary_of(z, W.sparse)
    normality, randomization = geary_moments(z, W.sparse)
    drawn = tally(statistic, geary_simulator(z, W.sparse), panel.N, count, start, width=z.size)
    variance = randomization if assumption == "randomization" else np.full_like(randomization, normality)
    score = (statistic - 1) / np.sqrt(variance)
    return GearyTable(
        variables=tuple(o.name for o in observed for _ in o.times),
        times=tuple(t for o in observed for t in o.times),
        statistic=frozen(statistic),
        variance_normality=normality,
        variance_randomization=frozen(randomization),
        score=frozen(score),
        p_value=frozen(normal_p(score, alternative)),
        p_perm=frozen(tail_p(drawn.above, drawn.below, count, alternative)),
        perm_mean=frozen(drawn.mean),
        perm_sd=frozen(drawn.sd),
        n=panel.N,
        labels=MappingProxyType({o.name: (o.label, o.label_zh, o.unit) for o in observed}),
        permutations=count,
        seed=start,
        alternative=alternative,
        assumption=assumption,
        weights=W.description,
        weights_hash=W.hash,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class GearyTable:
    """Geary's c by variable and period (R rows).

    Attributes
    ----------
    variables, times : tuple, length R
    statistic, variance_randomization, score, p_value, p_perm, perm_mean, perm_sd : ndarray, shape (R,)
        c; its variance under randomisation; (c - 1) / sd under `assumption`; the normal p-value of the score; the
        permutation p-value; mean and standard deviation of c over the permutations.
    expected, variance_normality : float
        1, and the variance of c for normal data.
    n : int
    labels : mapping
        Variable -> (English label, Chinese label, unit).
    permutations, seed, alternative, assumption
        As used.
    weights, weights_hash, panel, panel_hash : str
        What it was computed from.
    """

    variables: tuple[str, ...]
    times: tuple[object, ...]
    statistic: np.ndarray
    variance_normality: float
    variance_randomization: np.ndarray
    score: np.ndarray
    p_value: np.ndarray
    p_perm: np.ndarray
    perm_mean: np.ndarray
    perm_sd: np.ndarray
    n: int
    labels: Mapping[str, tuple[str, str, str]]
    permutations: int
    seed: int
    alternative: str
    assumption: str
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str
    expected: float = 1.0

    def tidy(self) -> pd.DataFrame:
        """One row a variable and period.

        Columns: variable time statistic expected variance_normality variance_randomization z p_value p_perm
        perm_mean perm_sd permutations n.
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "variable": list(self.variables),
                "time": list(self.times),
                "statistic": self.statistic,
                "expected": self.expected,
                "variance_normality": self.variance_normality,
                "variance_randomization": self.variance_randomization,
                "z": self.score,
                "p_value": self.p_value,
                "p_perm": self.p_perm,
                "perm_mean": self.perm_mean,
                "perm_sd": self.perm_sd,
                "permutations": self.permutations,
                "n": self.n,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: variables, n, periods, range of c, rows significant at 5 percent, and what was used."""
        import pandas as pd

        p = self.p_perm if self.permutations else self.p_value
        return pd.DataFrame(
            [
                {
                    "variables": ", ".join(dict.fromkeys(self.variables)),
                    "n": self.n,
                    "periods": len(set(self.times)),
                    "lowest": self.statistic.min(),
                    "highest": self.statistic.max(),
                    "significant": int((p < 0.05).sum()),
                    "permutations": self.permutations,
                    "seed": self.seed,
                    "alternative": self.alternative,
                    "assumption": self.assumption,
                    "weights": self.weights,
                }
            ]
        )

    def __repr__(self) -> str:
        shown = self.tidy()[["variable", "time", "statistic", "z", "p_value", "p_perm"]]
        perm = f", {self.permutations} permutations (seed {self.seed})" if self.permutations else ""
        head = f"Geary's c, {self.n} regions, {self.weights}; {self.alternative}, {self.assumption}{perm}"
        return f"{head}\nE[c] = 1\n{shown.to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def geary_of(z: np.ndarray, W: csr_array) -> np.ndarray:
    """Geary's c of standardised rows (R, N); shape (R,)."""
    n = z.shape[1]
    both = W.sum(axis=0) + W.sum(axis=1)
    cross = (z * (W @ z.T).T).sum(axis=1)
    return (n - 1) / (2 * n * W.sum()) * (z**2 @ both - 2 * cross)


def geary_simulator(z: np.ndarray, W: csr_array) -> Callable[[np.ndarray], np.ndarray]:
    """Geary's c on permuted maps, for `tally`: from permutations (block, N) to (block, R)."""
    rows, n = z.shape
    columns = np.ascontiguousarray(z.T)
    both = W.sum(axis=0) + W.sum(axis=1)
    scale = (n - 1) / (2 * n * W.sum())

    def simulate(block: np.ndarray) -> np.ndarray:
        shuffled = columns[block.T].reshape(n, -1)  # (N, block * R)
        cross = np.einsum("ij,ij->j", shuffled, W @ shuffled)
        return scale * (both @ shuffled**2 - 2 * cross).reshape(-1, rows)

    return simulate


def geary_moments(z: np.ndarray, W: csr_array) -> tuple[float, np.ndarray]:
    """Variances of c without autocorrelation (Cliff and Ord 1981, p. 21 and equations 2.41-2.42).

    Parameters
    ----------
    z : ndarray, shape (R, N)
        Standardised rows.
    W : csr_array, shape (N, N)

    Returns
    -------
    variance_normality : float
    variance_randomization : ndarray, shape (R,)
    """
    n = W.shape[0]
    s0 = W.sum()
    s1 = ((W + W.T).power(2)).sum() / 2
    s2 = ((W.sum(axis=0) + W.sum(axis=1)) ** 2).sum()
    normality = ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
    b = (z**4).mean(axis=1)
    a = (n - 1) * s1 * (n**2 - 3 * n + 3 - (n - 1) * b)
    a -= (n - 1) * s2 * (n**2 + 3 * n - 6 - (n**2 - n + 2) * b) / 4
    a += s0**2 * (n**2 - 3 - (n - 1) ** 2 * b)
    return float(normality), a / (n * (n - 2) * (n - 3) * s0**2)
