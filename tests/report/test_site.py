"""The index page, as text; tests/acceptance looks at a real one in a browser."""

import re

import pytest

from toolkit.report.site import Section, Shown, index_page

FIGURE = Shown(kind="figure", title="Moran's I", alt="It falls", files=("a/f 1.pdf", "a/f 1.png"))
TABLE = Shown(kind="table", title="Spillovers", files=("a/t.tex",), preview="<table><tr><td>1</td></tr></table>")


def page(*sections, **options):
    return index_page("Results", sections, **{"versions": {"numpy": "2.4"}, "manifest": "manifest.json", **options})


def test_a_section_shows_title_summary_facts_links_and_previews():
    section = Section(
        name="a", title="Public capital", summary="It pays.", page="a/notebook.html",
        facts={"Seeds": "1, 2", "Weights": ""}, shown=(FIGURE, TABLE),
    )  # fmt: skip
    text = page(section)
    for part in (
        '<section id="a" lang="en">', "<h2>Public capital</h2>", "It pays.", 'href="a/notebook.html"',
        "<dt>Seeds</dt><dd>1, 2</dd>", 'src="a/f%201.png" alt="It falls"', 'href="a/f%201.pdf"', ">TEX</a>",
        TABLE.preview, "1 notebook.", "<td>2.4</td>",
    ):  # fmt: skip
        assert part in text, part
    assert "Weights" not in text and 'class="mark"' not in text and "<nav" not in text


@pytest.mark.parametrize(
    ("flags", "mark"), [({"quick": True}, "Reduced setting"), ({"stale": True}, "An input has changed since")]
)
def test_marks(flags, mark):
    assert mark in page(Section(name="a", title="A", page="a.html", **flags))


def test_several_sections_have_contents_and_their_own_language():
    text = page(Section(name="a", title="A", page="a.html"), Section(name="b", title="省", page="b.html", lang="zh"))
    assert re.findall(r'<li><a href="#(\w)" lang="(\w\w)">', text) == [("a", "en"), ("b", "zh")]
    assert '<section id="b" lang="zh">' in text and "2 notebooks." in text


def test_nothing_is_asked_of_the_network_and_text_is_escaped():
    text = page(Section(name="a", title="<script>x</script>", summary="a & b <i>", page='"><b>', facts={"<k>": "<v>"}))
    assert "<script" not in text and "<i>" not in text and "<b>" not in text and "<k>" not in text
    assert "http" not in text and "@import" not in text and "url(" not in text
    assert text.startswith('<!doctype html>\n<html lang="en">') and 'name="viewport"' in text


def test_a_table_without_its_own_scrolling_can_be_scrolled_by_keyboard():
    def shown(preview):
        return Shown(kind="table", title="T", files=(), preview=preview)

    text = page(Section(name="a", title="A", page="a.html", shown=(shown("<table>"), shown('<div tabindex="0">'))))
    assert text.count('tabindex="0"') == 2 and text.count('role="region"') == 1, text
