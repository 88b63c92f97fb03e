"""Numbers as they are printed: Unicode text, the same for every format (renderers translate the signs)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real

from toolkit.errors import InputError

__all__ = [
    "DASH",
    "MINUS",
    "cell",
    "check_digits",
    "check_stars",
    "integer",
    "number",
    "p_value",
    "significant",
    "stars",
]

MINUS = "−"
DASH = "—"  # printed for NaN
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LARGE = 1e9  # from here on powers of ten


def number(value: float, digits: int = 3) -> str:
    """Fixed decimals, thousands separators, a real minus sign.

    A number that would print as zero but is not gets up to two decimals more, and if that does not help a
    power of ten, as has one of a thousand million or more. NaN is an em dash; zero has no sign.

    Parameters
    ----------
    value : float
    digits : int
        Decimals.

    Examples
    --------
    >>> [number(v) for v in (-0.12345, 1234.5, -0.0, 0.00027, 0.0000042, float("nan"))]
    ['−0.123', '1,234.500', '0.000', '0.0003', '4.2×10⁻⁶', '—']
    """
    value = float(value)
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if abs(value) >= _LARGE or 0 < abs(value) < 0.5 * 10.0 ** -(digits + 2):
        return _power(value)
    written = (f"{abs(value):,.{d}f}" for d in range(digits, digits + 3))
    text = next((t for t in written if value == 0 or any(c in "123456789" for c in t)), None)
    if text is None:
        return _power(value)
    return (MINUS if value < 0 else "") + text


def integer(value: float) -> str:
    """A count with thousands separators.

    Examples
    --------
    >>> integer(12345)
    '12,345'
    """
    if not math.isfinite(value):
        return number(value)
    return f"{round(value):,}".replace("-", MINUS)


def significant(value: float, digits: int = 3) -> str:
    """`digits` significant figures, for quantities of unknown size such as a variance.

    Examples
    --------
    >>> [significant(v) for v in (0.00108237, 130.758537, 12345.6, 1.2e-8)]
    ['0.00108', '131', '12,346', '1.2×10⁻⁸']
    """
    value = float(value)
    if not math.isfinite(value) or value == 0:
        return number(value, digits)
    size = math.floor(math.log10(abs(value)))
    if size < -5:
        return _power(value)
    return number(value, max(digits - 1 - size, 0))


def p_value(value: float, digits: int = 3) -> str:
    """A probability; below the last decimal as a bound.

    Examples
    --------
    >>> p_value(0.0312), p_value(1e-9)
    ('0.031', '<0.001')
    """
    value = float(value)
    if math.isnan(value):
        return DASH
    digits = max(digits, 2)
    bound = 10.0**-digits
    return f"<{bound:.{digits}f}" if value < bound else f"{value:.{digits}f}"


def stars(p: float, levels: Sequence[float] | None) -> str:
    """One star for each level that `p` is below.

    Examples
    --------
    >>> stars(0.03, (0.1, 0.05, 0.01))
    '**'
    """
    return "" if levels is None or not math.isfinite(p) else "*" * sum(p < level for level in levels)


def check_stars(levels: Sequence[float] | None) -> tuple[float, ...] | None:
    """The levels, largest first; None and an empty sequence mean no stars."""
    if levels is None or levels is False:
        return None
    try:
        out = tuple(float(v) for v in levels)
    except (TypeError, ValueError):
        out = (0.0,)
    if any(not 0 < v < 1 for v in out) or len(set(out)) != len(out) or len(out) > 5:
        raise InputError(
            f"stars={levels!r} are not significance levels.",
            allowed="up to five different numbers between 0 and 1, e.g. (0.1, 0.05, 0.01), or None for no stars",
        )
    return tuple(sorted(out, reverse=True)) or None


def check_digits(digits: int) -> int:
    """Decimals between 0 and 10."""
    if isinstance(digits, bool) or not isinstance(digits, Integral) or not 0 <= digits <= 10:
        raise InputError(f"digits={digits!r} is not a number of decimals.", allowed="a whole number from 0 to 10")
    return int(digits)


def cell(value: object, digits: int) -> str:
    """Any value of a data frame: whole numbers as they are, others with decimals, text as it is, missing as a dash.

    Whole numbers of four digits have no separator, since they may be years.

    Examples
    --------
    >>> [cell(v, 2) for v in (1986, 12816, 0.5, "East", None)]
    ['1986', '12,816', '0.50', 'East', '—']
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return DASH if value is None or str(value) in ("<NA>", "NaT") else str(value)
    if not isinstance(value, Integral):
        return number(float(value), digits)
    return integer(value) if abs(value) >= 10_000 else str(value).replace("-", MINUS)


def _power(value: float) -> str:
    mantissa, exponent = f"{abs(value):.1e}".split("e")
    return f"{MINUS if value < 0 else ''}{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}"
