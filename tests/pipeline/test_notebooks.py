"""Reading notebooks and rendering them."""

import re

import nbformat
import pytest

from toolkit.pipeline.manifest import Hasher, packages
from toolkit.pipeline.notebooks import Notebook, discover
from toolkit.pipeline.pages import notebook_page


def written(folder, *cells, name="public_capital", **metadata):
    folder.mkdir(exist_ok=True)
    node = nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)
    nbformat.write(node, folder / f"{name}.ipynb")
    return Notebook.read(folder / f"{name}.ipynb")


text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell


@pytest.mark.parametrize(
    ("cells", "title", "summary"),
    [
        ([text("# A *first* title\nOne\nline.\n\nAnother.")], "A first title", "One line."),
        (
            [code("1"), text("## Not the title\n\n# Title\n\nText with [a link](x.html) and `code`.")],
            "Title",
            "Text with a link and code.",
        ),
        ([text("No heading.")], "Public capital", "No heading."),
        ([text("# snake_case and _stress_")], "snake_case and stress", ""),
        ([code("1")], "Public capital", ""),
    ],
)
def test_title_and_summary_come_from_the_first_text(tmp_path, cells, title, summary):
    notebook = written(tmp_path, *cells)
    assert (notebook.title, notebook.summary, notebook.lang) == (title, summary, "en")


def test_language_is_read_from_the_metadata(tmp_path):
    assert written(tmp_path, text("# 省"), lang="zh").lang == "zh"


def test_discovery_is_sorted_and_takes_names_with_suffix(tmp_path):
    for name in ("b", "a", "c"):
        written(tmp_path, name=name)
    assert [n.name for n in discover(tmp_path)] == ["a", "b", "c"]
    assert [n.name for n in discover(tmp_path, ["c.ipynb", "a", "c"])] == ["a", "c"]


def test_the_input_hash_follows_cells_and_files_only(tmp_path):
    analyses = tmp_path / "analyses"
    notebook = written(analyses, code("1"))
    first = Hasher(analyses)(notebook.cells)
    assert re.fullmatch("[0-9a-f]{64}", first)
    written(analyses, code("other"), name="another")
    assert Hasher(analyses)(notebook.cells) == first, "other notebooks are not inputs"
    assert Hasher(analyses)([("code", "2")]) != first
    (analyses / "data.csv").write_text("x")
    assert Hasher(analyses)(notebook.cells) != first


def test_packages_are_those_the_toolkit_depends_on():
    found = packages()
    assert {"numpy", "pandas", "libpysal", "nbclient"} <= set(found)
    assert "pytest" not in found and list(found) == sorted(found)


def test_a_page_asks_nothing_of_the_network(tmp_path):
    cell = code("x")
    cell.outputs = [nbformat.v4.new_output("execute_result", {"text/html": "<b>42</b>", "text/plain": "42"})]
    notebook = written(tmp_path, text(r"# T" + "\n\n" + r"Inline $\rho$." + "\n\n$$y = \\rho W y$$\n"), cell)
    page = notebook_page(notebook.node, title="A title", lang="zh")
    assert '<html lang="zh">' in page and "<title>A title</title>" in page and "<b>42</b>" in page
    links = re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)([^"']*)""", page)
    assert links == ["../../index.html", "index.html"]
    assert not re.search(r"""<script|@import|url\(["']?(http|//)""", page)
    assert page.count('class="math"') == 2 and r'aria-label="y = \rho W y"' in page
