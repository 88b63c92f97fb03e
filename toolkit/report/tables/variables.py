"""Variables of a panel or a data frame, as descriptive tables need them: numbers, labels, units, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import InputError, listing
from toolkit.report.tables.layout import Layout

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Variables", "groups_of", "layout_of", "read_variables"]


@dataclass(frozen=True, eq=False)
class Variables:
    """What is described.

    Attributes
    ----------
    frame : DataFrame
        One row an observation, one column a variable, as floats; missing values are NaN.
    labels : dict of str to str
        What is printed for each variable, with its unit in brackets where a codebook has one.
    blocks : tuple of (str, tuple of str)
        Headings with their variables; one without heading if the user gave none.
    entity : Series or None
        Region of each row, for a panel.
    periods : int
        Number of periods; 1 for a data frame.
    by : Series or None
        Group of each row.
    by_label : str
        Heading over the groups, empty for a register.
    by_note : str
        What the register is.
    """

    frame: pd.DataFrame
    labels: dict[str, str]
    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    entity: pd.Series | None = None
    periods: int = 1
    by: pd.Series | None = None
    by_label: str = ""
    by_note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All variables in printing order."""
        return tuple(name for _, names in self.blocks for name in names)


def read_variables(
    data: object,
    variables: Sequence[str] | Mapping[str, Sequence[str]] | str | None,
    layout: Layout,
    by: str | None = None,
) -> Variables:
    """Variables of `data`, checked.

    Parameters
    ----------
    data : Panel or DataFrame
    variables : list of str, mapping of heading to list of str, or None
        None takes all that are numeric. For a panel expressions are allowed (``"log(gdp / pop)"``).
    by : str, optional
        Column, or for a panel also a register of its regions, that tells the groups.

    Raises
    ------
    InputError
        `data` is neither, a variable is unknown or not numeric, or `by` is neither column nor register.
    """
    import pandas as pd

    panel = data if hasattr(data, "codebook") and hasattr(data, "wide") else None
    if panel is None and not isinstance(data, pd.DataFrame):
        raise InputError(
            f"A {type(data).__name__} has no variables to describe.", allowed="a tk.Panel or a pandas DataFrame"
        )
    frame = data if panel is None else panel.frame
    keys = () if panel is None else (panel.entity, panel.time)
    blocks = _blocks(frame, variables, (*keys, by))
    names = [name for _, chosen in blocks for name in chosen]
    columns = {name: _column(data, frame, name, panel) for name in names}
    groups, by_label, by_note = (None, "", "") if by is None else _groups(panel, frame, by, layout)
    return Variables(
        frame=pd.DataFrame(columns),
        labels={name: _label(panel, name, layout) for name in names},
        blocks=blocks,
        entity=None if panel is None else frame[panel.entity].reset_index(drop=True),
        periods=1 if panel is None else panel.T,
        by=groups,
        by_label=by_label,
        by_note=by_note,
    )


def layout_of(options: Mapping[str, object], *known: str) -> Layout:
    """The layout of a table that takes only some of the options of `toolkit.table`."""
    known = (*known, "labels", "digits", "notes", "caption", "label", "lang", "journal")
    unknown = [name for name in options if name not in known]
    if unknown:
        raise InputError(f"This table has no option {listing(unknown)}.", allowed=listing(known, 20))
    return Layout.check(**options)


def groups_of(by: pd.Series) -> list:
    """Groups in their own order: of categories, else sorted, else as they come."""
    if hasattr(by, "cat"):
        return [g for g in by.cat.categories if (by == g).any()]
    found = list(by.dropna().unique())
    try:
        return sorted(found) if not all(isinstance(g, str) for g in found) else found
    except TypeError:
        return found


def _blocks(frame: pd.DataFrame, variables: object, left_out: tuple) -> tuple[tuple[str, tuple[str, ...]], ...]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if variables is None:
        numeric = [c for c in frame.columns if is_numeric_dtype(frame[c]) and not is_bool_dtype(frame[c])]
        names = tuple(str(c) for c in numeric if c not in left_out)
        if not names:
            raise InputError("No variable is numeric.", allowed=f"it has {listing(frame.columns)}")
        return (("", names),)
    groups = variables if isinstance(variables, Mapping) else {"": variables}
    blocks = tuple((str(head), (v,) if isinstance(v, str) else tuple(v)) for head, v in groups.items())
    names = [name for _, chosen in blocks for name in chosen]
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise InputError(
            f"variables={variables!r} does not name variables.",
            allowed='a list of different names, or headings with lists: {"Output": ["gdp"], "Inputs": ["emp", "fai"]}',
        )
    return blocks


def _column(data, frame: pd.DataFrame, name: str, panel) -> pd.Series:
    """One variable as floats; of a panel also an expression."""
    from pandas.api.types import is_numeric_dtype

    if panel is not None and name not in frame.columns:
        frame = panel.assign(_described=name).frame.rename(columns={"_described": name})
    if name not in frame.columns:
        raise InputError(f"There is no variable {name!r}.", allowed=listing(frame.columns, 40))
    if not is_numeric_dtype(frame[name]):
        raise InputError(
            f"{name!r} holds {frame[name].dtype}, not numbers.", fix="leave it out, or pass it as by= to tell groups"
        )
    return frame[name].astype(float).reset_index(drop=True)


def _groups(panel, frame: pd.DataFrame, by: str, layout: Layout) -> tuple[pd.Series, str, str]:
    """Group of each row, what the division is called, and a note on it."""
    if panel is not None and by in panel.registers:
        groups = frame[panel.entity].map(panel.register(by, layout.lang)).reset_index(drop=True)
        title = panel.register_info(by).title
        return groups, layout.labels.get(by, ""), layout.words["about:groups"].format(title=title) if title else ""
    if by not in frame.columns:
        registers = f"; registers {listing(panel.registers)}" if panel is not None and panel.registers else ""
        raise InputError(f"by={by!r} is not a column.", allowed=f"{listing(frame.columns, 40)}{registers}")
    label = layout.labels.get(by) or (by if panel is None else panel.label(by, layout.lang))
    return frame[by].reset_index(drop=True), label, ""


def _label(panel, name: str, layout: Layout) -> str:
    """The user's label, else the codebook's with its unit."""
    if name in layout.labels:
        return layout.labels[name]
    if panel is None:
        return name
    label, unit = panel.label(name, layout.lang), panel.unit(name, layout.lang)
    left, right = ("（", "）") if layout.lang == "zh" else (" (", ")")
    return f"{label}{left}{unit}{right}" if unit else label
