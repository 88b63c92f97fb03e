"""The data catalogue of the site."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["catalogue_body"]


def catalogue_body(panels: Mapping[str, Panel]) -> str:
    """The page as an HTML fragment.

    Examples
    --------
    >>> catalogue_body({})
    '<h1>Data</h1>'
    """
    listed = "".join(f"<h2>{escape(name)}</h2><p>{escape(repr(panel))}</p>" for name, panel in panels.items())
    return f"<h1>Data</h1>{listed}"
