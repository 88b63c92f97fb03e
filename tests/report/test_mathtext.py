"""Formulas: drawn or shown as their source, in the ink of the text, read aloud, and never markup."""

import re
from html import unescape

import pytest

from toolkit.report.mathtext import math_image


@pytest.mark.parametrize(
    ("tex", "drawn"),
    [
        (r"\rho", True),
        (r"\hat{\beta}_1 = (X'X)^{-1} X'y", True),
        (r"\sum_{i=1}^{N} w_{ij}", True),
        (r"\dfrac{\ln a}{b} \ln x", True),
        (r"\unknowncommand{a}", False),
        (r"\begin{cases} 1 \end{cases}", False),
        ("", False),
    ],
)
def test_formulas_are_drawn_or_shown_as_source(tex, drawn):
    shown = math_image(tex)
    assert shown.startswith("<svg" if drawn else "<code")
    assert math_image(tex, display=True).startswith("<div")
    if drawn:
        assert unescape(re.search(r"aria-label='([^']*)'", shown)[1]) == tex
        assert "fill='currentColor'" in shown


@pytest.mark.parametrize("tex", ["a < b", r'\nothing{<b>"x"</b>}', 'x\' = "y"'])
def test_a_formula_cannot_bring_markup(tex):
    shown = math_image(tex)
    assert "<b>" not in shown and shown.count("<") in (2, 3)
    label = re.search(r"aria-label='([^']*)'", shown)
    assert label is None or unescape(label[1]) == tex


def test_a_line_may_break_where_the_source_says():
    assert math_image(r"a = b, \qquad c = d", display=True).count("<svg") == 2
    assert math_image(r"a = b, \qquad c = d").count("<svg") == 1


def test_the_baseline_is_that_of_the_text():
    below = {t: float(re.search(r"vertical-align:([-.0-9]+)em", math_image(t))[1]) for t in ("x", "y", "x^2")}
    assert below["y"] < -0.1 and abs(below["x"]) < 0.05 and abs(below["x^2"]) < 0.05


def test_same_formula_same_drawing():
    assert math_image(r"\rho W y") == math_image(r"  \rho   W y ")
