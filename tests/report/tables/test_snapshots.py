"""Tables as they were last looked at; tests/snapshots/README.md says how to renew them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.contracts import TestTable

FOLDER = Path(__file__).parents[2] / "snapshots" / "tables"
FORMATS = ("tex", "html", "md", "typ", "csv", "txt")


@pytest.fixture
def tables(ols, sdm):
    pair = [ols, sdm]
    frame = pd.DataFrame({"code": list("abcd") * 3, "year": np.repeat([2000, 2001, 2002], 4)})
    frame["gsp"] = [1.0, 2.5, 3.0, 4.5, 1.25, 2.0, 3.5, 5.0, 1.5, 2.75, 3.25, 6.0]
    frame["pcap"], frame["south"] = 100 * frame["gsp"] ** 0.5 + frame["year"] - 2000, [0, 0, 1, 1] * 3
    book = {"gsp": {"label_en": "Output", "label_zh": "产出", "unit_en": "million dollars", "unit_zh": "百万美元"}}
    panel = tk.Panel(frame, entity="code", time="year", codebook=book)
    return {
        "regression": tk.table(pair, caption="Public capital & output", label="tab:main", impacts=True),
        "chinese": tk.table(
            pair, lang="zh", below="t", caption="公共资本与产出", labels={"pcap": "公共资本", "gsp": "产出"}
        ),
        "impacts": tk.table(
            {"SAR": sdm.impacts, "SDM": sdm.impacts}, caption="Impacts", labels={"pcap": "Public capital"}
        ),
        "tests": tk.table(TestTable(sdm.tests), caption="Specification tests"),
        "aer": tk.table(pair, journal="aer", caption="Public capital", label="tab:aer"),
        "regional-studies": tk.table(pair, journal="regional-studies", caption="Public capital"),
        "three-line": tk.table(pair, journal="three-line", caption="公共资本与产出", labels={"pcap": "公共资本"}),
        "describe": tk.describe_table(panel, {"Output": ["gsp"], "Input": ["pcap"]}, caption="Description"),
        "balance": tk.balance_table(panel, "south", journal="aer", caption="Balance"),
        "correlation": tk.correlation_table(panel, within=True, journal="three-line", caption="相关系数"),
    }


NAMES = ["regression", "chinese", "impacts", "tests", "aer", "regional-studies", "three-line", "describe", "balance", "correlation"]  # fmt: skip


def written(table, suffix: str) -> str:
    if suffix == "txt":
        return table.to_text() + "\n"
    method = {"tex": "to_latex", "html": "to_html", "md": "to_markdown", "typ": "to_typst", "csv": "to_csv"}[suffix]
    return getattr(table, method)()


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_snapshot(tables, name, suffix):
    path, text = FOLDER / f"{name}.{suffix}", written(tables[name], suffix)
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.is_file(), f"{path.name} is missing; tests/snapshots/README.md says how to write it"
    assert text == path.read_text(encoding="utf-8")
