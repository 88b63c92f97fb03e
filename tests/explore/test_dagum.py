"""Dagum's decomposition against its definitions, written out as double sums, and hand-worked cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit as tk
from toolkit.errors import DataError


def cross_section(x, groups, pop=None):
    ids = [f"r{i:02d}" for i in range(len(x))]
    frame = pd.DataFrame({"id": ids, "x": np.asarray(x, float)})
    if pop is not None:
        frame["pop"] = np.asarray(pop, float)
    return tk.Panel(frame, entity="id"), dict(zip(ids, groups, strict=True))


def by_definition(x, groups, w):
    """Dagum (1997), one pair at a time: gross affluence d, transvariation q, then the weights."""
    labels = list(dict.fromkeys(groups))
    at = {g: [i for i, other in enumerate(groups) if other == g] for g in labels}
    weight = {g: sum(w[i] for i in at[g]) for g in labels}
    mean = {g: sum(w[i] * x[i] for i in at[g]) / weight[g] for g in labels}
    mu = sum(wi * xi for wi, xi in zip(w, x, strict=True)) / sum(w)
    p = {g: weight[g] / sum(w) for g in labels}
    s = {g: p[g] * mean[g] / mu for g in labels}
    within = net = across = 0.0
    ratios, affluences = {}, {}
    for a, g in enumerate(labels):
        for h in labels[: a + 1]:
            rich, poor = (g, h) if mean[g] >= mean[h] else (h, g)
            d = q = 0.0
            for i in at[rich]:
                for r in at[poor]:
                    mass = w[i] * w[r] / (weight[rich] * weight[poor])
                    d += mass * max(x[i] - x[r], 0)
                    q += mass * max(x[r] - x[i], 0)
            ratios[g, h] = (d + q) / (mean[g] + mean[h]) if d + q > 0 else 0.0
            if g == h:
                within += ratios[g, h] * p[g] * s[g]
                continue
            affluences[g, h] = (d - q) / (d + q) if d + q > 0 else 0.0
            both = ratios[g, h] * (p[g] * s[h] + p[h] * s[g])
            net += both * affluences[g, h]
            across += both * (1 - affluences[g, h])
    return (within, net, across), ratios, affluences


def test_by_hand():
    """1, 3 against 2, 4: G = 1/4, G_AA = 1/4, G_BB = 1/6, Delta_AB = 3/2, G_AB = 3/10, D = 2/3."""
    record = tk.dagum(*_call([1, 3, 2, 4], "AABB"))
    table = record.tidy().set_index("component")["estimate"]
    assert table["total"] == pytest.approx(0.25)
    assert table["within"] == pytest.approx(0.1)
    assert table["net between"] == pytest.approx(0.1)
    assert table["transvariation"] == pytest.approx(0.05)
    pair = record.pairs().iloc[0]
    assert pair["gini"] == pytest.approx(0.3) and pair["affluence"] == pytest.approx(2 / 3)
    assert pair["weight"] == pytest.approx(0.5)
    np.testing.assert_allclose(record.matrix(), [[1 / 4, 3 / 10], [3 / 10, 1 / 6]])
    assert list(record.groups()["gini"]) == pytest.approx([1 / 4, 1 / 6])


def _call(x, groups, pop=None):
    panel, division = cross_section(x, groups, pop)
    return panel, "x", division


@given(
    st.lists(st.integers(0, 60), min_size=9, max_size=9).filter(any),
    st.lists(st.sampled_from("ABC"), min_size=9, max_size=9).filter(lambda g: len(set(g)) > 1),
    st.lists(st.integers(1, 5), min_size=9, max_size=9),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_meets_the_definitions(x, groups, pop, weighted):
    x = np.array(x) / 7
    panel, division = cross_section(x, groups, pop)
    record = tk.dagum(panel, "x", division, weights="pop" if weighted else None)
    parts, ratios, affluences = by_definition(x, groups, pop if weighted else np.ones(9))
    np.testing.assert_allclose(record.parts[:, 0], parts, atol=1e-12)
    assert abs(record.parts.sum() - record.total[0]) < 1e-12
    labels = list(record.division.labels)
    for (g, h), value in ratios.items():
        assert record.ratio[0, labels.index(g), labels.index(h)] == pytest.approx(value, abs=1e-12)
    for (g, h), value in affluences.items():
        assert record.affluence[0, labels.index(g), labels.index(h)] == pytest.approx(value, abs=1e-9)
    assert ((record.affluence >= 0) & (record.affluence <= 1)).all()


@pytest.mark.parametrize("weights", [None, "pop"])
@pytest.mark.parametrize("groups", ["blocks", "coast", "north_south", "hu_line"])
def test_parts_of_china_add_up_in_every_year(weights, groups):
    panel = tk.load("china")
    record = tk.dagum(panel, "gdp / pop", groups, weights=weights)
    assert np.abs(record.parts.sum(axis=0) - record.total).max() < 1e-12
    total = tk.inequality(panel, "gdp / pop", "gini", weights=weights).estimate[0]
    np.testing.assert_allclose(record.total, total, rtol=1e-14)
    table = record.tidy()
    assert len(table) == 4 * panel.T and (table.query("component != 'total'")["estimate"] >= 0).all()
    pairs = record.pairs().groupby("time")[["net_between", "transvariation"]].sum()
    np.testing.assert_allclose(pairs["net_between"], record.parts[1], rtol=1e-12)
    np.testing.assert_allclose(pairs["transvariation"], record.parts[2], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(record.groups().groupby("time")["within"].sum(), record.parts[0], rtol=1e-12)


@pytest.mark.parametrize("weights", [None, "pop"])
def test_the_net_part_is_the_gini_of_the_group_means(weights):
    """So it is the part between of the classic decomposition, and transvariation its overlap."""
    panel = tk.load("china")
    record = tk.dagum(panel, "gdp / pop", "blocks", weights=weights)
    smooth = panel.assign(mean=record.means[:, record.division.codes])
    between = tk.inequality(smooth, "mean", "gini", weights=weights).estimate[0]
    np.testing.assert_allclose(record.parts[1], between, rtol=1e-12)


def test_equal_means_are_all_transvariation():
    record = tk.dagum(*_call([1, 5, 2, 4, 3], "AABBC"))
    assert record.parts[1, 0] == 0 and (record.affluence == 0).all()
    assert record.parts[2, 0] + record.parts[0, 0] == pytest.approx(record.total[0], abs=1e-15)
    odd = tk.dagum(*_call([0.1, 0.5, 0.2, 0.4], "AABB"))  # means that differ by rounding only
    assert odd.parts[1, 0] == 0


def test_groups_of_one_region_have_nothing_within():
    record = tk.dagum(*_call([1, 2, 4], "ABC"))
    assert record.parts[0, 0] == 0 and record.parts[2, 0] == pytest.approx(0, abs=1e-16)
    assert record.parts[1, 0] == pytest.approx(record.total[0])
    assert (np.diag(record.matrix()) == 0).all() and (record.matrix(which="affluence").to_numpy()[0, 1:] == 1).all()


def test_groups_that_do_not_overlap_have_no_transvariation():
    record = tk.dagum(*_call([1, 2, 10, 12], "AABB"))
    assert record.affluence[0, 0, 1] == 1 and record.parts[2, 0] == 0


def test_equal_values_and_zeros_follow_the_convention():
    record = tk.dagum(*_call([0, 0, 0, 0, 3], "AABBC"))
    assert record.affluence[0, 0, 1] == 0 and record.ratio[0, 0, 1] == 0
    assert abs(record.parts.sum() - record.total[0]) < 1e-15
    flat = tk.dagum(*_call([2, 2, 2, 2], "AABB"))
    assert (flat.parts == 0).all() and flat.tidy()["share"].isna().all()


def test_order_of_groups_units_and_replication_play_no_role():
    x, groups = [1.0, 7, 3, 4, 9, 2], "ABCABC"
    first = tk.dagum(*_call(x, groups)).parts
    turned = tk.dagum(*_call(x[::-1], groups[::-1])).parts
    np.testing.assert_allclose(first, turned, atol=1e-15)
    np.testing.assert_allclose(first, tk.dagum(*_call(np.array(x) * 1e6, groups)).parts, atol=1e-14)
    np.testing.assert_allclose(first, tk.dagum(*_call(x * 3, groups * 3)).parts, atol=1e-14)
    panel, division = cross_section(x, groups, pop=[1, 2, 3, 1, 2, 1])
    often = np.repeat(np.arange(6), [1, 2, 3, 1, 2, 1])
    whole = tk.dagum(*_call(np.array(x)[often], [groups[i] for i in often]))
    np.testing.assert_allclose(tk.dagum(panel, "x", division, weights="pop").parts, whole.parts, atol=1e-15)


def test_what_cannot_be_decomposed():
    with pytest.raises(DataError, match="r01"):
        tk.dagum(*_call([1, -2, 4, 4], "AABB"))
    with pytest.raises(DataError, match="zero or negative"):
        tk.dagum(*_call([0, 0, 0, 0], "AABB"))
    panel, _ = cross_section([1, 2, 3], "AAB")
    with pytest.raises(DataError, match="one group"):
        tk.dagum(panel, "x", {"r00": "A", "r01": "A", "r02": "A"})
