"""The methods page of the site."""

from __future__ import annotations

__all__ = ["methods_body"]


def methods_body() -> str:
    """The page as an HTML fragment.

    Examples
    --------
    >>> methods_body()[:4]
    '<h1>'
    """
    return "<h1>Methods</h1>"
