from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.contracts import CoefTable, ModelRecord
from toolkit.errors import InputError, OutputError
from toolkit.report.files import write_atomic
from toolkit.report.tables.record import Table


class Fit:
    """Anything with ``record()``."""

    def record(self) -> ModelRecord:
        table = CoefTable(("x",), np.array([0.5]), np.array([[0.01]]), ("X",))
        return ModelRecord(name="OLS", depvar="y", coefficients=table, stats={"nobs": 10}, vcov="classical")


@pytest.fixture
def table() -> Table:
    return tk.table([Fit(), Fit()], caption="Main & only", label="tab:main")


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        (".tex", b"% Needs"),
        (".docx", b"PK"),
        (".html", b"<!doctype html>"),
        (".md", b"**Main"),
        (".csv", b"model,name"),
        (".typ", b"#figure("),
        (".TEX", b"% Needs"),
    ],
)
def test_save_by_suffix(table, tmp_path, suffix, start):
    path = table.save(tmp_path / f"t{suffix}")
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_relative_names_and_home(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    table.save("t.md")
    table.save("~/u.md")
    assert {p.name for p in tmp_path.iterdir()} == {"t.md", "u.md"}


def test_existing_file_needs_overwrite(table, tmp_path):
    path = write_atomic(tmp_path / "t.md", b"theirs")
    with pytest.raises(OutputError, match=r"exists(.|\n)*overwrite=True"):
        table.save(path)
    assert path.read_bytes() == b"theirs"
    assert table.save(path, overwrite=True).read_bytes() != b"theirs"


def test_unknown_suffix_lists_the_known(table, tmp_path):
    with pytest.raises(OutputError, match=r"'\.xlsx'(.|\n)*\.tex, \.docx, \.html, \.md, \.csv, \.typ"):
        table.save(tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_options_of_other_formats_are_refused(table, tmp_path):
    with pytest.raises(InputError, match=r"\.md has no option standalone"):
        table.save(tmp_path / "t.md", standalone=True)
    assert b"\\documentclass" in table.save(tmp_path / "t.tex", standalone=True).read_bytes()
    assert table.save(tmp_path / "t.html", standalone=False).read_bytes().startswith(b"<div")


def test_missing_folder(table, tmp_path):
    with pytest.raises(OutputError, match="no folder"):
        table.save(tmp_path / "none" / "t.md")


@pytest.mark.parametrize("method", ["to_latex", "to_html", "to_markdown", "to_typst", "to_text", "to_csv"])
def test_same_table_same_text(table, method):
    again = tk.table([Fit(), Fit()], caption="Main & only", label="tab:main")
    assert getattr(table, method)() == getattr(again, method)()


def test_same_table_same_word_file(table, tmp_path):
    assert table.save(tmp_path / "a.docx").read_bytes() == table.save(tmp_path / "b.docx").read_bytes()


def test_table_is_frozen_and_shows_itself(table):
    with pytest.raises(AttributeError):
        table.caption = "other"
    assert table._repr_html_().startswith("<div") and str(table) == repr(table) == table.to_text()


@pytest.mark.parametrize(
    ("models", "options", "message"),
    [
        ([], {}, "empty"),
        ({}, {}, "empty"),
        ([Fit()], {"titles": ["a", "b"]}, r"titles= has 2 entries(.|\n)*list of 1"),
        ([Fit()], {"titles": "ab"}, "titles="),
        ([Fit(), Fit()], {"groups": ["a"]}, "groups="),
        ([Fit()], {"impacts": [3]}, "tk.impacts"),
        ([Fit()], {"tests": [[3]]}, "not a test"),
        ([Fit()], {"describe": True}, "DataFrame"),
        ([Fit(), pd.DataFrame({"a": [1]})], {}, "table of its own"),
        ([Fit()], {"below": "sd"}, "below='sd'"),
    ],
)
def test_bad_calls(models, options, message):
    with pytest.raises(InputError, match=message):
        tk.table(models, **options)


def test_titles_from_a_mapping_and_a_list():
    assert [h.text for h in tk.table({"A": Fit(), "B": Fit()}).head[-1].heads] == ["A", "B"]
    assert [h.text for h in tk.table([Fit(), Fit()], titles=["C", None]).head[-1].heads] == ["C", ""]


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = "import sys, toolkit.report.table; print([m for m in ('pandas', 'docx', 'maketables', 'nbconvert') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
