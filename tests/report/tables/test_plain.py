from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.contracts import TestResult, TestTable
from toolkit.errors import InputError


def rows(table) -> dict[str, list[str]]:
    return {row.label: [cell.text + cell.stars for cell in row.cells] for row in table.rows}


TESTS = TestTable(
    (
        TestResult.chi2("LM lag", "rho = 0", 32.5, 1),
        TestResult(name="F", null="b = 0", statistic=2.0, p_value=0.2, df=(2.0, 30.0), distribution="F"),
        TestResult(name="Moran", null="none", statistic=float("nan"), p_value=float("nan"), reason="one region"),
    )
)


def test_one_table_of_tests():
    table = tk.table(TESTS)
    assert [h.text for h in table.head[0].heads] == ["Null hypothesis", "Statistic", "df", "𝑝-value"]
    assert rows(table)["LM lag"] == ["ρ = 0", "32.500***", "1", "<0.001"]
    assert rows(table)["F"] == ["b = 0", "2.000", "2, 30", "0.200"]
    assert rows(table)["Moran"] == ["none", "—", "", "—"]
    assert "Moran: one region." in table.note and "—: not defined." in table.note
    assert table.tidy()["statistic"].tolist()[:2] == [32.5, 2.0]


def test_tests_side_by_side():
    table = tk.table({"Queen": TESTS, "Nearest": TestTable(TESTS.tests[:1])}, keep=["LM lag", "F"])
    assert [h.text for h in table.head[-1].heads] == ["Queen", "Nearest"]
    assert rows(table) == {"LM lag": ["32.500***", "32.500***"], "F": ["2.000", ""]}
    assert table.rows[0].cells[0].below == "[<0.001]" and "brackets" in table.note


def test_one_test_is_a_table_of_one_row():
    assert len(tk.table(TESTS[0]).rows) == 1


def test_frame_as_it_is():
    frame = pd.DataFrame(
        {("A", "n"): [3, 1200], ("A", "m"): [0.5, np.nan], ("B", "s"): ["x", "y"]},
        index=pd.MultiIndex.from_tuples([("East", "Jiangsu"), ("West", "Tibet")]),
    )
    table = tk.table(frame, labels={"East": "Eastern", "n": "N"}, digits=2)
    assert [(h.text, h.span) for h in table.head[0].heads] == [("A", 2), ("B", 1)]
    assert [h.text for h in table.head[1].heads] == ["N", "m", "s"]
    assert [block.heading for block in table.blocks] == ["Eastern", "West"]
    assert rows(table) == {"Jiangsu": ["3", "0.50", "x"], "Tibet": ["1200", "—", "y"]}
    assert "—: not defined." in table.note


def test_rows_without_names_are_known_by_their_first_column():
    table = tk.table(pd.DataFrame({"time": [1970, 1986], "I": [0.224, 0.186]}))
    assert table.head[0].stub == "time" and rows(table) == {"1970": ["0.224"], "1986": ["0.186"]}


def test_describe():
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0, np.nan], "name": list("abcd"), "n": [1, 2, 3, 4]})
    table = tk.table(frame, describe=True, labels={"x": "Output"}, digits=2)
    assert rows(table) == {
        "Output": ["3", "2.33", "1.53", "1.00", "2.00", "4.00"],
        "n": ["4", "2.50", "1.29", "1.00", "2.50", "4.00"],
    }
    assert "divisor 𝑁 − 1" in table.note
    assert frame["x"].isna().sum() == 1


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (pd.DataFrame(), {}, "no rows"),
        (pd.DataFrame({"a": range(501)}), {}, r"501 rows(.|\n)*describe=True"),
        (pd.DataFrame({"a": ["x"]}), {"describe": True}, r"numeric(.|\n)*a"),
        (pd.DataFrame({"a": [1]}), {"titles": ["b"]}, "without titles"),
        (pd.DataFrame({"a": [1]}), {"keep": "z"}, "'z'"),
    ],
)
def test_bad_frames(frame, options, message):
    with pytest.raises(InputError, match=message):
        tk.table(frame, **options)
