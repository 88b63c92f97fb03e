"""An exercise as its author wrote it, and whether it is fit to be given out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import InputError, listing

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Exercise", "exercises", "leaks", "read_exercise"]

#: what the first cell has to say, each as ``**Learning goal.** text`` in a paragraph of its own
HEADINGS = ("Learning goal", "Time", "Data", "What to read")
SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")


@dataclass(frozen=True, eq=False)
class Exercise:
    """One notebook in nbgrader's source format, with solutions and hidden tests.

    Attributes
    ----------
    name : str
        Of the folder and of the notebook.
    path : Path
    title, goal, time, data : str
        From the first cell.
    points : float
        Sum over the graded cells.
    notebook : NotebookNode
    """

    name: str
    path: Path
    title: str
    goal: str
    time: str
    data: str
    points: float
    notebook: NotebookNode


def exercises(folder: str | Path, names: Iterable[str] = ()) -> list[Exercise]:
    """The exercises ``folder/NAME/NAME.ipynb``, by name; all when no names are given.

    Raises
    ------
    InputError
        There are none, a name is unknown, or an exercise is not fit to be given out (see `read_exercise`).
    """
    folder = Path(folder)
    there = sorted(p.name for p in folder.glob("*") if p.is_dir() and not p.name.startswith("."))
    unknown = [n for n in names if n not in there]
    if unknown:
        raise InputError(f"No exercise is called {listing(unknown)}.", allowed=listing(there, 50))
    if not there:
        raise InputError(f"There are no exercises in {str(folder)!r}.", fix="put one in a folder NAME/NAME.ipynb there")
    return [read_exercise(folder / name / f"{name}.ipynb") for name in (list(names) or there)]


def read_exercise(path: str | Path) -> Exercise:
    """Read and check one exercise.

    Parameters
    ----------
    path : path
        A notebook in nbgrader's source format, called as its folder.

    Raises
    ------
    InputError
        Lists all that is wrong: no title, goal, time, data or reading in the first cell; ids of cells or of grades
        that are not unique; outputs; answers without a solution, graded cells without points or hidden tests.
    """
    import nbformat

    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no notebook {str(path)!r}.", fix="call the notebook as its folder")
    try:  # as it stands: nbformat.read would give new ids to cells that have the same one
        notebook = nbformat.from_dict(json.loads(path.read_text(encoding="utf-8")))
        cells = notebook.cells
    except (ValueError, AttributeError) as error:
        raise InputError(f"{str(path)!r} cannot be read as a notebook of format 4: {error}.") from error
    for cell in cells:
        cell["source"] = "".join(cell["source"])
    first = cells[0].source if cells else ""
    title = re.match(r"# +(.+)", first)
    told = {heading: _paragraph(first, heading) for heading in HEADINGS}
    wrong = [] if title else ["the first cell does not begin with a title (# ...)"]
    wrong += [f"the first cell does not say **{h}**" for h, text in told.items() if not text]
    if told["Time"] and not re.search(r"\d+", told["Time"]):
        wrong.append(f"**Time** is {told['Time']!r}, without a number of minutes")
    wrong += _faults(notebook)
    if wrong:
        raise InputError(f"Exercise {path.stem!r} cannot be given out:\n  - " + "\n  - ".join(wrong))
    return Exercise(
        name=path.stem,
        path=path,
        title=title.group(1).strip(),
        goal=told["Learning goal"],
        time=told["Time"],
        data=told["Data"],
        points=sum(float(_role(c).get("points", 0)) for c in cells),
        notebook=notebook,
    )


def leaks(exercise: Exercise, released: NotebookNode) -> list[str]:
    """What students must not see in `released`: lines of solutions and hidden tests, outputs, markers."""
    text = "\n".join(c.source for c in released.cells)
    secret = [line for c in exercise.notebook.cells for line in _secret_lines(c.source)]
    open_text = "\n".join(_without(c.source) for c in exercise.notebook.cells)
    found = [f"the line {line!r}" for line in secret if line in text and line not in open_text]
    found += [f"the marker {mark!r}" for mark in (*SOLUTION, *HIDDEN) if mark in text]
    found += [f"an output of cell {i}" for i, c in enumerate(released.cells) if c.get("outputs")]
    return found


def _faults(notebook: NotebookNode) -> list[str]:
    wrong = []
    ids = [c.get("id") for c in notebook.cells]
    wrong += [f"two cells have the id {i}" for i in sorted({str(i) for i in ids if ids.count(i) > 1})]
    grades = [r["grade_id"] for c in notebook.cells if (r := _role(c))]
    wrong += [f"two cells have the grade_id {g}" for g in sorted({g for g in grades if grades.count(g) > 1})]
    graded = False
    for i, cell in enumerate(notebook.cells):
        role, where = _role(cell), f"cell {i} ({_role(cell).get('grade_id', 'no grade_id')})"
        if cell.get("outputs") or cell.get("execution_count"):
            wrong.append(f"{where} has outputs")
        for begin, end in (SOLUTION, HIDDEN):
            if cell.source.count(begin) != cell.source.count(end):
                wrong.append(f"{where} has {begin} without {end}")
        if role.get("solution") and cell.cell_type == "code" and SOLUTION[0] not in cell.source:
            wrong.append(f"{where} is to be answered, but holds no solution")
        if not role.get("solution") and SOLUTION[0] in cell.source:
            wrong.append(f"{where} holds a solution, but is not marked as an answer")
        if role.get("grade") and not role.get("solution"):
            graded = True
            if not role.get("points"):
                wrong.append(f"{where} is graded, but has no points")
            if HIDDEN[0] not in cell.source:
                wrong.append(f"{where} is graded, but has no hidden tests")
            if not role.get("locked"):
                wrong.append(f"{where} is graded, but not locked")
    return wrong if graded else [*wrong, "no cell is graded"]


def _role(cell: NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def _paragraph(text: str, heading: str) -> str:
    """The paragraph that begins with ``**heading``, without it."""
    match = re.search(
        rf"\*\*{re.escape(heading)}[.:]?\*\*[.:]?\s*(.+?)(?=\n\s*\n|\n\s*[-*]?\s*\*\*[A-Z]|\Z)", text, re.S
    )
    return " ".join(match.group(1).split()) if match else ""


def _regions(source: str) -> list[str]:
    return [
        part
        for begin, end in (SOLUTION, HIDDEN)
        for part in re.findall(rf"{re.escape(begin)}\n(.*?)\s*{re.escape(end)}", source, re.S)
    ]


def _without(source: str) -> str:
    for part in _regions(source):
        source = source.replace(part, "")
    return source


def _secret_lines(source: str) -> list[str]:
    """Lines of solutions and hidden tests that are long enough to tell something."""
    return [line.strip() for part in _regions(source) for line in part.splitlines() if len(line.strip()) > 11]
