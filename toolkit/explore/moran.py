"""Global Moran's I: every period of a panel and every permutation in one product W @ Z."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import Observations, frozen, matched, observe, standardise
from toolkit.explore.permutation import check_count, normal_p, resolve_seed, tail_p, tally

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["MoranTable", "moments", "moran", "moran_table", "simulator"]


def moran(
    panel: Panel,
    variable: str | Sequence[str],
    W: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int | None = None,
    alternative: str = "two-sided",
    assumption: str = "randomization",
) -> MoranTable:
    """Moran's I of one or several variables, a row for each period.

    I = (N / S0) z'Wz / z'z, z the deviations from the mean of the period, S0 the sum of all weights.
    A region without neighbours stays in N and in the mean with a spatial lag of zero (the convention
    of esda and GeoDa; R's spdep takes such regions out of N unless ``adjust.n=FALSE``).

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str or sequence of str
        Columns, or expressions of columns such as ``"log(gdp / emp)"``.
    W : SpatialWeights
        Matched to the panel by id. I does not depend on the scale of W.
    permutations : int
        Random relabellings of the regions for `p_perm`; 0 for none. All periods and variables share the draws,
        so the row of a period is the same whether it is computed alone or with others.
    seed : int, optional
        Same seed, same numbers. None draws one and keeps it on the record.
    alternative : {"two-sided", "greater", "less", "directed"}
        ``greater`` is positive autocorrelation. For `p_perm` two-sided is twice the smaller tail, with the
        observed map counted as a draw: min(1, 2 min(#{I* >= I} + 1, #{I* <= I} + 1) / (P + 1)).
        ``directed`` is the smaller tail, half of it: the pseudo p-value printed by esda and GeoDa.
    assumption : {"randomization", "normality"}
        Which variance `z` and `p_value` rest on; both variances are in the table.

    Returns
    -------
    MoranTable

    Raises
    ------
    DataError
        A missing, infinite or constant variable, or fewer than four regions.
    WeightsError
        W names other regions than the panel, or has no links.
    InputError, FormulaError
        An argument that is not allowed; an expression that cannot be read.

    References
    ----------
    Moran (1950), Biometrika 37, 17-23; moments: Cliff and Ord (1981), Spatial Processes, pp. 42-46.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.moran(panel, "unemp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> record.tidy().shape[0] == panel.T
    True
    """
    names = [variable] if isinstance(variable, str) else list(variable)
    if not names or len(set(names)) < len(names):
        raise InputError(f"variable={variable!r} names no variable, or one twice.", allowed="one or several, each once")
    W = matched(W, panel)
    observed = [observe(panel, name) for name in names]
    return moran_table(observed, panel, W, permutations, seed, alternative, assumption)


def moran_table(
    observed: Sequence[Observations],
    panel: Panel,
    W: SpatialWeights,
    permutations: int,
    seed: int | None,
    alternative: str,
    assumption: str,
) -> MoranTable:
    """The record of Moran's I of what was observed; W in the panel's order, arguments as for `moran`."""
    if assumption not in ("randomization", "normality"):
        raise InputError(f"assumption={assumption!r} is unknown.", allowed="randomization, normality")
    count, start = check_count(permutations), resolve_seed(seed)
    tail_p(0, 0, 0, alternative)  # refuse an unknown alternative before any work
    if panel.N < 4:
        raise DataError(f"Moran's variance needs at least four regions; the panel has {panel.N}.")
    x = np.concatenate([o.values for o in observed])  # (R, N): a row for each variable and period
    z = standardise(x)
    lag = np.ascontiguousarray((W.sparse @ z.T).T) * (panel.N / W.sparse.sum())
    statistic = (z * lag).mean(axis=1)
    expected, var_normal, var_random = moments(z, W.sparse)
    drawn = tally(statistic, simulator(z, W.sparse), panel.N, count, start, width=z.size)
    variance = var_random if assumption == "randomization" else np.full_like(var_random, var_normal)
    score = (statistic - expected) / np.sqrt(variance)
    regions = panel.names
    return MoranTable(
        variables=tuple(o.name for o in observed for _ in o.times),
        times=tuple(t for o in observed for t in o.times),
        statistic=frozen(statistic),
        expected=expected,
        variance_normality=var_normal,
        variance_randomization=frozen(var_random),
        score=frozen(score),
        p_value=frozen(normal_p(score, alternative)),
        p_perm=frozen(tail_p(drawn.above, drawn.below, count, alternative)),
        perm_mean=frozen(drawn.mean),
        perm_sd=frozen(drawn.sd),
        z=frozen(z),
        lag=frozen(lag),
        regions=tuple(panel.entities),
        names=tuple(str(regions[r]) for r in panel.entities),
        names_zh=tuple(map(str, panel.names_in("zh"))),
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
class MoranTable:
    """Moran's I by variable and period (R rows), with what a Moran scatter plot needs.

    Attributes
    ----------
    variables, times : tuple, length R
    statistic, variance_randomization, score, p_value, p_perm, perm_mean, perm_sd : ndarray, shape (R,)
        I; its variance under randomisation; (I - E) / sd under `assumption`; the normal p-value of the score;
        the permutation p-value; mean and standard deviation of I over the permutations.
    expected, variance_normality : float
        -1 / (N - 1), and the variance of I for normal data: both depend on W alone.
    z : ndarray, shape (R, N)
        Standardised values (mean 0, variance 1 with divisor N).
    lag : ndarray, shape (R, N)
        (N / S0) W z. The slope of `lag` on `z` is I, whatever the normalisation of W; with row-standardised
        weights and no islands N / S0 = 1 and `lag` is the average of the neighbours.
    regions, names, names_zh : tuple, length N
        Ids and display names (English, Chinese), in the order of the columns of `z`.
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
    expected: float
    variance_normality: float
    variance_randomization: np.ndarray
    score: np.ndarray
    p_value: np.ndarray
    p_perm: np.ndarray
    perm_mean: np.ndarray
    perm_sd: np.ndarray
    z: np.ndarray
    lag: np.ndarray
    regions: tuple[object, ...]
    names: tuple[str, ...]
    labels: Mapping[str, tuple[str, str, str]]
    permutations: int
    seed: int
    alternative: str
    assumption: str
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str
    names_zh: tuple[str, ...] = ()

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
                "n": len(self.regions),
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: variables, n, periods, range of I, rows significant at 5 percent, and what was used."""
        import pandas as pd

        p = self.p_perm if self.permutations else self.p_value
        return pd.DataFrame(
            [
                {
                    "variables": ", ".join(dict.fromkeys(self.variables)),
                    "n": len(self.regions),
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

    def scatter(self, time: object = None, variable: str | None = None) -> pd.DataFrame:
        """The points of one Moran scatter plot: region name z lag. Defaults: the first variable, its last period."""
        import pandas as pd

        row = self._row(time, variable)
        return pd.DataFrame(
            {"region": list(self.regions), "name": list(self.names), "z": self.z[row], "lag": self.lag[row]}
        )

    def _row(self, time: object, variable: str | None) -> int:
        variable = self.variables[0] if variable is None else variable
        rows = [k for k, v in enumerate(self.variables) if v == variable]
        if not rows:
            known = dict.fromkeys(self.variables)
            raise InputError(f"There is no variable {variable!r} here.", allowed=listing(known))
        if time is None:
            return rows[-1]
        for k in rows:
            if self.times[k] == time:
                return k
        raise InputError(f"There is no period {time!r} here.", allowed=listing((self.times[k] for k in rows), 40))

    def __repr__(self) -> str:
        shown = self.tidy()[["variable", "time", "statistic", "z", "p_value", "p_perm"]]
        perm = f", {self.permutations} permutations (seed {self.seed})" if self.permutations else ""
        head = f"Moran's I, {len(self.regions)} regions, {self.weights}; {self.alternative}, {self.assumption}{perm}"
        return f"{head}\nE[I] = {self.expected:.4f}\n{shown.to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def moments(z: np.ndarray, W: csr_array) -> tuple[float, float, np.ndarray]:
    """Mean and variances of I without autocorrelation (Cliff and Ord 1981, equations 2.34-2.39).

    Parameters
    ----------
    z : ndarray, shape (R, N)
        Standardised rows.
    W : csr_array, shape (N, N)
        Zero diagonal, need not be symmetric.

    Returns
    -------
    expected : float
    variance_normality : float
    variance_randomization : ndarray, shape (R,)
    """
    n = W.shape[0]
    s0 = W.sum()
    s1 = ((W + W.T).power(2)).sum() / 2
    s2 = ((W.sum(axis=0) + W.sum(axis=1)) ** 2).sum()
    expected = -1.0 / (n - 1)
    normality = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2) - expected**2
    kurtosis = (z**4).mean(axis=1)
    a = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    b = kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    randomization = (a - b) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    return expected, float(normality), randomization


def simulator(z: np.ndarray, W: csr_array) -> Callable[[np.ndarray], np.ndarray]:
    """Moran's I on permuted maps, for `tally`: from permutations (block, N) to (block, R)."""
    rows, n = z.shape
    columns = np.ascontiguousarray(z.T)  # (N, R)
    scale = 1 / W.sum()

    def simulate(block: np.ndarray) -> np.ndarray:
        shuffled = columns[block.T].reshape(n, -1)  # (N, block * R)
        return scale * np.einsum("ij,ij->j", shuffled, W @ shuffled).reshape(-1, rows)

    return simulate
