"""build/ as a reader meets it: complete, compiled, opened. Run by `make acceptance` after `make replicate`."""

import csv
import hashlib
import json
import os
import re
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


def test_the_ledger_decides_as_many_claims_as_was_set_out():
    with (BUILD / "claims.csv").open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["notebook"] and r["verdict"] != "not testable"]
    kinds = [r["testability"] for r in rows]
    assert kinds.count("internal") >= 45 and kinds.count("provincial-panel") >= 100
    assert all(r["computed"] and r["method"] and r["cell"] for r in rows)
