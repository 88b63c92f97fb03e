"""HTML: a real table (caption, scoped headings, row groups) with a few lines of style, safe to put anywhere."""

from __future__ import annotations

from html import escape as escape_html

from toolkit.report.tables.record import Block, Cell, HeadLine, Row, Table
from toolkit.report.tables.render.symbols import is_number, legal, one_line, spans

__all__ = ["encode", "escape", "render"]

_STYLE = """\
.tk-wrap{overflow-x:auto}
table.tk-table{border-collapse:collapse;border:0;border-top:2px solid;margin:.5em auto;\
font-variant-numeric:tabular-nums;line-height:1.35;font-size:.95em;background:none}
.tk-table caption{caption-side:top;font-weight:bold;padding:.4em;color:inherit;text-align:center}
.tk-table tr,.tk-table td,.tk-table th{background:none;border:0}
.tk-table td,.tk-table th{padding:.12em .6em;text-align:center;vertical-align:top;font-weight:normal;white-space:nowrap}
.tk-table tbody th,.tk-table thead tr>:first-child{text-align:left;white-space:normal;min-width:9em;max-width:24em}
.tk-table tbody th[scope=rowgroup]{font-style:italic;padding-top:.4em}
.tk-table thead th>span{display:block;border-bottom:1px solid;padding-bottom:.1em}
.tk-table thead tr:last-child>*,.tk-table tbody.tk-end tr:last-child>*{border-bottom:1px solid}
.tk-table tbody.tk-gap tr:last-child>*{padding-bottom:.6em}
.tk-table tbody:last-of-type tr:last-child>*{border-bottom:2px solid}
.tk-table .tk-l,.tk-table .tk-r{display:inline-block;min-width:var(--l);text-align:right}
.tk-table .tk-r{min-width:var(--r);text-align:left}
.tk-table:lang(zh) th[scope=rowgroup],.tk-table:lang(zh) em{font-style:normal;font-weight:bold}
.tk-table tfoot div{width:0;min-width:100%}
.tk-table sup{font-size:.8em;line-height:0}
.tk-table tfoot td{text-align:left;white-space:normal;font-size:.85em;padding-top:.4em}
"""


def encode(table: Table, standalone: bool = True) -> bytes:
    """The file: a whole page unless told otherwise."""
    return render(table, standalone).encode()


def render(table: Table, standalone: bool = False) -> str:
    """A piece of HTML with its own style, or a whole page. Loads nothing and runs no script."""
    n, lang = table.n_columns, "zh-CN" if table.lang == "zh" else "en"
    title = escape_html(legal(one_line(table.caption)) or table.words["table"])
    left, right = _sides(table)
    lines = [
        f'<div class="tk-wrap" role="region" aria-label="{title}" tabindex="0" lang="{lang}">',
        f"<style>\n{_STYLE}</style>",
        f'<table class="tk-table" style="--l:{left}ch;--r:{right}ch">',
    ]
    if table.caption:
        lines.append(f"<caption{_caption_style(table)}>{escape(table.caption)}</caption>")
    lines += ["<thead>", *map(_head_line, table.head, table.ruled), "</thead>"]
    for i, block in enumerate(table.blocks):
        following = i + 1 < len(table.blocks) and table.blocks[i + 1].rule
        end = "" if not following else "tk-end" if table.style.block_rules else "tk-gap"
        lines += _block(block, n, end)
    if table.notes:
        word = escape(table.notes_word)
        note = f"{f'<em>{word}</em>' if table.style.notes_italic else word}{'' if table.lang == 'zh' else ' '}{escape(table.note)}"
        lines.append(f'<tfoot>\n<tr><td colspan="{n + 1}"><div>{note}</div></td></tr>\n</tfoot>')
    lines += ["</table>", "</div>"]
    body = "\n".join(lines) + "\n"
    if not standalone:
        return body
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>body{{font-family:Georgia,'Times New Roman','Noto Serif CJK SC',SimSun,serif;margin:1em}}</style>\n"
        f"</head>\n<body>\n{body}</body>\n</html>\n"
    )


def escape(text: str) -> str:
    """Text for HTML, symbols in italics.

    Examples
    --------
    >>> escape("𝑊 × R&D <share>")
    '<i>W</i> × R&amp;D &lt;share&gt;'
    """
    pieces = ((escape_html(piece), italic) for piece, italic in spans(text))
    return "".join(f"<i>{piece}</i>" if italic else piece for piece, italic in pieces)


def _head_line(line: HeadLine, ruled: bool) -> str:
    stub = f'<th scope="row">{escape(line.stub)}</th>' if line.stub else "<td></td>"
    cells = [stub]
    for head in line.heads:
        if not head.text:
            cells.append(f'<td colspan="{head.span}"></td>' if head.span > 1 else "<td></td>")
        elif head.span > 1:
            text = f"<span>{escape(head.text)}</span>" if ruled else escape(head.text)
            cells.append(f'<th scope="colgroup" colspan="{head.span}">{text}</th>')
        else:
            cells.append(f'<th scope="col">{escape(head.text)}</th>')
    return f"<tr>{''.join(cells)}</tr>"


def _caption_style(table: Table) -> str:
    looks = {"bold": "", "bold label": "font-weight:normal", "small caps": "font-weight:normal;font-variant:small-caps"}
    rules = [looks[table.style.title], "text-align:left" if table.style.title_left else ""]
    return f' style="{";".join(rule for rule in rules if rule)}"' if any(rules) else ""


def _block(block: Block, n: int, end: str) -> list[str]:
    lines = [f'<tbody class="{end}">' if end else "<tbody>"]
    if block.heading:
        lines.append(f'<tr><th scope="rowgroup" colspan="{n + 1}">{escape(block.heading)}</th></tr>')
    lines += [_row(row, aligned=not block.rule) for row in block.rows]
    return [*lines, "</tbody>"]


def _row(row: Row, aligned: bool) -> str:
    """Estimate and what is below it share a cell, so that a screen reader reads them together."""
    cells = "".join(f"<td>{_cell(cell, aligned)}</td>" for cell in row.cells)
    return f'<tr><th scope="row">{escape(row.label)}</th>{cells}</tr>'


def _cell(cell: Cell, aligned: bool) -> str:
    lines = [(cell.text, cell.stars)] if cell.text else []
    lines += [(cell.below, "")] if cell.below else []
    return "<br>".join(_number(text, stars, aligned) for text, stars in lines)


def _number(text: str, stars: str, aligned: bool) -> str:
    """Digits left and right of the decimal point in boxes of one width, so that the points are in line."""
    raised = f"<sup>{stars}</sup>" if stars else ""
    if not aligned or not is_number(text):
        return escape(text) + raised
    left, _, right = text.partition(".")
    return f'<span class="tk-l">{escape(left)}</span><span class="tk-r">.{escape(right)}{raised}</span>'


def _sides(table: Table) -> tuple[int, int]:
    """Room for what is left and right of the decimal point, in characters."""
    left, right = 1, 1
    for row in (row for block in table.blocks if not block.rule for row in block.rows):
        for cell in row.cells:
            for text, stars in ((cell.text, cell.stars), (cell.below, "")):
                if is_number(text):
                    whole, _, decimals = text.partition(".")
                    left, right = max(left, len(whole)), max(right, 1 + len(decimals) + (len(stars) + 1) // 2)
    return left, right
