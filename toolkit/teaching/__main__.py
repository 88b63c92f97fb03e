"""``python -m toolkit.teaching``: build and grade the exercises; what `make teaching` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.errors import ToolkitError


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Exercises; all when none is named.")] = None,
    folder: Annotated[Path, typer.Option(help="Folder with source/ and README.md.")] = Path("analyses/teaching"),
    out: Annotated[Path, typer.Option(help="Folder of the students' version.")] = Path("build/teaching"),
    jobs: Annotated[int, typer.Option(min=1, help="Exercises graded at a time.")] = 2,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds allowed for one cell.")] = 120,
    write_list: Annotated[
        bool, typer.Option("--write-list", help="Write the list of exercises in README.md again, and stop.")
    ] = False,
) -> None:
    """Make the students' version of the exercises; grade each solution and each blank notebook."""
    from rich.console import Console
    from rich.table import Table

    from toolkit.teaching.assignments import build
    from toolkit.teaching.catalogue import check_list, write_list_of

    try:
        if write_list:
            typer.echo(f"{write_list_of(folder)}: list of exercises written")
            return
        check_list(folder)
        done = build(names or (), source=folder / "source", out=out, jobs=jobs, timeout=timeout)
    except ToolkitError as error:
        typer.secho(f"Error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from None
    table = Table("exercise", "points", "solution", "blank", "seconds")
    for g in done.graded:
        table.add_row(g.name, f"{g.points:g}", f"{g.solution:g}", f"{g.blank:g}", f"{g.seconds:.0f}")
    Console().print(table)
    typer.echo(f"{len(done.graded)} exercises for students: {done.out / 'release'}")


if __name__ == "__main__":
    typer.run(main)
