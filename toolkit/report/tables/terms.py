"""From a term of a model to what the reader is shown: ``W log(pcap)`` -> ``𝑊 × log(Public capital)``."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["INTERCEPT", "canonical", "term_label"]

INTERCEPT = "Intercept"
_INTERCEPTS = {"intercept", "const", "constant", "_cons", "(intercept)", "cons"}
_GREEK = {
    "rho": "ρ", "lambda": "λ", "theta": "θ", "phi": "φ", "psi": "ψ", "tau": "τ", "eta": "η", "gamma": "γ",
    "kappa": "κ", "sigma2": "σ²", "sigma": "σ", "sigma2_mu": "σ²(μ)", "sigma2_e": "σ²(ε)",
}  # fmt: skip
_FIXED = {"y(t-1)": "𝑦(𝑡−1)", "W y(t-1)": "𝑊𝑦(𝑡−1)", "rho": "ρ (𝑊𝑦)", "lambda": "λ (𝑊𝑢)"}
_CATEGORY = "\x00"  # stands for the two colons of a category of pyfixest
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*(?!\w*\()")
_LEVEL = re.compile(r"^(?:C\()?\s*([^\W\d]\w*)(?:\s*,[^\]]*)?\)?\[(?:T\.)?([^\]]*)\]$")


def canonical(term: str) -> str:
    """The name under which a term is matched across models, whatever program it comes from.

    Every program's constant is ``Intercept``; ``np.log(x)`` is ``log(x)``; spaces do not count.

    Examples
    --------
    >>> [canonical(t) for t in ("const", "np.log(gdp / emp)", "W log( pcap )")]
    ['Intercept', 'log(gdp/emp)', 'W log(pcap)']
    """
    term = " ".join(str(term).split())
    if term.lower() in _INTERCEPTS:
        return INTERCEPT
    lag, rest = ("W ", term[2:]) if term.startswith("W ") else ("", term)
    if "[" not in rest:  # a category may have spaces in its name
        rest = re.sub(r"\s*([-+*/:,()^|<>=!&])\s*", r"\1", rest)
    return lag + re.sub(r"(?<![\w.])(?:np|numpy)\.(?=\w)", "", rest)


def term_label(term: str, labels: Mapping[str, str], block: str = "X", intercept: str = "Constant") -> str:
    """What is printed for `term`.

    A label given for the term itself wins. Otherwise labels of variables are put into the expression, a lag
    is written with 𝑊, parameters are Greek letters, ``a:b`` is a product and ``C(x)[T.v]`` a category.

    Parameters
    ----------
    term : str
    labels : mapping of str to str
        Plain text by term or by variable.
    block : str
        Block of `contracts.BLOCKS`; Greek letters are used outside ``X`` and ``WX`` only, so that a variable
        called ``rho`` stays what it is.
    intercept : str
        Word for the constant.

    Examples
    --------
    >>> term_label("W log(pcap)", {"pcap": "Public capital"}, block="WX")
    '𝑊 × log(Public capital)'
    >>> term_label("rho", {}, block="spatial")
    'ρ (𝑊𝑦)'
    >>> term_label("C(region)[T.East]:x", {"region": "Region"})
    'Region: East × x'
    >>> term_label("rel_year::-2:treated", {})
    'rel_year: −2 × treated'
    """
    key = canonical(term)
    for candidate in (term, key):
        if candidate in labels:
            return labels[candidate]
    if key == INTERCEPT:
        return intercept
    if block not in ("X", "WX"):
        if key in _FIXED:
            return _FIXED[key]
        if key in _GREEK:
            return _GREEK[key]
    if key.startswith("W "):
        return f"𝑊 × {term_label(key[2:], labels, 'X', intercept)}"
    return " × ".join(_factor(part, labels) for part in _split(key))


def _split(key: str) -> list[str]:
    """The factors of an interaction: colons outside brackets; two colons belong to a category (``year::3``)."""
    parts, depth = [""], 0
    for char in key.replace("::", _CATEGORY):
        depth += (char in "([{") - (char in ")]}")
        if char == ":" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _factor(part: str, labels: Mapping[str, str]) -> str:
    if part in labels:
        return labels[part]
    if _CATEGORY in part:
        name, _, level = part.partition(_CATEGORY)
        return f"{labels.get(name, name)}: {level.replace('-', '−')}"
    level = _LEVEL.match(part)
    if level:
        return f"{labels.get(level[1], level[1])}: {level[2]}"
    spaced = re.sub(r"(?<=[\w)])([*/+])(?=[\w(])", r" \1 ", part)
    return _NAME.sub(lambda found: labels.get(found[0], found[0]), spaced)
