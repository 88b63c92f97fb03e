from __future__ import annotations

import mistune
from hypothesis import given
from hypothesis import strategies as st

import toolkit as tk
from toolkit.report.tables.render.markdown import escape


def test_lines(ols, sdm):
    text = tk.table([ols, sdm], caption="C*", tests=False).to_markdown()
    assert text.startswith(
        "**C\\***\n\nDependent variable: log(Gross product)\n\n|  | (1) OLS | (2) SDM |\n| :--- | :---: | :---: |\n"
    )
    assert "| log(Public capital) | 0.155\\*\\*\\* | −0.010 |\n|  | (0.017) | (0.025) |" in text
    assert "| *Spatial parameters* |  |  |" in text and "| *ρ* (*Wy*) |" in text


def test_a_markdown_reader_finds_the_cells_as_they_are(ols, sdm):
    awkward = "a|b *c* _d_ `e` <f> [g](h) ~i~ $j$ \\k & l"
    html = mistune.create_markdown(plugins=["table"])(tk.table([ols, sdm], labels={"unemp": awkward}).to_markdown())
    assert html.count("<table>") == 1
    assert "a|b *c* _d_ `e` &lt;f&gt; [g](h) ~i~ $j$ \\k &amp; l" in html
    assert '<td style="text-align:center">0.155***</td>' in html


@given(st.text(alphabet="ab|*_`<>[]\\#~$&-"))
def test_text_survives_a_reader(text):
    page = mistune.create_markdown(plugins=["table"])(f"| x | y |\n| --- | --- |\n| {escape(text)} | k |\n")
    cell = page.split("<td>")[1].split("</td>")[0]
    shown = cell.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert shown == text
