"""Word: a real table in three-line style, headings repeated on every page, notes below."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.report.tables.record import HeadLine, Row, Table
from toolkit.report.tables.render.symbols import is_number, legal, one_line, spans
from toolkit.report.tables.render.width import Fit, Room, column_widths, rooms, split_label, text_width, warn_too_large

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table as WordTable
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

__all__ = ["document", "encode"]

_FONT, _EAST_ASIA = "Times New Roman", "SimSun"
_THICK, _THIN = 12, 6  # eighths of a point
_LINE, _LANDSCAPE = 16.0, 24.7  # cm of text on an upright and on a landscape page
_POINTS = (10.5, 9.5, 8.5)
_SIDE, _STUB = 4.0, 125.0  # points beside the text of a cell; least room for labels, at 10 pt


def encode(table: Table) -> bytes:
    """The file, the same bytes for the same table."""
    made = io.BytesIO()
    document(table).save(made)
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, old.read(name))
    return out.getvalue()


def document(table: Table) -> Document:
    """A document with the caption, the table and the notes."""
    import docx

    shape = _shape(table)
    points = shape.points
    out = docx.Document()
    _page(out, shape, table)
    if table.caption:
        _caption(out.add_paragraph(style="Caption"), table)
    grid = out.add_table(rows=0, cols=table.n_columns + 1)
    _describe(grid, table)
    for line, ruled in zip(table.head, table.ruled, strict=True):
        _head_line(grid, line, points, ruled)
    _rule(grid.rows[-1].cells, "bottom", _THIN)
    for i, block in enumerate(table.blocks):
        start = len(grid.rows)
        if block.heading:
            cells = _add_row(grid)
            _write(cells[0].merge(cells[-1]), block.heading, points, emphasis=table.lang, left=True, keep=True)
        for row in block.rows:
            _row(grid, row, shape, aligned=not block.rule)
        if i and block.rule:
            _part(grid, start, table)
    _rule(grid.rows[0].cells, "top", _THICK)
    _rule(grid.rows[-1].cells, "bottom", _THICK)
    _set_widths(grid, shape)
    if table.notes:
        paragraph = out.add_paragraph()
        paragraph.paragraph_format.space_before = docx.shared.Pt(3)
        _run(paragraph, table.notes_word, points - 1.5, italic=table.notes_italic)
        _text(paragraph, ("" if table.lang == "zh" else " ") + table.note, points - 1.5)
    return out


def _part(grid: WordTable, start: int, table: Table) -> None:
    """A rule over the row `start`, or more space."""
    from docx.shared import Pt

    if table.style.block_rules:
        _rule(grid.rows[start].cells, "top", _THIN)
    else:
        for cell in grid.rows[start].cells:
            cell.paragraphs[0].paragraph_format.space_before = Pt(6)


@dataclass(frozen=True)
class _Shape:
    """Size of print and widths in points, and for each column of numbers where its decimal point is."""

    points: float
    landscape: bool
    stub: float
    columns: tuple[float, ...]
    stops: tuple[float | None, ...]
    label: float  # room for a label as `text_width` counts


def _shape(table: Table) -> _Shape:
    """The largest print that leaves room for the labels, upright before landscape; columns as wide as their numbers."""
    natural, measured = column_widths(table, tight=True), rooms(table, tight=True)
    longest = max([text_width(r.label) for r in table.rows] + [text_width(line.stub) for line in table.head])
    for landscape, points in ((turned, size) for turned in (False, True) for size in _POINTS):
        scale, line = points / 10, (_LANDSCAPE if landscape else _LINE) * 28.3465
        columns = [1.06 * scale * width + 2 * _SIDE for width in natural]  # fonts that stand in for Times are wider
        wanted, left = 1.1 * scale * longest + 2 * _SIDE, line - sum(columns)
        if left >= min(wanted, _STUB * scale):
            break
    stub = max(min(wanted, left), _STUB * scale)
    if stub > left:  # too wide even for a landscape page: text in cells is broken into lines
        warn_too_large(Fit(stub + sum(columns), 0.0), "its cells are broken into lines")
        columns = [width * (line - stub) / sum(columns) for width in columns]
    else:  # room that is left keeps numbers whole where a wider font stands in for Times
        columns = [width * min(1.15, (line - stub) / sum(columns)) for width in columns]

    def stop(room: Room | None, width: float) -> float | None:
        return None if room is None else (width - scale * (room.left + room.right + 3)) / 2 + scale * room.left

    stops = tuple(map(stop, measured, columns))
    return _Shape(points, landscape, stub, tuple(columns), stops, (stub - 2 * _SIDE) / (1.1 * scale) + 1)


def _set_widths(grid: WordTable, shape: _Shape) -> None:
    from docx.shared import Pt

    grid.autofit = False
    for column, width in zip(grid.columns, (shape.stub, *shape.columns), strict=True):
        column.width = Pt(width)
        for cell in column.cells:
            if cell.grid_span == 1:
                cell.width = Pt(width)


def _page(out: Any, shape: _Shape, table: Table) -> None:
    """A4, margins, fonts; the properties of the file name no program and no date of today."""
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    section = out.sections[0]
    width, height = Cm(21), Cm(29.7)
    if shape.landscape:
        section.orientation, width, height = WD_ORIENT.LANDSCAPE, height, width
    section.page_width, section.page_height = width, height
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.5)
    for name in ("Normal", "Caption"):
        style = out.styles[name]
        style.font.name, style.font.color.rgb = _FONT, RGBColor(0, 0, 0)
        style.font.size = Pt(shape.points)  # also of empty paragraphs, which make a row as high as it is
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _EAST_ASIA)
    properties = out.core_properties
    properties.author, properties.comments, properties.title = "", "", legal(one_line(table.caption))[:255]
    properties.language = "zh-CN" if table.lang == "zh" else "en"


def _caption(paragraph: Paragraph, table: Table) -> None:
    """``Table 1. Text``, the number a field that Word counts."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    style = table.style
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if style.title_left else WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    first = [_run(paragraph, f"{table.words['table']}{'' if table.lang == 'zh' else ' '}", 10.5)]
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), " SEQ Table \\* ARABIC ")
    number = _run(paragraph, "1", 10.5)
    field.append(number._element)
    paragraph._p.append(field)
    separator = "\u3000" if table.lang == "zh" and style.separator == ". " else style.separator
    before = len(paragraph.runs)
    _text(paragraph, f"{separator}{table.caption}", 10.5)
    for run in (*first, number, *paragraph.runs[before:]):
        in_label = run in (*first, number)
        run.font.bold = style.title == "bold" or (in_label and style.title == "bold label")
        run.font.small_caps = style.title == "small caps"


def _describe(grid: WordTable, table: Table) -> None:
    """Centred on the page, no space lost at the sides of cells, a title for screen readers."""
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    properties = grid._tbl.tblPr
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(int(20 * _SIDE) - 20))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    look = properties.find(qn("w:tblLook"))
    properties.insert(len(properties) if look is None else list(properties).index(look), margins)
    if table.caption:
        title = OxmlElement("w:tblCaption")
        title.set(qn("w:val"), legal(one_line(table.caption)))
        properties.append(title)


def _head_line(grid: WordTable, line: HeadLine, points: float, ruled: bool) -> None:
    from docx.oxml import OxmlElement

    cells = _add_row(grid)
    grid.rows[-1]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    _write(cells[0], line.stub, points, left=True, keep=True)
    start = 1
    for head in line.heads:
        last = start + head.span - 1
        cell = cells[start].merge(cells[last]) if head.span > 1 else cells[start]
        _write(cell, head.text, points, keep=True)
        if ruled and head.text:
            _rule([cell], "bottom", 4)
        start = last + 1


def _row(grid: WordTable, row: Row, shape: _Shape, aligned: bool) -> None:
    """The estimates, and in a row of its own what is below; the two stay on one page."""
    label, rest = split_label(row.label, shape.label) if row.has_below else (row.label, "")
    points = shape.points
    lines = [(label, [(c.text, c.stars) for c in row.cells])]
    if row.has_below:
        lines.append((f"\u2003{rest}" if rest else "", [(c.below, "") for c in row.cells]))
    for i, (stub, texts) in enumerate(lines):
        cells = _add_row(grid)
        keep = i + 1 < len(lines)
        _write(cells[0], stub, points, left=True, keep=keep)
        for cell, (text, stars), stop in zip(cells[1:], texts, shape.stops, strict=True):
            _write(cell, text, points, stars=stars, keep=keep, stop=stop if aligned and is_number(text) else None)


def _add_row(grid: WordTable) -> list[_Cell]:
    from docx.oxml import OxmlElement

    row = grid.add_row()
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return list(row.cells)


def _write(
    cell: _Cell,
    text: str,
    points: float,
    *,
    stars: str = "",
    left: bool = False,
    emphasis: str = "",
    keep: bool = False,
    stop: float | None = None,
) -> None:
    """Text into an empty cell; with `stop` (points) its decimal point goes there, which Word does by itself."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    if stop is not None:
        paragraph.paragraph_format.tab_stops.add_tab_stop(Pt(stop), WD_TAB_ALIGNMENT.DECIMAL)
    left = left or stop is not None
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.CENTER
    style = paragraph.paragraph_format
    style.space_before = style.space_after = Pt(1)
    style.line_spacing, style.keep_with_next = 1.0, keep
    _text(paragraph, text, points, italic=emphasis == "en", bold=emphasis == "zh")  # Chinese has no italics
    if stars:
        _run(paragraph, stars, points).font.superscript = True


def _text(paragraph: Paragraph, text: str, points: float, *, italic: bool = False, bold: bool = False) -> None:
    for piece, symbol in spans(text):
        _run(paragraph, piece, points, italic=italic or symbol, bold=bold)


def _run(paragraph: Paragraph, text: str, points: float, *, italic: bool = False, bold: bool = False) -> Any:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = paragraph.add_run(legal(text))
    run.font.name, run.font.size, run.font.italic, run.font.bold = _FONT, Pt(points), italic, bold
    run._element.rPr.rFonts.set(qn("w:eastAsia"), _EAST_ASIA)
    return run


def _rule(cells: list[_Cell], side: str, size: int) -> None:
    """A line at one side of each cell, in the one ``tcBorders`` that a cell may have, sides in the schema's order."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in cells:
        properties = cell._tc.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            after = [e for e in properties if e.tag in (qn("w:vAlign"), qn("w:shd"), qn("w:noWrap"), qn("w:tcMar"))]
            properties.insert(list(properties).index(after[0]) if after else len(properties), borders)
        line = borders.find(qn(f"w:{side}"))
        if line is None:
            line = OxmlElement(f"w:{side}")
            borders.insert(0 if side == "top" else len(borders), line)
        for key, value in (("val", "single"), ("sz", str(size)), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{key}"), value)
