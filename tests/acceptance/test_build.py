"""build/ as a reader meets it: complete, compiled, opened, looked at. Run by `make acceptance` after `make replicate`."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("TOOLKIT_BUILD", ROOT / "build"))
#: A4 with 1 in margins: the 16 cm of text that tables are fitted to unless told otherwise.
LATIN = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{lmodern}"
CHINESE = r"\documentclass[UTF8]{ctexart}"
DOCUMENT = r"""%s
\usepackage[a4paper,margin=1in]{geometry}
%s
\begin{document}
\input{%s}
\end{document}
"""


@pytest.fixture(scope="module")
def notebooks():
    return json.loads((BUILD / "manifest.json").read_text(encoding="utf-8"))["notebooks"]


def files(notebooks, suffix):
    found = [BUILD / f for entry in notebooks.values() for f in entry["files"] if f.endswith(suffix)]
    assert found, f"no {suffix} in {BUILD}"
    return found


def test_every_notebook_of_analyses_was_run(notebooks):
    sources = {p.stem for p in (ROOT / "analyses").glob("*.ipynb")}
    assert sources and set(notebooks) == sources


def test_every_notebook_left_a_table_a_figure_and_its_page(notebooks):
    for name, entry in notebooks.items():
        suffixes = {Path(f).suffix for f in entry["files"]}
        assert {".tex", ".docx", ".pdf", ".png", ".html"} <= suffixes, name


def test_the_manifest_says_what_the_numbers_rest_on(notebooks):
    for name, entry in notebooks.items():
        source = (ROOT / "analyses" / f"{name}.ipynb").read_text(encoding="utf-8")
        for kind in ("data", *(["weights"] if "tk.weights" in source else [])):
            assert entry[kind], f"{name} recorded no {kind}"
            assert all(re.fullmatch("[0-9a-f]{64}", thing["hash"]) for thing in entry[kind])
        assert {"numpy", "pandas", "scipy", "libpysal"} <= set(entry["packages"])


def test_every_file_is_what_the_manifest_says(notebooks):
    for entry in notebooks.values():
        for name, digest in entry["files"].items():
            assert hashlib.sha256((BUILD / name).read_bytes()).hexdigest() == digest, name


def test_tables_compile(notebooks, tmp_path):
    for path in files(notebooks, ".tex"):
        chinese = re.search("[\u4e00-\u9fff]", path.read_text(encoding="utf-8"))
        engine, head = ("xelatex", CHINESE) if chinese else ("pdflatex", LATIN)
        needs = re.match(r"% Needs (\\usepackage\{[a-z,]+\})", path.read_text(encoding="utf-8"))
        assert needs, f"{path.name} does not say which packages it needs"
        (tmp_path / "table.tex").write_text(DOCUMENT % (head, needs[1], path.as_posix()), encoding="utf-8")
        done = subprocess.run(
            [engine, "-interaction=nonstopmode", "-halt-on-error", "table.tex"],
            cwd=tmp_path, capture_output=True, text=True, errors="replace",
        )  # fmt: skip
        assert done.returncode == 0, f"{path}:\n{done.stdout[-2000:]}"
        assert "Overfull \\hbox" not in done.stdout, f"{path} is wider than the page"
        assert "Missing character" not in (tmp_path / "table.log").read_text(encoding="utf-8", errors="replace"), path
        words = subprocess.run(["pdftotext", "table.pdf", "-"], cwd=tmp_path, capture_output=True, text=True).stdout
        assert len(words.split()) > 20, path


def test_word_files_open_again(notebooks):
    import docx

    for path in files(notebooks, ".docx"):
        tables = docx.Document(str(path)).tables
        assert tables and any(cell.text.strip() for cell in tables[0].rows[-1].cells), path


def test_figures_are_pictures_and_have_real_fonts(notebooks):
    from pypdf import PdfReader

    for path in files(notebooks, ".png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    for path in files(notebooks, ".pdf"):
        fonts = [f.get_object() for p in PdfReader(path).pages for f in p["/Resources"].get("/Font", {}).values()]
        assert all(font["/Subtype"] != "/Type3" for font in fonts), path


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    assert found, "chromium is needed: apt-get install chromium"
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def look(browser, path, width, *, dark=False):
    """Open a page; return it with what went wrong and what it asked of the network."""
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    faults = []
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("request", lambda r: faults.append(f"asked: {r.url}") if not r.url.startswith(("file:", "data:")) else None)
    page.goto(path.resolve().as_uri())
    page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager' })")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    return page, faults


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, False), (390, True)])
def test_the_index_page_in_a_browser(browser, notebooks, width, dark):
    page, faults = look(browser, BUILD / "index.html", width, dark=dark)
    assert faults == []
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the screen"
    assert page.evaluate("[...document.images].filter(i => i.naturalWidth == 0 || !i.alt).length") == 0
    assert page.locator("h2").all_inner_texts() == [entry["title"] for entry in notebooks.values()]
    assert page.locator("main img").count() == len(files(notebooks, ".png"))
    tables = [a for entry in notebooks.values() for a in entry["artefacts"] if a["kind"] == "table"]
    assert page.locator("main table").count() >= len(tables)
    links = page.evaluate("[...document.links].map(a => a.getAttribute('href')).filter(h => !h.startsWith('#'))")
    assert links and all((BUILD / link).is_file() for link in links)
    page.close()


def test_executed_notebooks_in_a_browser(browser, notebooks):
    for name, entry in notebooks.items():
        page, faults = look(browser, BUILD / name / "notebook.html", 1000)
        assert faults == [], name
        text = page.locator("main").inner_text()
        assert entry["title"] in text and "Traceback" not in text
        page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_of_claims_in_a_browser(browser, width):
    page, faults = look(browser, BUILD / "claims.html", width)
    assert page.locator("article").count() == 390
    page.select_option("#verdict", "reproduced")
    page.select_option("#paper", "P1")
    shown = page.locator("article:visible")
    assert 0 < shown.count() < 60
    page.fill("#words", "no such words")
    assert shown.count() == 0 and page.input_value("#words") == "no such words"
    page.fill("#words", "")
    link = page.locator("article:visible a", has_text="code and evidence").first
    target, cell = link.get_attribute("href").split("#")
    assert f'id="{cell}"' in (BUILD / target).read_text(encoding="utf-8")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == []
    page.close()


def test_the_ledger_decides_as_many_claims_as_was_set_out():
    with (BUILD / "claims.csv").open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["notebook"] and r["verdict"] != "not testable"]
    kinds = [r["testability"] for r in rows]
    assert kinds.count("internal") >= 45 and kinds.count("provincial-panel") >= 100
    assert all(r["computed"] and r["method"] and r["cell"] for r in rows)


def test_the_reference_pages_are_there_and_ask_nothing_of_the_network(browser):
    for page_file in (BUILD / "docs" / "toolkit.html", BUILD / "docs" / "toolkit" / "weights.html"):
        page, faults = look(browser, page_file, 1000)
        assert faults == []
        assert "toolkit" in page.title()
        page.close()
