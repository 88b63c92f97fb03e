"""Rank mobility against giddy and scipy, by hand, and its properties."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from cases import golden, small_panel
from scipy.stats import kendalltau

import toolkit as tk
from toolkit.errors import DataError, InputError, WeightsError


def test_us_income_meets_giddy():
    """giddy 2.3.6: Tau and SpatialTau for the moves of 1929, 1969 and 2008."""
    panel = tk.load("us_income")
    target = golden("giddy.json")["us_tau"]
    rows = tk.rank_mobility(panel, "income", tk.weights.queen(panel), permutations=0).tidy().set_index("start")
    rows = rows[rows["end"] - rows.index == 1].loc[target["from"]]
    np.testing.assert_allclose(rows["tau"], target["tau"], rtol=1e-12)
    np.testing.assert_allclose(rows["tau"], target["classic"], rtol=1e-12)
    np.testing.assert_allclose(rows["tau_neighbours"], target["tau_spatial"], rtol=1e-12)


def mexico():
    """Panel and regions of Esquivel (1999), matched to libpysal's table by the order of names."""
    panel, target = tk.load("mexico"), golden("giddy.json")["mexico"]
    assert [n[:2] for n in panel.names] == [s[:2] for s in target["states"]]
    return panel, dict(zip(panel.entities, map(int, target["regime"]), strict=True)), target


def test_mexico_meets_giddy_and_its_documentation():
    panel, groups, target = mexico()
    record = tk.rank_mobility(panel, "pcgdp", register=groups, permutations=199, seed=1)
    np.testing.assert_allclose(record.theta[:-1], target["theta"], rtol=1e-12)
    np.testing.assert_allclose(
        record.theta[:-1], [0.41538462, 0.28070175, 0.61363636, 0.62222222, 0.33333333, 0.47222222], atol=5e-9
    )
    assert record.tau[-1] == pytest.approx(target["tau"], rel=1e-12)
    np.testing.assert_allclose(record.group_tau[-1], target["tau_regional"], rtol=1e-12)
    # printed p-values from the left of the same test: .307 .077 .823 .552 .045 .735 (999 draws)
    left = tk.rank_mobility(panel, "pcgdp", register=groups, permutations=999, seed=2, alternative="less").p_theta[:-1]
    np.testing.assert_allclose(left, [0.307, 0.077, 0.823, 0.552, 0.045, 0.735], atol=0.06)


def tau_by_pairs(x, y, pairs):
    """Kendall's tau-b by counting pairs one by one."""
    score = nx = ny = 0
    for i, j in pairs:
        a, b = np.sign(x[i] - x[j]), np.sign(y[i] - y[j])
        score, nx, ny = score + a * b, nx + (a != 0), ny + (b != 0)
    return score / np.sqrt(nx * ny)


@pytest.mark.parametrize("ties", [False, True])
def test_every_tau_by_counting_pairs(ties):
    panel, w, matrix = small_panel(4)
    if ties:
        panel = panel.assign(y=np.round(panel.values("y")))
    groups = {r: "ab"[i % 3 == 0] for i, r in enumerate(panel.entities)}
    record = tk.rank_mobility(panel, "y", w, register=groups, permutations=0)
    values = panel.values("y")
    every = list(combinations(range(panel.N), 2))
    near = [(i, j) for i, j in every if matrix[i, j] or matrix[j, i]]
    same = [(i, j) for i, j in every if (i % 3 == 0) == (j % 3 == 0)]
    for r, (a, b) in enumerate([(0, 1), (1, 2), (2, 3), (0, 3)]):
        x, y = values[a], values[b]
        assert record.tau[r] == pytest.approx(kendalltau(x, y).statistic, rel=1e-12)
        for got, pairs in (
            (record.tau_neighbours, near),
            (record.tau_others, [p for p in every if p not in near]),
            (record.tau_within, same),
            (record.tau_between, [p for p in every if p not in same]),
        ):
            assert got[r] == pytest.approx(tau_by_pairs(x, y, pairs), rel=1e-12)
    assert record.neighbour_pairs == len(near) and record.within_pairs == len(same)


def test_tau_is_the_average_of_its_parts():
    panel = tk.load("china")
    w = tk.weights.queen(panel, link={"Hainan": "Guangdong"})
    record = tk.rank_mobility(panel, "gdp / pop", w, register="blocks", permutations=0)
    pairs = panel.N * (panel.N - 1) / 2
    near, same = record.neighbour_pairs / pairs, record.within_pairs / pairs
    np.testing.assert_allclose(near * record.tau_neighbours + (1 - near) * record.tau_others, record.tau, atol=1e-12)
    np.testing.assert_allclose(same * record.tau_within + (1 - same) * record.tau_between, record.tau, atol=1e-12)
    sizes = np.array([record.groups.count(g) for g in record.group_names])
    numbers = np.outer(sizes, sizes) - np.diag(sizes)
    np.testing.assert_allclose((record.group_tau * numbers).sum(axis=(1, 2)) / (2 * pairs), record.tau, atol=1e-12)


@pytest.mark.filterwarnings("ignore:The weights fall into 2")
def test_permutation_p_value_by_full_enumeration():
    """Four regions, 24 relabellings: the share of tau of the two neighbours at least as large, and Theta."""
    from itertools import permutations

    x, y = np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3.5])
    frame = pd.DataFrame({"id": list("abcd") * 2, "year": [1] * 4 + [2] * 4, "y": [*x, *y]})
    link = np.zeros((4, 4))
    link[0, 1] = link[1, 0] = link[2, 3] = link[3, 2] = 1
    w = tk.weights.from_matrix(link, ids=list("abcd"))
    panel = tk.Panel(frame, entity="id", time="year")
    groups = {"a": 1, "b": 1, "c": 2, "d": 2}
    record = tk.rank_mobility(panel, "y", w, register=groups, permutations=20_000, seed=1, alternative="less")
    sims = [tau_by_pairs(x[list(p)], y[list(p)], [(0, 1), (2, 3)]) for p in permutations(range(4))]
    exact = np.mean(np.array(sims) <= record.tau_neighbours[0] + 1e-12)
    assert record.tau_neighbours[0] == -1 and record.p_neighbours[0] == pytest.approx(exact, abs=0.01)
    dr = np.array([1, -1, 1, -1])
    thetas = [(abs(dr[list(p[:2])].sum()) + abs(dr[list(p[2:])].sum())) / 4 for p in permutations(range(4))]
    assert record.theta[0] == 0 and record.p_theta[0] == pytest.approx(np.mean(np.array(thetas) <= 0), abs=0.01)
    assert record.p_within[0] == record.p_neighbours[0]  # the groups are the pairs of neighbours


def test_ranks_and_changes():
    panel = tk.load("china")
    record = tk.rank_mobility(panel, "gdp / pop", register="blocks", permutations=0)
    table = record.changes()
    assert table["rank_last"].iloc[0] == 1 and table["gain"].sum() == 0
    assert (record.ranks.sum(axis=1) == 31 * 32 / 2).all()
    assert table.set_index("name").loc["Shanghai", "rank_first"] == 1
    assert len(record.by_group()) == 24 * 10
    assert "Rank mobility" in repr(record) and "<table" in record._repr_html_() and len(record.glance()) == 1


def test_a_monotone_change_of_the_variable_changes_nothing():
    panel, w, _ = small_panel(6)
    a = tk.rank_mobility(panel, "y", w, permutations=99, seed=2).tidy()
    b = tk.rank_mobility(panel.assign(y=np.exp(panel.values("y"))), "y", w, permutations=99, seed=2).tidy()
    pd.testing.assert_frame_equal(a, b)


def test_two_periods_make_one_interval():
    panel, _, _ = small_panel(6, t=2)
    assert len(tk.rank_mobility(panel, "y").tidy()) == 1


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"register": "regions"}, (DataError, InputError), "regions"),
        ({"register": 3}, InputError, "mapping"),
        ({"register": {"r00": "a"}}, DataError, "r01"),
        ({"register": {f"r{i:02d}": "a" for i in range(12)}}, DataError, "one group"),
        ({"lag": 9}, DataError, "at least 10"),
        ({"alternative": "up"}, InputError, "two-sided"),
        ({"permutations": 1.5}, InputError, "permutations"),
        ({"W": "queen"}, WeightsError, "tk.weights"),
    ],
)
def test_bad_arguments(options, error, says):
    with pytest.raises(error, match=says):
        tk.rank_mobility(small_panel(6)[0], "y", **options)


def test_groups_are_asked_for():
    with pytest.raises(InputError, match="register"):
        tk.rank_mobility(small_panel(6)[0], "y").by_group()
