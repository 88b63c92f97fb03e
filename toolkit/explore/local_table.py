"""The record shared by the local statistics, and the decision which regions are in a cluster."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from toolkit.errors import DataError, InputError, ToolkitWarning, listing
from toolkit.explore.observations import frozen
from toolkit.explore.permutation import adjust, check_count, check_level, resolve_seed, tail_p

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["LocalTable", "Plan", "decide", "origin", "plan"]


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalTable:
    """A local statistic by period and region.

    Attributes
    ----------
    title : str
        Name of the statistic.
    variable, label, label_zh, unit : str
        The expression, and its labels and unit from the codebook.
    times : tuple, length T
    regions, names : tuple, length N
        Ids and display names.
    statistic, expected, variance : ndarray, shape (T, N)
        The statistic with its exact mean and variance under conditional permutation.
    p_value, p_adjusted : ndarray, shape (T, N)
        P-values before and after `p_adjust`; NaN where no test was made.
    cluster : ndarray of str, shape (T, N)
        One of `categories`.
    categories : tuple of str
        Cluster labels in the order of maps and legends.
    permutations, seed, p_adjust, level, alternative
        As used.
    weights, weights_hash, panel, panel_hash : str
        What it was computed from.
    """

    title: str
    variable: str
    label: str
    label_zh: str
    unit: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    statistic: np.ndarray
    expected: np.ndarray
    variance: np.ndarray
    p_value: np.ndarray
    p_adjusted: np.ndarray
    cluster: np.ndarray
    categories: tuple[str, ...]
    permutations: int
    seed: int
    p_adjust: str | None
    level: float
    alternative: str
    weights: str
    weights_hash: str
    panel: str
    panel_hash: str

    _COLUMNS: ClassVar[tuple[str, ...]] = (
        "statistic",
        "expected",
        "variance",
        "score",
        "p_value",
        "p_adjusted",
        "cluster",
    )

    @property
    def score(self) -> np.ndarray:
        """(statistic - expected) / sqrt(variance), NaN where the variance is zero; shape (T, N)."""
        spread = self.variance > 0
        root = np.sqrt(np.where(spread, self.variance, 1.0))
        return np.where(spread, (self.statistic - self.expected) / root, np.nan)

    def tidy(self) -> pd.DataFrame:
        """One row a period and region: region, name, time, and the columns of the statistic."""
        return self._frame(range(len(self.times)))

    def at(self, time: object) -> pd.DataFrame:
        """The rows of one period; columns as in `tidy`."""
        if time not in self.times:
            raise InputError(f"There is no period {time!r} here.", allowed=listing(self.times, 40))
        return self._frame([self.times.index(time)])

    def counts(self) -> pd.DataFrame:
        """How many regions are in each cluster: a row a period, a column a category."""
        import pandas as pd

        return pd.DataFrame(
            {c: (self.cluster == c).sum(axis=1) for c in self.categories}, index=pd.Index(self.times, name="time")
        )

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, cluster cells over all periods, and what was used."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "variable": self.variable,
                    "n": len(self.regions),
                    "periods": len(self.times),
                    **self.counts().sum().to_dict(),
                    "permutations": self.permutations,
                    "seed": self.seed,
                    "p_adjust": self.p_adjust or "none",
                    "level": self.level,
                    "alternative": self.alternative,
                    "weights": self.weights,
                }
            ]
        )

    def _frame(self, rows: Iterable[int]) -> pd.DataFrame:
        import pandas as pd

        rows = list(rows)
        n = len(self.regions)
        return pd.DataFrame(
            {
                "region": list(self.regions) * len(rows),
                "name": list(self.names) * len(rows),
                "time": [self.times[t] for t in rows for _ in range(n)],
                **{key: getattr(self, key)[rows].ravel() for key in self._COLUMNS},
            }
        )

    def _inference(self) -> str:
        return f"{self.permutations} conditional permutations (seed {self.seed})"

    def __repr__(self) -> str:
        rule = {"fdr": "Benjamini-Hochberg by period", "bonferroni": "Bonferroni by period", None: "unadjusted"}
        head = (
            f"{self.title} of {self.variable}, {len(self.regions)} regions, {self.weights}\n"
            f"{self._inference()}, {self.alternative}, "
            f"{rule[self.p_adjust]}, level {self.level:g}. Regions by cluster:"
        )
        return f"{head}\n{self.counts().to_string()}"

    def _repr_html_(self) -> str:
        return self.counts().to_html()


@dataclass(frozen=True)
class Plan:
    """How many draws, from which seed, and what counts as significant; checked."""

    permutations: int
    seed: int
    p_adjust: str | None
    level: float
    alternative: str


def plan(
    permutations: int, seed: int | None, p_adjust: str | None, level: float, alternative: str, least: int = 1
) -> Plan:
    """Check the arguments common to the local statistics before any work."""
    tail_p(0, 0, 0, alternative)
    adjust(np.ones((1, 1)), p_adjust)
    return Plan(check_count(permutations, least), resolve_seed(seed), p_adjust, check_level(level), alternative)


def decide(
    p: np.ndarray,
    kinds: np.ndarray,
    untested: np.ndarray,
    how: Plan,
    *,
    tested_by_draws: bool = True,
    depth: int = 3,
) -> dict:
    """Fields of a `LocalTable` that follow from the p-values.

    Parameters
    ----------
    p : ndarray, shape (T, N)
        NaN where no test was made.
    kinds : ndarray of str, shape (T, N)
        Label of a region if significant.
    untested : ndarray of str, shape (T, N)
        Label of a region that is not: ``ns``, or why no test was made.
    how : Plan
    tested_by_draws : bool
        False where the p-values are not limited by the number of permutations.
    depth : int
        Calls between the user and this function, for the place a warning points to.
    """
    adjusted = adjust(p, how.p_adjust)
    tests = int(np.isfinite(p).sum(axis=1).max())
    tails = 2 if how.alternative == "two-sided" else 1
    if how.p_adjust == "bonferroni" and tested_by_draws and tests * tails / (how.permutations + 1) > how.level:
        warnings.warn(
            f"With permutations={how.permutations} no region can be significant at {how.level:g} after Bonferroni over "
            f"{tests} tests; take at least {ceil(tests * tails / how.level) - 1} permutations.",
            ToolkitWarning,
            stacklevel=depth,
        )
    return {
        "p_value": frozen(p),
        "p_adjusted": frozen(adjusted),
        "cluster": frozen(np.where(adjusted <= how.level, kinds, untested)),
        "permutations": how.permutations,
        "seed": how.seed,
        "p_adjust": how.p_adjust,
        "level": how.level,
        "alternative": how.alternative,
    }


def origin(panel: Panel, W: SpatialWeights) -> dict:
    """Fields of a record that say which regions and weights it was computed from."""
    if panel.N < 3:
        raise DataError(f"A local statistic needs at least three regions; the panel has {panel.N}.")
    names = panel.names
    return {
        "regions": tuple(panel.entities),
        "names": tuple(str(names[r]) for r in panel.entities),
        "weights": W.description,
        "weights_hash": W.hash,
        "panel": panel.name,
        "panel_hash": panel.hash,
    }
