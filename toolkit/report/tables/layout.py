"""What the user asks of a table, checked once and frozen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from toolkit.errors import InputError, listing
from toolkit.report.tables.formats import check_digits, check_stars
from toolkit.report.tables.journals import Journal, Style, find_journal
from toolkit.report.tables.terms import canonical
from toolkit.report.tables.words import Words

__all__ = ["BELOW", "CODEBOOK", "Layout", "check_patterns", "select"]

#: What may stand under an estimate.
BELOW = ("se", "t", "p", "ci")
#: ``order="codebook"``: variables as the codebook has them.
CODEBOOK = ("codebook",)
_VARIABLE = re.compile(r"[^\W\d]\w*")
_DEFAULTS = {"level": 0.95, "digits": 3, "notes": None, "caption": "", "label": ""}
_DEFAULTS |= dict.fromkeys(("labels", "effects", "keep", "drop", "order", "stats"))


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Options of `toolkit.table`, validated; see there for their meaning."""

    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    effects: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    numbering: bool = True
    groups: tuple[str, ...] | None = None
    stars: tuple[float, ...] | None = (0.1, 0.05, 0.01)
    below: str | None = "se"
    below_given: bool = False
    level: float = 0.95
    digits: int = 3
    keep: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    stats: tuple[str, ...] | None = None
    stat_labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    blocks: bool = True
    impacts: bool = False
    tests: bool = True
    notes: tuple[str, ...] | None = ()
    caption: str = ""
    label: str = ""
    lang: str = "en"
    journal: Journal = field(default_factory=Journal)
    codebook: tuple[str, ...] = ()

    @property
    def style(self) -> Style:
        """The looks that the journal asks for."""
        return self.journal.style

    @property
    def words(self) -> Words:
        """The words of the chosen language."""
        return Words(self.lang)

    @classmethod
    def check(cls, **given) -> Layout:
        """Turn what the user wrote into a layout, or say what is wrong with it; what is left out is as in `Layout`."""
        journal = given["journal"] = find_journal(given.get("journal"))
        given["lang"] = journal.lang if given.get("lang") is None else given["lang"]
        Words(given["lang"])
        given["below_given"] = given.get("below", "default") != "default"
        for name in ("stars", "below"):
            if isinstance(given.setdefault(name, "default"), str) and given[name] == "default":
                given[name] = getattr(journal, name)
        for name, value in _DEFAULTS.items():
            given.setdefault(name, value)
        if given["below"] not in (None, *BELOW):
            raise InputError(
                f"below={given['below']!r} cannot stand under an estimate.",
                allowed='"se" (standard error), "t" (t statistic), "p" (p-value), "ci" (confidence interval) or None',
            )
        if not isinstance(given["level"], (int, float)) or not 0 < given["level"] < 1:
            raise InputError(
                f"level={given['level']!r} is not a confidence level.", allowed="a number between 0 and 1, e.g. 0.95"
            )
        given["stars"] = check_stars(given["stars"])
        given["digits"] = check_digits(given["digits"])
        for name in ("keep", "drop", "order"):
            given[name] = _names(name, given[name])
        given["keep"] = given["keep"] or None
        given["labels"], given["codebook"] = _labels(given["labels"], given["lang"])
        given["effects"] = _mapping("effects", given["effects"])
        stats, given["stat_labels"] = given["stats"], MappingProxyType({})
        if isinstance(stats, Mapping):
            given["stat_labels"] = _mapping("stats", stats)
        given["stats"] = (
            None if stats is None else _names("stats", stats if not isinstance(stats, Mapping) else list(stats))
        )
        notes = given["notes"]
        given["notes"] = None if notes is False else _names("notes", notes)
        given["caption"] = " ".join(str(given["caption"] or "").split())
        given["label"] = _latex_key(given["label"])
        return cls(**given)


def select(terms: Sequence[str], shown: Callable[[str], str], layout: Layout) -> list[str]:
    """The terms to print, in order: what `keep` leaves, less `drop`, with `order` first.

    Parameters
    ----------
    terms : sequence of str
        Canonical terms of one block or of all.
    shown : callable
        Gives the label of a term, by which it may also be named.
    """
    kept = [t for t in terms if layout.keep is None or any(_matches(p, t, shown) for p in layout.keep)]
    kept = [t for t in kept if not any(_matches(p, t, shown) for p in layout.drop)]

    def rank(term: str) -> int:
        if layout.order == CODEBOOK:
            found = [layout.codebook.index(name) for name in _VARIABLE.findall(term) if name in layout.codebook]
            return found[0] if found else len(layout.codebook)
        found = [i for i, pattern in enumerate(layout.order) if _matches(pattern, term, shown)]
        return found[0] if found else len(layout.order)

    return sorted(kept, key=rank)  # stable: the rest stays as it was


def check_patterns(terms: Sequence[str], shown: Callable[[str], str], layout: Layout) -> None:
    """Refuse a name in keep, drop or order that no term has: a misspelt variable must not vanish unnoticed."""
    for name in ("keep", "drop", "order"):
        if getattr(layout, name) == CODEBOOK and name == "order":
            if layout.codebook:
                continue
            raise InputError(
                'order="codebook", but nothing here has a codebook.', fix="labels=panel gives that of a panel"
            )
        lost = [p for p in getattr(layout, name) or () if not any(_matches(p, t, shown) for t in terms)]
        if lost:
            raise InputError(
                f"{name}= names {listing(repr(p) for p in lost)}, which no model has.",
                allowed=f"{listing(terms, 40)}; * stands for anything",
            )


def _matches(pattern: str, term: str, shown: Callable[[str], str]) -> bool:
    if canonical(pattern) == term or pattern == shown(term):
        return True
    if "*" not in pattern:
        return False
    regex = ".*".join(re.escape(piece) for piece in canonical(pattern).split("*"))
    return re.fullmatch(regex, term) is not None


def _names(option: str, value: object) -> tuple[str, ...]:
    if value is None or value is True:
        return ()
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, Sequence) or not all(isinstance(item, str) for item in items):
        raise InputError(f"{option}={value!r} is not a list of text.", allowed=f'e.g. {option}=["first", "second"]')
    return tuple(items)


def _labels(value: object, lang: str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Labels by name in the language of the table, from plain text, a codebook or what has one; and their order."""
    entries = getattr(value, "codebook", value)
    if isinstance(entries, Mapping):
        entries = {k: e.label(lang) if hasattr(e, "label") else e for k, e in entries.items()}
    labels = _mapping("labels", entries)
    return MappingProxyType({name: text for name, text in labels.items() if text}), tuple(labels)


def _mapping(option: str, value: object) -> Mapping[str, str]:
    if value is None:
        return MappingProxyType({})
    if not isinstance(value, Mapping) or not all(isinstance(x, str) for pair in value.items() for x in pair):
        raise InputError(
            f"{option}={value!r} does not map names to text.", allowed=f'e.g. {option}={{"pcap": "Public capital"}}'
        )
    return MappingProxyType(dict(value))


def _latex_key(label: str | None) -> str:
    if not label:
        return ""
    if not re.fullmatch(r"[\w:.+/\- ]+", str(label), flags=re.ASCII):
        raise InputError(
            f"label={label!r} cannot be a LaTeX key.",
            allowed='letters, digits and : . + - / _, e.g. "tab:main"',
            fix="caption= is the text that readers see",
        )
    return str(label)
