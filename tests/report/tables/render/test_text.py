from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

import toolkit as tk
from toolkit.report.tables.render.symbols import PLAIN, legal, one_line
from toolkit.report.tables.render.typst import escape


def width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_columns_are_aligned(ols, sdm):
    lines = tk.table([ols, sdm], notes=False).to_text().splitlines()
    ends = {line.index("0.155***") for line in lines if "0.155***" in line} | {
        line.index("1.643***") for line in lines if "1.643***" in line
    }
    assert len(ends) == 1
    assert len({len(line) for line in lines if set(line) == {"-"}}) == 1


def test_chinese_counts_double(ols):
    lines = tk.table(ols, lang="zh").to_text().splitlines()
    rule = len(lines[0])
    assert all(width(line) <= rule for line in lines)
    assert {width(line.split("1.643")[0]) for line in lines if "1.643" in line} == {
        width(line.split("0.155")[0]) for line in lines if "0.155" in line
    }


def test_typst(ols, sdm):
    text = tk.table([ols, sdm, sdm.impacts], caption="A #1 $x$", label="tab:a b").to_typst()
    assert "caption: figure.caption(position: top)[A \\#1 \\$x\\$]" in text and text.endswith(") <tab:a-b>\n")
    assert "table.cell(colspan: 3)[SDM]," in text and "table.hline(start: 3, end: 6, stroke: 0.4pt)," in text
    assert text.count("[") == text.count("]") and text.count("(") == text.count(")")


@given(st.text(st.characters(exclude_categories=())))
def test_typst_has_no_bare_markup(text):
    """What is escaped reads as it was; nothing that Typst knows is left without a backslash."""
    made = escape(text).replace("#emph[", "\x01").replace("\\]", "\x02").replace("]", "").replace("\x02", "\\]")
    bare = re.sub(r"\\(.)", "", made)
    assert not re.search(r"[\\#$*_`<>@\[\]~=+/\"'-]", bare) and not re.match(r"\d+\.( |$)", bare)
    read = re.sub(r"\\(.)", r"\1", made.replace("\x01", ""))
    assert read == legal(one_line("".join(PLAIN.get(c, c) for c in text)))


def test_typst_escapes_what_is_markup():
    assert escape("a*b_c`d#e$f@g<h>[i]~\\") == "a\\*b\\_c\\`d\\#e\\$f\\@g\\<h\\>\\[i\\]\\~\\\\"
