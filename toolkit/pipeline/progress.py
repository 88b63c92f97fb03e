"""How far a replication is: bars on a terminal, one line a notebook elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Progress"]


class Progress:
    """Shows the cells of each notebook, and other steps, as they are done; a context manager.

    Parameters
    ----------
    console : rich Console, optional
        Where to write; standard output by default.
    """

    def __init__(self, console: Console | None = None):
        from rich import progress
        from rich.console import Console

        self.console = console or Console(soft_wrap=True, highlight=False)
        self._tasks: dict[str, progress.TaskID] = {}
        self._bars = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TextColumn("{task.completed:.0f} of {task.total:.0f}"),
            progress.TimeElapsedColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Progress:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def started(self, name: str, cells: int) -> None:
        """A notebook of so many cells, or another task of so many steps, has begun."""
        self._tasks[name] = self._bars.add_task(name, total=cells)

    def cell(self, name: str) -> None:
        """One more cell or step is done."""
        self._bars.advance(self._tasks[name])

    def say(self, line: str) -> None:
        """Write one plain line, above the bars where there are any."""
        self._bars.console.print(line, markup=False)
