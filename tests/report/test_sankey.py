"""Sankey of mobility: every region in one band, nodes with their counts."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

import toolkit as tk
from toolkit.errors import InputError


@lru_cache
def chain():
    return tk.markov(tk.load("us_income"), "income", k=4)


def bands(figure):
    """(step, from, to) -> number of regions."""
    found = [p.get_gid() for p in figure.axes[0].patches if str(p.get_gid()).startswith("band")]
    return {tuple(map(int, gid.split("-")[1:4])): int(gid.split("-")[4]) for gid in found}


def test_bands_are_the_moves_between_the_periods():
    record = chain()
    times = [1929, 1969, 2009]
    figure = tk.charts.mobility_sankey(record, times)
    codes = record.classes.codes[[record.times.index(t) for t in times]]
    moves = bands(figure)
    for step in range(2):
        for i in range(4):
            for j in range(4):
                n = int(((codes[step] == i) & (codes[step + 1] == j)).sum())
                assert moves.get((step, i, j), 0) == n
    texts = [t.get_text() for t in figure.axes[0].texts]
    for row in codes:
        for n in np.bincount(row, minlength=4):
            assert not n or str(n) in texts
    assert len(figure.axes[0].get_yticklabels()) == len(np.unique(codes[0]))


def test_first_and_last_period_and_labels():
    figure = tk.charts.mobility_sankey(chain(), labels=["poor", "lower", "upper", "rich"], counts=False, lang="zh")
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["1929", "2009"]
    assert axes.get_yticklabels()[0].get_text() == "poor"
    heights = [t.get_position()[1] for t in axes.get_yticklabels()]
    assert heights == sorted(heights)  # the highest class is on top


def test_bands_stay_inside_their_nodes():
    figure = tk.charts.mobility_sankey(chain(), [1929, 2009])
    for patch in figure.axes[0].patches:
        box = patch.get_path().get_extents(patch.get_patch_transform())
        assert box.y0 >= -1e-9 and box.y1 <= 1 + 1e-9


def test_parts_of_a_ranking():
    record = tk.rank_mobility(tk.load("us_income"), "income", permutations=0)
    figure = tk.charts.mobility_sankey(record, k=3)
    assert sum(bands(figure).values()) == 48
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["Part 1 of 3", "Part 2 of 3", "Part 3 of 3"]
    top = int(np.argmin(record.ranks[0]))  # rank 1 begins in the highest part
    ends = record.ranks[-1, top]
    assert bands(figure).get((0, 2, 2 - int((ends - 0.5) * 3 // 48)), 0) > 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"times": [1929]}, "two or more"),
        ({"times": [2009, 1929]}, "in order"),
        ({"times": [1929, 3000]}, "in order"),
        ({"times": 1929}, "no list of periods"),
        ({"labels": ["a"]}, "4 classes"),
        ({"lang": "fr"}, "fr"),
    ],
)
def test_bad_options(options, says):
    with pytest.raises(InputError, match=says):
        tk.charts.mobility_sankey(chain(), **options)


def test_bad_records():
    with pytest.raises(InputError, match=r"tk\.markov"):
        tk.charts.mobility_sankey({"a": 1})
    record = tk.rank_mobility(tk.load("us_income"), "income", permutations=0)
    with pytest.raises(InputError, match="k=1"):
        tk.charts.mobility_sankey(record, k=1)


def test_a_spatial_chain_moves_as_its_classes_do():
    panel = tk.load("us_income")
    record = tk.spatial_markov(panel, "income", tk.weights.queen(panel), k=4, permutations=0)
    assert bands(tk.charts.mobility_sankey(record)) == bands(tk.charts.mobility_sankey(chain()))
