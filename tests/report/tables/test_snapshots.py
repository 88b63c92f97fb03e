"""Tables as they were last looked at; tests/snapshots/README.md says how to renew them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import toolkit as tk
from toolkit.contracts import TestTable

FOLDER = Path(__file__).parents[2] / "snapshots" / "tables"
FORMATS = ("tex", "html", "md", "typ", "csv", "txt")


@pytest.fixture
def tables(ols, sdm):
    pair = [ols, sdm]
    return {
        "regression": tk.table(pair, caption="Public capital & output", label="tab:main", impacts=True),
        "chinese": tk.table(
            pair, lang="zh", below="t", caption="公共资本与产出", labels={"pcap": "公共资本", "gsp": "产出"}
        ),
        "impacts": tk.table(
            {"SAR": sdm.impacts, "SDM": sdm.impacts}, caption="Impacts", labels={"pcap": "Public capital"}
        ),
        "tests": tk.table(TestTable(sdm.tests), caption="Specification tests"),
    }


def written(table, suffix: str) -> str:
    if suffix == "txt":
        return table.to_text() + "\n"
    method = {"tex": "to_latex", "html": "to_html", "md": "to_markdown", "typ": "to_typst", "csv": "to_csv"}[suffix]
    return getattr(table, method)()


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", ["regression", "chinese", "impacts", "tests"])
def test_snapshot(tables, name, suffix):
    path, text = FOLDER / f"{name}.{suffix}", written(tables[name], suffix)
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.is_file(), f"{path.name} is missing; tests/snapshots/README.md says how to write it"
    assert text == path.read_text(encoding="utf-8")
