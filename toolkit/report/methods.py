"""The page of methods: what is computed, by which equation, held to what, and where it comes from.

The texts are Markdown files in ``methods_text``. In them ``## Title {#anchor}`` opens a section, formulas stand between dollar signs,
``[@key]`` cites a work of ``references.toml``, and code that begins with ``tk.`` leads to the API reference.
"""

from __future__ import annotations

import html
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from toolkit.errors import InputError, listing

__all__ = ["CSS", "methods_body", "references", "render", "texts"]

#: What the page needs beyond the frame of the site.
CSS = """
.methods dl { display: grid; grid-template-columns: minmax(5.5rem, max-content) 1fr; gap: .3rem 1rem; }
.methods dt { font-weight: 600; } .methods dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.methods .references li { margin: .35rem 0; } .methods :target { scroll-margin-top: 4rem; }
@media (max-width: 40rem) { .methods dl { grid-template-columns: 1fr; } .methods dd { margin-bottom: .4rem; } }
"""
_HEADING = re.compile(r"^## (.+?) \{#([a-z-]+)\}$", re.M)
_CITATION = re.compile(r"\[@([a-z0-9_]+)\]")
_PUBLIC = re.compile(r"tk\.([\w.]+)")


def methods_body() -> str:
    """The page, to stand inside ``<main>``.

    Returns
    -------
    str
        HTML fragment that begins with ``<h1>``: contents, sections, references. Formulas are pictures with their TeX as
        alternative text; nothing is asked of the network. Links to ``reference.html#tk.NAME`` expect the API reference beside it.

    Examples
    --------
    >>> methods_body().startswith("<h1>Methods</h1>")
    True
    """
    source = "\n\n".join(texts())
    sections = [(anchor, title) for title, anchor in _HEADING.findall(source)] + [("references", "References")]
    contents = "".join(f'<li><a href="#{anchor}">{html.escape(title)}</a></li>' for anchor, title in sections)
    works = references()
    cited = sorted({k for k in _CITATION.findall(source) if k in works}, key=lambda k: works[k]["entry"])
    listed = "".join(f'<li id="ref-{k}">{_inline(works[k]["entry"])}</li>' for k in cited)
    return (
        f"<h1>Methods</h1>\n<style>{CSS}</style>\n<p>{_LEAD}</p>\n"
        f'<nav class="contents" aria-label="Contents"><ol>{contents}</ol></nav>\n'
        f'<div class="methods">\n{render(source)}'
        f'<h2 id="references">References</h2>\n<ul class="references">{listed}</ul>\n</div>\n'
    )


def texts() -> list[str]:
    """The Markdown files, in the order of the page."""
    folder = files("toolkit.report").joinpath("methods_text")
    named = sorted((f for f in folder.iterdir() if f.name.endswith(".md")), key=lambda f: f.name)
    return [f.read_text(encoding="utf-8") for f in named]


@cache
def references() -> dict[str, dict[str, str]]:
    """Works that may be cited: key -> ``cite`` (its name in the text) and ``entry`` (in the list)."""
    text = files("toolkit.report").joinpath("methods_text", "references.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def render(source: str) -> str:
    r"""Markdown of the texts as HTML.

    Raises
    ------
    InputError
        A work is cited that is not among the references.

    Examples
    --------
    >>> render("See `tk.fit(model='sar')` and [@ord_1975].").strip()
    '<p>See <a href="reference.html#tk.fit"><code>tk.fit(model=&#x27;sar&#x27;)</code></a> and <a href="#ref-ord_1975">Ord (1975)</a>.</p>'
    """
    works = references()
    unknown = [key for key in _CITATION.findall(source) if key not in works]
    if unknown:
        raise InputError(f"The work {unknown[0]!r} is not among the references.", allowed=listing(works))
    cited = _CITATION.sub(lambda m: f"[{works[m[1]]['cite']}](#ref-{m[1]})", source)
    headed = _HEADING.sub(r'<h2 id="\2">\1</h2>', cited)
    return _markdown()(headed)


def _inline(text: str) -> str:
    """Emphasis only: the title of a book or journal between stars."""
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", html.escape(text, quote=False))


@cache
def _markdown() -> Any:
    """Define on first use: nbconvert is slow to import."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    from toolkit.report.mathtext import math_image

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return math_image(body)

        def block_math(self, body: str) -> str:
            return math_image(body, display=True)

        def codespan(self, text: str) -> str:
            shown = f"<code>{html.escape(html.unescape(text))}</code>"
            named = _PUBLIC.match(text)
            return f'<a href="reference.html#tk.{named[1]}">{shown}</a>' if named else shown

        def table(self, text: str) -> str:
            return f'<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>\n{text}</table></div>\n'

    return MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True)).render


_LEAD = (
    "What is computed, and how. Each section has the equation as it is implemented, the call, what it assumes, when not to use it, "
    "what its numbers were held to (the test files named run with every change), and the source."
)
