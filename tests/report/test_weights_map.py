"""W on the map: every link once, one-way links apart, hubs and isolates marked."""

from __future__ import annotations

import numpy as np
import pytest
from cases import columbus, munnell, small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError


def segments(figure, kind):
    found = [c for c in figure.axes[0].collections if c.get_gid() == kind]
    return found[0].get_segments() if found else []


def legend(figure):
    return [t.get_text() for t in figure.legends[0].get_texts()]


def test_contiguity_is_drawn_once_for_each_pair():
    panel, w = munnell()
    figure = tk.maps.weights(panel, w, histogram=True)
    assert len(segments(figure, "mutual")) == w.nnz // 2 and not segments(figure, "one-way")
    assert f"Mutual links: {w.nnz // 2}" in legend(figure)
    bars = [int(p.get_height()) for p in figure.axes[1].patches]
    assert bars == np.bincount(w.cardinalities)[1:][np.bincount(w.cardinalities)[1:] > 0].tolist()
    assert figure.axes[1].get_ylabel() == "Regions"
    assert any("km" in t.get_text() for t in figure.axes[0].texts)


def test_nearest_neighbours_go_one_way_or_both():
    panel, _ = munnell()
    w = tk.weights.knn(panel, k=3)
    a = w.sparse.toarray() > 0
    mutual, one_way = int((a & a.T).sum() // 2), int((a & ~a.T).sum())
    figure = tk.maps.weights(panel, w, lang="zh")
    assert len(segments(figure, "mutual")) == mutual and len(segments(figure, "one-way")) == one_way
    assert f"单向邻接：{one_way}" in legend(figure)


def test_regions_are_matched_by_id_and_isolates_marked():
    panel, w = munnell()
    matrix = w.matrix.toarray()
    matrix[5], matrix[:, 5] = 0, 0
    alone = tk.SpatialWeights(w.ids, matrix)
    figure = tk.maps.weights(panel, alone)
    assert "No neighbours: 1" in legend(figure)
    shuffled = alone.reorder(alone.ids[::-1])
    again = tk.maps.weights(panel, shuffled)
    one, two = (
        sorted(map(tuple, np.sort(np.array(segments(f, "mutual")).reshape(-1, 4)).round(3))) for f in (figure, again)
    )
    assert one == two


def test_the_strongest_links_of_a_dense_matrix():
    panel, _ = munnell()
    w = tk.weights.inverse_distance(panel)
    figure = tk.maps.weights(panel, w, most=50, width="two")
    assert len(segments(figure, "mutual")) + len(segments(figure, "one-way")) == 50
    assert "Strongest 50 of 1,128 drawn" in legend(figure)
    widths = figure.axes[0].collections[-2].get_linewidths()
    assert widths[-1] == max(widths)  # the strongest on top


def test_a_map_without_a_system_is_drawn_as_it_is():
    panel, w = columbus()
    assert len(segments(tk.maps.weights(panel, w, projection="keep"), "mutual")) == w.nnz // 2


def test_bad_input():
    panel, w = munnell()
    with pytest.raises(InputError, match="cannot draw a ndarray"):
        tk.maps.weights(panel, np.eye(48))
    with pytest.raises(InputError, match="most=0"):
        tk.maps.weights(panel, w, most=0)
    with pytest.raises(DataError, match="other regions"):
        tk.maps.weights(panel, w.subset(w.ids[:40], islands="keep"))
    with pytest.raises(DataError, match="coordinate reference system"):
        tk.maps.weights(*columbus())
    plain, v, _ = small_panel(1)
    with pytest.raises(DataError, match="no map"):
        tk.maps.weights(plain, v)
