"""Names beside points: they meet neither each other nor what is drawn where there is room."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.report.figure import new_figure
from toolkit.report.labels import place_labels


@pytest.fixture
def axes():
    axes = new_figure("one").subplots()
    axes.set(xlim=(0, 10), ylim=(0, 10))
    return axes


def boxes(axes, names):
    """Where each name is written, in pixels."""
    axes.figure.draw_without_rendering()
    return [t.get_window_extent() for t in axes.texts if t.get_text() in names]


def test_names_of_near_points_do_not_overlap_and_stay_in_the_frame(axes):
    points = np.array([[9.7, 5.0], [9.7, 5.2], [9.6, 5.1], [0.1, 9.9]])
    names = ["Connecticut", "Massachusetts", "Rhode Island", "Oregon"]
    place_labels(axes, points, names, avoid=points)
    found, frame = boxes(axes, names), axes.get_window_extent()
    assert len(found) == 4
    assert not any(a.overlaps(b) for i, a in enumerate(found) for b in found[:i])
    assert all(b.x0 >= frame.x0 and b.x1 <= frame.x1 and b.y0 >= frame.y0 and b.y1 <= frame.y1 for b in found)


def test_a_name_keeps_off_points_and_lines(axes):
    axes.plot([0, 10], [0, 10])
    cloud = np.array([[5, 5], [5.6, 4.7], [4.4, 5.3]])
    place_labels(axes, cloud[:1], ["Ohio"], avoid=cloud)
    (box,) = boxes(axes, ["Ohio"])
    line = axes.transData.transform(np.linspace([0, 0], [10, 10], 500))
    assert not box.count_contains(line) and not box.count_contains(axes.transData.transform(cloud))


def test_a_name_without_room_stands_off_with_a_line_to_its_point(axes):
    rng = np.random.default_rng(1)
    cloud = np.array([5.0, 5.0]) + rng.uniform(-0.9, 0.9, (60, 2))
    place_labels(axes, np.array([[5.0, 5.0], [9.0, 9.0]]), ["Kansas", "Maine"], avoid=cloud)
    assert sum(t.arrow_patch is not None for t in axes.texts) == 1  # Kansas; Maine has room
