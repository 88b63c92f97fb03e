"""Formulas as pictures: drawn once, shown without a script, read aloud by their TeX source."""

from __future__ import annotations

import html
import re
from functools import cache

__all__ = ["math_image"]

#: Units of matplotlib's outlines for one em of text.
_EM = 100
#: Where matplotlib sets no space and print does: after a sum and its limits, before a logarithm or trace.
_AFTER = re.compile(r"(\\(?:sum|prod|int)(?![a-z])(?:_(?:\{[^{}]*\}|\w))?)")
_BEFORE = re.compile(r"([\w})]) ?(?=\\ln|\\log|\\mathrm\{tr\})")
#: Style of a formula on a line of its own.
_LINE = "text-align:center;margin:1em 0;padding:.2em 0;font-size:110%;line-height:2.4;overflow-x:auto"


def math_image(tex: str, *, display: bool = False) -> str:
    r"""Draw a formula as an inline picture; what cannot be drawn is shown as its TeX source.

    The drawing takes the size and the colour of the text around it, so that it is right in a dark mode and in print.

    Parameters
    ----------
    tex : str
        Formula without dollar signs, in the TeX that matplotlib draws (no environments).
    display : bool
        Whether it stands on a line of its own, which wraps at ``\qquad``.

    Returns
    -------
    str
        HTML fragment.

    Examples
    --------
    >>> math_image(r"y = \rho W y + X\beta").startswith("<svg class='math' role='img' aria-label=")
    True
    >>> math_image(r"\begin{cases} 1 \end{cases}")
    "<code class='math'>\\begin{cases} 1 \\end{cases}</code>"
    """
    source = " ".join(tex.split())
    parts = [p.strip() for p in source.split(r"\qquad")] if display else [source]
    try:
        shown = " &emsp; ".join(map(_drawing, parts))
    except ValueError:
        shown = f"<code class='math'>{html.escape(source, quote=False)}</code>"
    return f"<div class='math-line' style='{_LINE}'>{shown}</div>" if display else shown


@cache
def _drawing(source: str) -> str:
    """SVG of a formula; ValueError where it cannot be parsed."""
    from matplotlib import rc_context
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextToPath

    spaced = _BEFORE.sub(r"\1\\,", _AFTER.sub(r"\1\\,", source))
    with rc_context({"mathtext.fontset": "cm"}):
        points, codes = TextToPath().get_text_path(FontProperties(), f"${spaced}$", ismath=True)
    if not len(points):
        raise ValueError(f"{source!r} draws nothing")
    (left, low), (right, high) = Path(points, codes).get_extents().get_points().round()
    box = f"{left - 3:.0f} {-high:.0f} {right - left + 6:.0f} {high - low:.0f}"
    size = f"width:{(right - left + 6) / _EM:.2f}em;height:{(high - low) / _EM:.2f}em;vertical-align:{low / _EM:.2f}em"
    label = html.escape(source, quote=True)
    return (
        f"<svg class='math' role='img' aria-label='{label}' viewBox='{box}' style='{size};overflow:visible' "
        f"fill='currentColor'><path d='{_outline(points, codes)}'/></svg>"
    )


def _outline(points, codes) -> str:
    """Path data of an outline, y downwards."""
    from matplotlib.path import Path

    letters = {Path.MOVETO: ("M", 1), Path.LINETO: ("L", 1), Path.CURVE3: ("Q", 2), Path.CURVE4: ("C", 3)}
    parts, i = [], 0
    while i < len(codes):
        if codes[i] == Path.CLOSEPOLY:
            parts.append("Z")
            i += 1
            continue
        letter, count = letters[codes[i]]
        parts.append(letter + " ".join(f"{x:.0f} {-y:.0f}" for x, y in points[i : i + count]))
        i += count
    return "".join(parts)
