"""Render: one module a format, each with ``render(table) -> str`` (Word: ``document``) and ``encode -> bytes``."""
