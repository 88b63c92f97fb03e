"""The `toolkit` command: reads arguments, calls the library, prints; no logic of its own.

Everything but typer is imported inside the commands, so that ``toolkit --help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

import toolkit
from toolkit.errors import ToolkitError

__all__ = ["app"]

app = typer.Typer(
    name="toolkit",
    help="Spatial econometrics for regional economists: from a panel and a map to a publishable table.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich doubles the time to help, and its boxes do not survive a pipe
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"regional-toolkit {toolkit.__version__}")
        raise typer.Exit()


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Read the options that stand before a command."""


@app.command()
def replicate(
    names: Annotated[
        list[str] | None, typer.Argument(help="Notebooks, with or without .ipynb; all when none is named.")
    ] = None,
    analyses: Annotated[Path, typer.Option(help="Folder of the notebooks.")] = Path("analyses"),
    out: Annotated[Path, typer.Option(help="Folder of the results; replaced as a whole, or not at all.")] = Path(
        "build"
    ),
    force: Annotated[bool, typer.Option("--force", help="Run also what has not changed.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer draws and permutations; marked as such.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Notebooks run at a time.", show_default="number of cores")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds allowed for one cell.")] = 1800,
    accept_claims: Annotated[
        bool,
        typer.Option("--accept-claims", help="Make this run's verdicts the ledger that later runs must give again."),
    ] = False,
    handbook: Annotated[
        bool, typer.Option(help="Pages about the toolkit itself in the site: data, methods, reference, gallery.")
    ] = True,
) -> None:
    """Run the notebooks in analyses/; tables, figures, a manifest and a site go to build/."""
    with _errors_told():
        from toolkit.pipeline.runner import replicate as run

        done = run(
            names or (),
            analyses=analyses,
            out=out,
            force=force,
            quick=quick,
            jobs=jobs,
            timeout=timeout,
            accept_claims=accept_claims,
            handbook=handbook,
        )
        typer.echo(f"{len(done.ran)} run, {len(done.unchanged)} unchanged, {done.seconds:.0f} s: {done.overview}")


@contextmanager
def _errors_told() -> Iterator[None]:
    """Turn an error meant for the user into its message and exit status 1."""
    try:
        yield
    except ToolkitError as error:
        typer.secho(f"Error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
