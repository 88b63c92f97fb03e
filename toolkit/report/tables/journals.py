"""What journals ask of a table: presets of options and of typography, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from toolkit.errors import InputError, listing

__all__ = ["JOURNALS", "Journal", "Style", "find_journal"]


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a table looks beyond its words and numbers; each format shows what it can.

    Attributes
    ----------
    separator : str
        Between "Table 1" and the title.
    title : str
        ``"bold"``, ``"bold label"`` (only "Table 1") or ``"small caps"``.
    title_left : bool
        Title at the left edge instead of centred.
    notes_word : str
        Word before the notes, empty for the usual one of the language.
    notes_italic : bool
        That word in italics (never in Chinese).
    block_rules : bool
        Rules between coefficients, statistics and tests; otherwise blank space.
    span_rules : bool
        A rule under every heading over several columns; otherwise only where there are several such headings.
    numbers_below : bool
        (1), (2), ... under the names of the models.
    panels : bool
        Headings of blocks begin with "Panel A.", "Panel B.", ...
    legend : str
        What stars mean: ``"p"`` (p < 0.05) or ``"level"`` (significant at the 5 percent level).
    portrait : bool
        Never on a landscape page.
    max_columns : int
        Columns allowed, labels of rows included; 0 for any number.
    """

    separator: str = ". "
    title: str = "bold"
    title_left: bool = False
    notes_word: str = ""
    notes_italic: bool = True
    block_rules: bool = True
    span_rules: bool = True
    numbers_below: bool = False
    panels: bool = False
    legend: str = "p"
    portrait: bool = False
    max_columns: int = 0


@dataclass(frozen=True, kw_only=True)
class Journal:
    """Options a journal sets where the user says nothing, and its `Style`."""

    name: str = ""
    lang: str = "en"
    stars: tuple[float, ...] | None = (0.1, 0.05, 0.01)
    below: str = "se"
    style: Style = field(default_factory=Style)


#: AER: its style guide (asterisks are not used, standard errors in parentheses, horizontal lines and blank space only,
#: upright pages, at most nine columns, sections called Panel A, Panel B). Regional Studies leaves layout to the
#: publisher: as Taylor and Francis prints its tables. Three-line (三线表): three rules, auxiliary ones only where
#: headings need them, title above with a full-width space, stars explained as levels.
JOURNALS: Mapping[str, Journal] = MappingProxyType(
    {
        "aer": Journal(
            name="American Economic Review",
            stars=None,
            style=Style(
                separator="—",
                title="small caps",
                block_rules=False,
                span_rules=False,
                numbers_below=True,
                panels=True,
                legend="level",
                portrait=True,
                max_columns=9,
            ),
        ),
        "regional-studies": Journal(
            name="Regional Studies",
            style=Style(title="bold label", title_left=True, notes_italic=False, block_rules=False),
        ),
        "three-line": Journal(
            name="三线表",
            lang="zh",
            style=Style(separator="\u3000", block_rules=False, span_rules=False, legend="level"),
        ),
    }
)


def find_journal(name: str | None) -> Journal:
    """The preset called `name`; without a name the toolkit's own.

    Raises
    ------
    InputError
        There is no such preset.

    Examples
    --------
    >>> find_journal("aer").stars is None, find_journal("three-line").lang
    (True, 'zh')
    """
    if name is None:
        return Journal()
    if name not in JOURNALS:
        raise InputError(
            f"journal={name!r} is not a preset.",
            allowed=listing(JOURNALS),
            fix="leave it out and say stars=, below=, lang= yourself",
        )
    return JOURNALS[name]
