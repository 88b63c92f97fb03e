"""The page of methods: names, arguments, anchors, citations and formulas are real."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import toolkit as tk
from toolkit.errors import InputError
from toolkit.pipeline.handbook import rooms
from toolkit.report import methods

ROOT = Path(__file__).parents[2]
SOURCE = "\n\n".join(methods.texts())
SECTIONS = re.split(r"^## ", SOURCE, flags=re.M)[1:]
CALLS = sorted(set(re.findall(r"`(tk\.[^`]+)`", SOURCE)))


@pytest.fixture(scope="module")
def page():
    return methods.methods_body()


@pytest.mark.parametrize("call", CALLS)
def test_calls_exist_and_take_their_arguments(call):
    node = ast.parse(call, mode="eval").body
    named = node.func if isinstance(node, ast.Call) else node
    found = tk
    for part in ast.unparse(named).split(".")[1:]:
        found = getattr(found, part)
    assert callable(found)
    if isinstance(node, ast.Call):
        inspect.signature(found).bind(*node.args, **{k.arg: k.value for k in node.keywords})


def test_every_public_family_of_calls_is_explained():
    named = set(re.findall(r"tk\.(\w+)", SOURCE))
    left = {n for n in tk.__all__ if callable(getattr(tk, n)) and not inspect.isclass(getattr(tk, n))} - named
    assert left <= _PLUMBING, left - _PLUMBING


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.splitlines()[0])
def test_sections_say_the_same_five_things(section):
    for label in ("Call", "Assumes", "Not for", "Held to", "Source"):
        assert re.search(rf"^{label}\n: ", section, re.M), label
    named = re.findall(r"`(tests/[\w/.]+)`", section)
    assert named
    for path in named:
        assert (ROOT / path).is_file(), path


def test_terms_are_read_as_terms(page):
    """A definition that Markdown does not see stays in a paragraph, with its colon."""
    assert not re.search(r"<p>[A-Z][\w ]* : ", page) and "\n: " not in page
    terms = re.findall(r"^([A-Z][\w ]*)\n: ", SOURCE, re.M)
    assert page.count("<dt>") == len(terms) > 5 * len(SECTIONS)


def test_links_resolve_and_ids_are_unique(page):
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    listed = {name for room in rooms() for name in room.names}
    assert set(re.findall(r'href="reference.html#([^"]+)"', page)) <= listed
    assert "http" not in re.sub(r"<(?:p|li|dd)\b.*?>", "", page)
    assert page.startswith("<h1>Methods</h1>") and page.count("<h1") == 1


def test_works_cited_are_listed_and_works_listed_are_cited(page):
    cited = set(re.findall(r"\[@([a-z0-9_]+)\]", SOURCE))
    assert cited == set(methods.references())
    assert set(re.findall(r'<li id="ref-([a-z0-9_]+)">', page)) == cited
    for key, work in methods.references().items():
        year = re.search(r"\((\d{4}[ab]?)\)", work["cite"])[1]
        assert f"({year})." in work["entry"], key
        assert work["cite"].split()[0].rstrip(",") in work["entry"], key


def test_every_formula_is_drawn_and_read_aloud(page):
    assert "<code class='math'>" not in page
    drawn = re.findall(r"<svg class='math' role='img' aria-label='([^']+)'", page)
    assert len(drawn) > 250
    assert "$" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.S)


def test_a_work_that_is_not_listed_is_refused():
    with pytest.raises(InputError, match="'nobody_1900' is not among the references"):
        methods.render("As [@nobody_1900] says.")


#: What the page need not explain: data in and out, tables, and parts of what a section names.
_PLUMBING = {
    "load", "table", "ahp_hierarchy", "indicator_system", "local_moran_bivariate", "moran_differential", "mrqap",
    "shares_indicators", "centre_of_gravity",
}  # fmt: skip
