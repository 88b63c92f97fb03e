"""Make the students' version of exercises, and prove that they can be graded: full marks and none."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import InputError, OutputError, ReplicationError
from toolkit.teaching.exercises import Exercise, exercises, leaks

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

__all__ = ["Built", "Graded", "build"]

_SUMMARY = "exercises.csv"
_SOLUTION, _BLANK = "solution", "blank"


@dataclass(frozen=True)
class Graded:
    """What nbgrader gave to the two submissions of one exercise.

    Attributes
    ----------
    name : str
    points : float
        Possible.
    solution, blank : float
        Given to the author's solution and to the notebook as students receive it.
    seconds : float
        Needed to run the solution.
    problems : tuple of str
        Why the exercise is not fit for use; empty where it is.
    """

    name: str
    points: float
    solution: float
    blank: float
    seconds: float
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """What `build` made.

    Attributes
    ----------
    out : Path
        Holds ``release/NAME/NAME.ipynb`` and ``exercises.csv``.
    graded : tuple of Graded
    titles : tuple of str
    """

    out: Path
    graded: tuple[Graded, ...]
    titles: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """One row an exercise: exercise, title, points, solution, blank, seconds."""
        import pandas as pd

        return pd.DataFrame(
            {
                "exercise": [g.name for g in self.graded],
                "title": self.titles,
                "points": [g.points for g in self.graded],
                "solution": [g.solution for g in self.graded],
                "blank": [g.blank for g in self.graded],
                "seconds": [round(g.seconds, 1) for g in self.graded],
            }
        )


def build(
    names: Sequence[str] = (),
    *,
    source: str | Path = "analyses/teaching/source",
    out: str | Path = "build/teaching",
    jobs: int = 2,
    timeout: int = 120,
    console: Console | None = None,
) -> Built:
    """Write the students' version of exercises to `out`, after grading each solution and each blank notebook.

    nbgrader works in a temporary course of its own; `out` is replaced as a whole at the end, or not at all.
    Exercises are run, so they are to be trusted as any program is.

    Parameters
    ----------
    names : sequence of str
        Exercises; all when empty.
    source : path
        Folder of ``NAME/NAME.ipynb`` in nbgrader's source format.
    out : path
        Folder to be made or replaced.
    jobs : int
        Exercises graded at a time, each in a process of its own.
    timeout : int
        Seconds allowed for one cell.
    console : rich Console, optional
        Where progress is shown; standard output by default, and only if it is a terminal.

    Returns
    -------
    Built

    Raises
    ------
    InputError
        An exercise is missing or badly made, or nbgrader is not installed.
    ReplicationError
        A solution does not get full marks or a blank notebook gets some, a cell of a solution fails, or something of
        the solution is left for students to see; all exercises concerned are listed, and `out` is as it was.
    OutputError
        `out` is there and was not made by this function.
    """
    from importlib.util import find_spec

    if find_spec("nbgrader") is None:
        raise InputError("Exercises need nbgrader.", fix='pip install "regional-toolkit[teaching]"')
    if jobs < 1:
        raise InputError(f"jobs={jobs} leaves nothing to work with.", allowed="a whole number from 1")
    chosen = exercises(source, names)
    out = Path(out).resolve()
    _check_out(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        graded = _all(chosen, Path(scratch), jobs, timeout, console)
        bad = [g for g in graded if g.problems]
        if bad:
            listed = "\n".join(f"{g.name}:\n  - " + "\n  - ".join(g.problems) for g in bad)
            raise ReplicationError(f"{len(bad)} of {len(graded)} exercises cannot be given out.\n{listed}")
        done = Built(out, tuple(graded), tuple(e.title for e in chosen))
        new = Path(scratch) / "new"
        done.tidy().to_csv(new / _SUMMARY, index=False)
        if out.exists():
            out.rename(Path(scratch) / "old")
        new.rename(out)
    return done


def grade_one(exercise: Exercise, scratch: str, timeout: int) -> Graded:
    """Release one exercise to ``scratch/new/release`` and grade its solution and its blank notebook."""
    import nbformat
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    name, course = exercise.name, Path(scratch) / f"course-{exercise.name}"
    # nbgrader starts alembic by name: it is beside this Python, which need not be the one on the path
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    shutil.copytree(exercise.path.parent, course / "source" / name, ignore=shutil.ignore_patterns(".*"))
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.course_id = "exercises"
    config.Exchange.root = str(course / "exchange")
    config.Execute.timeout = timeout
    logging.disable(logging.WARNING)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    api.log_level = "ERROR"

    made = api.generate_assignment(name)
    if not made["success"]:
        return Graded(name, exercise.points, 0, 0, 0, (f"nbgrader cannot release it: {_last(made)}",))
    release = course / "release" / name
    problems = [f"students would see {leak}" for leak in leaks(exercise, nbformat.read(release / f"{name}.ipynb", 4))]
    shutil.copytree(course / "source" / name, course / "submitted" / _SOLUTION / name)
    shutil.copytree(release, course / "submitted" / _BLANK / name)
    seconds = {}
    for student in (_SOLUTION, _BLANK):
        began = time.monotonic()
        run = api.autograde(name, student)
        seconds[student] = time.monotonic() - began
        if not run["success"]:
            problems.append(f"nbgrader cannot grade the {student}: {_last(run)}")
    scores = {s: _scores(api, name, s) for s in (_SOLUTION, _BLANK)}
    run_solution = course / "autograded" / _SOLUTION / name / f"{name}.ipynb"
    if run_solution.exists():
        problems += _failed(nbformat.read(run_solution, 4))
    for cell, (given, possible) in scores[_SOLUTION].items():
        if given < possible:
            problems.append(f"the solution gets {given:g} of {possible:g} points in {cell}")
    for cell, (given, _) in scores[_BLANK].items():
        if given > 0:
            problems.append(f"a blank notebook gets {given:g} points in {cell}: its hidden tests test nothing")
    shutil.copytree(release, Path(scratch) / "new" / "release" / name)
    points, total = (sum(given for given, _ in scores[s].values()) for s in (_SOLUTION, _BLANK))
    return Graded(name, exercise.points, points, total, seconds[_SOLUTION], tuple(problems))


def _all(chosen: list[Exercise], scratch: Path, jobs: int, timeout: int, console: Console | None) -> list[Graded]:
    """`grade_one` of each, `jobs` at a time in processes of their own, with a bar on a terminal."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = console or Console()
    (scratch / "new" / "release").mkdir(parents=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        ProcessPoolExecutor(
            min(jobs, len(chosen)), get_context("spawn"), initializer=_quiet, initargs=(str(scratch / "log"),)
        ) as pool,
        Progress(*columns, console=console, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("grading", total=len(chosen))
        futures = {pool.submit(grade_one, e, str(scratch), timeout): e.name for e in chosen}
        done = {}
        for future in as_completed(futures):
            done[futures[future]] = future.result()
            bar.update(task, advance=1, description=f"graded {futures[future]}")
    return [done[e.name] for e in chosen]


def _quiet(path: str) -> None:
    """Send what nbgrader and the kernels say on the way to a file; what matters is in the problems."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _scores(api, name: str, student: str) -> dict[str, tuple[float, float]]:
    """Points given and possible, by grade_id; nothing where the submission was not graded."""
    from nbgrader.api import MissingEntry

    with api.gradebook as book:
        try:
            notebook = book.find_submission_notebook(name, name, student)
        except MissingEntry:
            return {}
        return {g.name: (float(g.auto_score or 0), float(g.max_score)) for g in notebook.grades}


def _failed(notebook) -> list[str]:
    """The errors in a notebook that was run."""
    out = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                name = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell {i}")
                out.append(f"{name} of the solution fails: {output.ename}: {output.evalue}")
    return out


def _last(result: dict) -> str:
    """The first error that nbgrader met, or the last line it wrote."""
    text = "\n".join([result.get("log") or "", result.get("error") or ""]).strip() or "no reason given"
    errors = re.findall(r"^\s*([\w.]*(?:Error|Exception): .+)", text, re.M)
    return errors[0] if errors else text.splitlines()[-1]


def _check_out(out: Path) -> None:
    if out.exists() and not (out.is_dir() and ((out / _SUMMARY).exists() or not os.listdir(out))):
        raise OutputError(
            f"{str(out)!r} exists and holds no {_SUMMARY}: it is not replaced.",
            fix="choose another folder, or remove it",
        )
