from __future__ import annotations

import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit as tk
from toolkit.contracts import CoefTable, ModelRecord
from toolkit.errors import ToolkitWarning
from toolkit.report.tables.render.latex import escape
from toolkit.report.tables.render.width import fit

SPECIALS = r"R&D_share 50% #1 $x$ {a} b~c d^2 e\f <g> |h| 'i' \"j\" [k] *l* … – — é ü × ρ σ² km² ≤ µ" + "`m`"


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("R&D_share 50% #1", r"R\&D\_share 50\% \#1"),
        ("a{b}~c^d\\e", r"a\{b\}\textasciitilde{}c\^{}d\textbackslash{}e"),
        ("𝑊 × log(x)", r"$W$ $\times$ log(x)"),
        ("ρ (𝑊𝑦)", r"$\rho$ ($Wy$)"),
        ("σ²", r"$\sigma^{2}$"),
        ("10⁻⁵", r"10$^{-5}$"),
        ("αβ", r"$\alpha\beta$"),
        ("ρ𝑊", r"$\rho W$"),
        ("𝑝\u00a0<\u00a00.1", r"$p$~$<$~0.1"),
        ("a\n b", "a b"),
        ("中文 & é", r"中文 \& é"),
    ],
)
def test_escape(text, tex):
    assert escape(text) == tex


@given(st.text())
def test_no_special_character_is_left_bare(text):
    bare = re.sub(r"\$[^$]*\$", "", escape(text).replace(r"\$", ""))  # without math
    bare = re.sub(r"\\(textasciitilde|textbackslash|ldots|quad|\^)\{\}|\\ldots|\\[&%#_{}$,]|\{\\ldots\}", "", bare)
    assert not set(bare.replace("~", "")) & set("&%$#_{}^\\")


def test_pieces(ols, sdm):
    tex = tk.table([ols, sdm], caption="Output & capital", label="tab:main").to_latex()
    for piece in (
        "\\begin{table}[htbp]", "\\begin{threeparttable}", "\\caption{Output \\& capital}", "\\label{tab:main}",
        "\\toprule", "\\midrule", "\\bottomrule", "\\begin{tablenotes}[flushleft]", "\\item \\emph{Notes:} Standard errors",
        "\\begin{tabular}{@{}lD{.}{.}{-1}D{.}{.}{-1}@{}}", "\\cmidrule(lr){2-3}",
        "log(Public capital) & 0.155^{***} & -0.010 \\\\", " & (0.017) & (0.025) \\\\",
        "$\\rho$ ($Wy$) &  & 0.370^{***} \\\\", "\\multicolumn{1}{c}{12,816}", "\\multicolumn{1}{c}{1,680.62}", "\\multicolumn{1}{c}{Yes}",
        "4.0\\times10^{-7}",
    ):  # fmt: skip
        assert piece in tex
    assert tex.startswith("% Needs \\usepackage{booktabs,threeparttable,dcolumn}\n")
    assert "\\begin{table}" not in tk.table(ols).to_latex()


def test_a_label_that_begins_with_a_bracket_is_not_taken_for_an_argument(ols):
    tex = tk.table(ols, labels={"unemp": "[share]", "pc": "*"}, order=["unemp"]).to_latex()
    assert "\n{}[share] & " in tex


def test_compiles_without_complaint(ols, sdm, latex_log):
    table = tk.table(
        [ols, sdm], caption=f"Caption {SPECIALS}", label="tab:a", stats=["nobs"],
        labels={"pcap": SPECIALS, "unemp": "[bracket] * star", "pc": "*"}, drop="W *", titles=[SPECIALS[:12], "B_&"], notes=SPECIALS,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log = latex_log(table.to_latex(standalone=True))
    assert "Overfull" not in log and "Missing character" not in log and "too large" not in log


def wide(n: int, label: str = "variable", rows: int = 4, digits: int = 3) -> tk.table:
    terms = tuple(f"{label}{i}" for i in range(rows))
    table = CoefTable(terms, np.linspace(-0.5, 0.5, rows), 0.01 * np.eye(rows), ("X",) * rows)
    record = ModelRecord(name="SDM", depvar="y", coefficients=table, stats={"nobs": 816, "loglik": -1234.5})
    return tk.table([record] * n, digits=digits, caption="Wide", below="se", drop=[])


@pytest.mark.parametrize(
    ("n", "label", "rows", "landscape", "shrink"),
    [
        (1, "v", 4, False, False),
        (6, "a label of some length ", 4, False, False),
        (7, "v", 4, False, False),
        (10, "a label of some length ", 4, True, False),
        (30, "v", 4, True, True),
        (2, "v", 60, False, True),
    ],
)
def test_every_size_fits_the_page(n, label, rows, landscape, shrink, latex_log):
    table = wide(n, label, rows)
    size = fit(table, 16 * 28.4528)
    assert (size.landscape, size.shrink) == (landscape, shrink)
    if shrink:
        with pytest.warns(
            ToolkitWarning, match=r"about \d+ cm wide and \d+ cm high.*scaled down; print fewer columns.*below=None"
        ):
            tex = table.to_latex(standalone=True)
    else:
        tex = table.to_latex(standalone=True)
    assert ("pdflscape" in tex, "adjustbox" in tex) == (landscape, shrink)
    log = latex_log(tex)
    assert "Overfull" not in log and "too large" not in log


def test_other_tables_compile(sdm, latex_log):
    from toolkit.contracts import TestTable

    frame = pd.DataFrame({"x": [1.5, 1e7], "n": [1, 2]}, index=["a_b", "c%"])
    for table in (
        tk.table(TestTable(sdm.tests), caption="t"),
        tk.table(frame, digits=6),
        tk.table([sdm, sdm.impacts], below="ci", caption="u"),
        tk.table(frame, describe=True, caption="v"),
    ):
        log = latex_log(table.to_latex(standalone=True))
        assert "Overfull" not in log and "Missing character" not in log


def test_chinese_is_for_xelatex(ols):
    tex = tk.table(ols, lang="zh", caption="公共资本").to_latex(standalone=True)
    assert tex.startswith("% !TEX program = xelatex\n\\documentclass[UTF8]{ctexart}")
    assert "inputenc" not in tex and "\\item 注：括号内为标准误。" in tex
    mixed = tk.table(ols, labels={"pcap": "公共资本"})
    assert "scheme=plain" in mixed.to_latex(standalone=True) and "xelatex and ctex" in mixed.to_latex()


def test_a_glyph_pdflatex_lacks_is_named(ols):
    with pytest.warns(ToolkitWarning, match=r"ж \(U\+0436\)"):
        tk.table(ols, labels={"pcap": "ж"}).to_latex()


def test_line_width(ols):
    table = tk.table([replace(ols, notes=())] * 5, caption="c")
    sizes = [re.findall(r"\n\\(small|footnotesize)\n", table.to_latex(line_width=w)) for w in (18, 12.5, 12)]
    assert sizes == [[], ["small"], ["footnotesize"]]
