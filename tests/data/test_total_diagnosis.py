"""A nation among its regions is seen, by name or since it adds up; a large region is not taken for one."""

import numpy as np
import pandas as pd
import pytest

import toolkit as tk

IDS = list("ABCDEF")


def panel(extra="", factor=1.0):
    """Six regions in three years, and one more with `factor` times their sum."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame([(i, t) for t in (2000, 2001, 2002) for i in IDS], columns=["code", "year"])
    frame["rate"] = rng.uniform(1, 9, len(frame))
    frame["gdp"] = rng.uniform(10, 20, len(frame))
    if not extra:
        return frame
    whole = frame.groupby("year", as_index=False).agg(rate=("rate", "mean"), gdp=("gdp", "sum"))
    return pd.concat([frame, whole.assign(code=extra, gdp=whole["gdp"] * factor)], ignore_index=True)


def totals(frame):
    return [f for f in tk.check(frame, "code", "year").items if f.code == "total"]


@pytest.mark.parametrize("name", ["Utopia", "Total", "全国", "合计"])
def test_a_row_that_adds_up_the_others_is_an_error(name):
    (found,) = totals(panel(name))
    assert found.severity == "error" and f"{name} is the sum of all other regions (gdp)" in found.found
    assert found.rows == (18, 19, 20) and repr(name) in found.fix


@pytest.mark.parametrize("name", ["total", "Grand Total", "National", "全国", "总计"])
def test_a_row_called_a_total_is_an_error_though_it_does_not_add_up(name):
    (found,) = totals(panel(name, 1.1))
    assert "by its name" in found.found


def test_rounded_totals_are_seen_and_large_regions_are_not_taken_for_one():
    frame = panel("Utopia")
    assert totals(frame.assign(gdp=frame["gdp"].round(2)))
    assert not totals(panel("Utopia", 0.98)) and not totals(panel())


@pytest.mark.parametrize("name", ["munnell", "china", "us_income"])
def test_packaged_data_hold_no_total(name):
    data = tk.load(name)
    found = tk.check(data.frame, data.entity, data.time)
    assert not [f for f in found.items if f.code in ("total", "wide")]
