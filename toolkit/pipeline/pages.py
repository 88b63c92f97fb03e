"""An executed notebook as one HTML page that asks nothing of the network."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["math_image", "notebook_page"]

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


def math_image(tex: str, *, display: bool = False) -> str:
    r"""Draw a formula as an inline picture; what cannot be drawn is shown as its TeX source.

    Parameters
    ----------
    tex : str
        Formula without dollar signs.
    display : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
        HTML fragment.

    Examples
    --------
    >>> math_image(r"y = \rho W y + X\beta").startswith("<img class='math'")
    True
    >>> math_image(r"\begin{cases} 1 \end{cases}")
    "<code class='math'>\\begin{cases} 1 \\end{cases}</code>"
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.mathtext import MathTextParser

    source = " ".join(tex.split())
    label = html.escape(source, quote=True)
    size = 13 if display else 11
    picture = io.BytesIO()
    try:
        with rc_context({"mathtext.fontset": "cm", "svg.fonttype": "path", "svg.hashsalt": "math"}):
            width, height, depth, *_ = MathTextParser("path").parse(f"${source}$", dpi=72, prop=_font(size))
            figure = Figure(figsize=(width / 72, height / 72))
            figure.text(0, depth / height, f"${source}$", fontsize=size)
            figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None})
    except (ValueError, ZeroDivisionError):
        shown = f"<code class='math'>{html.escape(source, quote=False)}</code>"
    else:
        data = base64.b64encode(picture.getvalue()).decode()
        style = f"height:{height / size:.3f}em;vertical-align:{-depth / size:.3f}em;display:inline;margin:0"
        shown = f"<img class='math' alt=\"{label}\" style=\"{style}\" src='data:image/svg+xml;base64,{data}'>"
    return (
        f"<div style='text-align:center;margin:1em 0;font-size:115%;overflow-x:auto'>{shown}</div>"
        if display
        else shown
    )


def _font(size: float) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(size=size)


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
