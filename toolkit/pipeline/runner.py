"""The main job: run the notebooks of a folder and put what they make in ``build/``, all or nothing."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import toolkit
from toolkit.errors import InputError, OutputError, ReplicationError
from toolkit.pipeline import manifest
from toolkit.pipeline.artefacts import RECORD_FILE
from toolkit.pipeline.ledger import CLAIMS_FILE, EXPECTED, drift, ledger_rows
from toolkit.pipeline.notebooks import Notebook, execute
from toolkit.pipeline.pages import notebook_page
from toolkit.pipeline.plan import SITE, Plan, foreign, plan
from toolkit.pipeline.progress import Progress
from toolkit.pipeline.site import EXECUTED, OVERVIEW, gallery, write_site

__all__ = ["Replication", "replicate"]

LEDGER = "claims.csv"


@dataclass(frozen=True)
class Replication:
    """What a call of `replicate` did.

    Attributes
    ----------
    out, overview : Path
        Folder of the results; first page of the site in it.
    ran, unchanged, kept : tuple of str
        Notebooks that were run; that were asked for but had not changed; that were not asked for and
        whose earlier results were carried over.
    seconds : float
        Wall-clock time.
    """

    out: Path
    ran: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]
    seconds: float

    @property
    def overview(self) -> Path:
        return self.out / OVERVIEW


def replicate(
    names: Sequence[str] = (),
    *,
    analyses: str | Path = "analyses",
    out: str | Path = "build",
    force: bool = False,
    quick: bool = False,
    jobs: int | None = None,
    timeout: float = 1800,
    accept_claims: bool = False,
    handbook: bool = True,
    progress: Progress | None = None,
) -> Replication:
    """Run notebooks in parallel and write tables, figures, a site and a manifest to `out`.

    A notebook runs again when its cells, the toolkit, the data or the package versions have changed, or
    when a file it made has; otherwise its earlier result stands (a full result also stands for a quick
    one). The new folder is made beside `out` and put in its place by renaming at the very end: at the first
    failing cell everything stops and `out` is as it was. Whatever else lies in `out` is carried over.

    Parameters
    ----------
    names : sequence of str
        Notebooks, with or without ``.ipynb``; all when empty.
    analyses, out : path
        Folder of the notebooks; folder of the results.
    force : bool
        Run also what has not changed.
    quick : bool
        Reduced setting, ``artefacts.quick`` in the notebooks; the results are marked as such.
    jobs : int, optional
        Notebooks run at a time; by default as many as there are cores.
    timeout : float
        Seconds allowed for one cell.
    accept_claims : bool
        Write what the notebooks say of the claims to ``ledger.csv`` beside them, the ledger that later runs must give again.
    handbook : bool
        Whether the site has the pages about the toolkit itself: data that ship, methods, reference, gallery. The gallery's
        pictures are drawn once for each version of the toolkit and then carried over.
    progress : Progress, optional
        Where to report; standard output by default.

    Returns
    -------
    Replication

    Raises
    ------
    ReplicationError
        Unknown name, a cell failed, or a claim's verdict or number differs from the accepted ledger.
    OutputError
        `out` cannot be replaced.
    """
    began = time.monotonic()
    analyses, out = Path(analyses).resolve(), Path(out).resolve()
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs={jobs} leaves nothing to work with.", allowed="a whole number from 1")
    todo = plan(names, analyses, out, force=force, quick=quick, handbook=handbook)
    with progress or Progress() as shown:
        for name in todo.unchanged:
            shown.say(f"{name}: unchanged")
        if not todo.nothing_to_do:
            out.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
                new = Path(scratch) / "new"
                new.mkdir()
                made = asyncio.run(_run_all(todo, new, quick, jobs, timeout, shown))
                entries, rows = _complete(new, out, todo, made, analyses, quick=quick, accept=accept_claims)
                drawn = gallery(new, out, shown) if handbook else ""
                write_site(new, entries, todo.inputs, rows, claims=LEDGER, handbook=handbook, progress=shown)
                common = _common(new, entries)
                manifest.write(new, entries, common, handbook=handbook, gallery=drawn)
                _swap(new, out, Path(scratch) / "old", foreign(out))
    ran = tuple(notebook.name for notebook in todo.to_run)
    return Replication(out, ran, todo.unchanged, todo.kept, time.monotonic() - began)


async def _run_all(
    todo: Plan, new: Path, quick: bool, jobs: int | None, timeout: float, shown: Progress
) -> dict[str, dict[str, Any]]:
    """Run the notebooks, `jobs` at a time; the first failure cancels the others and ends their kernels."""
    import joblib

    cores = joblib.cpu_count()
    at_once = min(jobs or cores, len(todo.to_run)) or 1
    places, one_page = asyncio.Semaphore(at_once), asyncio.Lock()
    made: dict[str, dict[str, Any]] = {}

    async def run(notebook: Notebook) -> None:
        name, directory = notebook.name, new / notebook.name
        async with places:
            began = time.monotonic()
            shown.started(name, len(notebook.node.cells))
            directory.mkdir()
            node = await execute(
                notebook,
                directory,
                quick=quick,
                timeout=timeout,
                threads=max(1, cores // at_once),
                on_cell=lambda: shown.cell(name),
            )
            async with one_page:  # drawing formulas changes matplotlib's settings for a moment
                page = await asyncio.to_thread(notebook_page, node, title=notebook.title, lang=notebook.lang)
            executed = new / EXECUTED.format(name)
            executed.parent.mkdir(parents=True)
            executed.write_text(page, encoding="utf-8")
            made[name] = _entry(notebook, directory, todo.inputs[name], quick, time.monotonic() - began)
            things = len(made[name]["artefacts"])
            shown.say(f"{name}: {len(node.cells)} cells, {things} artefacts, {made[name]['seconds']:.1f} s")

    try:
        async with asyncio.TaskGroup() as group:
            for notebook in todo.to_run:
                group.create_task(run(notebook))
    except* ReplicationError as failures:
        failed = failures
    else:
        return made
    raise _leaves(failed)[0]


def _leaves(group: BaseExceptionGroup[Any]) -> list[ReplicationError]:
    return [leaf for e in group.exceptions for leaf in (_leaves(e) if isinstance(e, BaseExceptionGroup) else [e])]


def _entry(notebook: Notebook, directory: Path, inputs: str, quick: bool, seconds: float) -> dict[str, Any]:
    """The manifest's entry of a notebook that has just run; takes its record file away."""
    path = directory / RECORD_FILE
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.unlink(missing_ok=True)
    decided = directory / CLAIMS_FILE
    claims = json.loads(decided.read_text(encoding="utf-8")) if decided.exists() else []
    decided.unlink(missing_ok=True)
    return {
        "title": notebook.title,
        "summary": notebook.summary,
        "lang": notebook.lang,
        "source": notebook.path.name,
        "setting": "quick" if quick else "full",
        "inputs": inputs,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "cells": len(notebook.node.cells),
        "data": record.get("data", []),
        "weights": record.get("weights", []),
        "seeds": record.get("seeds", []),
        "read": [
            {"path": os.path.relpath(p, notebook.path.parent), "sha256": manifest.sha256(Path(p))}
            for p in record.get("files", [])
        ],
        "toolkit": toolkit.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "packages": manifest.packages(),
        "artefacts": record.get("artefacts", []),
        "claims": [{**c, "cell": _cell_of(notebook, c["id"])} for c in claims],
        "files": {
            **manifest.file_hashes(directory, directory.parent),
            EXECUTED.format(notebook.name): manifest.sha256(directory.parent / EXECUTED.format(notebook.name)),
        },
    }


def _cell_of(notebook: Notebook, claim: str) -> str:
    """Id of the last code cell that names a claim: where the page of the notebook is opened from the ledger."""
    cells = [c for c in notebook.node.cells if c.cell_type == "code" and claim in c.source]
    return str(cells[-1].get("id", "")) if cells else ""


def _complete(
    new: Path,
    out: Path,
    todo: Plan,
    made: Mapping[str, Mapping[str, Any]],
    analyses: Path,
    *,
    quick: bool,
    accept: bool,
) -> tuple[dict[str, Mapping[str, Any]], list[dict[str, str]]]:
    """Add to the new folder what is carried over from the old one, and the ledger; all entries, rows of the ledger."""
    for name in (file for entry in todo.carried.values() for file in entry["files"]):
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(out / name, new / name)
    entries = dict(sorted({**todo.carried, **made}.items()))
    decided = any(entry.get("claims") for entry in entries.values())
    return entries, _ledger(new, entries, analyses, set(todo.inputs), quick=quick, accept=accept) if decided else []


def _ledger(
    new: Path, entries: Mapping, analyses: Path, notebooks: set[str], *, quick: bool, accept: bool
) -> list[dict[str, str]]:
    """Write claims.csv; compare it with the accepted ledger when every notebook is there."""
    rows = ledger_rows({name: entry.get("claims", []) for name, entry in entries.items()})
    with (new / LEDGER).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    accepted = analyses / EXPECTED
    if accept:
        if quick or notebooks - set(entries):
            raise ReplicationError(
                "The ledger can be accepted from a full run of all notebooks only.", fix="run without --quick and names"
            )
        with accepted.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, ["id", "verdict", "computed"], lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(r for r in rows if r["notebook"])
    elif accepted.exists() and not notebooks - set(entries):
        with accepted.open(encoding="utf-8", newline="") as stream:
            moved = drift(rows, list(csv.DictReader(stream)), quick=quick)
        if moved:
            raise ReplicationError(
                f"{len(moved)} claims differ from {EXPECTED}:\n" + "\n".join(f"  {line}" for line in moved),
                fix="find out why; if the new numbers are right, run toolkit replicate --accept-claims",
            )
    return rows


def _common(new: Path, entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Hashes of the files that belong to no notebook alone: the site but for the executed notebooks, and the ledger."""
    own = {file for entry in entries.values() for file in entry["files"]}
    found = manifest.file_hashes(new / SITE, new)
    ledger = {LEDGER: manifest.sha256(new / LEDGER)} if (new / LEDGER).exists() else {}
    return {**ledger, **{file: digest for file, digest in found.items() if file not in own}}


def _swap(new: Path, out: Path, aside: Path, staying: Iterable[str]) -> None:
    """Put `new` in the place of `out`, with what is staying there; a step that fails undoes those before it."""
    steps = [(out / name, new / name) for name in sorted(staying)]
    steps += [(out, aside)] if out.exists() else []
    steps += [(new, out)]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in steps:
            source.rename(target)
            done.append((source, target))
    except OSError as error:
        for source, target in reversed(done):
            target.rename(source)
        raise OutputError(
            f"{out} could not be replaced: {error}", fix="close what has it open and run again"
        ) from error
