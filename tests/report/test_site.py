"""The site's pages, as text; tests/acceptance looks at real ones in a browser."""

import re

import pytest

from toolkit.report.site import Section, Shown, frame, notebook_body, overview_body

FIGURE = Shown(kind="figure", title="Moran's I", alt="It falls", files=("f 1.pdf", "f 1.png"))
TABLE = Shown(kind="table", title="Spillovers", files=("t.tex",), preview="<table><tr><td>1</td></tr></table>")
CLAIM = {"id": "P1-C45", "statement": "A < B", "verdict": "not supported"}


def overview(*sections, **handbook):
    return overview_body("Results", sections, handbook=handbook)


def test_a_notebook_shows_title_summary_facts_links_and_previews():
    section = Section(
        name="a", title="Public capital", summary="It pays.", page="notebook.html",
        facts={"Seeds": "1, 2", "Weights": ""}, shown=(FIGURE, TABLE),
    )  # fmt: skip
    text = notebook_body(section)
    for part in (
        "<h1>Public capital</h1>", "It pays.", 'href="notebook.html"', "<dt>Seeds</dt><dd>1, 2</dd>",
        'src="f%201.png" alt="It falls"', 'href="f%201.pdf"', ">TEX</a>", TABLE.preview,
    ):  # fmt: skip
        assert part in text, part
    assert "Weights" not in text and 'class="mark"' not in text and 'id="claims"' not in text


def test_a_notebook_lists_the_claims_it_decided_with_links_to_the_ledger():
    text = notebook_body(Section(name="a", title="A", page="x", claims=[CLAIM]), ledger="../../ledger.html")
    assert '<a href="../../ledger.html#P1-C45">P1-C45</a>' in text and "A &lt; B" in text
    assert '<span class="verdict not-supported">not supported</span>' in text
    first = overview(*(Section(name=name, title=name, page="x", claims=[CLAIM]) for name in "ab"))
    assert first.count('<span class="verdict not-supported">not supported 1</span>') == 2
    assert "They decide 2 claims" in first and '<span class="verdict not-supported">not supported 2</span>' in first
    assert "claims" not in overview(Section(name="a", title="A", page="x"))


@pytest.mark.parametrize(
    ("flags", "mark"), [({"quick": True}, "Reduced setting"), ({"stale": True}, "An input has changed since")]
)
def test_marks(flags, mark):
    section = Section(name="a", title="A", page="a.html", **flags)
    assert notebook_body(section).count(mark) == 1 and overview(section).count(mark) == 1


def test_the_overview_has_a_card_for_each_notebook_in_its_language():
    text = overview(
        Section(name="a", title="A", page="x", shown=(FIGURE,)), Section(name="b", title="省", page="x", lang="zh")
    )
    assert re.findall(r'<li class="card" id="(\w)" lang="(\w\w)">', text) == [("a", "en"), ("b", "zh")]
    assert 'href="notebooks/b/index.html"' in text and "2 notebooks." in text
    assert 'src="notebooks/a/f%201.png"' in text
    assert "1 notebook." in overview(Section(name="a", title="A", page="x"))


def test_what_there_is_not_is_left_out():
    alone = overview(Section(name="a", title="A", page="x"))
    assert "Look up" not in alone and "tally" not in alone and "<img" not in alone
    assert "Look up" in overview_body("R", (), handbook={"data.html": ("Data", "Sources.")})
    assert "<header" not in frame("T", "<h1>T</h1>") and "<footer" not in frame("T", "<h1>T</h1>")


def test_the_frame_marks_the_page_and_finds_the_others_from_below():
    nav = {"index.html": "Overview", "data.html": "Data"}
    text = frame("T", "<h1>T</h1>", nav=nav, current="data.html", root="../../", lang="zh")
    assert '<a href="../../index.html">Overview</a>' in text
    assert '<a href="../../data.html" aria-current="page">Data</a>' in text
    assert text.startswith('<!doctype html>\n<html lang="zh">') and 'name="viewport"' in text
    assert text.index('<a class="skip" href="#main">') < text.index("<nav") < text.index('<main id="main"')


def test_nothing_is_asked_of_the_network_and_text_is_escaped():
    section = Section(name="a", title="<script>x</script>", summary="a & b <i>", page='"><b>', facts={"<k>": "<v>"})
    text = frame("<script>", notebook_body(section) + overview(section), nav={"a": "<b>"})
    assert "<script" not in text and "<i>" not in text and "<b>" not in text and "<k>" not in text
    assert "http" not in text and "@import" not in text and "url(" not in text


def test_a_table_without_its_own_scrolling_can_be_scrolled_by_keyboard():
    def shown(preview):
        return Shown(kind="table", title="T", files=(), preview=preview)

    section = Section(name="a", title="A", page="a.html", shown=(shown("<table>"), shown('<div tabindex="0">')))
    text = notebook_body(section)
    assert text.count('tabindex="0"') == 2 and text.count('role="region"') == 1, text
