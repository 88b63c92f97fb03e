"""Numpy-style docstrings as HTML, and the statements of their examples."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

__all__ = ["call_in_example", "highlighted", "inline", "rendered", "summary"]

#: Draws a formula (TeX) as HTML; ``display=True`` for one on a line of its own.
Formula = Callable[..., str]
_FIELDS = ("Parameters", "Attributes", "Returns", "Yields", "Raises", "Warns")
_PROSE = ("Notes", "References")
_INLINE = re.compile(r":math:`(?P<math>[^`]+)`|(?::\w+:)?(?P<ticks>``?)(?P<code>.+?)(?P=ticks)", re.DOTALL)
_ITEM = re.compile(r"(?:[-*]|\d+\.) ")


def summary(thing: Any) -> str:
    """First paragraph of a docstring, on one line; plain text, still with its code marks.

    Examples
    --------
    >>> summary(summary)
    'First paragraph of a docstring, on one line; plain text, still with its code marks.'
    """
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def rendered(thing: Any, *, formula: Formula, links: Callable[[str], str] = lambda name: "") -> str:
    """A whole docstring: prose, lists of parameters, highlighted examples.

    Parameters
    ----------
    thing : object
        With a docstring in numpy style.
    formula : callable
        ``formula(tex, display=False)`` gives HTML.
    links : callable, optional
        Address of a name in backticks, empty where it has none.

    Returns
    -------
    str
        HTML fragment; its headings are ``<h4>``.
    """
    from statsmodels.tools.docstring import NumpyDocString

    parsed = NumpyDocString(inspect.getdoc(thing) or "")

    def prose(lines: Sequence[str]) -> str:
        return "".join(_block(block, formula, links) for block in _blocks(lines))

    parts = [prose([*parsed["Summary"], "", *parsed["Extended Summary"]])]
    for heading in _FIELDS:
        if parsed[heading]:
            parts.append(f'<h4>{heading}</h4><dl class="fields">{_fields(parsed[heading], prose)}</dl>')
    for heading in _PROSE:
        if parsed[heading]:
            parts.append(f"<h4>{heading}</h4>{prose(parsed[heading])}")
    if parsed["Examples"]:
        parts.append("<h4>Examples</h4>" + highlighted("\n".join(parsed["Examples"]), console=True))
    return "".join(parts)


def highlighted(source: str, *, console: bool = False) -> str:
    """Python source, or a session with prompts and answers, coloured by class names.

    Examples
    --------
    >>> highlighted("x = 1")[:24]
    '<div class="highlight"><'
    """
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
    from pygments.lexers import PythonConsoleLexer, PythonLexer  # type: ignore[import-untyped]

    shown = highlight(source.strip("\n"), PythonConsoleLexer() if console else PythonLexer(), HtmlFormatter())
    return shown.replace("<pre>", '<pre tabindex="0">', 1).strip()


def call_in_example(thing: Any, *names: str) -> tuple[list[str], str]:
    """Statements of the docstring's example up to the first call of one of `names`, and that call alone.

    Parameters
    ----------
    thing : object
        With a docstring.
    *names : str
        As the call may be written, e.g. ``"tk.maps.lisa"``.

    Returns
    -------
    (list of str, str)
        Sources; the call is empty where the example has none.

    Examples
    --------
    >>> call_in_example(summary, "summary")
    ([], 'summary(summary)')
    """
    before: list[str] = []
    for example in doctest.DocTestParser().get_examples(inspect.getdoc(thing) or ""):
        if example.exc_msg is not None:
            continue
        for node in ast.walk(ast.parse(example.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                return before, str(ast.get_source_segment(example.source, node))
        before.append(example.source.rstrip("\n"))
    return before, ""


def inline(text: str, formula: Formula, links: Callable[[str], str]) -> str:
    """One paragraph: code in backticks, formulas, links to known names; everything else as it is."""
    parts, end = [], 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[end : found.start()], quote=False))
        end = found.end()
        if found["math"]:
            parts.append(formula(found["math"]))
        else:
            code = f"<code>{escape(found['code'], quote=False)}</code>"
            to = links(found["code"]) if len(found["ticks"]) == 1 else ""
            parts.append(f'<a href="{escape(to)}">{code}</a>' if to else code)
    return "".join(parts) + escape(text[end:], quote=False)


def _fields(fields: Iterable[Any], prose: Callable[[Sequence[str]], str]) -> str:
    rows = []
    for name, kind, description in fields:
        term = f"<code>{escape(name)}</code> " if name else ""
        rows.append(f"<dt>{term}<i>{escape(kind)}</i></dt><dd>{prose(description)}</dd>")
    return "".join(rows)


def _blocks(lines: Sequence[str]) -> list[list[str]]:
    """Paragraphs: runs of lines between empty ones."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _block(lines: Sequence[str], formula: Formula, links: Callable[[str], str]) -> str:
    first = lines[0].lstrip()
    if first.startswith(".. math::"):
        return formula(" ".join([first.removeprefix(".. math::"), *lines[1:]]).strip(), display=True)
    if all(line.startswith("  ") for line in lines):
        return f'<pre tabindex="0">{escape(inspect.cleandoc(chr(10) + chr(10).join(lines)))}</pre>'
    if _ITEM.match(first):
        items: list[str] = []
        for line in lines:
            if _ITEM.match(line):
                items.append(_ITEM.sub("", line, count=1))
            else:
                items[-1] += "\n" + line.strip()
        kind = "ol" if first[0].isdigit() else "ul"
        return f"<{kind}>{''.join(f'<li>{inline(item, formula, links)}</li>' for item in items)}</{kind}>"
    text = inline("\n".join(lines), formula, links)
    return f"<p>{text.removesuffix(':') if text.endswith('::') else text}</p>"
