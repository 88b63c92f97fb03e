"""What a replication will do, decided before anything is run or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from toolkit.errors import OutputError, ReplicationError, listing
from toolkit.pipeline import manifest
from toolkit.pipeline.notebooks import Notebook, discover

__all__ = ["SITE", "Plan", "foreign", "plan"]

#: Folder of the site, beside the manifest.
SITE = "site"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A replication about to be run.

    Attributes
    ----------
    to_run : tuple of Notebook
    unchanged, kept : tuple of str
        Asked for and still standing; not asked for and carried over from the earlier replication.
    carried : mapping of str to dict
        Manifest entries of both of these.
    inputs : mapping of str to str
        Hash of the inputs of every notebook there is.
    nothing_to_do : bool
        Whether the folder is already what the plan would make of it.
    """

    to_run: tuple[Notebook, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]
    carried: Mapping[str, Mapping[str, Any]]
    inputs: Mapping[str, str]
    nothing_to_do: bool


def plan(names: Sequence[str], analyses: Path, out: Path, *, force: bool, quick: bool, handbook: bool = True) -> Plan:
    """Compare the notebooks with what the earlier replication in `out` was made from.

    Parameters
    ----------
    names, analyses, out, force, quick, handbook
        As in `toolkit.pipeline.runner.replicate`; the paths are absolute.

    Raises
    ------
    ReplicationError
        An unknown or forbidden name, a file that is not a notebook, an unreadable manifest.
    OutputError
        `out` cannot be replaced.
    """
    chosen, present = discover(analyses, names), discover(analyses)
    if any(notebook.name == SITE for notebook in present):
        raise ReplicationError(
            f"A notebook cannot be named {SITE}.ipynb: its results would lie where the site is.", fix="rename it"
        )
    old = manifest.read(out)
    earlier = old["notebooks"]
    _check_replaceable(out, analyses, foreign(out) & {SITE, manifest.MANIFEST, *(n.name for n in chosen)})

    hasher = manifest.Hasher(analyses)
    inputs = {n.name: hasher(n.cells) for n in present}

    def stands(name: str) -> bool:
        return manifest.satisfies(earlier.get(name), inputs[name], quick=quick, out=out, analyses=analyses)

    to_run = tuple(n for n in chosen if force or not stands(n.name))
    running = {n.name for n in to_run}
    unchanged = tuple(n.name for n in chosen if n.name not in running)
    not_run = sorted({n.name for n in present} - running)
    carried = {n: earlier[n] for n in not_run if n in earlier and manifest.intact(earlier[n]["files"], out)}
    return Plan(
        to_run=to_run,
        unchanged=unchanged,
        kept=tuple(name for name in carried if name not in unchanged),
        carried=carried,
        inputs=inputs,
        nothing_to_do=not to_run
        and set(carried) == set(earlier)
        and handbook == old.get("handbook")
        and manifest.intact(old["files"], out),
    )


def foreign(out: Path) -> set[str]:
    """Names of what lies in `out` and was not made by a replication; it stays there."""
    if not out.is_dir():
        return set()
    ours = set()
    if (out / manifest.MANIFEST).exists():
        made = manifest.read(out)
        ours = {SITE, manifest.MANIFEST, *(PurePosixPath(file).parts[0] for file in made["files"]), *made["notebooks"]}
    return {p.name for p in out.iterdir()} - ours


def _check_replaceable(out: Path, analyses: Path, clash: set[str]) -> None:
    if out == analyses or out in analyses.parents or analyses in out.parents:
        raise OutputError(
            f"The results cannot be put in {out}: that folder is replaced as a whole, and the notebooks are in {analyses}.",
            allowed="a folder of its own, e.g. --out build",
        )
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file.", allowed="a folder of its own, e.g. --out build")
    if clash:
        raise OutputError(
            f"{out} holds {listing(sorted(clash))}, not made by a replication.",
            fix="move them away, or choose another --out",
        )
