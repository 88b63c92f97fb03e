"""The spatial Gini coefficient against PySAL and its own sums."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError, ToolkitWarning, WeightsError


def mexico_by_regime():
    """Neighbours are states of one regime of Hanson (libpysal's mexico.csv), as in the documentation of PySAL."""
    import libpysal

    table = pd.read_csv(libpysal.examples.get_path("mexico.csv")).sort_values("State")
    panel = tk.load("mexico")
    ids = panel.names.sort_values().index
    same = (table["hanson98"].to_numpy()[:, None] == table["hanson98"].to_numpy()[None]).astype(float)
    np.fill_diagonal(same, 0)
    with pytest.warns(ToolkitWarning, match="unconnected"):
        return panel, tk.weights.from_matrix(same, ids=list(ids))


def test_mexico_meets_what_pysal_prints():
    """Gini_Spatial of 1940: 4353856 between states of different regimes, 4170356.7 expected over 99 permutations."""
    panel, w = mexico_by_regime()
    record = tk.gini_spatial(panel, "pcgdp", w, permutations=9999, seed=1, alternative="directed")
    scale = 2 * 32**2 * panel.values("pcgdp")[0].mean()
    assert record.other[0] * scale == pytest.approx(4353856.0, abs=1e-6)
    # its 99 draws have a standard error of sd / sqrt(99)
    assert abs(record.expected[0] * scale - 4170356.7474747472) < 3 * record.sd[0] * scale / np.sqrt(99)
    assert record.p_perm[0] == pytest.approx(0.04, abs=3 * np.sqrt(0.04 * 0.96 / 99))


@pytest.mark.slow  # the import alone takes seconds
def test_meets_pysal():
    """inequality 1.1, Gini_Spatial: parts, polarisation and moments of the permutations."""
    from inequality.gini import Gini_Spatial

    panel, w = mexico_by_regime()
    record = tk.gini_spatial(panel, "pcgdp", w, permutations=4999, seed=1)
    order = {region: i for i, region in enumerate(panel.entities)}
    binary = w.match(panel.entities).to_w()
    from libpysal.weights import W

    renamed = W({order[k]: [order[j] for j in v] for k, v in binary.neighbors.items()}, silence_warnings=True)
    for t in (0, 3, 6):
        np.random.seed(12345)  # noqa: NPY002
        other = Gini_Spatial(np.array(panel.values("pcgdp")[t], float), renamed, permutations=999)
        assert record.gini[t] == pytest.approx(other.g, rel=1e-12)
        assert record.neighbour[t] == pytest.approx(other.wg / other.den, rel=1e-12)
        assert record.other[t] == pytest.approx(other.wcg / other.den, rel=1e-12)
        assert record.polarization[t] == pytest.approx(other.polarization, rel=1e-12)
        error = other.s_wcg / other.den / np.sqrt(999)
        assert record.expected[t] == pytest.approx(other.e_wcg / other.den, abs=4 * error)
        assert record.sd[t] == pytest.approx(other.s_wcg / other.den, rel=0.1)


def test_parts_add_up_and_expectation_is_the_share_of_pairs():
    """Every pair is as likely to be neighbours as any other: E(other) = G (1 - share of pairs), exactly over all draws."""
    panel, w, matrix = small_panel(4, n=15, t=3)
    panel = panel.assign(x=np.exp(panel.values("y")))
    record = tk.gini_spatial(panel, "x", w, permutations=1999, seed=2)
    np.testing.assert_allclose(record.neighbour + record.other, record.gini, atol=1e-14)
    error = record.sd / np.sqrt(1999)
    assert (np.abs(record.expected - record.gini * (1 - record.pairs)) < 4 * error).all()
    x = panel.values("x")
    near = [(np.abs(v[:, None] - v[None]) * (matrix > 0)).sum() / (2 * 15**2 * v.mean()) for v in x]
    np.testing.assert_allclose(record.neighbour, near, rtol=1e-12)
    alone = tk.gini_spatial(panel.select(times=2001), "x", w, permutations=1999, seed=2)
    assert alone.p_perm[0] == record.p_perm[1]


def test_neighbours_alike_are_found():
    frame = pd.DataFrame({"id": [f"r{i:02d}" for i in range(20)], "x": np.repeat([1.0, 9.0], 10) + np.arange(20) / 100})
    panel = tk.Panel(frame, entity="id")
    band = (np.abs(np.arange(20)[:, None] - np.arange(20)[None]) == 1).astype(float)
    record = tk.gini_spatial(panel, "x", tk.weights.from_matrix(band, ids=list(frame["id"])), permutations=999, seed=1)
    assert record.p_perm[0] < 0.01 and record.polarization[0] > 5 and record.score[0] > 3


def test_what_cannot_be_split():
    panel, w, _ = small_panel(3)
    positive = panel.assign(x=np.exp(panel.values("y")), c=2.0)
    full = tk.weights.from_matrix(np.ones((12, 12)) - np.eye(12), ids=list(panel.entities))
    with pytest.raises(WeightsError, match="no other pairs"):
        tk.gini_spatial(positive, "x", full)
    with pytest.raises(DataError, match="same in every region"):
        tk.gini_spatial(positive, "c", w)
    with pytest.raises(InputError, match="two-sided"):
        tk.gini_spatial(positive, "x", w, alternative="both")
    assert np.isnan(tk.gini_spatial(positive, "x", w, permutations=0).p_perm).all()
