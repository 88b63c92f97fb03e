"""The table itself: plain words and numbers in rows and columns, ready for any format."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.report.files import check_target, write_atomic
from toolkit.report.tables.journals import Style
from toolkit.report.tables.words import Words

if TYPE_CHECKING:
    import pandas as pd
    from docx.document import Document

__all__ = ["Block", "Cell", "Head", "HeadLine", "Row", "Table"]


@dataclass(frozen=True)
class Cell:
    """What stands in one cell, as Unicode text: the number, its stars, and the line below it."""

    text: str = ""
    stars: str = ""
    below: str = ""


@dataclass(frozen=True)
class Row:
    """A labelled row."""

    label: str
    cells: tuple[Cell, ...]

    @property
    def has_below(self) -> bool:
        """Whether any cell has a second line."""
        return any(cell.below for cell in self.cells)


@dataclass(frozen=True)
class Block:
    """Rows that belong together; `heading` may be empty, `rule` draws a line above."""

    rows: tuple[Row, ...]
    heading: str = ""
    rule: bool = False


@dataclass(frozen=True)
class Head:
    """A heading over `span` columns."""

    text: str
    span: int = 1


@dataclass(frozen=True)
class HeadLine:
    """One line of headings; `stub` stands over the row labels.

    `kind` is ``depvar``, ``group``, ``number``, ``name`` or ``part``.
    """

    heads: tuple[Head, ...]
    kind: str = "name"
    stub: str = ""

    @property
    def widths(self) -> tuple[int, ...]:
        """Over how many columns each heading stands."""
        return tuple(head.span for head in self.heads)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A finished table: look at it, turn it into a format, or save it by suffix.

    Text is Unicode and not escaped; 𝑊, 𝑅, 𝑝 (mathematical italics) and Greek letters stand for symbols, which
    every format writes in its own way.

    Attributes
    ----------
    head : tuple of HeadLine
    blocks : tuple of Block
    notes : tuple of str
        Statements for under the table, without the word "Notes".
    caption, label : str
        `label` is the LaTeX key to refer to.
    lang : str
        ``"en"`` or ``"zh"``.
    style : Style
        What a journal asks of its looks.
    """

    head: tuple[HeadLine, ...]
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    caption: str = ""
    label: str = ""
    lang: str = "en"
    style: Style = field(default_factory=Style)
    _tidy: pd.DataFrame | None = field(default=None, repr=False, compare=False)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, block after block."""
        return tuple(row for block in self.blocks for row in block.rows)

    @property
    def n_columns(self) -> int:
        """Number of columns beside the row labels."""
        return sum(head.span for head in self.head[-1].heads) if self.head else len(self.rows[0].cells)

    @property
    def ruled(self) -> tuple[bool, ...]:
        """For each line of headings, whether rules show what its headings span: under the last of equal lines."""
        widths = [line.widths for line in self.head]
        several = [self.style.span_rules or sum(bool(head.text) for head in line.heads) > 1 for line in self.head]
        following = [*widths[1:], ()]
        return tuple(
            max(own) > 1 and own != after and wanted
            for own, after, wanted in zip(widths, following, several, strict=True)
        )

    @property
    def words(self) -> Words:
        """The words of the table's language."""
        return Words(self.lang)

    @property
    def notes_word(self) -> str:
        """The word before the notes."""
        return self.style.notes_word or self.words["notes"]

    @property
    def notes_italic(self) -> bool:
        """Whether that word is in italics, which Chinese does not have."""
        return self.style.notes_italic and self.lang != "zh"

    @property
    def note(self) -> str:
        """All notes as one paragraph, without the word "Notes"."""
        return self.words.sentences(list(self.notes))

    def tidy(self) -> pd.DataFrame:
        """The numbers behind the table in full precision, one row an estimate, statistic or test."""
        if self._tidy is None:
            import pandas as pd

            rows = [[r.label, *(c.text + c.stars for c in r.cells)] for r in self.rows]
            return pd.DataFrame(rows, columns=["label", *(str(i + 1) for i in range(self.n_columns))])
        return self._tidy.copy()

    def to_latex(self, standalone: bool = False, line_width: float = 16.0) -> str:
        r"""LaTeX with booktabs, threeparttable and dcolumn.

        Parameters
        ----------
        standalone : bool
            A whole document (pdflatex; xelatex with ctex where there is Chinese), not a piece for ``\input``.
        line_width : float
            Width of the text in cm. A wider table is set smaller, then on a landscape page.
        """
        from toolkit.report.tables.render import latex

        return latex.render(self, standalone=standalone, line_width=line_width)

    def to_html(self, standalone: bool = False) -> str:
        """A ``<table>`` with its own look, or a whole page."""
        from toolkit.report.tables.render import html

        return html.render(self, standalone=standalone)

    def to_markdown(self) -> str:
        """A pipe table."""
        from toolkit.report.tables.render import markdown

        return markdown.render(self)

    def to_typst(self) -> str:
        """Typst markup."""
        from toolkit.report.tables.render import typst

        return typst.render(self)

    def to_docx(self) -> Document:
        """A python-docx document with a real table, to be worked on; `save` writes the same."""
        from toolkit.report.tables.render import word

        return word.document(self)

    def to_text(self) -> str:
        """Aligned text for a terminal."""
        from toolkit.report.tables.render import text

        return text.render(self)

    def to_csv(self) -> str:
        """`tidy` as comma-separated values."""
        return self.tidy().to_csv(index=False, lineterminator="\n")

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False, **options: object) -> Path:
        """Write the table in the format its suffix names, whole or not at all.

        Parameters
        ----------
        path : path
            Ends in .tex, .docx, .html, .md, .csv (the numbers, `tidy`) or .typ. A relative name is relative to
            the working directory.
        overwrite : bool
            Whether an existing file may be replaced.
        **options
            ``standalone=`` (.tex, .html; a saved .html is a whole page unless told otherwise) and
            ``line_width=`` (.tex).

        Returns
        -------
        Path

        Raises
        ------
        OutputError
            The suffix is unknown, the file exists, or the folder cannot be written.
        InputError
            An option that the format does not have.

        Examples
        --------
        >>> import pandas as pd, tempfile, toolkit as tk
        >>> table = tk.table(pd.DataFrame({"Mean": [1.5]}, index=["Income"]))
        >>> table.save(tempfile.mkdtemp() + "/table1.md").name
        'table1.md'
        """
        target = check_target(path, suffixes=_SUFFIXES, overwrite=overwrite)
        module, known = _SUFFIXES[Path(path).suffix.lower()]
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise InputError(
                f"{Path(path).suffix} has no option {', '.join(unknown)}.", allowed=", ".join(known) or "no options"
            )
        encode: Callable[..., bytes] = import_module(f"toolkit.report.tables.render.{module}").encode
        return write_atomic(target, partial(encode, self, **options)(), overwrite=overwrite)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        return self.to_text()

    __repr__ = __str__


#: Suffix -> module of toolkit.report.tables.render and the options it knows.
_SUFFIXES: dict[str, tuple[str, tuple[str, ...]]] = {
    ".tex": ("latex", ("standalone", "line_width")),
    ".docx": ("word", ()),
    ".html": ("html", ("standalone",)),
    ".md": ("markdown", ()),
    ".csv": ("csv", ()),
    ".typ": ("typst", ()),
}
