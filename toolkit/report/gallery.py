"""The gallery: a picture of every chart and map, with one line of what it shows and the code that drew it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from toolkit.report.docstrings import Formula, highlighted, inline

__all__ = ["Picture", "gallery_body"]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One chart or map.

    Attributes
    ----------
    name : str
        As a user writes it, e.g. ``"tk.maps.choropleth"``.
    about : str
        What it shows, one sentence.
    code : str
        Statements that draw it; ``import toolkit as tk`` comes first.
    file : str
        Path of the picture from the page.
    """

    name: str
    about: str
    code: str
    file: str


def gallery_body(groups: Mapping[str, Iterable[Picture]], *, formula: Formula, reference: str = "") -> str:
    """The page, to be put in `toolkit.report.site.frame`.

    Parameters
    ----------
    groups : mapping of str to iterable of Picture
        Heading -> pictures.
    formula : callable
        ``formula(tex, display=False)`` draws a formula as HTML.
    reference : str
        Path of the reference page, where each name has an anchor.

    Returns
    -------
    str
        HTML fragment.

    Examples
    --------
    >>> picture = Picture(name="tk.maps.lisa", about="Clusters.", code="tk.maps.lisa(panel, record)", file="lisa.png")
    >>> 'alt="tk.maps.lisa: Clusters."' in gallery_body({"Maps": [picture]}, formula=str)
    True
    """
    parts = [
        "<h1>Gallery</h1>",
        "<p>Every chart and map, drawn by the code below it from data that ship with the toolkit. All are vector graphics when saved as "
        "<code>.pdf</code> or <code>.svg</code>, in the width of one or two columns, with English or Chinese text.</p>",
    ]
    for heading, pictures in groups.items():
        figures = "".join(_figure(picture, formula, reference) for picture in pictures)
        parts.append(f'<h2 id="{quote(heading.lower())}">{escape(heading)}</h2><div class="gallery">{figures}</div>')
    return "\n".join(parts)


def _figure(picture: Picture, formula: Formula, reference: str) -> str:
    name = f"<code>{escape(picture.name)}</code>"
    to = f'<a href="{quote(reference)}#{quote(picture.name)}">{name}</a>' if reference else name
    alt = escape(f"{picture.name}: {picture.about.replace('`', '')}")
    return f"""<figure id="{quote(picture.name)}">
<a class="picture" href="{quote(picture.file)}"><img src="{quote(picture.file)}" alt="{alt}" loading="lazy"></a>
<figcaption>{to}<br>{inline(picture.about, formula, lambda name: "")}
<details><summary>Code</summary>{highlighted(picture.code)}</details></figcaption>
</figure>
"""
