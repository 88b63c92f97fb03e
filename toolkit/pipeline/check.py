"""``tk.check``: what is wrong with a user's data, said before any model is run.

It holds everything a study begins with, the table, the map, the weights and the equation, and so stands above the
rooms of each; what is known of one of them is said in its own room (`toolkit.data.key_diagnosis`,
`toolkit.data.variable_diagnosis`, `toolkit.data.map_diagnosis`, `toolkit.weights.diagnosis`, `toolkit.models.diagnosis`).
"""

from __future__ import annotations

import difflib
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.data.findings import Finding, Findings
from toolkit.errors import DataError, InputError, ToolkitError, listing

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from toolkit.data.key_diagnosis import Keys

__all__ = ["check", "save_findings"]


def check(
    data: str | PathLike | pd.DataFrame,
    entity: str,
    time: str | None = None,
    *,
    geometry: str | PathLike | gpd.GeoDataFrame | None = None,
    key: str | None = None,
    weights: Any = None,
    formula: str | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
) -> Findings:
    """Say in plain words what is wrong with data, map, weights and equation; nothing is changed.

    Parameters
    ----------
    data : path or DataFrame
        A file `Panel.read` knows (.csv .xlsx .dta .parquet .gpkg .shp .geojson), however damaged, or a table.
    entity, time : str
        Columns with the ids and the periods; `time` is left out for a cross-section.
    geometry : path or GeoDataFrame, optional
        The map; `key` is its column with the ids (`entity` if left out).
    weights : path or weights, optional
        A file `toolkit.weights.read` knows, `SpatialWeights`, a libpysal graph or W, or a matrix.
    formula : str, optional
        The equation to be estimated, ``"log(y) ~ x"``.
    sheet : str or int, optional
        Sheet of an .xlsx.
    encoding : str, optional
        Of a .csv; guessed if left out.

    Returns
    -------
    Findings
        ``ok``, ``errors``, ``warnings``, ``notes``, ``tidy()``; prints itself, worst first.

    Raises
    ------
    InputError
        `data` is neither a path nor a table. Faults of the data are findings, never exceptions.

    Examples
    --------
    >>> import pandas as pd
    >>> df = pd.DataFrame({"code": ["A", "A", "B", "B"], "year": [2000, 2001, 2000, 2000], "gdp": ["1,200", "13", "n.a.", "9"]})
    >>> found = check(df, "code", "year")
    >>> found.ok, found.tidy()["code"].tolist()[:4]
    (False, ['duplicates', 'unbalanced', 'text-thousands', 'text-sign'])
    """
    frame, source, text, items = _opened(data, sheet, encoding)
    checked = ["table"]
    if frame is None:
        return Findings(source, "not read", tuple(items), tuple(checked))
    from toolkit.data.wide_diagnosis import diagnose_wide

    wide = diagnose_wide(frame, entity, time)
    items += wide
    absent = _absent(frame, entity, None if wide else time)
    if absent or (wide and time is not None):
        return Findings(source, f"{len(frame)} rows, {frame.shape[1]} columns", (*items, *absent), tuple(checked))
    from toolkit.data.key_diagnosis import diagnose_keys
    from toolkit.data.total_diagnosis import diagnose_totals
    from toolkit.data.variable_diagnosis import diagnose_variables

    frame, shapes = _apart(frame, entity)
    keys, found = diagnose_keys(frame, entity, time, text=text)
    items += found
    values, found = _numbers(frame.drop(columns=[entity] if time is None else [entity, time]))
    items += found
    items += diagnose_totals(values.loc[keys.ids.index], keys)
    items += diagnose_variables(values.loc[keys.ids.index], keys)
    checked += ["ids", *(["times"] if time is not None else []), "variables"]
    ids = sorted(keys.ids.unique())
    if geometry is not None or shapes is not None:
        items += _map(geometry if geometry is not None else shapes, ids, entity if key is None else key)
        checked.append("map")
    if weights is not None:
        items += _weights(weights, ids)
        checked.append("weights")
    items += _equation(formula, frame, values, keys, weights is not None or geometry is not None)
    if formula is not None:
        checked.append("formula")
    size = f"{keys.size}, {len(frame)} rows, {values.shape[1]} numeric variables"
    return Findings(source, size, tuple(items), tuple(checked))


def save_findings(found: Findings, path: str | PathLike, overwrite: bool = False) -> Path:
    """Write findings as .html (a page), .csv, .json or .txt, by suffix.

    Raises
    ------
    OutputError
        Another suffix, an existing file, a folder that cannot be written.
    """
    from toolkit.report.files import check_target, write_atomic

    target = check_target(path, (".html", ".csv", ".json", ".txt"), overwrite)
    suffix = target.suffix.lower()
    if suffix == ".csv":
        content = found.tidy().to_csv(index=False, lineterminator="\n")
    elif suffix == ".json":
        content = to_json(found)
    elif suffix == ".html":
        content = _PAGE.format(body=found.to_html())
    else:
        content = found.text() + "\n"
    return write_atomic(target, content.encode("utf-8-sig" if suffix == ".csv" else "utf-8"), overwrite)


def to_json(found: Findings) -> str:
    """Findings as JSON: source, size, ok, checked, findings."""
    import json

    content = {
        "source": found.source,
        "size": found.size,
        "ok": found.ok,
        "checked": list(found.checked),
        "findings": [
            {name: getattr(f, name) for name in ("severity", "code", "subject", "found", "why", "fix")}
            | {"rows": [r if isinstance(r, int | str) else str(r) for r in f.rows]}
            for f in found.items
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data check</title><style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1a1a1a }}
table {{ border-collapse: collapse; width: 100% }} th, td {{ border-bottom: 1px solid #bbb; padding: .5rem; vertical-align: top }}
td {{ overflow-wrap: anywhere }} td:first-child {{ overflow-wrap: normal }}
@media (max-width: 40rem) {{ thead {{ display: none }} td {{ display: block; border: 0; padding: .15rem 0 }}
tr {{ display: block; border-bottom: 1px solid #bbb; padding: .75rem 0 }} }}
</style></head><body><h1>Data check</h1>{body}</body></html>
"""


def _opened(
    data: Any, sheet: str | int | None, encoding: str | None
) -> tuple[pd.DataFrame | None, str, bool, list[Finding]]:
    """The table with its cells as they are, its name, whether cells are text of a .csv, and what was found."""
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        if not len(data):
            return None, "the table", False, [_unreadable(DataError("The table has no rows."))]
        twice = data.columns[data.columns.duplicated()]
        if len(twice):
            return (
                None,
                "the table",
                False,
                [_unreadable(DataError(f"Columns occur more than once: {listing(twice)}."))],
            )
        frame = data.rename(columns=str)
        return frame.set_axis(range(len(frame))) if not frame.index.is_unique else frame, "the table", False, []
    if not isinstance(data, str | PathLike):
        raise InputError(f"data is a {type(data).__name__}.", allowed="a path or a DataFrame")
    from toolkit.data.grids import read_grid
    from toolkit.data.headers import table_of
    from toolkit.data.reading import SUFFIXES, read_table

    path = Path(data).expanduser()
    try:
        if path.suffix.lower() in (".csv", ".xlsx") and path.is_file():
            grid = read_grid(path, sheet=sheet, encoding=encoding)
            try:
                frame, found = table_of(grid)
            except ToolkitError as error:
                return None, path.name, False, [*grid.findings, _unreadable(error)]
            return frame, path.name, path.suffix.lower() == ".csv", [*grid.findings, *found]
        frame, _ = read_table(path, sheet=sheet)
        return frame.rename(columns=str), path.name, False, []
    except ToolkitError as error:
        hint = [_unreadable(error)]
        if path.suffix.lower() not in SUFFIXES and path.suffix.lower() in (".xls", ".tsv", ".txt"):
            hint = [_unreadable(DataError(error.problem, fix="save it as .xlsx or as CSV UTF-8"))]
        return None, path.name, False, hint


def _unreadable(error: ToolkitError) -> Finding:
    fix = (error.fix or (f"Allowed: {error.allowed}" if error.allowed else "Check the file.")).strip()
    return Finding(
        "error", "unreadable", "table", error.problem, "Nothing else can be checked.", fix[0].upper() + fix[1:]
    )


def _absent(frame: pd.DataFrame, entity: str, time: str | None) -> list[Finding]:
    columns = [str(c) for c in frame.columns]
    found = []
    for role, column in (("entity", entity), ("time", time)):
        if column is not None and column not in columns:
            near = difflib.get_close_matches(column.lower(), [c.lower() for c in columns], n=1)
            meant = next((c for c in columns if near and c.lower() == near[0]), None)
            found.append(
                Finding(
                    "error", "no-column", "table", f"There is no column {column!r} ({role}); there are {listing(columns, 20)}.",
                    "Rows are known by region and period.", f"Did you mean {meant!r}?" if meant else f"Name the column: {role}=... (--{role} ...).",
                )
            )  # fmt: skip
    if not found and entity == time:
        found.append(
            Finding(
                "error",
                "same-column",
                "table",
                f"entity and time are the same column, {entity!r}.",
                "They say different things.",
                "Name two.",
            )
        )
    return found


def _apart(frame: pd.DataFrame, entity: str) -> tuple[pd.DataFrame, Any]:
    """The table without its shapes, and one shape a region where it has them."""
    import pandas as pd

    name = getattr(frame, "_geometry_column_name", None)
    if name is None or name not in frame.columns:
        return frame, None
    return pd.DataFrame(frame.drop(columns=name)), frame[[entity, name]].drop_duplicates(entity)


def _numbers(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The numeric variables as floats, and what is not a number in them."""
    import pandas as pd

    from toolkit.data.cell_kinds import kind_of
    from toolkit.data.variable_diagnosis import numbers_of

    found, kept = [], {}
    for name in frame.columns:
        values, said = numbers_of(frame[name])
        found += said
        if values.notna().any() or said or frame[name].map(kind_of).eq("missing").all():
            kept[name] = values
    return pd.DataFrame(kept, index=frame.index), found


def _map(geometry: Any, ids: list[str], key: str) -> list[Finding]:
    from toolkit.data.map_diagnosis import diagnose_map
    from toolkit.data.reading import read_map
    from toolkit.weights.diagnosis import diagnose_borders

    try:
        shapes = geometry if hasattr(geometry, "geometry") else read_map(geometry)
    except ToolkitError as error:
        return [
            Finding("error", "map-unreadable", "map", error.problem, "There is no map.", error.fix or "Check the file.")
        ]
    if not hasattr(shapes, "columns"):
        shapes = shapes.to_frame("geometry")
    if key not in shapes.columns and shapes.index.name == key:
        shapes = shapes.reset_index()
    matched, found = diagnose_map(shapes, ids, key)
    return found + (diagnose_borders(matched) if matched is not None else [])


def _weights(weights: Any, ids: list[str]) -> list[Finding]:
    from toolkit.weights.diagnosis import diagnose_weights, read_or_find

    W, found = read_or_find(weights, ids)
    return found + (diagnose_weights(W, ids) if W is not None else [])


def _equation(
    formula: str | None, frame: pd.DataFrame, values: pd.DataFrame, keys: Keys, weighted: bool
) -> list[Finding]:
    """The equation on the panel as it would be with the faults of single cells put right."""
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.models.diagnosis import diagnose_formula, diagnose_size

    if formula is None or not keys.clean:
        found = diagnose_size(keys.ids.nunique(), keys.times.nunique())
        if formula is not None:
            found.append(
                Finding(
                    "note", "formula-unseen", "formula", "The equation was not looked at.", "It needs each region once in every period.",
                    "Settle duplicates and gaps, then check again.",
                )
            )  # fmt: skip
        return found
    words = frame.drop(columns=[c for c in frame.columns if c in values.columns])
    table = pd.concat([words, values], axis=1).assign(**{"\x00id": keys.ids, "\x00time": keys.times})
    try:
        panel = Panel(table, entity="\x00id", time="\x00time" if keys.times.nunique() > 1 else None)
    except ToolkitError as error:
        return [
            Finding(
                "error",
                "panel",
                "table",
                error.problem,
                "No panel can be made of it.",
                error.fix or "Correct the table.",
            )
        ]
    return diagnose_formula(formula, panel, weighted=weighted)
