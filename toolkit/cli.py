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


Entity = Annotated[str, typer.Option(help="Column with the ids of the regions.")]
Time = Annotated[str | None, typer.Option(help="Column with the periods; leave it out for a cross-section.")]
Sheet = Annotated[str | None, typer.Option(help="Sheet of an .xlsx.", show_default="the first")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]
Lang = Annotated[str, typer.Option(help="en or zh.")]


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the folder to be made.")],
    title: Annotated[str, typer.Option(help="Title of the paper.", show_default="the name in words")] = "",
    lang: Annotated[str, typer.Option(help="Language of notebook, tables and paper: en or zh.")] = "en",
    sample: Annotated[str, typer.Option(help="Data to start with: munnell or china.")] = "munnell",
    parent: Annotated[Path, typer.Option("--in", help="Where the folder is made.")] = Path("."),
) -> None:
    """Make a replication project that runs at once on sample data.

    Example: toolkit new my-paper --title "Roads and growth"
    """
    with _errors_told():
        from toolkit.pipeline.new_project import new_project

        made = new_project(name, title=title, lang=lang, sample=sample, parent=parent)
        shown = f'"{made.name}"' if " " in made.name else made.name
        typer.echo(f"{made}: made, with sample data {sample!r}.\nNext:")
        typer.echo(
            f"  cd {shown if parent == Path('.') else made}\n  make               # or: toolkit replicate --no-handbook"
        )
        typer.echo("  open build/site/index.html\n  make paper         # build/paper.pdf, where LaTeX is installed")
        typer.echo("Then put your own data into data/ (README.md says how) and run: make check")


@app.command()
def check(
    data: Annotated[Path, typer.Argument(help="Table: .csv .xlsx .dta .parquet .gpkg .shp .geojson.")],
    entity: Entity,
    time: Time = None,
    map_: Annotated[Path | None, typer.Option("--map", help="Map: .shp .gpkg .geojson.")] = None,
    key: Annotated[str | None, typer.Option(help="Column of the map with the ids.", show_default="as --entity")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights: .gal .gwt .csv .xlsx .txt .mtx .mat.")] = None,
    formula: Annotated[str | None, typer.Option(help="Equation to be estimated, e.g. 'log(y) ~ x'.")] = None,
    sheet: Sheet = None,
    encoding: Annotated[str | None, typer.Option(help="Of a .csv.", show_default="guessed")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write it to a file: .html .csv .json .txt.")] = None,
    overwrite: Overwrite = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say in plain words what is wrong with data, before any model is run; exit status 1 on errors.

    Example: toolkit check my.csv --entity code --time year --map my.shp --formula "log(y) ~ log(x)"
    """
    with _errors_told():
        from toolkit.pipeline.check import check as run
        from toolkit.pipeline.check import save_findings, to_json

        found = run(
            data, entity, time, geometry=map_, key=key, weights=weights, formula=formula, sheet=sheet, encoding=encoding
        )
        if out is not None:
            save_findings(found, out, overwrite)
        typer.echo(to_json(found) if json else found.text(), nl=not json)
        if not found.ok:
            raise typer.Exit(1)


@app.command()
def describe(
    data: Annotated[Path, typer.Argument(help="Table: .csv .xlsx .dta .parquet .gpkg .shp .geojson.")],
    entity: Entity,
    time: Time = None,
    variables: Annotated[
        str | None, typer.Option(help="Names with commas between them.", show_default="all numeric ones")
    ] = None,
    by: Annotated[str | None, typer.Option(help="A variable with groups, or the time column.")] = None,
    codebook: Annotated[Path | None, typer.Option(help="Labels and units: .toml.")] = None,
    missing: Annotated[list[str] | None, typer.Option(help="A sign for a missing value; may be repeated.")] = None,
    sheet: Sheet = None,
    encoding: Annotated[str, typer.Option(help="Of a .csv.")] = "utf-8",
    lang: Lang = "en",
    out: Annotated[Path | None, typer.Option(help="Write a table: .tex .docx .html .md .typ .csv.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Describe variables: mean, standard deviation (overall, between, within), range, years covered.

    Example: toolkit describe my.csv --entity code --time year --variables gdp,pop --out table1.docx
    """
    with _errors_told():
        from toolkit.data.panel import Panel
        from toolkit.pipeline.description import described, save_description, show

        panel = Panel.read(
            data, entity, time, ids="text", unbalanced="keep", codebook=codebook, missing=missing or (), sheet=sheet,
            encoding=encoding,
        )  # fmt: skip
        chosen = [v.strip() for v in variables.split(",") if v.strip()] if variables else None
        frame = described(panel, chosen, by=by, lang=lang)
        if out is not None:
            typer.echo(save_description(frame, out, lang=lang, overwrite=overwrite))
        else:
            typer.echo(repr(panel))
            show(frame)


@app.command(name="data")
def data_sets(
    name: Annotated[str | None, typer.Argument(help="A data set; all are listed when none is named.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write its table (.csv), its codebook beside it (.toml).")] = None,
    lang: Lang = "en",
    overwrite: Overwrite = False,
) -> None:
    """List the data sets that come with the toolkit, show one with its codebook and coverage, or write it to a file.

    Examples: toolkit data; toolkit data china; toolkit data china --out china.csv
    """
    with _errors_told():
        from toolkit.data.datasets import dataset_named, datasets
        from toolkit.pipeline.description import described, show

        if name is None:
            show(datasets()[["title", "regions", "periods", "years", "variables", "map", "shipped"]])
            return
        row = dataset_named(name)
        panel = toolkit.load(name)
        if out is None:
            typer.echo(
                f"{row.title}. {row.about}\nSource: {row.source}\nTerms: {row.licence}\nIt comes {row.shipped}.\n{panel!r}"
            )
            show(described(panel, lang=lang))
            for variable, entry in panel.codebook.items():
                if entry.warning and variable in panel.variables:
                    typer.echo(f"{variable}: {entry.warning}")
            return
        from toolkit.pipeline.export import export_panel

        for path in export_panel(panel, out, overwrite=overwrite):
            typer.echo(path)


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
