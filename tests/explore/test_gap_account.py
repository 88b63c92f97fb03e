"""Gaps between groups: sums by hand, and every case in which a ratio must not be printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import DataError, InputError

GROUPS = {"a": "A", "b": "A", "c": "B", "d": "B"}


def panel_of(*years, **columns):
    """Values of the regions a, b, c, d, a row a year."""
    t = len(years)
    frame = pd.DataFrame({"id": list("abcd") * t, "year": np.repeat(np.arange(2000, 2000 + t), 4)})
    frame["x"] = np.asarray(years, float).ravel()
    for name, values in columns.items():
        frame[name] = np.broadcast_to(np.asarray(values, float), (t, 4)).ravel()
    return tk.Panel(frame, entity="id", time="year")


def one(account, **where):
    table = account.changes()
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_by_hand():
    panel = panel_of([2, 4, 1, 3], [6, 8, 2, 4], pop=[1, 3, 1, 1])
    account = tk.gap_account(panel, "x", GROUPS, weights="pop")
    first = account.tidy().query("time == 2000").set_index("weighting")
    assert list(first["value"]) == pytest.approx([3, 3.5]) and list(first["base_value"]) == pytest.approx([2, 2])
    assert list(first["difference"]) == pytest.approx([1, 1.5]) and list(first["ratio"]) == pytest.approx([1.5, 1.75])
    assert list(first["relative"]) == pytest.approx([0.5, 0.75]) and (first["flags"] == "").all()
    row = one(account, weighting="simple")
    assert (
        row["change"] == pytest.approx(3)
        and row["growth"] == pytest.approx(3)
        and row["ratio_change"] == pytest.approx(7 / 3 - 1.5)
    )
    assert row["direction_absolute"] == row["direction_relative"] == "wider" and row["flags"] == ""


def test_a_ratio_of_totals_is_the_weighted_mean():
    panel = tk.load("china")
    totals = tk.gap_account(panel, ("gdp", "pop"), "blocks", base="West")
    means = tk.gap_account(panel, "gdp / pop", "blocks", base="West", weights="pop")
    np.testing.assert_allclose(totals.values[0], means.values[1], rtol=1e-13)
    east = (panel.register("blocks") == "East").to_numpy()
    direct = panel.values("gdp")[:, east].sum(1) / panel.values("pop")[:, east].sum(1)
    np.testing.assert_allclose(totals.values[0, :, 0], direct, rtol=1e-13)
    assert totals.variants == (("nominal", "weighted by pop"),)
    whole = panel.values("gdp").sum(1) / panel.values("pop").sum(1)
    np.testing.assert_allclose(totals.values[0, :, -1], whole, rtol=1e-13)


def test_a_gap_that_began_near_zero_did_not_grow_491_fold():
    """From 0.01 to 4.92 the gap grew 491-fold; it is said to widen by 4.91, and no more."""
    account = tk.gap_account(panel_of([10, 10.02, 10, 10], [15, 15, 10.08, 10.08]), "x", GROUPS)
    row = one(account)
    assert row["difference_first"] == pytest.approx(0.01) and row["difference_last"] == pytest.approx(4.92)
    assert np.isnan(row["growth"]) and "near-zero first gap" in row["flags"]
    assert row["change"] == pytest.approx(4.91) and row["direction_absolute"] == "wider"
    assert "491" not in repr(account)


def test_a_base_near_zero_has_no_ratio():
    account = tk.gap_account(panel_of([4, 6, 0.1, 0.1], [4, 6, 0.2, 0.8]), "x", GROUPS)
    table = account.tidy()
    assert list(table["flags"]) == ["near-zero base", ""]
    assert np.isnan(table["ratio"][0]) and np.isnan(table["relative"][0]) and table["ratio"][1] == 10
    row = one(account)
    assert row["flags"] == "near-zero base" and row["direction_relative"] == "" and np.isnan(row["ratio_change"])
    # the rule: 0.1 is below 5 percent of the mean absolute value 2.55, and above 1 percent
    assert tk.gap_account(panel_of([4, 6, 0.1, 0.1]), "x", GROUPS, near_zero=0.01).tidy()["flags"][0] == ""


def test_signs_are_told():
    account = tk.gap_account(panel_of([3, 3, -1, -1], [-2, -2, -1, -1], [2, 2, 2, 4]), "x", GROUPS)
    assert list(account.tidy()["flags"]) == ["opposite signs", "both negative", ""]
    assert account.tidy()["ratio"].isna().tolist() == [True, True, False]
    row = one(account)
    assert "ranking reversed" in row["flags"] and "sign change" in row["flags"]
    assert np.isnan(row["growth"]) and row["reversals"] == "2001"


def test_a_reversal_on_the_way_is_found_through_a_tie():
    account = tk.gap_account(panel_of([4, 4, 2, 2], [3, 3, 3, 3], [2, 2, 4, 4], [4, 4, 2, 2]), "x", GROUPS)
    row = one(account)
    assert row["reversals"] == "2002, 2003" and "reversed on the way" in row["flags"]
    assert row["direction_absolute"] == "unchanged" and "ranking reversed" not in row["flags"]


def test_absolute_and_relative_may_disagree():
    row = one(tk.gap_account(panel_of([4, 4, 2, 2], [9, 9, 6, 6]), "x", GROUPS))
    assert (row["direction_absolute"], row["direction_relative"]) == ("wider", "narrower")
    assert row["flags"] == "absolute and relative disagree"


def test_weighting_and_prices_may_disagree():
    panel = panel_of([4, 4, 2, 2], [8, 3, 2, 2], pop=[1, 9, 1, 1], cpi=[1, 1, 1, 1])
    table = tk.gap_account(panel, "x", GROUPS, weights="pop").changes()
    assert table["direction_relative"].tolist() == ["wider", "narrower"]
    assert table["flags"].str.contains("depends on weighting").all()
    prices = panel_of([4, 4, 2, 2], [8, 8, 3, 3], cpi=[[1, 1, 1, 1], [2, 2, 1, 1]])
    table = tk.gap_account(prices, "x", GROUPS, deflator="cpi").changes()
    assert table["basis"].tolist() == ["nominal", "real"]
    assert table["direction_relative"].tolist() == ["wider", "narrower"]
    assert table["flags"].str.contains("depends on prices").all()


def test_real_values():
    years, cpi = (
        ([2, 4, 1, 3], [6, 8, 2, 4], [9, 9, 4, 4]),
        [[100, 100, 100, 50], [120, 125, 100, 100], [150, 125, 200, 100]],
    )
    panel = panel_of(*years, cpi=cpi)
    account = tk.gap_account(panel, "x", GROUPS, deflator="cpi")
    expected = np.array(years, float) * np.array(cpi)[0] / np.array(cpi)
    np.testing.assert_allclose(account.values[1, :, 0], expected[:, :2].mean(axis=1))
    np.testing.assert_allclose(account.values[1, 0], account.values[0, 0])
    last = tk.gap_account(panel, "x", GROUPS, deflator="cpi", prices=2002)
    np.testing.assert_allclose(last.values[1, 2], last.values[0, 2])
    step = np.vstack([np.full(4, 777.0), 100 * np.array(cpi)[1:] / np.array(cpi)[:-1]])
    chained = tk.gap_account(panel_of(*years, step=step), "x", GROUPS, deflator="step", chained=True)
    np.testing.assert_allclose(chained.values[1], account.values[1], rtol=1e-13)


def test_the_implied_deflator_gives_the_volume_index():
    panel = tk.load("china").between(2000, 2022)
    deflator = "10000 * gdp / lag(gdp) / gdp_index"
    account = tk.gap_account(panel, ("gdp", "pop"), "north_south", deflator=deflator, chained=True)
    volume = np.vstack([np.ones(31), np.cumprod(panel.values("gdp_index")[1:] / 100, axis=0)])
    real = panel.values("gdp")[0] * volume
    north = (panel.register("north_south") == "North").to_numpy()
    direct = real[:, north].sum(1) / panel.values("pop")[:, north].sum(1)
    np.testing.assert_allclose(account.values[1, :, 0], direct, rtol=1e-12)
    assert "prices of 2000" in account.prices


def test_vintage_is_named():
    account = tk.gap_account(tk.load("china"), ("gdp", "pop"), "blocks")
    assert "NBS regional annual data" in account.source and "2018 census" in account.source
    assert account.source.count("pop:") == 1 and "2018 census" in repr(account)
    assert "National Bureau of Statistics" in account.division.note


def test_every_pair_or_one_base():
    panel = tk.load("china").between(2020, 2021)
    assert len(tk.gap_account(panel, "gdp / pop", "blocks").pairs) == 6
    table = tk.gap_account(panel, ("gdp", "pop"), "blocks", base="all").tidy()
    assert set(table["base"]) == {"all"} and len(table) == 8
    assert tk.gap_account(panel, "gdp / pop", "blocks", base="西部").tidy()["base"].unique().tolist() == ["West"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"base": "C"}, "A, B, all"),
        ({"near_zero": 5}, "0.05"),
        ({"variable": ("x", "pop"), "weights": "pop"}, "weighted by 'pop'"),
        ({"variable": ("x",)}, "gdp"),
        ({"prices": 2000}, "deflator"),
        ({"deflator": "pop", "prices": 1990}, "2000, 2001"),
        ({"deflator": "zero"}, "(?s)zero or negative.*a 2000"),
        ({"weights": "zero"}, "a 2000"),
        ({"groups": "blocks"}, "blocks"),
    ],
)
def test_bad_arguments(arguments, says):
    panel = panel_of([1, 2, 3, 4], [1, 2, 3, 4], pop=[1, 1, 1, 1], zero=[0, 1, 1, 1])
    with pytest.raises((InputError, DataError), match=says):
        tk.gap_account(panel, **({"variable": "x", "groups": GROUPS} | arguments))


def test_an_index_of_volume_is_no_deflator():
    panel = tk.load("china").between(2000, 2022)
    with pytest.raises(DataError, match="(?s)volume, not of prices.*implied deflator"):
        tk.gap_account(panel, "gdp", "blocks", deflator="gdp_index", chained=True)
    with pytest.raises(InputError, match="earlier one first"):
        tk.gap_account(panel, "gdp", "blocks").changes(2010, 2005)
