"""Inequality between regions: several measures for every period, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.amounts import Amounts, observe_amounts, refuse_below, weighting
from toolkit.explore.inequality_measures import MEASURES, atkinson
from toolkit.explore.observations import frozen
from toolkit.explore.permutation import check_count, resolve_seed
from toolkit.explore.region_bootstrap import intervals, left_out, resampled, zeroed

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["InequalityTable", "inequality"]

_POSITIVE = ("theil_t", "theil_l", "atkinson")  # these take logarithms or fractional powers


def inequality(
    panel: Panel,
    variable: str,
    measures: Sequence[str] | str = ("gini", "theil_t", "theil_l", "atkinson", "cv"),
    *,
    weights: str | None = None,
    epsilon: float = 0.5,
    bootstrap: int = 0,
    seed: int | None = None,
    level: float = 0.95,
    interval: str = "bca",
) -> InequalityTable:
    """Inequality between regions, a row for each measure and period.

    Without `weights` every region counts once, Tibet as much as Guangdong: inequality between places. With the
    population as weights (and a variable per head) it is inequality between people, each taken to have the mean of
    the region; what is unequal inside regions is not seen by either. p_i = 1 / N, or the region's share of the weights:

    ``gini`` sum p_i p_j |x_i - x_j| / (2 mu), at most 1 - min p, not rescaled by N / (N - 1);
    ``theil_t`` sum p_i (x_i / mu) ln(x_i / mu); ``theil_l`` sum p_i ln(mu / x_i);
    ``atkinson`` 1 - (sum p_i (x_i / mu)^(1 - epsilon))^(1 / (1 - epsilon)), for epsilon = 1 one less the geometric over
    the arithmetic mean; ``cv`` standard deviation with divisor N (not N - 1) over mu, weighted Williamson's V_w;
    ``hoover`` sum p_i |x_i - mu| / (2 mu), the Schutz or Robin Hood index.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column or an expression such as ``"gdp / pop"``. Equal amounts everywhere give zero.
    measures : str or sequence of str
        Any of ``gini theil_t theil_l atkinson cv hoover``.
    weights : str, optional
        A column or expression above zero, e.g. ``"pop"``.
    epsilon : float
        Aversion to inequality of Atkinson's measure, above zero.
    bootstrap : int
        Resamples for standard errors and intervals; 0 for none. Regions are drawn with replacement, each with its
        weights and its whole history: all periods and measures share the draws, so that `change` can compare periods.
    seed : int, optional
        Same seed, same numbers. None draws one and keeps it on the record.
    level : float
        Confidence level of the intervals.
    interval : {"bca", "percentile"}
        Bias-corrected and accelerated percentiles of the draws (Efron 1987), or plain ones. In resamples some regions
        occur twice and the Gini is lower on average (by about G / N): ``bca`` corrects for this. With few regions both
        are too narrow: of nominal 95 percent intervals for lognormal regions 89 (bca) and 82 (percentile) percent held
        the Gini of the law with N = 30, 92 percent with N = 200.

    Returns
    -------
    InequalityTable

    Raises
    ------
    DataError
        Missing cells; values of zero or below for Theil or Atkinson (named by region and period); a mean of zero or
        below for the others.
    InputError, FormulaError
        An argument that is not allowed; an expression that cannot be read.

    Warns
    -----
    ToolkitWarning
        Negative values with a positive mean: ``gini`` and ``hoover`` are computed by the same formula, but may exceed one.

    Notes
    -----
    All the provinces of a country are no sample. The interval then answers how far the number hangs on which regions
    there are, as if they were drawn from a larger population of regions like these; it does not measure errors of
    measurement, and neighbouring regions that move together make it too narrow.

    References
    ----------
    Cowell (2011), Measuring Inequality, 3rd ed., appendix A; Atkinson (1970), Journal of Economic Theory 2, 244-263;
    Williamson (1965), Economic Development and Cultural Change 13, 1-84; Efron (1987), JASA 82, 171-185; Mills and
    Zandvakili (1997), Journal of Applied Econometrics 12, 133-150.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.inequality(tk.load("mexico"), "pcgdp", ["gini", "theil_t"])
    >>> round(float(record.series("theil_t")[1940]), 5)
    0.20894
    """
    names = _check(measures, epsilon, level, interval)
    count, start = check_count(bootstrap), resolve_seed(seed)
    amounts = observe_amounts(panel, variable, weights)
    _refuse(amounts, names, panel)
    functions = _functions(names, float(epsilon))
    estimate = zeroed(np.stack([f(amounts.values, amounts.shares) for f in functions]))
    draws = resampled(amounts, functions, count, start)
    low, high = np.full(estimate.shape, np.nan), np.full(estimate.shape, np.nan)
    if count:
        jackknife = left_out(amounts, functions) if interval == "bca" else None
        low, high = intervals(estimate, draws, jackknife, level)
    return InequalityTable(
        measures=names,
        times=amounts.times,
        estimate=frozen(estimate),
        std_error=frozen(draws.std(axis=-1, ddof=1) if count > 1 else np.full(estimate.shape, np.nan)),
        conf_low=frozen(low),
        conf_high=frozen(high),
        draws=frozen(draws),
        variable=amounts.name,
        labels=amounts.labels,
        weights=amounts.weights,
        epsilon=float(epsilon),
        bootstrap=count,
        seed=start,
        level=float(level),
        interval=interval,
        n=panel.N,
        source=amounts.source,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class InequalityTable:
    """Measures of inequality by period (M measures, T periods).

    Attributes
    ----------
    measures, times : tuple, length M and T
    estimate, std_error, conf_low, conf_high : ndarray, shape (M, T)
        NaN for the last three without bootstrap.
    draws : ndarray, shape (M, T, R)
        The measures of every resample of regions.
    variable, weights, source : str
        As given, and where the codebook says the numbers are from.
    labels : mapping
        The variable and the weights -> (English label, Chinese label, unit).
    epsilon, bootstrap, seed, level, interval, n, panel, panel_hash
        As used.
    """

    measures: tuple[str, ...]
    times: tuple[object, ...]
    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    draws: np.ndarray
    variable: str
    labels: Mapping[str, tuple[str, str, str]]
    weights: str
    epsilon: float
    bootstrap: int
    seed: int
    level: float
    interval: str
    n: int
    source: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a measure and period: measure time estimate std_error conf_low conf_high n weights."""
        import pandas as pd

        return pd.DataFrame(
            {
                "measure": np.repeat(self.measures, len(self.times)),
                "time": list(self.times) * len(self.measures),
                "estimate": self.estimate.ravel(),
                "std_error": self.std_error.ravel(),
                "conf_low": self.conf_low.ravel(),
                "conf_high": self.conf_high.ravel(),
                "n": self.n,
                "weights": self.weights,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, measures, weights, epsilon, bootstrap, seed, level, interval."""
        import pandas as pd

        row = {"variable": self.variable, "n": self.n, "periods": len(self.times), "measures": ", ".join(self.measures)}
        names = ("weights", "epsilon", "bootstrap", "seed", "level", "interval")
        return pd.DataFrame([row | {name: getattr(self, name) for name in names}])

    def series(self, measure: str) -> pd.Series:
        """One measure by period."""
        import pandas as pd

        return pd.Series(self.estimate[self._row(measure)], index=pd.Index(self.times, name="time"), name=measure)

    def change(self, first: object = None, last: object = None) -> pd.DataFrame:
        """Change of every measure between two periods, with percentile intervals of the paired draws.

        Columns: measure first last estimate relative std_error conf_low conf_high; `relative` is the change over the
        value of the first period. Defaults: the first and the last period.
        """
        import pandas as pd

        ends = [self.times[0] if first is None else first, self.times[-1] if last is None else last]
        unknown = [t for t in ends if t not in self.times]
        if unknown or ends[0] == ends[1]:
            raise InputError(
                f"There is no change between {ends[0]!r} and {ends[1]!r}.", allowed=listing(self.times, 40)
            )
        a, b = (self.times.index(t) for t in ends)
        step = self.estimate[:, b] - self.estimate[:, a]
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(self.estimate[:, a] > 0, step / self.estimate[:, a], np.nan)
        draws = self.draws[:, b] - self.draws[:, a]
        gaps = np.full(len(self.measures), np.nan)
        tail = (1 - self.level) / 2
        low, high = np.quantile(draws, [tail, 1 - tail], axis=1) if self.bootstrap else (gaps, gaps)
        return pd.DataFrame(
            {
                "measure": list(self.measures),
                "first": ends[0],
                "last": ends[1],
                "estimate": step,
                "relative": relative,
                "std_error": draws.std(axis=1, ddof=1) if self.bootstrap > 1 else gaps,
                "conf_low": low,
                "conf_high": high,
            }
        )

    def _row(self, measure: str) -> int:
        if measure not in self.measures:
            raise InputError(f"The record has no measure {measure!r}.", allowed=listing(self.measures))
        return self.measures.index(measure)

    def __repr__(self) -> str:
        drawn = f"; {100 * self.level:g}% {self.interval} intervals, {self.bootstrap} resamples of regions"
        extra = f"{drawn} (seed {self.seed})" if self.bootstrap else ""
        shown = self.tidy().pivot(index="time", columns="measure", values="estimate")[list(self.measures)]
        head = f"Inequality of {self.variable}, {self.n} regions, {weighting(self.weights)}{extra}"
        return f"{head}\n{shown.to_string(float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def _check(measures: Sequence[str] | str, epsilon: float, level: float, interval: str) -> tuple[str, ...]:
    names = (measures,) if isinstance(measures, str) else tuple(measures)
    unknown = [m for m in names if m not in MEASURES]
    if unknown or not names or len(set(names)) < len(names):
        raise InputError(
            f"measures={measures!r}: unknown {listing(map(repr, unknown)) or 'none'}, each once.",
            allowed=listing(MEASURES),
        )
    if isinstance(epsilon, bool) or not isinstance(epsilon, Real) or not 0 < epsilon < np.inf:
        raise InputError(
            f"epsilon={epsilon!r} is no aversion to inequality.", allowed="a number above 0, e.g. 0.5 or 1"
        )
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < level < 1:
        raise InputError(f"level={level!r} is not a confidence level.", allowed="a number between 0 and 1, e.g. 0.95")
    if interval not in ("percentile", "bca"):
        raise InputError(f"interval={interval!r} is unknown.", allowed="percentile, bca")
    return names


def _refuse(amounts: Amounts, names: tuple[str, ...], panel: Panel) -> None:
    """Refuse what a measure is not defined for; warn of negative values where it is."""
    logs = [m for m in names if m in _POSITIVE]
    if logs:
        why = f"{listing(logs)} rest on logarithms or powers"
        refuse_below(amounts.values, repr(amounts.name), amounts.times, panel, zero=False, why=why)
    refuse_mean(amounts)
    warn_negative(amounts, panel)


def refuse_mean(amounts: Amounts) -> None:
    """Refuse periods whose mean is not above zero: relative measures divide by it."""
    scale = np.abs(amounts.values).max(axis=1)
    bad = np.flatnonzero(amounts.mean <= 1e-12 * scale)
    if bad.size:
        raise DataError(
            f"The mean of {amounts.name!r} is zero or negative in {listing(amounts.times[t] for t in bad)}: "
            "inequality relative to the mean is not defined.",
            fix="use a variable with a positive mean, or tk.gap_account for differences",
        )


def warn_negative(amounts: Amounts, panel: Panel) -> None:
    """Warn of negative values, with which a Gini coefficient may exceed one."""
    t, i = np.nonzero(amounts.values < 0)
    if t.size:
        import warnings

        from toolkit.errors import ToolkitWarning

        where = listing((f"{panel.names[panel.entities[b]]} {amounts.times[a]}" for a, b in zip(t, i, strict=True)), 6)
        warnings.warn(
            f"{amounts.name!r} has negative values ({where}): measures relative to the mean may exceed one.",
            ToolkitWarning,
            stacklevel=4,
        )


def _functions(names: tuple[str, ...], epsilon: float) -> list:
    return [partial(atkinson, epsilon=epsilon) if n == "atkinson" else MEASURES[n] for n in names]
