"""``tk.table``: results in, a publishable table out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from toolkit.contracts import Impacts, TestResult, TestTable, Tidy
from toolkit.errors import InputError
from toolkit.report.tables.columns import Column, extract, with_tests
from toolkit.report.tables.decompositions import described_record
from toolkit.report.tables.describe import described
from toolkit.report.tables.layout import Layout, check_patterns, select
from toolkit.report.tables.plain import frame_table, table_of_tests, tidy_table
from toolkit.report.tables.record import Table
from toolkit.report.tables.regression import regression_table
from toolkit.report.tables.variables import read_variables

__all__ = ["Table", "table"]


def table(
    models: object,
    *,
    titles: Sequence[str] | None = None,
    numbering: bool = True,
    groups: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    effects: Mapping[str, str] | None = None,
    stars: Sequence[float] | str | None = "default",
    below: str | None = "default",
    level: float = 0.95,
    digits: int = 3,
    keep: Sequence[str] | str | None = None,
    drop: Sequence[str] | str | None = None,
    order: Sequence[str] | str | None = None,
    stats: Sequence[str] | Mapping[str, str] | str | None = None,
    blocks: bool = True,
    impacts: bool | Sequence[Impacts | None] = False,
    tests: bool | Sequence[TestTable | TestResult | None] = True,
    describe: bool = False,
    notes: Sequence[str] | str | bool | None = None,
    caption: str = "",
    label: str = "",
    lang: str | None = None,
    journal: str | None = None,
) -> Table:
    r"""Set results side by side as a table for a paper.

    Parameters
    ----------
    models : result, list of results, mapping of title to result, TestTable(s), DataFrame, Panel or another record
        Fits of this toolkit, `contracts.ModelRecord`, `contracts.Impacts` (a column each for direct, indirect
        and total), results of linearmodels, statsmodels, pyfixest and spreg, in any mix. Terms are matched by name:
        every program's constant is one row, and so are ``np.log(x)`` and ``log(x)``. Tables of their own are made of
        test tables; a DataFrame, as it is; a Panel, its descriptive statistics (more in `toolkit.describe_table`,
        `toolkit.balance_table`, `toolkit.correlation_table`); transition matrices (`toolkit.markov`,
        `toolkit.spatial_markov`, `toolkit.lisa_markov`) with numbers of moves below, or standard errors with
        ``below="se"``, and the ergodic distribution; decompositions (`toolkit.theil`, `toolkit.dagum`,
        `toolkit.gini_sources`, `toolkit.gap_account`, `toolkit.shift_share`), `toolkit.inequality`, and any other
        record with ``tidy()``.
    titles : list of str, optional
        One for each model, over its column; by default the model's name.
    numbering : bool
        Number the models (1), (2), ...; the notes refer to the numbers.
    groups : list of str, optional
        One for each model; equal neighbours share one heading.
    labels : mapping of str to str, Panel or codebook, optional
        Plain text by variable or term (``{"pcap": "Public capital"}``), before the labels the models carry; a panel
        or its codebook gives them in `lang`. Fits of this toolkit bring the labels of their panel in `lang`.
        Special characters are escaped for each format. Terms of different models that are given the same label
        share a row.
    effects : mapping of str to str, optional
        Other names for fixed effects, so that they share a row: ``{"state": "entity", "year": "time"}``.
    stars : levels or None, optional
        By default what the journal asks, without one (0.1, 0.05, 0.01).
    below : {"se", "t", "p", "ci"} or None, optional
        What stands under the estimate, by default standard errors; `level` is that of the interval.
    digits : int
        Decimals. An estimate that would print as zero is written with a power of ten.
    keep, drop, order : list of str, optional
        Terms by name or by label; ``*`` stands for anything (``drop="C(state)*"``). A name no model has is an
        error. What is dropped is listed in the notes. ``order="codebook"`` takes the order of the codebook.
    stats : list of str, mapping of str to str, "all" or None
        Fit statistics by key, with other labels if given as a mapping; None prints a usual choice. Different
        kinds of R2 never share a row (see `toolkit.report.tables.foreign`).
    blocks : bool
        Headings over the blocks (regressors, spatial lags, dynamics, spatial parameters ...).
    impacts : bool or list
        True adds blocks of direct, indirect and total impacts below the coefficients, from the models
        themselves; a list gives the impacts of each model (None for those without).
    tests : bool or list
        True prints the tests the models carry; a list gives the tests of each model.
    describe : bool
        With a DataFrame: descriptive statistics of its variables instead of its cells; a Panel is described anyway.
    notes : str, list of str, False or None
        Added to the notes written from the models; False prints none at all.
    caption, label : str
        Caption, and the key for ``\ref`` in LaTeX.
    lang : {"en", "zh"}, optional
        English unless the journal is Chinese.
    journal : {"aer", "regional-studies", "three-line"}, optional
        Preset of `stars`, `below`, `lang` and of the looks in each format; what you say yourself wins. ``"aer"``: the
        style guide of the American Economic Review (no asterisks, standard errors in parentheses, horizontal lines and
        blank space only, panels lettered, upright, a warning beyond nine columns). ``"regional-studies"``: as Taylor
        and Francis prints its tables. ``"three-line"``: Chinese three-line table (三线表).

    Returns
    -------
    Table
        Shows itself in a notebook; ``.save("table1.tex")``, ``.docx``, ``.html``, ``.md``, ``.csv``, ``.typ``.

    Raises
    ------
    InputError
        Nothing to print, a result of an unknown class (named), or an option that is not allowed.

    Examples
    --------
    >>> import numpy as np, pandas as pd, statsmodels.formula.api as smf, toolkit as tk
    >>> data = pd.DataFrame({"x": np.arange(8.0), "y": [1.0, 2.1, 2.9, 4.2, 5.0, 5.8, 7.1, 8.0]})
    >>> result = smf.ols("y ~ x", data).fit()
    >>> print(tk.table(result, labels={"x": "Roads (km)"}, stats=["nobs", "r2"]))
    -----------------------------
    Dependent variable     y
    -----------------------------
                          (1)
                          OLS
    -----------------------------
    Roads (km)         0.994***
                        (0.021)
    Constant           1.033***
                        (0.086)
    -----------------------------
    Observations           8
    R²                   0.997
    -----------------------------
    Notes: Standard errors in
    parentheses. Covariance
    estimator: classical.
    * p < 0.1, ** p < 0.05,
    *** p < 0.01.
    """
    items, names = _items(models, titles)
    layout = Layout.check(
        labels=labels, effects=effects, numbering=bool(numbering), groups=_aligned("groups", groups, len(items)),
        stars=stars, below=below, level=level, digits=digits, keep=keep, drop=drop, order=order, stats=stats,
        blocks=bool(blocks), impacts=impacts is not False, tests=tests is not False, notes=notes, caption=caption,
        label=label, lang=lang, journal=journal,
    )  # fmt: skip
    alone = _alone(items, titles)
    if describe and not _has_variables(alone):
        raise InputError("describe=True describes the variables of a DataFrame or a Panel.", fix="pass one alone")
    if alone is not None:
        return _other(alone, describe, layout)
    if all(isinstance(item, (TestTable, TestResult)) for item in items):
        tables = [item if isinstance(item, TestTable) else TestTable((item,)) for item in items]
        return table_of_tests(
            tables, [n if n is not None else t.title for n, t in zip(names, tables, strict=True)], layout
        )
    columns = [extract(item, level, layout.lang) for item in items]
    columns = [c if n is None else replace(c, name=n) for c, n in zip(columns, names, strict=True)]
    return regression_table(_attach(columns, impacts, tests), layout)


def _items(models: object, titles: Sequence[str] | None) -> tuple[list[object], list[str | None]]:
    """The models in order, each with the title the user gave it (None without one)."""
    if isinstance(models, Mapping):
        items, names = list(models.values()), [str(key) for key in models]
    elif isinstance(models, (list, tuple)):
        items, names = list(models), [None] * len(models)
    elif type(models).__name__ == "FixestMulti" and hasattr(models, "to_list"):  # several models from one formula
        items = list(models.to_list())
        names = [None] * len(items)
    else:
        items, names = [models], [None]
    if not items:
        raise InputError("There is nothing to print: the list of models is empty.", fix="tk.table([fit1, fit2])")
    given = _aligned("titles", titles, len(items))
    return items, list(given) if given is not None else names


def _aligned(option: str, values: Sequence | None, n: int) -> tuple | None:
    """A list with one entry for each model."""
    if values is None:
        return None
    if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence) or len(values) != n:
        what = f"has {len(values)} entries" if isinstance(values, (list, tuple)) else f"is {values!r}"
        raise InputError(f"{option}= {what}, and there are {n} models.", allowed=f"a list of {n}, one for each model")
    if option in ("titles", "groups"):
        return tuple("" if v is None else str(v) for v in values)
    return tuple(values)


def _alone(items: list[object], titles: Sequence[str] | None) -> object:
    """The one thing passed that is neither fit nor test: a DataFrame, a Panel, a record that describes."""
    for item in items:
        if _has_variables(item):
            if len(items) > 1 or titles is not None:
                raise InputError(
                    f"A {type(item).__name__} makes a table of its own, without titles=.", fix="pass it alone"
                )
            return item
    only = items[0]
    known = isinstance(only, (Impacts, TestTable, TestResult)) or hasattr(only, "record")
    ours = type(only).__module__.partition(".")[0] == "toolkit"
    described = ours and not known and isinstance(only, Tidy) and not hasattr(only, "coefficients")
    return only if len(items) == 1 and described else None


def _has_variables(item: object) -> bool:
    import pandas as pd

    return isinstance(item, pd.DataFrame) or (hasattr(item, "codebook") and hasattr(item, "wide"))


def _other(item, describe: bool, layout: Layout) -> Table:
    """Descriptive statistics of variables; a data frame as it is; a record in the way such records are printed."""
    import pandas as pd

    if describe or (_has_variables(item) and not isinstance(item, pd.DataFrame)):
        what = read_variables(item, None, layout)
        check_patterns(what.names, what.labels.__getitem__, layout)
        names = select(what.names, what.labels.__getitem__, layout)
        return described(replace(what, blocks=(("", tuple(names)),)), None, layout)
    if isinstance(item, pd.DataFrame):
        return frame_table(item, layout)
    made = described_record(item, layout)
    if made is not None:
        return made
    return tidy_table(item.tidy(), layout)


def _attach(columns: list[Column], impacts: object, tests: object) -> list[Column]:
    """Impacts and tests that were given beside the models, each to its model."""
    if not isinstance(impacts, bool):
        given = _aligned("impacts", impacts, len(columns))
        if not all(item is None or isinstance(item, Impacts) for item in given):
            raise InputError("impacts= has something that is not the result of tk.impacts.", allowed="Impacts or None")
        columns = [c if i is None else replace(c, impacts=i) for c, i in zip(columns, given, strict=True)]
    if not isinstance(tests, bool):
        given = [(t,) if isinstance(t, TestResult) else t or () for t in _aligned("tests", tests, len(columns))]
        if not all(isinstance(test, TestResult) for group in given for test in group):
            raise InputError("tests= has something that is not a test.", allowed="TestTable, TestResult or None")
        columns = [with_tests(c, tuple(group)) for c, group in zip(columns, given, strict=True)]
    return columns
