from __future__ import annotations

from dataclasses import replace

import pytest

import toolkit as tk
from toolkit.errors import InputError, ToolkitWarning
from toolkit.report.tables.journals import JOURNALS


def starred(table) -> bool:
    return any(cell.stars for row in table.rows for cell in row.cells)


@pytest.mark.parametrize("journal", JOURNALS)
def test_every_preset_prints_every_format(ols, sdm, journal):
    table = tk.table([ols, sdm], journal=journal, caption="A title", label="tab:a")
    for method in ("to_latex", "to_html", "to_markdown", "to_typst", "to_text", "to_csv"):
        assert getattr(table, method)()
    assert len(table.to_docx().tables) == 1


def test_aer_has_no_asterisks_no_inner_rules_and_lettered_panels(ols, sdm):
    table = tk.table([ols, sdm], journal="aer", caption="Public capital", tests=False)
    assert not starred(table) and "*" not in table.note
    assert table.rows[0].cells[0].below == "(0.017)"
    assert [b.heading for b in table.blocks if b.heading][:2] == [
        "Panel A. Regressors",
        "Panel B. Spatial lags of regressors",
    ]
    assert [line.kind for line in table.head] == ["depvar", "name", "number"]
    tex = table.to_latex()
    assert "\\captionsetup{font=sc,labelsep=none}\n\\caption[{Public capital}]{---Public capital}" in tex
    assert tex.count("\\midrule") == 1 and "\\cmidrule" not in tex and "dcolumn,caption}" in tex


def test_aer_is_upright_and_says_so_when_too_wide(ols):
    with pytest.warns(ToolkitWarning, match="11 columns.*American Economic Review takes no more than 9"):
        table = tk.table([ols] * 10, journal="aer", caption="c")
    with pytest.warns(ToolkitWarning, match="glyph|scaled down"):
        tex = tk.table([replace(ols, name="A very long name of a model ж")] * 8, journal="aer").to_latex()
    assert "landscape" not in tex and len(table.rows)


def test_regional_studies(ols, sdm):
    table = tk.table([ols, sdm], journal="regional-studies", caption="Public capital")
    assert starred(table) and "* 𝑝 < 0.1".replace(" ", "") in table.note.replace("\u00a0", "").replace(" ", "")
    tex = table.to_latex()
    assert "labelfont=bf,labelsep=period,justification=raggedright,singlelinecheck=false" in tex
    assert "\\item Notes: " in tex and "\\emph{Notes:}" not in tex
    assert table.to_docx().paragraphs[0].alignment == 0


def test_three_line_is_chinese_with_three_rules(ols, sdm):
    table = tk.table([ols, sdm], journal="three-line", caption="公共资本与产出")
    assert table.lang == "zh" and "***、**、*分别表示在1%、5%、10%的水平上显著。" in table.note
    tex = table.to_latex()
    assert [tex.count(rule) for rule in ("\\toprule", "\\midrule", "\\bottomrule", "\\cmidrule")] == [1, 1, 1, 0]
    assert "\\captionsetup{font=bf,labelsep=quad}" in tex and "\\item 注：" in tex
    assert tex.index("\\caption{公共资本与产出}") < tex.index("\\toprule")
    html = table.to_html()
    assert "tk-end" not in html.split("</style>")[1] and 'class="tk-gap"' in html


def test_what_the_user_says_wins(ols):
    table = tk.table(ols, journal="aer", stars=(0.1, 0.01), below="t", lang="zh")
    assert starred(table) and table.lang == "zh" and "括号内为 𝑡 值" in table.note
    english = tk.table(ols, journal="three-line", lang="en", stars=(0.05,))
    assert english.lang == "en" and "Significant at the 5 percent level." in english.note


def test_one_level_in_chinese(ols):
    assert "*表示在5%的水平上显著" in tk.table(ols, journal="three-line", stars=(0.05,)).note


def test_unknown_preset(ols):
    with pytest.raises(InputError, match=r"journal='qje'(.|\n)*aer, regional-studies, three-line"):
        tk.table(ols, journal="qje")


def test_without_a_journal_nothing_is_said_about_captions(ols):
    tex = tk.table(ols, caption="c").to_latex()
    assert "captionsetup" not in tex and "{booktabs,threeparttable,dcolumn}" in tex
