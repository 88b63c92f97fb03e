"""An executed notebook as one HTML page that asks nothing of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.report.mathtext import math_image

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["notebook_page"]

_TEMPLATE = """{%- extends "lab/index.html.j2" -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_css -%}
<link rel="icon" href="data:,">
<style>
body.jp-Notebook { max-width: 60rem; margin: 0 auto; }
.jp-OutputArea-output { overflow-x: auto; }
.jp-RenderedHTMLCommon:not(.jp-RenderedMarkdown) table.tk-table :is(td, th) { text-align: center; }
.jp-RenderedHTMLCommon:not(.jp-RenderedMarkdown) table.tk-table :is(tbody th, thead tr > :first-child, tfoot td)
  { text-align: left; }
.jp-RenderedHTMLCommon:not(.jp-RenderedMarkdown) table.tk-table tbody tr:nth-child(n) { background: none; }
.back { font: 15px/1.8 system-ui, sans-serif; margin: 1rem; } .back a { color: #1f5a8a; margin-right: 1rem; }
@media (max-width: 40rem) { .jp-InputPrompt, .jp-OutputPrompt { display: none; } body.jp-Notebook { padding: 0 4px; } }
</style>
{%- endblock -%}
{%- block body_header -%}{{ super() }}<nav class="back"><a href="../../index.html">Overview</a> <a href="index.html">Results of this notebook</a></nav>{%- endblock -%}
"""


def notebook_page(node: NotebookNode, *, title: str, lang: str = "en") -> str:
    """Render an executed notebook.

    The page has no scripts (the usual template loads MathJax, require.js and mermaid from elsewhere); formulas
    in text cells are drawn as pictures with their TeX source as alternative text. It links back to its own page of
    results, ``index.html``, and to ``../../index.html``.

    Parameters
    ----------
    node : NotebookNode
        Notebook with its outputs.
    title : str
        Title of the page, plain text.
    lang : str
        Two-letter code of the notebook's language, e.g. ``"en"`` or ``"zh"``.

    Returns
    -------
    str
        HTML document.
    """
    exporter = _exporter_class()(
        raw_template=_TEMPLATE, embed_images=True, exclude_anchor_links=True, language_code=lang
    )
    page, _ = exporter.from_notebook_node(node, resources={"metadata": {"name": title}})
    return page


def _exporter_class() -> Any:
    """Define on first use: nbconvert is slow to import."""
    from jinja2 import pass_context
    from nbconvert.exporters import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return math_image(body)

        def block_math(self, body: str) -> str:
            return math_image(body, display=True)

        def latex_environment(self, name: str, body: str) -> str:
            alone = name.rstrip("*") in {"equation", "displaymath"}
            return math_image(body if alone else f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)

    class Exporter(HTMLExporter):
        def default_filters(self) -> Any:
            yield from super().default_filters()
            yield "markdown2html", self._markdown

        @pass_context
        def _markdown(self, context: Any, source: str) -> str:
            attachments = context.get("cell", {}).get("attachments", {})
            renderer = Renderer(escape=False, embed_images=True, exclude_anchor_links=True, attachments=attachments)
            return MarkdownWithMath(renderer=renderer).render(source)

    return Exporter
