"""Extract: whatever is given becomes columns of numbers and words, all of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from toolkit.contracts import Impacts, ModelRecord, SupportsRecord, TestResult
from toolkit.errors import InputError
from toolkit.report.tables.terms import canonical

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ESTIMATES", "Column", "Part", "extract"]

#: Columns of `Part.estimates`.
ESTIMATES = ("term", "block", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class Part:
    """One printed column of estimates.

    Attributes
    ----------
    estimates : DataFrame
        One row a term; columns `ESTIMATES`, terms in canonical spelling.
    effect, horizon : str
        ``direct``, ``indirect`` or ``total`` and ``short`` or ``long`` for impacts; empty for coefficients.
    """

    estimates: pd.DataFrame
    effect: str = ""
    horizon: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One model of a table: like `contracts.ModelRecord`, but with the numbers exactly as their program gave them.

    A fit has one part; impacts given as a column of their own have one for each effect and horizon.
    """

    name: str
    parts: tuple[Part, ...]
    depvar: str = ""
    stats: Mapping[str, float | int | str] = field(default_factory=lambda: MappingProxyType({}))
    fixed_effects: tuple[str, ...] = ()
    random_effects: tuple[str, ...] = ()
    vcov: str = ""
    weights: str = ""
    tests: tuple[TestResult, ...] = ()
    impacts: Impacts | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()
    program: str = "toolkit"
    codebook: tuple[str, ...] = ()


def extract(model: object, level: float = 0.95, lang: str = "en") -> Column:
    """Read one model.

    Parameters
    ----------
    model : ModelRecord, object with ``record()``, Impacts, or a result of linearmodels, statsmodels, pyfixest, spreg
        Results of other packages are read if they carry maketables' hooks (``__maketables_coef_table__``).
    level : float
        Confidence level of the limits.
    lang : {"en", "zh"}
        Language of the labels, where the model keeps its panel.

    Raises
    ------
    InputError
        The class is unknown; the message names it and what is supported.
    """
    if isinstance(model, Impacts):
        return _impacts_column(model)
    if isinstance(model, ModelRecord):
        return _record_column(model, level)
    if isinstance(model, SupportsRecord) and not isinstance(model, type):
        return _with_codebook(_record_column(model.record(), level), getattr(model, "panel", None), lang)
    from toolkit.report.tables.foreign import read

    column = read(model, level)
    if column is None:
        raise _unknown(model)
    return column


def impact_parts(impacts: Impacts) -> tuple[Part, ...]:
    """Impacts as parts: by horizon, then direct, indirect, total."""
    table = impacts.table
    if "horizon" not in table:  # only dynamic models have two
        table = table.assign(horizon="short")
    parts = []
    for horizon in dict.fromkeys(table["horizon"]):
        for effect in ("direct", "indirect", "total"):
            rows = table[(table["horizon"] == horizon) & (table["effect"] == effect)]
            frame = rows.assign(term=[canonical(t) for t in rows["term"]], block="X")[list(ESTIMATES)]
            parts.append(Part(frame.reset_index(drop=True), effect, horizon))
    return tuple(part for part in parts if len(part.estimates))


def _impacts_column(impacts: Impacts) -> Column:
    """`impacts` itself is kept, for the note on its standard errors."""
    return Column(
        name=impacts.model.upper(),
        parts=impact_parts(impacts),
        depvar=impacts.depvar,
        impacts=impacts,
        labels=impacts.labels,
    )


def _record_column(record: ModelRecord, level: float) -> Column:
    estimates = record.coefficients.tidy(level)
    estimates["term"] = [canonical(t) for t in estimates["term"]]
    return Column(
        name=record.name,
        parts=(Part(estimates[list(ESTIMATES)]),),
        depvar=record.depvar,
        stats=MappingProxyType(_plain_r2(record.stats)),
        fixed_effects=record.fixed_effects,
        random_effects=record.random_effects,
        vcov=record.vcov,
        weights=record.weights,
        tests=record.tests,
        impacts=record.impacts,
        labels=MappingProxyType(dict(record.labels)),
        notes=record.notes,
    )


def _with_codebook(column: Column, panel: object, lang: str) -> Column:
    """Order of the variables, and labels in another language than the record's, from the panel a fit keeps."""
    book = getattr(panel, "codebook", None)
    if not book:
        return column
    labels = {} if lang == "en" else {name: text for name, entry in book.items() if (text := entry.label(lang))}
    return replace(column, codebook=tuple(book), labels=MappingProxyType(labels or dict(column.labels)))


def _plain_r2(stats: Mapping[str, float | int | str]) -> dict[str, float | int | str]:
    """``r2`` is another name of ``r2_overall``, effects counted as part of the fit."""
    return {"r2_overall" if k == "r2" and "r2_overall" not in stats else k: v for k, v in stats.items()}


def with_tests(column: Column, tests: tuple[TestResult, ...]) -> Column:
    """The same column with other tests under it."""
    return replace(column, tests=tests)


def _unknown(model: object) -> InputError:
    kind = type(model)
    fix = "pass the object that fitting returned"
    if isinstance(model, type):
        problem = f"There is no estimate to read in the class {model.__module__}.{model.__qualname__}; it wants a fitted result."
    else:
        problem = f"There is no estimate to read in an object of class {kind.__module__}.{kind.__qualname__}."
        if callable(getattr(model, "fit", None)):
            fix = "this is a model, not its result: pass what .fit() returns"
    return InputError(
        problem,
        allowed="results of tk.fit, tk.impacts and tk.spectests; linearmodels (panel, IV), statsmodels (linear, GLM, "
        "discrete), pyfixest (feols, fepois), spreg; any result with maketables' hooks; a pandas DataFrame",
        fix=f"{fix}; for another program put its numbers into a toolkit.contracts.ModelRecord or a DataFrame",
    )
