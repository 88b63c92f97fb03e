"""What a cell that should be a number says instead."""

from __future__ import annotations

import math
import re
import unicodedata
from numbers import Real

from toolkit.data.reading import MISSING

__all__ = ["KINDS", "kind_of", "number_meant", "number_of"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_PATTERNS = (
    ("error", re.compile(r"#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)")),
    ("thousands", re.compile(r"[+-]?\d{1,3}([,\u00a0\u202f '’]\d{3})+(\.\d+)?")),
    ("decimal-comma", re.compile(r"[+-]?\d{1,3}(\.\d{3})*,\d+|[+-]?\d+,\d+")),
    ("sign", re.compile(r"n\.?\s*a\.?|nd|none|missing|[-–—−]+|\.{2,}|…+|\*+|\?+|x|无|空|缺失?|暂无|不详|/", re.IGNORECASE)),
    ("unit", re.compile(r"[$€£¥￥]?\s*[+-]?\d[\d.,]*\s*(%|[^\W\d_]{1,8}|[¥€]|[‰℃])|[$€£¥￥]\s*[+-]?\d[\d.,]*")),
    ("marked", re.compile(r"[+-]?\d[\d.]*\s*[*†‡^]+|\(\s*\d[\d.,]*\s*\)|[+-]?\d[\d.]*\s*[\[(]\w+[\])]")),
    ("full-width", re.compile(r"[０-９．，－]+")),
)  # fmt: skip

#: Kind of cell -> what it is in words, and what to do about it.
KINDS = {
    "thousands": ("numbers with a separator of thousands", 'Read the file with thousands=",".'),
    "decimal-comma": (
        "numbers with a decimal comma",
        'Read the file first: tk.Panel(pd.read_csv(path, sep=";", decimal=","), ...), or save it with decimal points.',
    ),
    "sign": ("signs for a missing value", "Name the signs: missing=[{signs}]."),
    "error": ("errors of the spreadsheet", "Correct the formulas in the spreadsheet, or empty these cells."),
    "unit": (
        "numbers with a unit or a currency",
        "Put the unit into the codebook and leave the number alone in the cell.",
    ),
    "marked": ("numbers with a mark or in brackets", "Remove the marks; put remarks into another column."),
    "full-width": ("full-width digits", "Type the digits in half width (Excel: ASC())."),
    "text": ("words", "Correct these cells or leave them empty; a column of names can stay as it is."),
}


def number_of(cell: object) -> float | None:
    """The number a cell holds as `Panel.read` takes it; None if it holds something else.

    Examples
    --------
    >>> number_of(" 3.5e2"), number_of("1,234"), number_of(True)
    (350.0, None, 1.0)
    """
    if isinstance(cell, Real):
        return float(cell)
    if isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()):
        return float(cell.strip())
    return None


def number_meant(cell: object) -> float | None:
    """The number a cell means, also where separators or full-width digits keep it from being read as one.

    Examples
    --------
    >>> [number_meant(c) for c in ("7", "1,234.5", "3,5", "１２", "12%", "n.a.")]
    [7.0, 1234.5, 3.5, 12.0, None, None]
    """
    kind = kind_of(cell)
    if kind is None:
        return number_of(cell)
    text = unicodedata.normalize("NFKC", str(cell)).strip()
    if kind == "thousands":
        return number_of(re.sub(r"[^\d.+-]", "", text))
    if kind == "decimal-comma":
        return number_of(text.replace(".", "").replace(",", "."))
    return number_of(text) if kind == "full-width" else None


def kind_of(cell: object) -> str | None:
    """Why a cell is no number: a key of `KINDS`, ``"missing"`` for an empty cell or a usual sign, None for a number.

    Examples
    --------
    >>> [kind_of(c) for c in ("1,234", "3,5", "n.a.", "—", "12%", "#DIV/0!", "Beijing", "NA", "7")]
    ['thousands', 'decimal-comma', 'sign', 'sign', 'unit', 'error', 'text', 'missing', None]
    """
    if cell is None or cell != cell or (isinstance(cell, str) and cell.strip() in MISSING):
        return "missing"
    number = number_of(cell)
    if number is not None:
        return "text" if math.isinf(number) and isinstance(cell, str) else None
    text = str(cell).strip()
    if text.lower().lstrip("+-") in ("inf", "infinity"):
        return "text"
    return next((kind for kind, pattern in _PATTERNS if pattern.fullmatch(text)), "text")
