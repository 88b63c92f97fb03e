"""build/site as a reader meets it: in a browser, on a phone, in the dark, by keyboard, without a network."""

import json
import os
import re
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest

import toolkit as tk

pytestmark = pytest.mark.acceptance

BUILD = Path(os.environ.get("TOOLKIT_BUILD", Path(__file__).parents[2] / "build"))
SITE = BUILD / "site"
OF_THE_TOOLKIT = ("data.html", "methods.html", "reference.html", "gallery.html")

#: Contrast of each piece of text with what is behind it (WCAG 2: at least 4.5, for large text 3); the worst ones.
CONTRAST = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return parse(getComputedStyle(document.body).backgroundColor);
  };
  const bad = new Set();
  for (const e of document.querySelectorAll('body, body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const [a, b] = [light(parse(style.color)), light(behind(e))].sort((x, y) => y - x);
    const needed = size >= 24 || (size >= 18.6 && style.fontWeight >= 600) ? 3 : 4.5;
    if ((a + .05) / (b + .05) < needed) bad.add(`${e.tagName}.${e.className} ${style.color} ${((a + .05) / (b + .05)).toFixed(1)}`);
  }
  return [...bad].slice(0, 5);
}"""


def written():
    """The site's own pages; the tables offered as .html are files, not pages."""
    return [p for p in sorted(SITE.rglob("*.html")) if p.parent == SITE or p.name in ("index.html", "notebook.html")]


@pytest.fixture(scope="module")
def notebooks():
    return json.loads((BUILD / "manifest.json").read_text(encoding="utf-8"))["notebooks"]


def test_every_page_is_there(notebooks):
    assert (SITE / "index.html").is_file() and (SITE / "ledger.html").is_file()
    assert all((SITE / page).is_file() for page in OF_THE_TOOLKIT)
    for name in notebooks:
        assert (SITE / "notebooks" / name / "index.html").is_file() and (
            SITE / "notebooks" / name / "notebook.html"
        ).is_file()


def test_every_link_inside_the_site_leads_somewhere_inside_the_site():
    anchors = {page: set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8"))) for page in written()}
    broken, links = [], 0
    for page in anchors:
        text = re.sub(r"<script.*?</script>|<pre.*?</pre>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in map(unescape, re.findall(r'\b(?:href|src)="([^"]*)"', text)):
            if re.match(r"(https?|data|mailto):", link):
                continue
            links += 1
            to, _, anchor = link.partition("#")
            target = (page.parent / unquote(to)).resolve() if to else page.resolve()
            inside = target.is_relative_to(SITE.resolve()) and target.is_file()
            known = {a.resolve(): ids for a, ids in anchors.items()}.get(target)
            if not inside or (anchor and known is not None and unquote(anchor) not in {unescape(i) for i in known}):
                broken.append(f"{page.relative_to(SITE)}: {link}")
    assert links > 500 and broken == []


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, False), (390, True)])
def test_every_page_fits_is_readable_and_asks_nothing_of_the_network(look, width, dark):
    wrong = {}
    for path in written():
        page, faults = look(path, width, dark=dark)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            faults.append(f"{wide} pixels wide")
        faults += [f"contrast: {text}" for text in page.evaluate(CONTRAST) if path.name != "notebook.html"]
        faults += page.evaluate(
            "[...document.images].filter(i => !i.naturalWidth).map(i => 'not drawn: ' + i.src.slice(-80))"
        )
        faults += page.evaluate(
            "[...document.images].filter(i => !i.hasAttribute('alt')).map(i => 'no alt: ' + i.src.slice(-80))"
        )
        faults += [] if page.evaluate("document.documentElement.lang") else ["no language"]
        page.close()
        if faults:
            wrong[path.relative_to(SITE).as_posix()] = faults
    assert wrong == {}


def test_headings_are_in_order(look):
    for path in written():
        if path.name == "notebook.html":
            continue  # as its author wrote it
        page, _ = look(path)
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5')].map(h => +h.tagName[1])")
        page.close()
        assert levels.count(1) == 1 and levels[0] == 1, path
        assert all(b <= a + 1 for a, b in pairwise(levels)), path


def test_the_overview_leads_to_each_notebook_and_to_the_other_pages(look, notebooks):
    page, _ = look(SITE / "index.html")
    titles = page.locator("#notebooks + ul h3").all_inner_texts()
    assert titles == [entry["title"] for entry in notebooks.values()]
    labels = page.locator("header nav a").all_inner_texts()
    assert labels[:2] == ["Overview", "Claims"] and {"Data", "Methods", "Reference", "Gallery"} <= set(labels)
    for label in labels:
        page.get_by_role("navigation", name="Site").get_by_role("link", name=label, exact=True).click()
        assert page.locator('header nav a[aria-current="page"]').inner_text() == label
        assert page.locator("h1").count() == 1


def test_a_notebooks_page_shows_its_tables_figures_and_claims(look, notebooks):
    for name, entry in notebooks.items():
        page, _ = look(SITE / "notebooks" / name / "index.html")
        kinds = [a["kind"] for a in entry["artefacts"]]
        assert page.locator("figure.figure img").count() == kinds.count("figure"), name
        assert page.locator("figure.table table").count() >= kinds.count("table"), name
        assert page.locator("#claims + p + div tbody tr").count() == len(entry["claims"]), name
        page.get_by_role("link", name="Read the notebook").click()
        text = page.locator("main").inner_text()
        assert entry["title"] in text and "Traceback" not in text
        page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_claims_are_filtered(look, width):
    page, faults = look(SITE / "ledger.html", width)
    assert page.locator("#claims article").count() == 390
    page.select_option("#verdict", "reproduced")
    page.select_option("#paper", "P3")
    shown = page.locator("#claims article:visible")
    assert 0 < shown.count() < 60 and page.locator("#count").inner_text() == f"{shown.count()} of 390 claims"
    page.fill("#words", "no such words")
    assert shown.count() == 0
    page.fill("#words", "")
    shown.get_by_role("link", name="code and evidence").first.click()
    cell = unquote(page.url.split("#")[1])
    assert page.locator(f'[id="{cell}"]').count() == 1
    assert faults == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_name_is_found_in_the_reference(look, width):
    page, faults = look(SITE / "reference.html", width)
    everything = page.locator("article.entry").count()
    page.fill("#find", "moran")
    names = [a.get_attribute("data-entry") for a in page.locator("article.entry:visible").all()]
    assert {"tk.moran", "tk.local_moran", "tk.charts.moran_scatter"} <= set(names) and len(names) < everything / 4
    assert all("moran" in name.lower() for name in names)
    page.fill("#find", "collinear")  # in no name: the texts are searched
    assert "tk.fit" in [a.get_attribute("data-entry") for a in page.locator("article.entry:visible").all()]
    page.fill("#find", "")
    assert page.locator("article.entry:visible").count() == everything
    page.locator("nav.contents a", has_text=re.compile("^tk.fit$")).click()
    assert page.evaluate("Math.abs(document.getElementById('tk.fit').getBoundingClientRect().top) < 200")
    assert page.locator('[id="tk.fit"] .gp').count() > 0, "examples are highlighted"
    assert faults == []


def test_the_gallery_has_every_chart_and_map(look):
    page, _ = look(SITE / "gallery.html")
    names = {f"tk.{m}.{n}" for m in ("charts", "maps") for n in getattr(tk, m).__all__}
    assert {f.get_attribute("id") for f in page.locator("figure").all()} == names
    assert page.evaluate("[...document.images].every(i => i.naturalWidth > 300 && i.alt.length > 20)")
    page.locator("summary").first.click()
    assert "tk.maps." in page.locator("details pre").first.inner_text()


def test_the_keyboard_reaches_the_content_and_the_navigation(look):
    page, _ = look(SITE / "index.html")
    focused = "document.activeElement"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.className") == "skip"
    assert page.evaluate(f"{focused}.getBoundingClientRect().left") >= 0, "the skip link shows when it has the focus"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.textContent") == "Overview"
    assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") == "solid"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{focused}.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.querySelector('main').contains({focused})")


def test_what_is_printed_has_no_navigation(look):
    page, _ = look(SITE / "index.html")
    page.emulate_media(media="print")
    assert not page.locator("header").is_visible() and page.locator("h1").is_visible()
