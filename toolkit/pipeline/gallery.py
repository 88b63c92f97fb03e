"""Draws the gallery: runs the docstring example of every chart and map and keeps the picture.

The examples run in one process of their own (``python -m toolkit.pipeline.gallery FOLDER``), so that neither the settings
they touch nor the bars they show meet those of the replication.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.pipeline.progress import Progress
from toolkit.report.docstrings import call_in_example, summary
from toolkit.report.gallery import Picture

__all__ = ["draw", "pictures"]

#: Heading -> public module whose functions draw.
_MODULES = {"Maps": "maps", "Charts": "charts"}
_COMMAND = ("-m", "toolkit.pipeline.gallery")


def pictures(folder: str) -> dict[str, list[Picture]]:
    """What the gallery shows, by heading, read from the docstrings; nothing is drawn.

    Parameters
    ----------
    folder : str
        Where the pictures are, from the page.

    Returns
    -------
    dict of str to list of Picture
    """
    found: dict[str, list[Picture]] = {heading: [] for heading in _MODULES}
    for heading, module, function in _functions():
        before, call = _example(module, function)
        if call:
            code = "\n".join(s for s in before if not s.startswith("import toolkit"))
            found[heading].append(
                Picture(
                    name=f"tk.{module}.{function.__name__}",
                    about=summary(function),
                    code=f"{code}\n{call}".strip(),
                    file=f"{folder}/{module}_{function.__name__}.png",
                )
            )
    return found


def draw(folder: Path, progress: Progress) -> tuple[str, ...]:
    """Draw every picture of the gallery as ``{module}_{function}.png`` in `folder`.

    Parameters
    ----------
    folder : Path
        Made when missing.
    progress : Progress

    Returns
    -------
    tuple of str
        What could not be drawn, each with the reason; it is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [picture.name for group in pictures("").values() for picture in group]
    progress.started("gallery", len(wanted))
    failed = []
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", *_COMMAND, str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        for line in process.stdout or ():
            outcome, name, *reason = (*line.rstrip("\n").split("\t"), "")
            if outcome in ("drawn", "failed") and name in wanted:
                wanted.remove(name)
                progress.cell("gallery")
                failed += [f"{name}: {' '.join(reason).strip()}"] if outcome == "failed" else []
    return (*failed, *(f"{name}: the process ended with status {process.returncode}" for name in wanted))


def _functions() -> Iterator[tuple[str, str, Any]]:
    import toolkit

    for heading, module in _MODULES.items():
        home = getattr(toolkit, module)
        for name in sorted(home.__all__):
            if callable(getattr(home, name)):
                yield heading, module, getattr(home, name)


def _example(module: str, function: Any) -> tuple[list[str], str]:
    name = function.__name__
    return call_in_example(function, f"tk.{module}.{name}", f"{module}.{name}", name)


def _draw_all(folder: Path) -> None:
    """Run each example up to the call that draws and save its figure; prints a line for each."""
    from toolkit.report.figure import save

    folder.mkdir(parents=True, exist_ok=True)
    for _, module, function in _functions():
        before, call = _example(module, function)
        if not call:
            continue
        name = f"tk.{module}.{function.__name__}"
        try:
            # statements of this package's own docstrings, which its tests run as well
            names: dict[str, Any] = {function.__name__: function}
            exec("import toolkit as tk\n" + "\n".join(before), names)
            figure = eval(call, names)
            save(
                getattr(figure, "figure", figure), folder / f"{module}_{function.__name__}.png", overwrite=True, dpi=200
            )
        except Exception as error:  # one picture fewer is no reason to lose a replication
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            print("failed", name, reason, sep="\t", flush=True)
        else:
            print("drawn", name, sep="\t", flush=True)


if __name__ == "__main__":
    _draw_all(Path(sys.argv[1]))
