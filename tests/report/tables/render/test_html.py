from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit as tk
from toolkit.report.tables.render.html import escape
from toolkit.report.tables.render.symbols import PLAIN, legal, one_line

VOID = {"br", "meta"}


class Reader(HTMLParser):
    """Checks that tags are nested and keeps text and attributes."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_comes_through_as_text(text):
    read = Reader(escape(text))
    assert {tag for tag, _ in read.tags} <= {"i"}
    assert "".join(read.text) == legal(one_line("".join(PLAIN.get(c, c) for c in text)))


def test_structure(ols, sdm):
    html = tk.table([ols, sdm, sdm.impacts], caption="A & <b>", notes="<script>alert(1)</script>").to_html()
    read = Reader(html)
    tags = [tag for tag, _ in read.tags]
    assert tags.count("table") == tags.count("caption") == tags.count("thead") == tags.count("tfoot") == 1
    assert "script" not in tags and "b" not in tags
    scopes = {attrs.get("scope") for tag, attrs in read.tags if tag == "th"}
    assert scopes == {"col", "colgroup", "row", "rowgroup"}
    body = html.split("<tbody", 1)[1]
    for line in [line for line in body.splitlines() if line.startswith('<tr><th scope="row">')]:
        assert line.count("<td>") == 5
    assert "http" not in html and "A &amp; &lt;b&gt;" in html
    assert '<span class="tk-l">0</span><span class="tk-r">.155<sup>***</sup></span><br>' in html
    assert "<i>ρ</i> (<i>Wy</i>)" in html


@pytest.mark.parametrize(("lang", "code"), [("en", "en"), ("zh", "zh-CN")])
def test_page(ols, lang, code):
    page = tk.table(ols, lang=lang, caption="C").to_html(standalone=True)
    read = Reader(page)
    assert page.startswith("<!doctype html>") and f'<html lang="{code}">' in page
    assert {"charset": "utf-8"} in [attrs for tag, attrs in read.tags if tag == "meta"]
    assert not [tag for tag, attrs in read.tags if "src" in attrs or "href" in attrs]
