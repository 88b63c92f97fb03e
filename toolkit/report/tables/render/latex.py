r"""LaTeX: booktabs rules, notes in threeparttable, columns aligned on the decimal point by dcolumn."""

from __future__ import annotations

import re
import warnings
from itertools import pairwise
from math import ceil

from nbconvert.filters.latex import escape_latex

from toolkit.errors import ToolkitWarning
from toolkit.report.tables.journals import Style
from toolkit.report.tables.record import Block, Head, HeadLine, Table
from toolkit.report.tables.render.symbols import MATH, has_cjk, is_number, one_line
from toolkit.report.tables.render.width import Fit, Room, fit, rooms, split_label, warn_too_large

__all__ = ["encode", "escape", "render"]

_TEXT = {"—": "---", "–": "--", "…": r"\ldots{}", "\u00a0": "~", "\u2009": r"\,", "\u2003": r"\quad{}", "“": "``", "”": "''", "‘": "`", "’": "'",
         '"': "''"}  # fmt: skip

#: Between "Table 1" and the title -> name in the caption package.
_SEPARATORS = {". ": "period", "\u3000": "quad", "—": "none"}


def encode(table: Table, standalone: bool = False, line_width: float = 16.0) -> bytes:
    """The file."""
    return render(table, standalone, line_width).encode()


def render(table: Table, standalone: bool = False, line_width: float = 16.0) -> str:
    r"""A ``table`` environment (without caption and label only its inside), or a whole document.

    Parameters
    ----------
    table : Table
    standalone : bool
    line_width : float
        Width of the text in cm; decides on small print and the landscape page.
    """
    size = fit(table, line_width * 28.4528, portrait=table.style.portrait)
    chinese = _is_chinese(table)
    _warn(table, size, chinese)
    body = _float(table, size)
    packages = ["booktabs", "threeparttable", "dcolumn"]
    packages += ["caption"] if table.caption and _caption_setup(table) else []
    packages += [name for name, wanted in (("pdflscape", size.landscape), ("adjustbox", size.shrink)) if wanted]
    if not standalone:
        engine = "; Chinese: compile with xelatex and ctex" if chinese else ""
        return f"% Needs \\usepackage{{{','.join(packages)}}}{engine}\n{body}"
    return _document(body, packages, chinese, table.lang, line_width)


def escape(text: str) -> str:
    r"""Text for LaTeX: special characters escaped, symbols in math mode.

    Examples
    --------
    >>> print(escape("R&D_share 50% × ρ"))
    R\&D\_share 50\% $\times$ $\rho$
    """
    out, plain, math = [], "", ""

    def flush() -> None:
        nonlocal plain, math
        if plain:
            out.append(escape_latex(plain))
        if math:  # neighbouring superscripts are one: a second one on the same base is an error in TeX
            out.append(f"${math.replace('}^{', '').replace('}_{', '')}$")
        plain = math = ""

    for char in _clean(text):
        if char in MATH:
            if plain:
                flush()
            # a space keeps \rho and a letter apart; scripts are set on what is before them
            math += (" " if MATH[char][0].isalpha() and re.search(r"\\[A-Za-z]+$", math) else "") + MATH[char]
        elif char in _TEXT:
            flush()
            out.append(_TEXT[char])
        else:
            if math:
                flush()
            plain += char
    flush()
    return "".join(out)


def _clean(text: str) -> str:
    """Without what prints nothing; white space is one blank, but for spaces that are meant."""
    return "".join(c for c in one_line(text) if c.isprintable() or c in "\u00a0\u2009\u2003\u3000")


def _float(table: Table, size: Fit) -> str:
    """The table in its environments, from the outside in."""
    inner = ["\\begin{threeparttable}"]
    if table.caption:
        inner += [line for line in (_caption_setup(table), _caption(table)) if line]
    if table.label:
        inner.append(f"\\label{{{table.label}}}")
    inner += [*_tabular(table, size), *_notes(table), "\\end{threeparttable}"]
    if size.shrink:
        inner = [
            "\\begin{adjustbox}{max width=\\linewidth,max totalheight=0.97\\textheight}",
            *inner,
            "\\end{adjustbox}",
        ]
    lines = [f"\\{size.font}" if size.font else "", *inner]
    if table.caption or table.label:
        lines = ["\\begin{table}[htbp]", "\\centering", *lines, "\\end{table}"]
    elif size.font:
        lines = ["\\begingroup", *lines, "\\endgroup"]
    if size.landscape:
        lines = ["\\begin{landscape}", *lines, "\\end{landscape}"]
    return "\n".join(line for line in lines if line) + "\n"


def _caption_setup(table: Table) -> str:
    """Options of the caption package for what a journal wants; nothing where the class may have its way."""
    style = table.style
    if style == Style():
        return ""
    options = {"bold": ["font=bf"], "bold label": ["labelfont=bf"], "small caps": ["font=sc"]}[style.title]
    options.append(f"labelsep={_SEPARATORS[style.separator]}")
    options += ["justification=raggedright", "singlelinecheck=false"] if style.title_left else []
    return f"\\captionsetup{{{','.join(options)}}}"


def _caption(table: Table) -> str:
    """An em dash is part of the text, since the caption package has no such separator."""
    text = escape(table.caption)
    dash = table.style.separator == "—"
    return f"\\caption[{{{text}}}]{{---{text}}}" if dash else f"\\caption{{{text}}}"


def _tabular(table: Table, size: Fit) -> list[str]:
    n = table.n_columns
    stub = (
        f">{{\\raggedright\\arraybackslash\\hangindent=1em\\hangafter=1}}p{{{size.stub:.0f}pt}}" if size.stub else "l"
    )
    columns = "".join("c" if room is None else _decimal(room) for room in rooms(table, size.tight))
    lines = [f"\\begin{{tabular}}{{@{{}}{stub}{columns}@{{}}}}", "\\toprule"]
    if size.separation:
        lines.insert(0, f"\\setlength{{\\tabcolsep}}{{{size.separation:g}pt}}")
    for line, ruled in zip(table.head, table.ruled, strict=True):
        lines += _head_line(line, ruled)
    lines.append("\\midrule")
    for i, block in enumerate(table.blocks):
        if i:
            lines.append("\\midrule" if block.rule and table.style.block_rules else "\\addlinespace")
        lines += _block(block, n, size.label)
    return [*lines, "\\bottomrule", "\\end{tabular}"]


def _decimal(room: Room) -> str:
    """A column of dcolumn: ``-1`` puts the point in its middle, otherwise room left and right in digits."""
    return f"D{{.}}{{.}}{{{'-1' if room.centred else f'{ceil(room.left / 5)}.{ceil(room.right / 5)}'}}}"


def _head_line(line: HeadLine, ruled: bool) -> list[str]:
    cells = [_guard(escape(line.stub)), *(_over(head) for head in line.heads)]
    out = [" & ".join(cells) + r" \\"]
    if ruled:
        edges = [2]
        for head in line.heads:
            edges.append(edges[-1] + head.span)
        rules = [
            f"\\cmidrule(lr){{{left}-{right - 1}}}"
            for head, (left, right) in zip(line.heads, pairwise(edges), strict=True)
            if head.text
        ]
        out.append(" ".join(rules))
    return out


def _over(head: Head) -> str:
    return f"\\multicolumn{{{head.span}}}{{c}}{{{escape(head.text)}}}"


def _block(block: Block, n: int, room: float) -> list[str]:
    lines, aligned = [], not block.rule
    if block.heading:
        lines.append(f"\\multicolumn{{{n + 1}}}{{@{{}}l}}{{\\emph{{{escape(block.heading)}}}}} \\\\")
    for row in block.rows:
        label, rest = split_label(row.label, room) if row.has_below else (row.label, "")
        lines.append(_line(label, [(c.text, c.stars) for c in row.cells], aligned))
        if row.has_below:
            lines.append(_line(f"\u2003{rest}" if rest else "", [(c.below, "") for c in row.cells], aligned))
            if row is not block.rows[-1]:
                lines.append("\\addlinespace[2pt]")
    return lines


def _line(label: str, cells: list[tuple[str, str]], aligned: bool) -> str:
    return " & ".join([_guard(escape(label)), *(_cell(text, stars, aligned) for text, stars in cells)]) + r" \\"


def _cell(text: str, stars: str, aligned: bool) -> str:
    """A number in the aligned column; anything else centred over it."""
    if not text:
        return ""
    if not (aligned and is_number(text)):
        return f"\\multicolumn{{1}}{{c}}{{{escape(text)}{f'$^{{{stars}}}$' if stars else ''}}}"
    body = text.replace(",", "{,}").replace("−", "-")
    power = re.search(r"×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", body)
    if power:
        exponent = power[1].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        body = body.replace(power[0], f"\\times10^{{{exponent}}}")
        if stars:
            body = f"{body[: -len(f'^{{{exponent}}}')]}^{{{exponent}\\,{stars}}}"
            return body
    return body + (f"^{{{stars}}}" if stars else "")


def _guard(label: str) -> str:
    r"""After ``\\`` a bracket or a star would be taken for an argument."""
    return f"{{}}{label}" if label[:1] in ("[", "*") else label


def _notes(table: Table) -> list[str]:
    if not table.notes:
        return []
    word = f"\\emph{{{escape(table.notes_word)}}}" if table.notes_italic else escape(table.notes_word)
    space = "" if table.lang == "zh" else " "
    return [
        "\\begin{tablenotes}[flushleft]",
        "\\footnotesize\\setlength{\\labelsep}{0pt}",
        f"\\item {word}{space}{escape(table.note)}",
        "\\end{tablenotes}",
    ]


def _document(body: str, packages: list[str], chinese: bool, lang: str, line_width: float) -> str:
    if chinese:
        scheme = "" if lang == "zh" else ",scheme=plain"
        lines = ["% !TEX program = xelatex", f"\\documentclass[UTF8{scheme}]{{ctexart}}"]
    else:
        lines = [
            "% !TEX program = pdflatex",
            "\\documentclass{article}",
            "\\usepackage[T1]{fontenc}",
            "\\usepackage[utf8]{inputenc}",
            "\\usepackage{lmodern}",
        ]
    margin = max((21.0 - line_width) / 2, 0.5)
    lines.append(f"\\usepackage[a4paper,hmargin={margin:g}cm,vmargin=2.5cm]{{geometry}}")
    lines += [f"\\usepackage{{{name}}}" for name in packages]
    lines += ["\\pagestyle{empty}", "\\begin{document}", body.rstrip(), "\\end{document}"]
    return "\n".join(lines) + "\n"


def _texts(table: Table) -> str:
    heads = [text for line in table.head for text in (line.stub, *(h.text for h in line.heads))]
    cells = [t for row in table.rows for t in (row.label, *(c.text for c in row.cells))]
    return "".join([*heads, *cells, *(b.heading for b in table.blocks), table.note, table.caption])


def _is_chinese(table: Table) -> bool:
    return table.lang == "zh" or has_cjk(_texts(table))


def _warn(table: Table, size: Fit, chinese: bool) -> None:
    if size.shrink:
        warn_too_large(size, "it is scaled down")
    known = set(MATH) | set(_TEXT)
    odd = sorted({c for c in _texts(table) if ord(c) > 0x17F and c not in known and not has_cjk(c)})
    if odd and not chinese:
        warnings.warn(
            f"pdflatex has no glyph for {', '.join(f'{c} (U+{ord(c):04X})' for c in odd[:10])}; replace it in the "
            "labels, or compile with xelatex and a font that has it.",
            ToolkitWarning,
            stacklevel=4,
        )
