"""The page of claims, as text."""

import pytest

from toolkit.report.ledger import ledger_body

KEYS = [
    "paper",
    "section",
    "line",
    "kind",
    "statement",
    "phrase_zh",
    "verdict",
    "stated",
    "computed",
    "reading",
    "method",
    "data",
    "notebook",
    "cell",
    "note",
]


def row(**given):
    return {"id": "P1-C45", **dict.fromkeys(KEYS, ""), "paper": "P1", "verdict": "reproduced", **given}


def body(*rows, **options):
    return ledger_body(rows, page="notebooks/{}/notebook.html", **options)


def test_a_decided_claim_links_to_its_cell_and_an_undecided_one_to_none():
    text = body(row(notebook="one", cell="ab1"), row(id="P1-C46", verdict="undecided"))
    assert text.count('href="notebooks/') == 1 and 'href="notebooks/one/notebook.html#cell-id=ab1"' in text
    assert 'data-verdict="undecided"' in text and "<option>undecided</option>" in text


@pytest.mark.parametrize(
    ("options", "part"), [({"quick": True}, "Reduced setting"), ({"table": "claims.csv"}, 'href="claims.csv" download')]
)
def test_options(options, part):
    assert part in body(row(), **options) and part not in body(row())


def test_text_is_escaped():
    text = body(row(statement="<script>x", computed="a < b", note="<i>"))
    assert text.count("<script>") == 1 and "a &lt; b" in text and "<i>" not in text
