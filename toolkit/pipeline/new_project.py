"""``toolkit new``: a folder with everything a replication needs, which runs at once on sample data.

The files are those of ``project_template/`` beside this module: ``common`` and one folder a language. In them
``@@key@@`` stands for what depends on the project, written as the kind of file wants it.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import toolkit
from toolkit.data.codebook import Entry, choose_language
from toolkit.data.loaders import load
from toolkit.errors import InputError, OutputError, listing
from toolkit.pipeline.export import codebook_toml

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from toolkit.data.panel import Panel

__all__ = ["SAMPLES", "Sample", "new_project"]

_RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{k}" for d in ("com", "lpt") for k in range(1, 10))}  # Windows
_NAME = re.compile(r"[\w][\w .-]*")
_LONGEST = 80
_SOURCE = "National Bureau of Statistics of China"
_KEY = re.compile(r"@@(\w+)@@")


@dataclass(frozen=True)
class Sample:
    """A packaged data set a project can start from.

    Attributes
    ----------
    variables : tuple of str
        Columns taken: complete in all periods.
    formula, outcome : str
    link : str
        Argument that gives a region without a neighbour one, as it stands in the notebook.
    words_en, words_zh : str
        What it is, for the README.
    derived : mapping of str to str
        Variables to be computed, by expression.
    labels : mapping of str to Entry
        Of the derived variables, and shorter ones of others.
    """

    variables: tuple[str, ...]
    formula: str
    outcome: str
    link: str
    words_en: str
    words_zh: str
    derived: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Entry] = field(default_factory=dict)

    def panel(self, name: str) -> Panel:
        """The data set `name` with the derived variables and their labels."""
        book = {
            v: replace(e, source=f"{_SOURCE}: {self.derived[v]}" if v in self.derived else _SOURCE)
            for v, e in self.labels.items()
        }
        return load(name).assign(**self.derived).with_codebook(book)


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        "munnell": Sample(
            ("gsp", "pcap", "pc", "emp", "unemp"),
            "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp",
            "gsp / emp",
            "",
            "48 US states, 1970 to 1986 (Munnell 1990)",
            "美国48个州，1970–1986年（Munnell 1990）",
        ),
        "china": Sample(
            ("gdp", "emp", "secondary", "tertiary"),
            "log(gdp / emp) ~ log(emp) + secondary + tertiary",
            "gdp / emp",
            ', link={"460000": "440000"}',
            "31 province-level units of China, 2000 to 2023 (National Bureau of Statistics)",
            "中国31个省级单位，2000–2023年（国家统计局）",
            {"secondary": "100 * emp_secondary / emp", "tertiary": "100 * emp_tertiary / emp"},
            {
                "gdp": Entry(
                    "Gross regional product", "地区生产总值", "100 million yuan, current prices", "亿元，当年价格"
                ),
                "secondary": Entry("Employment in the secondary sector", "第二产业就业比重", "percent", "%"),
                "tertiary": Entry("Employment in the tertiary sector", "第三产业就业比重", "percent", "%"),
            },
        ),
    }
)


def new_project(
    name: str, *, title: str = "", lang: str = "en", sample: str = "munnell", parent: str | PathLike = "."
) -> Path:
    """Make a replication project: notebook, data with codebook and map, Makefile, paper.tex, README.

    Parameters
    ----------
    name : str
        Name of the folder: letters of any script, digits, ``.``, ``_``, ``-`` and blanks between them.
    title : str, optional
        Of the paper; the name in words if left out.
    lang : {"en", "zh"}
        Of the notebook, the tables and figures, the paper.
    sample : {"munnell", "china"}
        Data it starts with.
    parent : path
        Where the folder is made.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        A name that is no folder name everywhere, an unknown language or sample.
    OutputError
        The folder exists and is not empty, or cannot be written; then nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as here:
    ...     sorted(p.name for p in new_project("my-paper", parent=here).iterdir())
    ['.gitignore', 'Makefile', 'README.md', 'analyses', 'data', 'paper.tex', 'requirements.txt']
    """
    _check_name(name)
    choose_language(lang)
    if sample not in SAMPLES:
        raise InputError(f"sample={sample!r} is not a sample to start from.", allowed=listing(SAMPLES))
    target = _target(Path(parent).expanduser(), name)
    chosen = SAMPLES[sample]
    panel = chosen.panel(sample)
    values = _values(name, title, lang, sample, panel)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{name[:40]}-", dir=target.parent) as scratch:
            new = Path(scratch) / name
            template = files("toolkit.pipeline") / "project_template"
            for source in (template / "common", template / lang):
                _copy(source, new, values)
            (new / "gitignore").rename(new / ".gitignore")
            _write_sample(panel, chosen, new / "data")
            if target.exists():
                target.rmdir()
            new.rename(target)
    except OSError as error:
        raise OutputError(
            f"{str(target)!r} cannot be written: {error.strerror or error}.", fix="choose another folder"
        ) from error
    return target


def _check_name(name: str) -> None:
    allowed = "letters, digits, '.', '_', '-' and blanks, beginning with a letter or digit, e.g. my-paper"
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name[-1] in ". " or len(name) > _LONGEST:
        where = " Say where by parent= (--in)." if isinstance(name, str) and re.search(r"[/\\]", name) else ""
        raise InputError(f"{name!r} is not a name for a project folder.{where}", allowed=allowed)
    if name.split(".")[0].lower() in _RESERVED:
        raise InputError(f"{name!r} is a name that Windows keeps for devices.", allowed=allowed)


def _target(parent: Path, name: str) -> Path:
    if not parent.is_dir():
        raise OutputError(f"There is no folder {str(parent)!r}.", fix="create it, or correct the path")
    target = parent.resolve() / name
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise OutputError(f"{str(target)!r} is a file.", fix="choose another name")
    if target.is_dir() and any(target.iterdir()):
        raise OutputError(f"{str(target)!r} exists and is not empty; it was left as it is.", fix="choose another name")
    return target


def _values(name: str, title: str, lang: str, sample: str, panel: Panel) -> dict[str, str]:
    chosen = SAMPLES[sample]
    return {
        "name": name,
        "title": " ".join(title.split()) or name.replace("-", " ").replace("_", " ").capitalize(),
        "entity": panel.entity,
        "time": str(panel.time),
        "formula": chosen.formula,
        "outcome": chosen.outcome,
        "link": chosen.link,
        "sample": chosen.words_zh if lang == "zh" else chosen.words_en,
        "latex": "xelatex" if lang == "zh" else "pdflatex",
        "version": toolkit.__version__,
    }


def _copy(source: Traversable, target: Path, values: Mapping[str, str]) -> None:
    target.mkdir(exist_ok=True, parents=True)
    for item in source.iterdir():
        if item.is_dir():
            _copy(item, target / item.name, values)
        else:
            text = item.read_text(encoding="utf-8")
            (target / item.name).write_text(_filled(text, item.name, values), encoding="utf-8", newline="\n")


def _filled(text: str, file: str, values: Mapping[str, str]) -> str:
    """The text with its keys filled in; only a title is free text, and is escaped as the file needs."""
    if file.endswith(".tex"):
        from nbconvert.filters import escape_latex

        values = {**values, "title": escape_latex(values["title"])}
    elif file.endswith(".ipynb"):
        values = {key: json.dumps(value, ensure_ascii=False)[1:-1] for key, value in values.items()}
        # within Python source within JSON: the values that stand in quotation marks hold none themselves
    return _KEY.sub(lambda match: values[match.group(1)], text)


def _write_sample(panel: Panel, sample: Sample, folder: Path) -> None:
    folder.mkdir()
    kept = panel.frame[[panel.entity, panel.time, *sample.variables]]
    kept.to_csv(folder / "panel.csv", index=False, lineterminator="\n")
    book = {name: panel.codebook[name] for name in sample.variables}
    head = "# Label, unit and source of every variable; fields: label_en label_zh unit_en unit_zh source first_year\n"
    head += "# last_year warning built_from. In tables and figures the label stands for the name.\n\n"
    (folder / "codebook.toml").write_text(head + codebook_toml(book), encoding="utf-8", newline="\n")
    assert panel.geometry is not None  # every sample has its map
    shapes = panel.geometry.reset_index(names=panel.entity)
    shapes.to_file(folder / "map.geojson", driver="GeoJSON", COORDINATE_PRECISION=5)
