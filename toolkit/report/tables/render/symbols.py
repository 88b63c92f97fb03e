"""Symbols inside plain text: which characters are set in italics, and what they are in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["MATH", "PLAIN", "has_cjk", "is_number", "legal", "one_line", "spans"]

#: Mathematical italics that tables use, and the letter they stand for.
PLAIN = {"𝑊": "W", "𝑅": "R", "𝑁": "N", "𝑇": "T", "𝐿": "L", "𝑝": "p", "𝑡": "t", "𝑢": "u", "𝑦": "y", "𝑧": "z"}

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_CAPITALS = {
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip

#: Character -> LaTeX in math mode.
MATH = {
    **PLAIN,
    **{char: f"\\{name}" for char, name in (_GREEK | _CAPITALS).items()},
    "×": r"\times", "−": "-", "±": r"\pm", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∞": r"\infty",
    "→": r"\rightarrow", "←": r"\leftarrow", "·": r"\cdot", "÷": r"\div", "°": r"^{\circ}", "∈": r"\in", "∑": r"\sum",
    "√": r"\surd", "∂": r"\partial", "∝": r"\propto", "′": "'", "<": "<", ">": ">", "|": "|",
    "⁻": "^{-}", **{char: f"^{{{i}}}" for i, char in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{char: f"_{{{i}}}" for i, char in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}  # fmt: skip

_ITALIC = re.compile(f"([{''.join(PLAIN)}{''.join(_GREEK)}]+)")
_NUMBER = re.compile(r"[(\[]?[−<]?[\d,]+\.\d+(×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?[)\]]?")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BLANKS = re.compile(r"[ \t\r\n\f\v\x1c-\x1f\x85\u2028\u2029]+")
_CJK = re.compile(r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


def legal(text: str) -> str:
    r"""Without the characters that no file can hold: control characters, lone surrogates, non-characters.

    Examples
    --------
    >>> legal("a\x00b\ud800c")
    'abc'
    """
    return _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    r"""White space as one blank; spaces of a certain width stay.

    Examples
    --------
    >>> one_line("Roads\n(km)")
    'Roads (km)'
    """
    return _BLANKS.sub(" ", text)


def spans(text: str) -> Iterator[tuple[str, bool]]:
    """Pieces of `text` as (piece, italic), mathematical letters turned into ordinary ones.

    Examples
    --------
    >>> list(spans("𝑊 × roads"))
    [('W', True), (' × roads', False)]
    """
    for i, piece in enumerate(_ITALIC.split(legal(one_line(text)))):
        if piece:
            yield "".join(PLAIN.get(char, char) for char in piece), i % 2 == 1


def is_number(text: str) -> bool:
    """Whether a cell has one decimal point to be aligned on.

    Examples
    --------
    >>> [is_number(t) for t in ("−0.12", "(1,204.50)", "4.0×10⁻⁵", "816", "[0.1, 0.2]", "Yes")]
    [True, True, True, False, False, False]
    """
    return _NUMBER.fullmatch(text) is not None


def has_cjk(text: str) -> bool:
    """Whether there is Chinese, Japanese or Korean in `text`."""
    return _CJK.search(text) is not None
