"""What the rooms hand to one another: frozen records with ``tidy()`` and ``glance()``.

A record holds numbers and words, never an estimator. ``report`` reads nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from toolkit.errors import InputError, listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BLOCKS",
    "CoefTable",
    "Impacts",
    "ModelRecord",
    "SupportsRecord",
    "TestResult",
    "TestTable",
    "Tidy",
]

#: Blocks of a regression table, in the order in which they are printed.
BLOCKS = ("X", "WX", "dynamic", "spatial", "variance")


@runtime_checkable
class Tidy(Protocol):
    """Anything with a table of its numbers (``tidy``) and a one-row summary (``glance``)."""

    def tidy(self) -> pd.DataFrame: ...
    def glance(self) -> pd.DataFrame: ...


@dataclass(frozen=True, eq=False)
class CoefTable:
    """Estimates with their joint covariance.

    Attributes
    ----------
    terms : tuple of str, length k
        Names, e.g. ``("log(pcap)", "W log(pcap)", "rho")``.
    estimate : ndarray, shape (k,)
    cov : ndarray, shape (k, k)
        Joint covariance of the estimates; NaN where it is not defined.
    blocks : tuple of str, length k
        The block of `BLOCKS` each term belongs to.
    df : float or None
        Degrees of freedom of Student's t; None means the normal distribution.
    """

    terms: tuple[str, ...]
    estimate: np.ndarray
    cov: np.ndarray
    blocks: tuple[str, ...]
    df: float | None = None

    @property
    def std_error(self) -> np.ndarray:
        """Square roots of the diagonal of `cov`, shape (k,); NaN where the variance is negative."""
        v = np.diag(self.cov)
        return np.sqrt(np.where(v >= 0, v, np.nan))

    @property
    def statistic(self) -> np.ndarray:
        """Estimate over standard error, shape (k,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.estimate / self.std_error

    @property
    def p_value(self) -> np.ndarray:
        """Two-sided p-values, shape (k,)."""
        return 2 * self._distribution().sf(np.abs(self.statistic))

    def interval(self, level: float = 0.95) -> np.ndarray:
        """Confidence limits at `level`, shape (k, 2)."""
        if not 0 < level < 1:
            raise InputError(
                f"level={level!r} is not a confidence level.", allowed="a number between 0 and 1, e.g. 0.95"
            )
        half = self._distribution().ppf(0.5 + level / 2) * self.std_error
        return np.column_stack([self.estimate - half, self.estimate + half])

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row a term: term estimate std_error statistic p_value conf_low conf_high block."""
        import pandas as pd

        low, high = self.interval(level).T
        return pd.DataFrame(
            {
                "term": list(self.terms),
                "estimate": self.estimate,
                "std_error": self.std_error,
                "statistic": self.statistic,
                "p_value": self.p_value,
                "conf_low": low,
                "conf_high": high,
                "block": list(self.blocks),
            }
        )

    def _distribution(self):
        from scipy import stats

        return stats.norm if self.df is None else stats.t(self.df)


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """One test of one hypothesis.

    Attributes
    ----------
    name : str
        E.g. ``"LM lag"``.
    null : str
        The hypothesis tested, in words or symbols, e.g. ``"rho = 0"``.
    statistic : float
        NaN when the test does not apply; `reason` then says why.
    df : float or tuple of float or None
        Degrees of freedom of `distribution` (a pair for F); None for the normal.
    p_value : float
    distribution : str
        ``"chi2"``, ``"normal"``, ``"F"``, ``"t"`` or ``"permutation"``.
    reference : str
        Paper and equation the statistic is taken from.
    reason : str or None
        Why the test does not apply, or how to read it.
    """

    __test__ = False  # the name begins with Test: keep pytest from collecting it

    name: str
    null: str
    statistic: float
    p_value: float
    df: float | tuple[float, float] | None = None
    distribution: str = "chi2"
    reference: str = ""
    reason: str | None = None

    @classmethod
    def chi2(
        cls, name: str, null: str, statistic: float, df: float, reference: str = "", reason: str | None = None
    ) -> TestResult:
        """Test whose statistic is chi-squared with `df` degrees of freedom under the null."""
        from scipy import stats

        p = float(stats.chi2.sf(statistic, df)) if np.isfinite(statistic) else float("nan")
        return cls(
            name=name, null=null, statistic=float(statistic), p_value=p, df=df, reference=reference, reason=reason
        )

    @property
    def rejected(self) -> bool:
        """Whether the null is rejected at 5 percent."""
        return bool(self.p_value < 0.05)

    def tidy(self) -> pd.DataFrame:
        """One row: test null statistic df p_value distribution reference reason."""
        import pandas as pd

        return pd.DataFrame([self._row()])

    glance = tidy

    def _row(self) -> dict[str, object]:
        return {
            "test": self.name,
            "null": self.null,
            "statistic": self.statistic,
            "df": self.df,
            "p_value": self.p_value,
            "distribution": self.distribution,
            "reference": self.reference,
            "reason": self.reason,
        }

    def __repr__(self) -> str:
        df = "" if self.df is None else f", df = {self.df:g}" if not isinstance(self.df, tuple) else f", df = {self.df}"
        note = f"\n  {self.reason}" if self.reason else ""
        return f"{self.name}: {self.statistic:.4f} ({self.distribution}{df}), p = {self.p_value:.4g}. H0: {self.null}{note}"


@dataclass(frozen=True)
class TestTable(Sequence[TestResult]):
    """Several tests, in order; reach one by position or by name."""

    __test__ = False

    tests: tuple[TestResult, ...]
    title: str = "Specification tests"

    def __len__(self) -> int:
        return len(self.tests)

    def __iter__(self) -> Iterator[TestResult]:
        return iter(self.tests)

    def __getitem__(self, key):
        if not isinstance(key, str):
            return self.tests[key]
        for test in self.tests:
            if test.name == key:
                return test
        raise InputError(f"There is no test {key!r} here.", allowed=listing((t.name for t in self.tests), 40))

    def tidy(self) -> pd.DataFrame:
        """One row a test; columns as in `TestResult.tidy`."""
        import pandas as pd

        return pd.DataFrame([t._row() for t in self.tests])

    def glance(self) -> pd.DataFrame:
        """One row: number of tests, applied and rejected at 5 percent."""
        import pandas as pd

        applied = [t for t in self.tests if np.isfinite(t.statistic)]
        return pd.DataFrame(
            [{"tests": len(self), "applied": len(applied), "rejected": sum(t.rejected for t in applied)}]
        )

    def __repr__(self) -> str:
        return "\n".join([self.title, *(repr(t) for t in self.tests)])

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4g")


@dataclass(frozen=True)
class Impacts:
    """Average direct, indirect and total impacts (LeSage and Pace 2009, section 2.7).

    Attributes
    ----------
    table : DataFrame
        One row a variable and effect: term effect estimate std_error statistic p_value conf_low
        conf_high. `effect` is direct, indirect or total; dynamic models add `horizon`, short or long.
    method : str
        How standard errors were found: ``"delta"`` or ``"simulation"``.
    draws, discarded : int
        Simulation draws used, and draws outside the admissible set that were not used.
    note : str
        What the numbers rest on (route of the traces, their error).
    labels : mapping of str to str
        Labels of variables, from the codebook: plain text, not escaped.
    """

    table: pd.DataFrame
    method: str
    model: str
    depvar: str
    draws: int = 0
    discarded: int = 0
    level: float = 0.95
    note: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def tidy(self) -> pd.DataFrame:
        """One row a variable and effect; columns as in `table`."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """One row: model, depvar, method, draws, discarded, level."""
        import pandas as pd

        keys = ("model", "depvar", "method", "draws", "discarded", "level", "note")
        return pd.DataFrame([{k: getattr(self, k) for k in keys}])

    def wide(self, value: str = "estimate") -> pd.DataFrame:
        """Rows are variables, columns direct, indirect, total (by horizon if there are two)."""
        import pandas as pd

        terms = list(dict.fromkeys(self.table["term"]))
        by = ["horizon", "effect"] if "horizon" in self.table else ["effect"]
        columns = list(dict.fromkeys(self.table[by].itertuples(index=False, name=None)))
        cells = self.table.set_index(["term", *by])[value]
        rows = [[cells.loc[(term, *c)] for c in columns] for term in terms]
        names = pd.MultiIndex.from_tuples(columns, names=by) if len(by) > 1 else [c[0] for c in columns]
        return pd.DataFrame(rows, index=pd.Index(terms, name="term"), columns=names)

    def __repr__(self) -> str:
        head = (
            f"Impacts of the {self.model.upper()} of {self.depvar} ({self.method} standard errors in the second block)"
        )
        return f"{head}\n{self.wide()}\n{self.wide('std_error')}"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.4f")


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """One column of a regression table: all that is printed about a fit.

    Attributes
    ----------
    name : str
        Model, as a reader knows it: ``"SDM"``.
    depvar : str
        Left-hand side as written in the formula.
    coefficients : CoefTable
    stats : mapping of str to number or str
        Fit statistics by key, in printing order. Keys in use: ``nobs n_entities n_times loglik aic
        bic sigma2 r2 r2_within r2_overall r2_corr``. Never one key for two kinds of R2.
    fixed_effects : tuple of str
        Names of the effects included, e.g. ``("entity", "time")``; `random_effects` likewise.
    vcov : str
        Covariance estimator in words, e.g. ``"observed Hessian"``; printed in the notes.
    weights : str
        Description of W, e.g. ``"queen contiguity, row-standardised"``; empty without W.
    tests : tuple of TestResult
        Tests to print under the column.
    impacts : Impacts or None
    labels : mapping of str to str
        Labels of variables, from the codebook: plain text, not escaped.
    notes : tuple of str
    """

    name: str
    depvar: str
    coefficients: CoefTable
    stats: Mapping[str, float | int | str] = field(default_factory=lambda: MappingProxyType({}))
    fixed_effects: tuple[str, ...] = ()
    random_effects: tuple[str, ...] = ()
    vcov: str = ""
    weights: str = ""
    tests: tuple[TestResult, ...] = ()
    impacts: Impacts | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    @cached_property
    def _tidy(self):
        return self.coefficients.tidy()

    def tidy(self) -> pd.DataFrame:
        """Coefficients, one row a term."""
        return self._tidy.copy()

    def glance(self) -> pd.DataFrame:
        """One row with `stats` and the names."""
        import pandas as pd

        return pd.DataFrame([{"model": self.name, "depvar": self.depvar, **self.stats, "vcov": self.vcov}])


@runtime_checkable
class SupportsRecord(Protocol):
    """Anything that can describe itself as a column of a regression table."""

    def record(self) -> ModelRecord: ...
