from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.report.tables.formats import cell, check_digits, check_stars, integer, number, p_value, significant, stars

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.12345, 3, "0.123"),
        (-0.12345, 3, "−0.123"),
        (-0.0, 3, "0.000"),
        (0, 3, "0.000"),
        (1234567.891, 2, "1,234,567.89"),
        (-1234.5, 0, "−1,234"),
        (0.0004, 3, "0.0004"),
        (-0.00004, 3, "−0.00004"),
        (-0.000004, 3, "−4.0×10⁻⁶"),
        (0.0005, 3, "0.001"),
        (1.5e9, 3, "1.5×10⁹"),
        (NAN, 3, "—"),
        (INF, 3, "∞"),
        (-INF, 3, "−∞"),
        (np.float64(0.5), 1, "0.5"),
    ],
)
def test_number(value, digits, text):
    assert number(value, digits) == text


@given(st.floats(-1e8, 1e8), st.integers(1, 6))
def test_number_is_true_to_its_decimals_and_never_minus_zero(value, digits):
    text = number(value, digits)
    plain = text.replace("−", "-").replace(",", "")
    if "×10" in plain:
        mantissa, exponent = plain.split("×10")
        back = float(mantissa) * 10 ** int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        assert back == pytest.approx(value, rel=0.051)  # two figures
    else:
        assert float(plain) == pytest.approx(value, abs=0.51 * 10.0**-digits)
        if value != 0:
            assert float(plain) != 0
    assert not (text.startswith("−") and float(value) == 0)


@pytest.mark.parametrize(
    ("value", "text"), [(816, "816"), (12816, "12,816"), (-1234, "−1,234"), (816.0, "816"), (NAN, "—")]
)
def test_integer(value, text):
    assert integer(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.00108237, "0.00108"), (130.758, "131"), (-2.5, "−2.50"), (0.0, "0.000"), (1e-9, "1.0×10⁻⁹")]
)
def test_significant(value, text):
    assert significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0312, "0.031"), (0.00099, "<0.001"), (0.001, "0.001"), (0.0, "<0.001"), (1, "1.000"), (NAN, "—")],
)
def test_p_value(value, text):
    assert p_value(value) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.2, ""), (0.1, ""), (0.0999, "*"), (0.05, "*"), (0.01, "**"), (0.0, "***"), (NAN, "")]
)
def test_stars(p, text):
    assert stars(p, (0.1, 0.05, 0.01)) == text
    assert stars(p, None) == ""


def test_check_stars_sorts_and_accepts_none():
    assert check_stars((0.01, 0.1, 0.05)) == (0.1, 0.05, 0.01)
    assert check_stars(None) is None and check_stars(()) is None and check_stars(False) is None


@pytest.mark.parametrize("levels", [(5, 1), (0.1, 0.1), "high", 0.05, (0.5, 0.4, 0.3, 0.2, 0.1, 0.05)])
def test_bad_stars(levels):
    with pytest.raises(InputError, match=r"stars=.*\n.*0\.1, 0\.05, 0\.01"):
        check_stars(levels)


@pytest.mark.parametrize("digits", [-1, 11, 2.5, "3", True])
def test_bad_digits(digits):
    with pytest.raises(InputError, match="0 to 10"):
        check_digits(digits)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (np.int64(1986), "1986"),
        (12345, "12,345"),
        (2.5, "2.50"),
        ("a", "a"),
        (None, "—"),
        (NAN, "—"),
        (pd.NA, "—"),
        (True, "True"),
    ],
)
def test_cell(value, text):
    assert cell(value, 2) == text
