from __future__ import annotations

import io
import re
import zipfile
from contextlib import nullcontext

import docx
import numpy as np
import pandas as pd
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit as tk
from toolkit.contracts import CoefTable, ModelRecord
from toolkit.errors import ToolkitWarning
from toolkit.report.tables.render.symbols import PLAIN, legal, one_line
from toolkit.report.tables.render.word import encode

SPECIALS = "R&D_<share> 50% \x07 中文 σ²"


def reopen(table):
    return docx.Document(io.BytesIO(encode(table)))


def texts(grid) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in grid.rows]


@pytest.fixture
def opened(ols, sdm):
    return reopen(tk.table([ols, sdm], caption=f"Title {SPECIALS}", labels={"unemp": SPECIALS}, notes="Own"))


def test_content(opened):
    (grid,) = opened.tables
    rows = texts(grid)
    assert rows[0] == ["Dependent variable", "log(Gross product)", "log(Gross product)"]
    assert rows[1:3] == [["", "(1)", "(2)"], ["", "OLS", "SDM"]]
    assert rows[3][0] == "Regressors"
    assert rows[4:6] == [["log(Public capital)", "0.155***", "−0.010"], ["", "(0.017)", "(0.025)"]]
    assert ["R&D_<share> 50%  中文 σ²", "−0.007***", "−0.00004***"] in rows
    assert ["ρ (Wy)", "", "0.370***"] in rows
    assert opened.paragraphs[0].style.name == "Caption" and "Title R&D_<share>" in opened.paragraphs[0].text
    assert opened.paragraphs[-1].text.startswith("Notes: Standard errors in parentheses.")


def test_headings_repeat_and_rows_stay_whole(opened):
    rows = [row._tr.trPr for row in opened.tables[0].rows]
    heads = [properties.find(qn("w:tblHeader")) is not None for properties in rows]
    assert heads[:3] == [True] * 3 and not any(heads[3:])
    assert all(properties.find(qn("w:cantSplit")) is not None for properties in rows)


def test_three_lines_and_one_set_of_borders_a_cell(opened):
    grid = opened.tables[0]

    def border(row, side):
        found = {
            edge.get(qn("w:sz")) for edge in row._tr.iter(qn(f"w:{side}")) if edge.getparent().tag == qn("w:tcBorders")
        }
        return found

    assert border(grid.rows[0], "top") == {"12"}
    assert border(grid.rows[2], "bottom") == {"6"}
    assert border(grid.rows[-1], "bottom") == {"12"}
    for cell in grid._tbl.iter(qn("w:tc")):
        assert len(list(cell.iter(qn("w:tcBorders")))) <= 1
    assert grid.style.name != "Table Grid"


def test_fonts_for_chinese_and_for_latin(opened):
    runs = [run for row in opened.tables[0].rows for cell in row.cells for p in cell.paragraphs for run in p.runs]
    runs += [run for p in opened.paragraphs for run in p.runs]
    assert runs
    for run in runs:
        fonts = run._element.rPr.rFonts
        assert (fonts.get(qn("w:ascii")), fonts.get(qn("w:eastAsia"))) == ("Times New Roman", "SimSun")


def test_numbers_are_aligned_on_the_decimal_point(opened):
    cells = {cell.text: cell for row in opened.tables[0].rows for cell in row.cells}
    stops = [
        [t.alignment for t in cells[c].paragraphs[0].paragraph_format.tab_stops] for c in ("0.155***", "(0.017)", "Yes")
    ]
    decimal = docx.enum.text.WD_TAB_ALIGNMENT.DECIMAL
    assert stops == [[decimal], [decimal], []]


def test_a_wide_table_is_on_a_landscape_page_with_no_column_off_it():
    table = CoefTable(("a variable",), np.array([0.5]), np.array([[0.01]]), ("X",))
    record = ModelRecord(name="SDM", depvar="y", coefficients=table)
    for n, landscape in ((2, False), (9, True), (30, True)):
        with (
            nullcontext() if n < 30 else pytest.warns(ToolkitWarning, match=r"cm wide.*broken into lines; print fewer")
        ):
            opened = reopen(tk.table([record] * n))
        section, grid = opened.sections[0], opened.tables[0]
        assert (section.page_width > section.page_height) == landscape
        room = section.page_width - section.left_margin - section.right_margin
        assert sum(column.width for column in grid.columns) <= room * 1.001


def test_chinese(ols):
    opened = reopen(tk.table(ols, lang="zh", caption="公共资本"))
    assert opened.paragraphs[0].text.startswith("表\u3000公共资本") and opened.paragraphs[-1].text.startswith(
        "注：括号内为标准误。"
    )
    assert opened.core_properties.language == "zh-CN"


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=30))
def test_any_text_comes_through_as_text(text):
    frame = pd.DataFrame({"a": [text]}, index=["row"])
    opened = reopen(tk.table(frame, caption=text, notes=text))
    shown = legal(one_line("".join(PLAIN.get(c, c) for c in text)))
    assert opened.tables[0].rows[-1].cells[1].text == shown


def test_file_names_no_program_and_no_moment(ols):
    with zipfile.ZipFile(io.BytesIO(encode(tk.table(ols)))) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = file.read("docProps/core.xml").decode()
    assert "python-docx" not in core and not re.search(r"20(2[4-9]|[3-9]\d)-", core)


def test_to_docx_gives_a_document_to_work_on(ols):
    document = tk.table(ols).to_docx()
    document.add_paragraph("more")
    assert len(document.tables) == 1
