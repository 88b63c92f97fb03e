"""Theil's decomposition against PySAL, hand-worked cases, and its own parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import DataError, InputError


def regimes():
    """Hanson's regions of Mexico (libpysal's mexico.csv) by the ids of the panel; both tables are in the order of names."""
    import libpysal

    table = pd.read_csv(libpysal.examples.get_path("mexico.csv"))
    panel = tk.load("mexico")
    order = panel.names.sort_values()
    assert [a[:4] for a in order] == [b[:4] for b in table["State"].sort_values()]
    return panel, dict(zip(order.index, table.sort_values("State")["hanson98"].astype(int).astype(str), strict=True))


def test_mexico_meets_pysal():
    """TheilD of inequality 1.1, regimes hanson98, printed in its documentation to eight digits."""
    panel, groups = regimes()
    table = tk.theil(panel, "pcgdp", groups).tidy()
    between = [0.0345889, 0.02816853, 0.05260921, 0.05931219, 0.03205257, 0.02963731, 0.03635872]
    within = [0.17435454, 0.12405598, 0.0521202, 0.04263506, 0.06354856, 0.07547525, 0.0702496]
    np.testing.assert_allclose(table.query("component == 'between groups'")["estimate"], between, atol=5e-9)
    np.testing.assert_allclose(table.query("component == 'within groups'")["estimate"], within, atol=5e-9)


@pytest.mark.parametrize("index", ["T", "L"])
def test_by_hand(index):
    """People 1, 1, 2 with 1, 3, 4 a head: mu = 3; group A is the first two (mean 2), B the third."""
    frame = pd.DataFrame({"id": list("abc"), "x": [1.0, 3, 4], "pop": [1.0, 1, 2]})
    panel = tk.Panel(frame, entity="id")
    record = tk.theil(panel, "x", {"a": "A", "b": "A", "c": "B"}, weights="pop", index=index)
    table = record.tidy().set_index("component")["estimate"]
    log = np.log
    if index == "T":
        total = (1 * log(1 / 3) + 3 * log(1) + 8 * log(4 / 3)) / 12
        between = (4 * log(2 / 3) + 8 * log(4 / 3)) / 12
        inside = (1 * log(1 / 2) + 3 * log(3 / 2)) / 4
        lead = 4 / 12
    else:
        total = (log(3) + log(1) + 2 * log(3 / 4)) / 4
        between = (2 * log(3 / 2) + 2 * log(3 / 4)) / 4
        inside = (log(2) + log(2 / 3)) / 2
        lead = 2 / 4
    assert table["total"] == pytest.approx(total, rel=1e-13)
    assert table["between groups"] == pytest.approx(between, rel=1e-12)
    assert table["within groups"] == pytest.approx(lead * inside, rel=1e-12)
    groups = record.groups().set_index("group")
    assert groups.loc["A", "index"] == pytest.approx(inside, rel=1e-13) and groups.loc["B", "index"] == 0
    assert groups["between"].sum() == pytest.approx(between, rel=1e-12)
    assert groups["contribution"].sum() == pytest.approx(lead * inside, rel=1e-12)
    assert list(groups["mean"]) == [2, 4]


@pytest.mark.parametrize("index", ["T", "L"])
@pytest.mark.parametrize("weights", [None, "pop"])
def test_nested_parts_of_china_add_up(index, weights):
    panel = tk.load("china")
    side, coast = panel.register("north_south"), panel.register("coast")
    fine = {i: f"{side[i]} {coast[i]}" for i in panel.entities}
    nested = tk.theil(panel, "gdp / pop", ["north_south", fine], weights=weights, index=index)
    np.testing.assert_allclose(nested.parts.sum(axis=0), nested.total, atol=1e-12)
    assert (nested.parts >= -1e-15).all()
    coarse = tk.theil(panel, "gdp / pop", "north_south", weights=weights, index=index)
    direct = tk.theil(panel, "gdp / pop", fine, weights=weights, index=index)
    np.testing.assert_allclose(nested.parts[0], coarse.parts[0], atol=1e-14)
    np.testing.assert_allclose(nested.parts[0] + nested.parts[1], direct.parts[0], atol=1e-14)
    total = tk.inequality(panel, "gdp / pop", f"theil_{index.lower()}", weights=weights).estimate[0]
    np.testing.assert_allclose(nested.total, total, rtol=1e-12)
    assert nested.components == ("between north_south", "between groups within north_south", "within groups")
    assert nested.groups(0)["time"].nunique() == panel.T and len(nested.groups()) == 4 * panel.T


def test_equal_means_leave_nothing_between():
    frame = pd.DataFrame({"id": list("abcd"), "x": [1.0, 5, 2, 4]})
    record = tk.theil(tk.Panel(frame, entity="id"), "x", {"a": "A", "b": "A", "c": "B", "d": "B"})
    assert record.parts[0, 0] == pytest.approx(0, abs=1e-15)


def test_what_cannot_be_split():
    panel = tk.load("china").between(2020, 2021)
    with pytest.raises(DataError, match="(?s)blocks is not nested in north_south: East in North and South"):
        tk.theil(panel, "gdp / pop", ["north_south", "blocks"])
    with pytest.raises(InputError, match="T"):
        tk.theil(panel, "gdp / pop", "blocks", index="GE2")
    with pytest.raises(DataError, match="(?s)zero or negative.*2020.*logarithms"):
        tk.theil(panel, "gdp / pop - 5", "blocks")
    with pytest.raises(DataError, match="one group, 'East'"):
        east = [i for i, g in panel.register("blocks").items() if g == "East"]
        tk.theil(panel.select(entities=east), "gdp / pop", "blocks")
    with pytest.raises(DataError, match="(?s)Beijing.*no group|no group.*Beijing"):
        tk.theil(panel, "gdp / pop", {i: "A" for i in panel.entities if panel.names[i] != "Beijing"})
    with pytest.raises(InputError, match="blocks"):
        tk.theil(panel, "gdp / pop", 3)
    with pytest.raises((InputError, DataError), match="blocks"):
        tk.theil(panel, "gdp / pop", "provinces")
    with pytest.raises(InputError, match="twice"):
        tk.theil(panel, "gdp / pop", ["blocks", "blocks"])
