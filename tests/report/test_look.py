"""Colours that survive grey print and red-green blindness: computed, not judged by eye."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from toolkit.report.figure import CLUSTER_STYLE, LINES
from toolkit.report.maps import _GROUPS, ramp

# Machado, Oliveira and Fernandes (2009), IEEE TVCG 15, 1291-1298, table 1: deuteranopia and protanopia, on linear RGB
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)


def linear(color) -> np.ndarray:
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(color) -> float:
    return float(XYZ[1] @ linear(color))


def lightness(color) -> float:
    """L* of grey print, 0 to 100."""
    return float(lab(linear(color))[0])


def lab(rgb: np.ndarray) -> np.ndarray:
    f = np.cbrt(np.maximum(XYZ @ np.clip(rgb, 0, 1), 0) / WHITE)
    f = np.where(f > 6 / 29, f, f**3 / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def seen_apart(a, b, by: np.ndarray) -> float:
    """CIE 1976 colour difference as seen with a kind of colour blindness; 2.3 is just noticeable."""
    return float(np.linalg.norm(lab(by @ linear(a)) - lab(by @ linear(b))))


def test_the_measures():
    assert lightness("white") == pytest.approx(100, abs=0.01) and lightness("black") == pytest.approx(0, abs=0.01)
    assert lightness("#777777") == pytest.approx(50, abs=0.5)
    # red and green of one lightness: apart for most readers, close for a deuteranope
    assert seen_apart("#c8643c", "#78963c", np.eye(3)) > 3 * seen_apart("#c8643c", "#78963c", DEUTERANOPIA)


KINDS = [("HH", "LL", "HL", "LH", "ns", "island"), ("hot", "cold", "ns"), ("HH", "LL", "positive", "negative", "ns"),
         ("joined", "marked", "absent")]  # fmt: skip


@pytest.mark.parametrize("kinds", KINDS)
def test_clusters_differ_in_grey_and_to_the_colour_blind(kinds):
    for a, b in combinations(kinds, 2):
        one, two = CLUSTER_STYLE[a], CLUSTER_STYLE[b]
        if one["hatch"] == two["hatch"]:
            assert abs(lightness(one["facecolor"]) - lightness(two["facecolor"])) > 12, (a, b)
            for by in (DEUTERANOPIA, PROTANOPIA):
                assert seen_apart(one["facecolor"], two["facecolor"], by) > 12, (a, b)


def test_groups_differ_in_grey_and_to_the_colour_blind():
    for (a, h), (b, g) in combinations(_GROUPS, 2):
        if h == g:
            assert abs(lightness(a) - lightness(b)) > 7, (a, b)
            assert seen_apart(a, b, DEUTERANOPIA) > 12 and seen_apart(a, b, PROTANOPIA) > 12, (a, b)


@pytest.mark.parametrize("k", range(2, 10))
def test_classes_darken_in_steps_that_can_be_seen(k):
    looks = [look["facecolor"] for look in ramp(k)]
    steps = [lightness(a) - lightness(b) for a, b in pairwise(looks)]
    assert min(steps) > 4
    for by in (DEUTERANOPIA, PROTANOPIA):
        assert min(seen_apart(a, b, by) for a, b in pairwise(looks)) > 5


@pytest.mark.parametrize(("k", "below"), [(2, 1), (4, 2), (5, 2), (5, 3), (9, 4), (3, 0), (3, 3)])
def test_diverging_classes_darken_away_from_the_center(k, below):
    looks = ramp(k, below, diverging=True)
    low, high = looks[:below], looks[below:]
    assert len(looks) == k
    assert all(look["hatch"] for look in low) and not any(look["hatch"] for look in high)
    for side in (low[::-1], high):
        shades = [lightness(look["facecolor"]) for look in side]
        assert all(a - b > 4 for a, b in pairwise(shades))
    if low and high:
        for by in (DEUTERANOPIA, PROTANOPIA):
            assert seen_apart(low[0]["facecolor"], high[-1]["facecolor"], by) > 12


def test_lines_differ_in_marker_and_dash_and_stand_out_from_paper():
    colors, markers, dashes = zip(*LINES, strict=True)
    assert len(set(markers)) == len(set(map(str, dashes))) == len(LINES)
    for color in colors:
        assert 1.05 / (luminance(color) + 0.05) > 3, color  # contrast to white, WCAG 2.1, 1.4.11
