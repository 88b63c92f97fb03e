"""What a replication notebook leaves behind: tables, figures, and what they were made from.

In a notebook::

    from toolkit.pipeline import artefacts

    artefacts.record(panel=panel, weights=W, seed=1)          # for the manifest
    artefacts.save(tk.table([ols, sdm]), "table_1", title="Output on public capital")   # .tex .docx .html
    artefacts.save(figure, "figure_1", title="Moran's I by year")                       # .pdf .png
    draws = 200 if artefacts.quick else 10_000

`toolkit replicate` says by two environment variables where the files go and whether the setting is
reduced. A notebook run by hand writes to ``build/by-hand/<notebook>/`` beside ``analyses/``, which a
replication neither reads nor touches.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from toolkit.errors import InputError, OutputError

__all__ = ["directory", "quick", "record", "save"]

#: Environment variables by which the runner speaks to a notebook, and the file by which it answers.
DIRECTORY_VARIABLE = "TOOLKIT_REPLICATION_DIR"
QUICK_VARIABLE = "TOOLKIT_REPLICATION_QUICK"
RECORD_FILE = ".artefacts.json"

#: Whether the run is a reduced one (``toolkit replicate --quick``): fewer draws and permutations.
quick: bool = os.environ.get(QUICK_VARIABLE) == "1"

_FORMATS = {"table": ("tex", "docx", "html"), "figure": ("pdf", "png"), "data": ("csv",)}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_Artefact = TypeVar("_Artefact")


def save(
    artefact: _Artefact, name: str, *, title: str = "", alt: str = "", formats: Sequence[str] | None = None
) -> _Artefact:
    """Write a table, a figure or a data frame under `name`, once in each format.

    Parameters
    ----------
    artefact : Table, matplotlib Figure or Axes, DataFrame, or any record with ``tidy()``
        Anything with ``save(path)`` is a table (.tex, .docx, .html), anything with ``savefig(path)`` a
        figure (.pdf, .png; its metadata carry no date); data frames and ``tidy()`` are written as .csv.
    name : str
        File name without suffix: letters, digits, ``_`` and ``-``.
    title, alt : str, optional
        Caption on the site; what a figure shows, in words, for those who cannot see it.
    formats : sequence of str, optional
        Suffixes instead of the usual ones, e.g. ``("tex", "md")``.

    Returns
    -------
    artefact
        What was given, so that a cell which ends in ``save(...)`` also shows it.

    Raises
    ------
    InputError
        The object cannot be saved, or the name is not a file name.
    OutputError
        The name was already used in this notebook run.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from toolkit.pipeline import artefacts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.environ["TOOLKIT_REPLICATION_DIR"] = folder
    ...     _ = artefacts.save(pd.DataFrame({"x": [1, 2]}), "numbers", title="Two numbers")
    ...     sorted(p.name for p in Path(folder).glob("*.csv"))
    ...     del os.environ["TOOLKIT_REPLICATION_DIR"]
    ['numbers.csv']
    """
    if not _NAME.fullmatch(name) or name in ("index", "notebook"):
        raise InputError(
            f"{name!r} is not a name for an artefact.",
            allowed="letters, digits, _ and -, without a suffix; index and notebook are pages of the site",
        )
    kind, write = _writer(artefact)
    folder = directory()
    known = _read(folder)
    if DIRECTORY_VARIABLE in os.environ and any(a["name"] == name for a in known["artefacts"]):
        raise OutputError(
            f"Two artefacts of this notebook are named {name!r}.", fix="give each table and figure a name of its own"
        )
    files = []
    for suffix in formats or _FORMATS[kind]:
        path = folder / f"{name}.{suffix.lstrip('.')}"
        path.unlink(missing_ok=True)  # by hand a cell may be run again
        write(path)
        files.append(path.name)
    entry = {
        "name": name,
        "kind": kind,
        "title": title or name.replace("_", " ").capitalize(),
        "alt": alt,
        "files": files,
    }
    known["artefacts"] = [a for a in known["artefacts"] if a["name"] != name] + [entry]
    _write(folder, known)
    return artefact


def record(
    *,
    panel: Any = None,
    weights: Any = None,
    seed: int | Iterable[int] | None = None,
    file: str | Path | Iterable[str | Path] | None = None,
) -> None:
    """Note in the manifest what the notebook's numbers rest on.

    Parameters
    ----------
    panel : Panel or list of Panel, optional
        Their names and content hashes are noted.
    weights : SpatialWeights or list of SpatialWeights, optional
        Their descriptions and content hashes are noted.
    seed : int or iterable of int, optional
    file : path or iterable of paths, optional
        Files read from outside ``analyses/``. A later replication runs the notebook again when one has changed.

    Raises
    ------
    InputError
        A panel or weights without a ``hash``, a seed that is not a whole number, a file that does not exist.

    Examples
    --------
    >>> import tempfile
    >>> from toolkit.pipeline import artefacts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.environ["TOOLKIT_REPLICATION_DIR"] = folder
    ...     artefacts.record(seed=[1, 2])
    ...     json.loads((Path(folder) / artefacts.RECORD_FILE).read_text())["seeds"]
    ...     del os.environ["TOOLKIT_REPLICATION_DIR"]
    [1, 2]
    """
    folder = directory()
    known = _read(folder)
    for data in _several(panel):
        _add(known["data"], {"name": getattr(data, "name", "") or "panel", "hash": _hash_of(data, "panel")})
    for w in _several(weights):
        _add(
            known["weights"], {"description": str(getattr(w, "description", "") or "W"), "hash": _hash_of(w, "weights")}
        )
    for number in _several(seed):
        if isinstance(number, bool) or not hasattr(number, "__index__"):
            raise InputError(f"seed={number!r} is not a whole number.", allowed="an integer or several")
        _add(known["seeds"], int(number))
    for given in _several(file):
        path = Path(given)
        if not path.is_file():
            raise InputError(f"file={str(given)!r} does not exist, seen from {Path.cwd()}.")
        _add(known["files"], str(path.resolve()))
    _write(folder, known)


def directory() -> Path:
    """Folder into which this notebook's files go; it is made when missing.

    Returns
    -------
    Path
        The folder given by the runner or, by hand, ``build/by-hand/<notebook>/``.
    """
    given = os.environ.get(DIRECTORY_VARIABLE)
    folder = Path(given) if given else _by_hand()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _by_hand() -> Path:
    """Jupyter names the open notebook in JPY_SESSION_NAME; other front ends do not name it."""
    here = Path.cwd()
    root = next((p for p in (here, *here.parents) if (p / "analyses").is_dir()), here)
    return root / "build" / "by-hand" / (Path(os.environ.get("JPY_SESSION_NAME", "")).stem or "notebook")


def _writer(artefact: Any):
    """Kind of an object and the function that writes it to a path."""
    import pandas as pd

    figure = artefact if hasattr(artefact, "savefig") else getattr(artefact, "figure", None)
    if hasattr(figure, "savefig"):
        return "figure", lambda path: _save_figure(figure, path)
    if isinstance(artefact, pd.DataFrame):
        plain = isinstance(artefact.index, pd.RangeIndex)
        return "data", lambda path: artefact.to_csv(path, index=not plain, lineterminator="\n")
    if callable(getattr(artefact, "save", None)):
        return "table", lambda path: artefact.save(str(path))
    if callable(getattr(artefact, "tidy", None)):
        return "data", lambda path: artefact.tidy().to_csv(path, index=False, lineterminator="\n")
    raise InputError(
        f"A {type(artefact).__name__} cannot be saved as an artefact.",
        allowed="a table (tk.table), a matplotlib figure or axes, a DataFrame, a result with tidy()",
    )


def _save_figure(figure: Any, path: Path) -> None:
    """Write the figure and take it off pyplot's list: Jupyter shows every figure on that list below the cell,
    so that it would appear twice.
    """
    from toolkit.report.figure import save as save_figure

    save_figure(figure, path, overwrite=True)
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)


def _several(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple | set | range) else [given]


def _add(entries: list[Any], entry: Any) -> None:
    if entry not in entries:
        entries.append(entry)


def _hash_of(thing: Any, argument: str) -> str:
    value = getattr(thing, "hash", None)
    if not isinstance(value, str):
        raise InputError(f"{argument}= was given a {type(thing).__name__}, which has no content hash.")
    return value


def _read(folder: Path) -> dict[str, list[Any]]:
    path = folder / RECORD_FILE
    empty: dict[str, list[Any]] = {"artefacts": [], "data": [], "weights": [], "seeds": [], "files": []}
    return {**empty, **json.loads(path.read_text(encoding="utf-8"))} if path.exists() else empty


def _write(folder: Path, known: dict[str, list[Any]]) -> None:
    path = folder / RECORD_FILE
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
    temporary.replace(path)
