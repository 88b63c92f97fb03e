"""What is wrong with a user's data, in plain words: one finding a fault, gathered in a record."""

from __future__ import annotations

import html as markup
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import InputError, listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SEVERITIES", "Finding", "Findings"]

#: From worst to mildest: no model can be run; results may be wrong; good to know.
SEVERITIES = ("error", "warning", "note")
_MEANING = {
    "error": "no model can be run before this is settled",
    "warning": "a model runs, and its results may be wrong",
    "note": "good to know",
}


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes
    ----------
    severity : {"error", "warning", "note"}
    code : str
        Short fixed name of the kind of finding, e.g. ``"duplicates"``, for scripts.
    subject : str
        What it is about: ``table``, ``ids``, ``times``, ``map``, ``weights``, ``formula`` or a variable.
    found : str
        What was found, with values.
    why : str
        Why it matters.
    fix : str
        What to do.
    rows : tuple
        Rows concerned, numbered as the file's program shows them (labels of the index of a DataFrame).
    """

    severity: str
    code: str
    subject: str
    found: str
    why: str
    fix: str
    rows: tuple = ()

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise InputError(f"severity={self.severity!r} is not known.", allowed=listing(SEVERITIES))

    @property
    def where(self) -> str:
        """The rows in short, ``row 5, 9``; nothing where there are none."""
        return f"row {listing(self.rows, 8)}" if self.rows else ""


@dataclass(frozen=True, repr=False)
class Findings:
    """All that `toolkit.check` found, worst first.

    Attributes
    ----------
    source : str
        What was checked.
    size : str
        In words, what it holds: ``48 regions x 17 periods (1970-1986), 816 rows, 8 variables``.
    items : tuple of Finding
    checked : tuple of str
        What was looked at: table, ids, times, variables, map, weights, formula.

    Examples
    --------
    >>> found = Findings("my.csv", "2 rows", (Finding("note", "few-regions", "table", "2 regions.", "Few.", "More."),), ("table",))
    >>> found.ok, len(found.notes), found.tidy()["code"].tolist()
    (True, 1, ['few-regions'])
    """

    source: str
    size: str
    items: tuple[Finding, ...]
    checked: tuple[str, ...]

    def __post_init__(self) -> None:
        ordered = sorted(self.items, key=lambda item: SEVERITIES.index(item.severity))
        object.__setattr__(self, "items", tuple(ordered))

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of a model: there is no error."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What no model can be run with."""
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What may make results wrong."""
        return self._of("warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What is good to know."""
        return self._of("note")

    @property
    def verdict(self) -> str:
        """One sentence."""
        if not self.items:
            return "Nothing wrong was found."
        counts = [(len(self._of(s)), s) for s in SEVERITIES]
        said = ", ".join(f"{n} {s}{'s' * (n != 1)}" for n, s in counts if n)
        return f"{said}: " + ("correct the errors first." if self.errors else "a model can be run.")

    def tidy(self) -> pd.DataFrame:
        """One row a finding: severity code subject found why fix rows."""
        import pandas as pd

        columns = ["severity", "code", "subject", "found", "why", "fix", "rows"]
        values = [
            (f.severity, f.code, f.subject, f.found, f.why, f.fix, ", ".join(map(str, f.rows))) for f in self.items
        ]
        return pd.DataFrame(values, columns=columns)

    def glance(self) -> pd.DataFrame:
        """One row: source, size, numbers of errors, warnings and notes, what was checked."""
        import pandas as pd

        row = {"source": self.source, "size": self.size, **{f"{s}s": len(self._of(s)) for s in SEVERITIES}}
        return pd.DataFrame([{**row, "checked": ", ".join(self.checked)}])

    def text(self, width: int = 100) -> str:
        """All of it as plain text, lines of at most `width` characters where words allow."""
        lines = [f"{self.source}: {self.size}", f"Checked: {', '.join(self.checked)}", self.verdict]
        for severity in SEVERITIES:
            group = self._of(severity)
            if group:
                lines += ["", f"{severity.upper()}S ({_MEANING[severity]})"]
            for number, alike in enumerate(_alike(group), 1):
                for k, item in enumerate(alike):
                    where = f" [{item.where}]" if item.where else ""
                    first = f"{number}. " if k == 0 else " " * len(f"{number}. ")
                    lines += _wrapped(f"{item.subject}: {item.found}{where}", width, "       ", first)
                lines += _wrapped(f"Why: {alike[0].why}", width, "        ", "   ")
                lines += _wrapped(f"Do:  {alike[0].fix}", width, "        ", "   ")
        return "\n".join(lines)

    def to_html(self) -> str:
        """A piece of HTML: verdict and one table, worst first."""
        escape = markup.escape
        rows = "".join(
            f"<tr><td><b>{f.severity}</b></td><td>{escape(f.subject)}</td><td>{escape(f.found)}"
            f"{' <small>' + escape(f.where) + '</small>' if f.where else ''}</td>"
            f"<td>{escape(f.why)}</td><td>{escape(f.fix)}</td></tr>"
            for f in self.items
        )
        head = "".join(f"<th>{h}</th>" for h in ("Severity", "About", "What was found", "Why it matters", "What to do"))
        table = f'<table style="text-align:left"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        checked = escape(f"Checked: {', '.join(self.checked)}")
        opening = f"<p><b>{escape(self.source)}</b>: {escape(self.size)}<br>{checked}<br>{escape(self.verdict)}</p>"
        return opening + (table if self.items else "")

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.to_html()

    def _of(self, severity: str) -> tuple[Finding, ...]:
        return tuple(item for item in self.items if item.severity == severity)


def _alike(items: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of one kind with one remedy, together: twenty variables with gaps are one paragraph."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for item in items:
        groups.setdefault((item.code, item.why, item.fix), []).append(item)
    return list(groups.values())


def _wrapped(text: str, width: int, indent: str, first: str) -> Iterable[str]:
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
