"""What ``toolkit describe`` and ``toolkit data`` show: frames on a terminal, and as tables in files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.report.files import check_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["SUFFIXES", "described", "save_description", "show"]

#: Formats a description is saved in.
SUFFIXES = (".tex", ".docx", ".html", ".md", ".typ", ".csv")
_HEADINGS = {
    "en": {"n": "N", "missing": "Missing", "mean": "Mean", "sd": "Std. dev.", "sd_between": "Between", "sd_within": "Within",
           "min": "Min.", "max": "Max.", "first": "First", "last": "Last", "complete": "Complete in"},
    "zh": {"n": "观测值", "missing": "缺失", "mean": "均值", "sd": "标准差", "sd_between": "组间", "sd_within": "组内",
           "min": "最小值", "max": "最大值", "first": "首年", "last": "末年", "complete": "完整年份"},
}  # fmt: skip
_NOTES = {
    "en": "Between: standard deviation of the regions' means; within: of the deviations from them.",
    "zh": "组间：各地区均值的标准差；组内：对地区均值离差的标准差。",
}
_CAPTION = {"en": "Descriptive statistics", "zh": "描述性统计"}


def described(
    panel: Panel, variables: Sequence[str] | None = None, *, by: str | None = None, lang: str = "en"
) -> pd.DataFrame:
    """Descriptive statistics, overall, between and within, with the periods covered.

    Parameters
    ----------
    panel : Panel
    variables : sequence of str, optional
        All numeric ones by default.
    by : str, optional
        A variable, a register or the time column; a row a group and variable then, without coverage.
    lang : {"en", "zh"}

    Returns
    -------
    DataFrame
        As `Panel.describe`, with first, last and complete.

    Raises
    ------
    DataError
        No such variable or group.
    """
    frame = panel.describe(lang, list(variables) if variables else None, by)
    if by is None and panel.time is not None:
        frame = frame.join(panel.coverage()[["first", "last", "complete"]])
    names = frame.index.get_level_values("variable")
    useless = ["label"] * bool((frame["label"] == names).all()) + ["unit"] * bool((frame["unit"] == "").all())
    useless += ["sd_between", "sd_within"] * (by is not None and by == panel.time)
    return frame.drop(columns=useless).dropna(axis=1, how="all")


def save_description(frame: pd.DataFrame, path: str | PathLike, *, lang: str = "en", overwrite: bool = False) -> Path:
    """Write a description as a table by suffix: .tex .docx .html .md .typ, or the numbers as .csv.

    Raises
    ------
    OutputError
        Another suffix, an existing file, a folder that cannot be written.
    """
    from toolkit.report.files import write_atomic
    from toolkit.report.table import table

    target = check_target(path, SUFFIXES, overwrite)
    if target.suffix.lower() == ".csv":
        return write_atomic(target, frame.to_csv(lineterminator="\n").encode("utf-8-sig"), overwrite)
    names = frame.index.get_level_values("variable")
    headings = _HEADINGS[lang]
    labels = [f"{label} ({unit})" if unit else label for label, unit in zip(
        frame.get("label", names), frame.get("unit", [""] * len(names)), strict=True)]  # fmt: skip
    shown = frame.drop(columns=["label", "unit", "first", "last", "complete"], errors="ignore").rename(
        columns=_HEADINGS[lang]
    )
    shown = shown.astype(dict.fromkeys((headings["n"], headings["missing"]), "int64"))
    if frame.index.nlevels > 1:
        import pandas as pd

        shown.index = pd.MultiIndex.from_arrays(
            [frame.index.get_level_values(0), labels], names=[frame.index.names[0], None]
        )
    else:
        shown.index = labels
    note = _NOTES[lang] if headings["sd_within"] in shown.columns else None
    made = table(shown, caption=_CAPTION[lang], notes=note, lang=lang)
    made.save(str(target), overwrite=overwrite)
    return target


def show(frame: pd.DataFrame, *, digits: int = 5) -> None:
    """Print a frame: on a terminal cut to its width, in a pipe or file as plain columns, each line complete."""
    import io

    from rich.console import Console
    from rich.table import Table

    if frame.columns.empty:
        raise InputError("There is nothing to show.")
    table = Table(box=None, header_style="bold", pad_edge=False)
    cells = frame.reset_index()
    for name, column in cells.items():
        numeric = column.map(lambda v: isinstance(v, int | float) and not isinstance(v, bool)).all()
        table.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in cells.itertuples(index=False):
        table.add_row(*(_shown(v, digits) for v in row))
    console = Console(markup=False, highlight=False)
    if console.is_terminal:
        console.print(table)
        return
    text = io.StringIO()
    Console(file=text, width=2000, markup=False, highlight=False).print(table)
    print("\n".join(line.rstrip() for line in text.getvalue().rstrip("\n").split("\n")))


def _shown(value: object, digits: int) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:,.{digits}g}"
    return str(value)
