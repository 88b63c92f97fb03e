"""The list of exercises in the teachers' README, made from the first cells of the notebooks."""

from __future__ import annotations

import re
from pathlib import Path

from toolkit.errors import InputError
from toolkit.teaching.exercises import Exercise, exercises

__all__ = ["check_list", "write_list_of"]

_BEGIN, _END = "<!-- list of exercises: made by make teaching-list -->", "<!-- end of the list -->"
_HEAD = "| exercise | what it teaches | data | minutes | points |\n| --- | --- | --- | ---: | ---: |"


def check_list(folder: str | Path) -> None:
    """InputError unless the list in ``folder/README.md`` agrees with the notebooks in ``folder/source``."""
    text, begin, end = _parts(Path(folder))
    if text[begin:end] != _listed(Path(folder), text):
        raise InputError(
            f"The list of exercises in {str(Path(folder) / 'README.md')!r} does not agree with the notebooks.",
            fix="make teaching-list",
        )


def write_list_of(folder: str | Path) -> Path:
    """Write the list again: exercises keep the order they have in it, new ones come last."""
    from toolkit.report.files import write_atomic

    text, begin, end = _parts(Path(folder))
    new = text[:begin] + _listed(Path(folder), text) + text[end:]
    return write_atomic(Path(folder) / "README.md", new.encode(), overwrite=True)


def _listed(folder: Path, text: str) -> str:
    there = {e.name: e for e in exercises(folder / "source")}
    order = [n for n in dict.fromkeys(re.findall(r"\(source/(\w+)/", text)) if n in there]
    order += [n for n in there if n not in order]
    return "\n".join(["", _HEAD, *(_row(there[n]) for n in order), ""])


def _row(e: Exercise) -> str:
    first = re.split(r"(?<=[.?!])\s", e.goal, maxsplit=1)[0]
    minutes = re.search(r"\d+(?:\s*(?:-|–|to)\s*\d+)?", e.time)
    cells = (f"[{e.title}](source/{e.name}/{e.name}.ipynb)", first, e.data, minutes.group(), f"{e.points:g}")
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def _parts(folder: Path) -> tuple[str, int, int]:
    """The README and where its list begins and ends."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text.count(_BEGIN) != 1 or text.count(_END) != 1:
        raise InputError(
            f"{str(path)!r} has no place for the list of exercises.", fix=f"add two lines to it: {_BEGIN} and {_END}"
        )
    return text, text.index(_BEGIN) + len(_BEGIN), text.index(_END)
