"""A table with its years in columns is seen, and the command offered for turning it round works."""

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.data.wide_diagnosis import diagnose_wide

YEARS = range(2001, 2005)


def wide(*names, **more):
    """Three regions, one column for each name and year; {} in a name is the year."""
    columns = [name.format(year) for name in names for year in YEARS]
    values = np.arange(3.0 * len(columns)).reshape(3, -1)
    return pd.DataFrame({"code": ["A", "B", "C"], **more, **dict(zip(columns, values.T, strict=True))})


@pytest.mark.parametrize(
    ("frame", "said", "command"),
    [
        (wide("{}"), "the years stand in columns (2001-2004", "melt('code'"),
        (wide("{}年"), "'2001年'", "melt"),
        (wide("{0} [YR{0}]", series="GDP"), "2001-2004", "melt(['code', 'series']"),
        (wide("X{}"), "2001-2004", "melt"),
        (wide("gdp{}", "emp{}"), "the years of gdp, emp", "wide_to_long(df, ['gdp', 'emp']"),
        (wide("gdp_{}", name=["x", "y", "z"]), "of gdp", "sep='_'"),
        (wide("gdp.{}"), "of gdp", "sep='.'"),
        (wide("{}_gdp"), "of gdp", "melt"),
        (wide("生产总值{}"), "of 生产总值", "wide_to_long(df, ['生产总值']"),
    ],
)
def test_the_command_makes_the_table_long(frame, said, command):
    (found,) = diagnose_wide(frame, "code", "year")
    assert (found.severity, found.code) == ("error", "wide")
    assert said in found.found and command in found.fix
    python = found.fix.removeprefix("Reshape it, e.g. ").split("; in Stata")[0].split("; then one")[0]
    space = {"pd": pd, "df": frame}
    exec(python, space)  # the command as printed, on the table it was printed for
    long = space["long"]
    assert sorted(set(long["year"])) == list(YEARS) and len(long) in (12, 24)
    assert not long.duplicated(["code", "year"]).any() or "variable" in long


def test_stata_is_offered_where_stata_takes_the_names():
    assert "reshape long gdp_, i(code) j(year)" in diagnose_wide(wide("gdp_{}"), "code", "year")[0].fix
    assert "Stata" not in diagnose_wide(wide("生产总值{}"), "code", "year")[0].fix


def test_a_table_without_periods_is_only_warned():
    (found,) = diagnose_wide(wide("{}"), "code", None)
    assert found.severity == "warning" and "cross-section" in found.why


@pytest.mark.parametrize(
    ("frame", "time"),
    [
        (wide("gdp{}").assign(year=2001), "year"),  # it has its periods
        (pd.DataFrame({"code": ["A"], "gdp2001": [1], "gdp2002": [2]}), None),  # base and final year
        (pd.DataFrame({"code": ["A"], "a2001": [1], "b2002": [2], "c2003": [3]}), "year"),
        (pd.DataFrame({"code": ["A"], "v3001": [1], "v3002": [2], "v3003": [3]}), "year"),
    ],
)
def test_what_is_not_wide_is_left_alone(frame, time):
    assert diagnose_wide(frame, "code", time) == []


def test_the_check_says_it_instead_of_an_absent_column():
    found = tk.check(wide("gdp{}", "emp{}"), "code", "year")
    assert [f.code for f in found.items] == ["wide"] and not found.ok
    assert [f.code for f in tk.check(wide("gdp{}"), "id", "year").items] == ["wide", "no-column"]
    assert "wide" in [f.code for f in tk.check(wide("gdp{}"), "code").warnings]
