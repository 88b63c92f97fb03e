"""The claims ledger: decisions come from numbers, are gathered once, and drift is caught."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import toolkit as tk
from toolkit.data.claims import VERDICTS, inventory
from toolkit.errors import DataError, InputError, ReplicationError
from toolkit.pipeline import ledger
from toolkit.report.ledger import ledger_body


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TOOLKIT_REPLICATION_DIR", str(tmp_path))
    return tmp_path


def with_figures(n):
    """An id of the inventory that states n numbers with different items."""
    for c in inventory().values():
        items = [f["item"] for f in c.figures]
        if len(items) == n == len(set(items)) and not any(isinstance(f["value"], str) for f in c.figures):
            return c
    raise AssertionError


def test_figures_are_met_to_the_digits_stated(folder):
    claim = with_figures(1)
    v = float(claim.figures[0]["value"])
    assert ledger.figures(claim.id, {"as printed": [v]}).verdict == "reproduced"
    assert ledger.figures(claim.id, {"as printed": [v * 1.5 + 1]}).verdict == "contradicted"
    assert ledger.figures(claim.id, {"as printed": [v * 1.01]}, within="2%").verdict == "reproduced"
    found = json.loads((folder / ledger.CLAIMS_FILE).read_text())
    assert len(found) == 1 and found[0]["id"] == claim.id  # decided again: the last one stands


def test_another_reading_makes_it_ambiguous_and_all_are_listed(folder):
    claim = with_figures(2)
    right = [float(f["value"]) for f in claim.figures]
    wrong = [v * 2 + 1 for v in right]
    d = ledger.figures(claim.id, {"simple mean": wrong, "weighted mean": right, "median": wrong})
    assert d.verdict == "ambiguous"
    assert d.reading == "weighted mean (reading 2 of 3: simple mean; weighted mean; median)"
    assert ledger.figures(claim.id, {"one": [right[0], wrong[1]]}).verdict == "ambiguous"
    assert ledger.figures(claim.id, {"one": wrong, "two": wrong}).verdict == "contradicted"
    part = ledger.figures(claim.id, {"one": {claim.figures[0]["item"]: right[0]}})
    assert part.verdict == "reproduced" and "not computed" in part.note


def test_truth_values(folder):
    claim = with_figures(1).id
    assert ledger.holds(claim, {"a": True, "b": np.bool_(True)}).verdict == "reproduced"
    assert ledger.holds(claim, {"a": True, "b": False}).verdict == "ambiguous"
    assert ledger.holds(claim, {"a": False}).verdict == "contradicted"
    with pytest.raises(InputError, match="comparison"):
        ledger.holds(claim, {"a": "reproduced"})


@pytest.mark.parametrize(
    ("rows", "kw", "verdict"),
    [
        ([("a", 1, 0.5, 1.5)] * 6, {"expects": "positive"}, "supported"),
        ([("a", 1, 0.5, 1.5)] * 6, {"expects": "negative"}, "not supported"),
        ([("a", 1, 0.5, 1.5)] * 5 + [("b", -1, -2, -0.5)], {"expects": "positive"}, "inconclusive"),
        ([("a", 1, -0.5, 1.5)] * 6, {"expects": "positive"}, "inconclusive"),
        ([("a", 0.01, -0.05, 0.06)] * 6, {"expects": "positive", "smallest": 0.1}, "not supported"),
        ([("a", 0.01, -0.05, 0.06)] * 6, {"expects": "zero", "smallest": 0.1}, "supported"),
        ([("a", 0.5, 0.4, 0.6)] * 6, {"expects": "zero", "smallest": 0.1}, "not supported"),
    ],
)
def test_estimates(folder, rows, kw, verdict):
    d = ledger.estimates("P1-C45", rows, **kw)
    assert d.verdict == verdict and "of 6 specifications" in d.method


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ledger.figures("P9-C1", {"a": [1]}), "no claim 'P9-C1'"),
        (lambda: ledger.figures("P1-C45", {"a": [1]}), "states no number"),
        (lambda: ledger.figures(with_figures(2).id, {"a": [1]}), "2 figures; 1"),
        (lambda: ledger.figures(with_figures(1).id, {"a": [None]}), "no value was computed"),
        (lambda: ledger.estimates("P1-C45", [], expects="positive"), "outside its interval"),
        (lambda: ledger.estimates("P1-C45", [("a", 1, 2, 3)], expects="positive"), "outside its interval"),
        (lambda: ledger.estimates("P1-C45", [("a", 1, 0, 3)], expects="up"), "positive, negative, zero"),
        (lambda: ledger.estimates("P1-C45", [("a", 1, 0, 3)], expects="zero"), "smallest="),
    ],
)
def test_refusals(folder, call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_what_nobody_decides_names_the_data_it_lacks(folder):
    ledger.lacks("P1-C45")
    one = json.loads((folder / ledger.CLAIMS_FILE).read_text())
    rows = ledger.ledger_rows({"mine": [{**one[0], "cell": "x"}]})
    assert len(rows) == len(inventory()) and all(r["verdict"] in VERDICTS for r in rows)
    assert all(r["data"].startswith("needs: ") and len(r["data"]) > 8 for r in rows if not r["notebook"])
    assert {r["verdict"] for r in rows if r["testability"] == "provincial-panel" and not r["notebook"]} == {"undecided"}
    with pytest.raises(ReplicationError, match="two notebooks"):
        ledger.ledger_rows({"a": one, "b": one})


def row(**kw):
    return {
        "id": "P1-C45",
        "verdict": "supported",
        "computed": "a 1.2345 [1, 2]",
        "notebook": "n",
        "random": "False",
    } | kw


def test_drift_shows_old_and_new():
    assert ledger.drift([row()], [row()], quick=False) == []
    assert ledger.drift([row(computed="a 1.23451 [1, 2]")], [row()], quick=False) == []
    assert ledger.drift([row(verdict="inconclusive")], [row()], quick=False) == ["P1-C45: supported -> inconclusive"]
    assert ledger.drift([row(computed="a 1.3 [1, 2]")], [row()], quick=False)[0].endswith("-> a 1.3 [1, 2]")
    assert "not in the accepted" in ledger.drift([row()], [], quick=False)[0]
    assert "no notebook" in ledger.drift([], [row()], quick=False)[0]
    assert ledger.drift([row(random="True", verdict="inconclusive")], [row()], quick=True) == []


def test_page_holds_every_claim_and_asks_nothing_of_the_network(folder):
    rows = ledger.ledger_rows({"mine": [{**json.loads(json.dumps(ledger.lacks("P1-C45").__dict__)), "cell": "abc"}]})
    page = ledger_body(rows, page="{}/notebook.html")
    assert page.count("<article") == 390 and "http" not in page.replace("https://doi", "")
    assert 'href="mine/notebook.html#cell-id=abc"' in page and "城市群" in page


def test_claims_read_a_ledger(tmp_path, folder):
    assert len(tk.claims()) == 390 and len(tk.claims("P0")) == 116
    rows = ledger.ledger_rows({"mine": [{**ledger.holds("P1-C45", {"x": True}).__dict__, "cell": ""}]})
    path = tmp_path / "claims.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    found = tk.claims("P1", "reproduced", results=path)
    assert list(found.tidy()["id"]) == ["P1-C45"] and found.glance().loc["P1", "reproduced"] == 1
    with pytest.raises(InputError, match="paper='P7'"):
        tk.claims("P7")
    with pytest.raises(DataError, match="no file"):
        tk.claims(results=tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="not a ledger"):
        tk.claims(results=tmp_path / "other.csv")
