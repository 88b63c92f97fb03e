"""What a variable is: label, unit, source and warnings, in English and Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from toolkit.errors import DataError, InputError, listing

__all__ = ["LANGUAGES", "Entry", "as_codebook", "choose_language", "shared_sources"]

#: Languages in which labels, units and names exist.
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Entry:
    """One variable of a codebook; every field may be empty.

    Attributes
    ----------
    label_en, label_zh : str
        What is measured, as it is printed in tables and figures.
    unit_en, unit_zh : str
        Unit, with the price basis where there is one.
    source : str
        The table the figures are taken from.
    first_year, last_year : int or None
        Years covered at the source.
    warning : str
        Breaks, vintages and anything else that forbids an obvious use.
    built_from : tuple of str
        For a constructed variable (a composite index): the columns it was computed from.

    Examples
    --------
    >>> Entry(label_en="Unemployment rate", unit_en="percent").label()
    'Unemployment rate'
    """

    label_en: str = ""
    label_zh: str = ""
    unit_en: str = ""
    unit_zh: str = ""
    source: str = ""
    first_year: int | None = None
    last_year: int | None = None
    warning: str = ""
    built_from: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "built_from", tuple(self.built_from))

    def label(self, lang: str = "en") -> str:
        """The label in `lang`, in the other language where that one is empty."""
        return self.label_zh or self.label_en if choose_language(lang) == "zh" else self.label_en or self.label_zh

    def unit(self, lang: str = "en") -> str:
        """The unit in `lang`, in the other language where that one is empty."""
        return self.unit_zh or self.unit_en if choose_language(lang) == "zh" else self.unit_en or self.unit_zh


def choose_language(lang: str) -> str:
    """`lang` if labels exist in it; InputError lists the languages otherwise."""
    if lang not in LANGUAGES:
        raise InputError(f"lang={lang!r} is not a language of the codebook.", allowed=listing(LANGUAGES))
    return lang


def as_codebook(given: Mapping | str | PathLike | None) -> Mapping[str, Entry]:
    """Codebook from a mapping, or from a TOML file with one table ``[variables.NAME]`` a variable.

    Parameters
    ----------
    given : mapping of str to Entry, dict or str; path; or None
        A plain string stands for the English label.

    Returns
    -------
    mapping of str to Entry
        Read-only, in the order given. It may describe more variables than a panel holds.

    Raises
    ------
    DataError
        The file is not such a file, or a field is not one of `Entry`.

    Examples
    --------
    >>> book = as_codebook({"gdp": {"label_en": "Gross regional product", "unit_en": "100 million yuan"}})
    >>> book["gdp"].unit()
    '100 million yuan'
    """
    if given is None:
        return MappingProxyType({})
    if isinstance(given, str | PathLike):
        given = _from_toml(Path(given))
    if not isinstance(given, Mapping):
        raise DataError(
            f"A codebook cannot be a {type(given).__name__}.", allowed="a mapping of variable to entry, or a .toml file"
        )
    return MappingProxyType({str(name): _entry(str(name), entry) for name, entry in given.items()})


def shared_sources(codebook: Mapping[str, Entry], used: Iterable[str]) -> list[str]:
    """What the variables of one equation share by construction: a sentence for each constructed one that meets its parts.

    Examples
    --------
    >>> book = as_codebook({"quality": {"built_from": ("gdp", "pop")}})
    >>> shared_sources(book, ["quality", "gdp"])
    ['quality is computed from gdp, which is in the equation too: part of what ties them is arithmetic']
    """
    used = list(dict.fromkeys(used))
    made = {v: codebook[v].built_from for v in used if v in codebook and codebook[v].built_from}
    said = []
    for name, parts in made.items():
        met = [p for p in parts if p in used and p != name]
        if met:
            verb = "is" if len(met) == 1 else "are"
            said.append(
                f"{name} is computed from {', '.join(met)}, which {verb} in the equation too: "
                "part of what ties them is arithmetic"
            )
        for other, theirs in made.items():
            both = [p for p in parts if p in theirs]
            if name < other and both:
                said.append(
                    f"{name} and {other} are both computed from {', '.join(both)}: part of what ties them is arithmetic"
                )
    return said


def _entry(name: str, given: Entry | Mapping | str) -> Entry:
    if isinstance(given, Entry):
        return given
    if isinstance(given, str):
        return Entry(label_en=given)
    known = [f.name for f in fields(Entry)]
    if not isinstance(given, Mapping):
        raise DataError(f"Codebook entry {name!r} is a {type(given).__name__}.", allowed=f"fields {listing(known)}")
    unknown = [key for key in given if key not in known]
    if unknown:
        raise DataError(f"Codebook entry {name!r} has unknown fields: {listing(unknown)}.", allowed=listing(known))
    return Entry(**given)


def _from_toml(path: Path) -> Mapping:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"There is no codebook {str(path)!r}.", fix="check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise DataError(f"The codebook {path.name} is not readable TOML: {cause}.", fix="correct that line") from cause
    if not isinstance(content.get("variables"), Mapping):
        raise DataError(
            f"The codebook {path.name} describes no variables.",
            fix='write one table a variable: [variables.gdp] with label_en = "...", unit_en = "..."',
        )
    return content["variables"]
