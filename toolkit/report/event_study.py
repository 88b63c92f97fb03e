"""Event study plot: leads and lags of a treatment with intervals, the omitted period at zero."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, LINES, PaperFigure, inches_of, new_figure
from toolkit.report.tables.columns import extract
from toolkit.report.tables.words import Words
from toolkit.report.words import phrase, wrapped

__all__ = ["event_study"]

#: Relative time inside a term: ``[T.-3]`` or ``[-3]`` (pyfixest, formulaic), ``::-3`` (fixest), ``-3`` alone.
_PERIOD = r"(?:\[(?:T\.)?|::|^)(-?\d+)(?:\.0+)?(?:\]|:|$)"


def event_study(
    result: object,
    *,
    periods: str | Mapping[str, float] | None = None,
    reference: float | None = -1,
    treatment: float | None = -0.5,
    level: float = 0.95,
    test: bool = True,
    title: str | None = None,
    unit: str | None = None,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Effects by period relative to treatment, with the joint test that those before it are zero.

    Parameters
    ----------
    result : result or DataFrame
        A result with a term for each lead and lag, of any package `tk.table` reads (``pf.feols("y ~ i(rel, ref=-1) | unit +
        year", data)``, a fit of `tk.fit`), or a tidy frame with ``period`` (or ``term``), ``estimate``, and either
        ``conf_low`` and ``conf_high`` or ``std_error`` (then limits are normal).
    periods : str or mapping of term to number, optional
        Which terms are drawn, and their period: a regular expression whose one group is the number, or the mapping itself
        (``{"lead2": -2, "lag0": 0}``). By default numbers in brackets or after ``::``.
    reference : number or None
        The omitted period, drawn as a hollow point at zero; None draws none.
    treatment : number or None
        Where the line of treatment stands: between -1 and 0 by default.
    level : float
        Confidence level; of a tidy frame with limits, the level they have.
    test : bool
        State the joint Wald test of the periods before treatment where the covariance is known: F if the result has
        degrees of freedom, else chi-squared.
    title : str, optional
        By default the dependent variable.
    unit : str, optional
        Unit of time on the axis (``"years"``); none is written without it.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        No term has a period, two terms have the same one, the reference is also estimated, or a frame lacks a column.

    References
    ----------
    Freyaldenhoven, S., Hansen, C. and Shapiro, J. (2019). American Economic Review 109, 3307-3338 (what to show).

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> frame = pd.DataFrame({"period": [-3, -2, 0, 1], "estimate": [0.1, 0.0, 0.8, 1.1], "std_error": [0.2, 0.2, 0.2, 0.3]})
    >>> figure = tk.charts.event_study(frame, unit="years")
    >>> figure.axes[0].get_xlabel()
    'Years relative to treatment'
    """
    if not isinstance(level, (int, float)) or not 0 < level < 1:
        raise InputError(f"level={level!r} is not a confidence level.", allowed="a number between 0 and 1, e.g. 0.95")
    found = _leads_and_lags(result, periods, level)
    if reference is not None and reference in found.period:
        raise InputError(
            f"The reference period {reference:g} is also estimated.",
            allowed=f"a period that was left out; estimated: {listing([f'{p:g}' for p in found.period], 40)}",
            fix="say reference= the omitted period, or None",
        )
    inches = inches_of(width)
    figure = new_figure(width, min(0.72 * inches, 3.2) + 0.1, lang=lang)
    color, marker, _ = LINES[0]
    with figure.styled():
        axes = figure.subplots()
        axes.axhline(0, color=GREY, linewidth=0.7, zorder=1)
        if treatment is not None:
            axes.axvline(treatment, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        axes.vlines(found.period, found.low, found.high, color=color, linewidth=1.0, zorder=3)
        axes.plot(found.period, found.estimate, marker, color=color, zorder=4)
        every = found.period
        if reference is not None:
            axes.plot([reference], [0], marker, color=color, markerfacecolor="white", markeredgewidth=0.9, zorder=4)
            every = np.append(every, reference)
        ends = every.min(), every.max()
        axes.set_xlim(ends[0] - 0.6, ends[1] + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=max(4, int(3.2 * inches))))
        axes.set_xlabel(phrase("relative_time_unit" if unit else "relative_time", lang, unit=_capital(unit)))
        axes.set_ylabel(wrapped(phrase("effect_interval", lang, level=100 * level), 0.6 * figure.get_figheight()))
        words = Words(lang)
        own = f"{words['depvar']}{words['colon']}{found.depvar}" if found.depvar else ""
        head = [title or own] if title or own else []
        statement = _pre_trend(found, treatment, lang) if test else ""
        head += [statement] if statement else []
        axes.set_title("\n".join(wrapped(text, inches - 0.6) for text in head), fontweight="normal")
    return figure


@dataclass(frozen=True, eq=False)
class Leads:
    """Estimates in order of period; `cov` (same order) and `df` where they are known."""

    period: np.ndarray
    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cov: np.ndarray | None
    df: float | None
    depvar: str


def _leads_and_lags(result: object, periods, level: float) -> Leads:
    import pandas as pd

    if isinstance(result, pd.DataFrame):
        frame, cov, df, depvar = _limits(result, level), None, None, ""
    else:
        column = extract(result, level)
        frame = column.parts[0].estimates
        depvar = column.labels.get(column.depvar, column.depvar)
        cov, df = _covariance(result, len(frame))
    number = frame["period"].to_numpy(float) if "period" in frame else _numbers(frame["term"], periods)
    use = np.flatnonzero(np.isfinite(number) & np.isfinite(frame["estimate"].to_numpy(float)))
    if not use.size:
        names = listing(frame.get("term", []), 12)
        raise InputError(
            f"No term has a period relative to treatment: {names}.",
            allowed="terms such as i(rel, ref=-1) makes: C(rel)[T.-3], rel::-3",
            fix='say periods= a regular expression with one group, e.g. r"lag(\\d+)", or a mapping of term to period',
        )
    use = use[np.argsort(number[use], kind="stable")]
    twice = sorted({f"{p:g}" for p in number[use] if (number[use] == p).sum() > 1})
    if twice:
        raise InputError(
            f"Several terms are of period {listing(twice)}.",
            fix="choose the terms by periods=, a mapping of term to period",
        )
    picked = frame.iloc[use]
    estimate, low, high = picked[["estimate", "conf_low", "conf_high"]].to_numpy(float).T
    return Leads(number[use], estimate, low, high, None if cov is None else cov[np.ix_(use, use)], df, depvar)


def _limits(frame, level: float):
    """A tidy frame with limits of its own, or normal ones from its standard errors."""
    from scipy import stats

    if not {"period", "term"} & set(frame) or "estimate" not in frame:
        raise InputError(
            f"The frame has columns {listing(map(str, frame.columns), 20)}.",
            allowed="period (or term), estimate, and conf_low with conf_high, or std_error",
        )
    if {"conf_low", "conf_high"} <= set(frame):
        return frame
    if "std_error" not in frame:
        raise InputError("The frame has neither conf_low and conf_high nor std_error.", fix="add one of them")
    half = stats.norm.ppf(0.5 + level / 2) * frame["std_error"]
    return frame.assign(conf_low=frame["estimate"] - half, conf_high=frame["estimate"] + half)


def _numbers(terms, periods) -> np.ndarray:
    """Period of every term; NaN for terms that have none."""
    if isinstance(periods, Mapping):
        unknown = [t for t in periods if t not in set(terms)]
        if unknown:
            raise InputError(f"periods= names {listing(unknown)}, which the result lacks.", allowed=listing(terms, 40))
        return np.array([float(periods.get(t, np.nan)) for t in terms])
    try:
        pattern = re.compile(_PERIOD if periods is None else periods)
    except (re.error, TypeError) as error:
        raise InputError(f"periods={periods!r} is no regular expression: {error}.") from None
    if pattern.groups != 1:
        raise InputError(f"periods={periods!r} has {pattern.groups} groups.", allowed="one group: the number")
    hits = [pattern.search(str(t)) for t in terms]
    try:
        return np.array([float(hit[1]) if hit else np.nan for hit in hits])
    except (TypeError, ValueError):
        raise InputError(f"periods={periods!r} finds something that is no number.") from None


def _covariance(result: Any, k: int) -> tuple[np.ndarray | None, float | None]:
    """Joint covariance in the order of the estimates, and degrees of freedom, by the names packages use."""
    if hasattr(result, "record") and not isinstance(result, type):
        table = result.record().coefficients
        return np.asarray(table.cov, float), table.df
    for name in ("_vcov", "cov", "cov_params"):  # pyfixest, linearmodels, statsmodels
        cov = getattr(result, name, None)
        cov = cov() if callable(cov) else cov
        if cov is not None and np.shape(cov) == (k, k):
            df = getattr(result, "_df_t", None)
            if df is None and getattr(result, "use_t", False):  # statsmodels; clusters less one if clustered
                inference = getattr(result, "df_resid_inference", None)
                df = result.df_resid if inference is None else inference
            return np.asarray(cov, float), float(df) if isinstance(df, (int, float, np.number)) else None
    return None, None


def _pre_trend(found: Leads, treatment: float | None, lang: str) -> str:
    """The joint test that all effects before treatment are zero, in words; empty where it is not known."""
    from scipy import stats

    before = np.flatnonzero(found.period < (0 if treatment is None else treatment))
    if found.cov is None or not before.size:
        return ""
    b, v = found.estimate[before], found.cov[np.ix_(before, before)]
    if not np.isfinite(v).all() or np.linalg.matrix_rank(v) < len(b):
        return phrase("pre_trend_unknown", lang)
    wald, q = float(b @ np.linalg.solve(v, b)), len(b)
    if found.df is None or not np.isfinite(found.df):
        statistic, p = f"χ²({q}) = {wald:.2f}", float(stats.chi2.sf(wald, q))
    else:
        statistic, p = f"F({q}, {found.df:g}) = {wald / q:.2f}", float(stats.f.sf(wald / q, q, found.df))
    return phrase("pre_trend", lang, statistic=statistic, p="p < 0.001" if p < 0.001 else f"p = {p:.3f}")


def _capital(text: str | None) -> str:
    return text[:1].upper() + text[1:] if text else ""
