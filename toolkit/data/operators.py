"""What a formula may call: the whole list, each function with its arguments and its effect on time.

Formulas travel in shared files, so nothing outside this table is ever called. A function is a row of
`FUNCTIONS`; adding one is adding a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["FUNCTIONS", "Function", "Option", "functions_allowed"]

Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Option:
    """A literal argument after the first: ``k`` of ``lag(x, k)``.

    Attributes
    ----------
    name : str
    kind : {"count", "flag", "level"}
        A positive whole number, True or False, or a text or number that names a category.
    default : object
    most : int
        Largest count allowed.
    """

    name: str
    kind: str
    default: object = None
    most: int = 1000


@dataclass(frozen=True, slots=True)
class Function:
    """One function that formulas may call.

    Attributes
    ----------
    name : str
    kind : {"cell", "time", "sample", "space", "term"}
        What a value depends on: its own cell; other periods of the same region; all cells; other regions of
        the same period. ``term`` marks functions that make several columns and stand alone in a formula.
    call : callable or None
        ``call(x, **options)`` on a (T, N) array; None for ``W`` (the caller's weights) and terms.
    options : tuple of Option
    domain : str
        Why the result can fail to be a number although its argument is one.
    window : callable
        ``window(lo, hi, T, k)``: periods in which the result exists when the argument exists in [lo, hi).
    needs : callable
        ``needs(lo, hi, k)``: periods of the argument that periods [lo, hi) of the result rest on.
    """

    name: str
    kind: str
    call: Callable[..., np.ndarray] | None
    options: tuple[Option, ...] = ()
    domain: str = "a number too large to represent"
    window: Callable[[int, int, int, int], Window] = lambda lo, hi, t, k: (lo, hi)
    needs: Callable[[int, int, int], Window] = lambda lo, hi, k: (lo, hi)

    @property
    def signature(self) -> str:
        """How it is written: ``lag(x, k=1)``."""
        rest = "".join(f", {o.name}" if o.default is None else f", {o.name}={o.default}" for o in self.options)
        return f"{self.name}(x{rest})"


def functions_allowed(*, terms: bool = True) -> str:
    """The list of functions, for messages; without those that stand alone as terms if not `terms`."""
    return ", ".join(f.signature for f in FUNCTIONS.values() if terms or f.kind != "term")


def _shift(x: np.ndarray, k: int) -> np.ndarray:
    """Rows moved down by `k` (up if negative), NaN where nothing arrives; shape (T, N)."""
    out = np.full(x.shape, np.nan)
    if k > 0:
        out[k:] = x[:-k]
    else:
        out[:k] = x[-k:]
    return out


def _scale(x: np.ndarray) -> np.ndarray:
    centred = x - np.nanmean(x)
    return centred / np.sqrt(np.nansum(centred**2) / (np.isfinite(x).sum() - 1))


_K = (Option("k", "count", 1),)
_SINCE = {
    "options": _K,
    "window": lambda lo, hi, t, k: (lo + k, hi),
    "needs": lambda lo, hi, k: (lo - k, hi),
}

#: Every function a formula may call, by name.
FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("log", "cell", np.log, domain="the logarithm of zero or of a negative number"),
        Function("log2", "cell", np.log2, domain="the logarithm of zero or of a negative number"),
        Function("log10", "cell", np.log10, domain="the logarithm of zero or of a negative number"),
        Function("log1p", "cell", np.log1p, domain="log1p of a number of -1 or less"),
        Function("exp", "cell", np.exp, domain="exp of a number too large to represent"),
        Function("sqrt", "cell", np.sqrt, domain="the square root of a negative number"),
        Function("abs", "cell", np.abs),
        Function("I", "cell", np.positive),
        Function("center", "sample", lambda x: x - np.nanmean(x)),
        Function("scale", "sample", _scale, domain="scaling of a variable that does not vary"),
        Function(
            "lag",
            "time",
            _shift,
            _K,
            window=lambda lo, hi, t, k: (lo + k, min(hi + k, t)),
            needs=lambda lo, hi, k: (lo - k, hi - k),
        ),
        Function(
            "lead",
            "time",
            lambda x, k: _shift(x, -k),
            _K,
            window=lambda lo, hi, t, k: (max(lo - k, 0), hi - k),
            needs=lambda lo, hi, k: (lo + k, hi + k),
        ),
        Function("diff", "time", lambda x, k: x - _shift(x, k), **_SINCE),
        Function("growth", "time", lambda x, k: x / _shift(x, k) - 1, domain="growth from a value of zero", **_SINCE),
        Function("W", "space", None),
        Function("C", "term", None, (Option("ref", "level"),)),
        Function("poly", "term", None, (Option("degree", "count", 1, most=10), Option("raw", "flag", False))),
    )
}
