"""Panel: what it refuses and how it says so, that it is frozen, and that the order of rows is nothing to it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit as tk
from toolkit.errors import DataError, InputError, ToolkitError


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": ["A", "B", "C"] * 2,
            "year": [2000] * 3 + [2001] * 3,
            "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            "word": ["a", "b", "c", "d", "e", "1,234"],
        }
    )


def test_values_are_time_major_in_the_order_of_ids():
    panel = tk.Panel(table().sample(frac=1, random_state=1), entity="code", time="year")
    np.testing.assert_array_equal(panel.values("x"), [[1, 2, 3], [4, 5, 6]])
    assert list(panel.entities) == ["A", "B", "C"] and list(panel.times) == [2000, 2001]
    assert (panel.N, panel.T, panel.balanced) == (3, 2, True)
    assert panel.variables == ("x", "word")
    assert panel.frame["year"].tolist() == [2000] * 3 + [2001] * 3
    assert panel.wide("x").loc[2001, "B"] == 5


def test_a_cross_section_is_a_panel_of_one_period():
    panel = tk.Panel(table().query("year == 2000").drop(columns="year"), entity="code")
    assert panel.T == 1 and panel.time is None
    np.testing.assert_array_equal(panel.values("x"), [[1, 2, 3]])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing(seed):
    one = tk.Panel(table(), entity="code", time="year")
    two = tk.Panel(table().sample(frac=1, random_state=seed)[["x", "word", "year", "code"]], entity="code", time="year")
    assert one.hash == two.hash
    np.testing.assert_array_equal(one.values("x"), two.values("x"))


def changed(**columns) -> pd.DataFrame:
    return table().assign(**columns)


@pytest.mark.parametrize(
    ("frame", "arguments", "says"),
    [
        (pd.concat([table(), table().iloc[[4]]]), {}, r"(?s)more than once.*B, 2001"),
        (table().drop(index=4), {}, r"(?s)B.*2001.*unbalanced"),
        (changed(code=["A", None, "C"] * 2), {}, r"'code' is empty in 2 of 6 rows: row 1, 4"),
        (changed(code=["110000", 110000, "C"] * 2), {}, r"(?s)110000.*ids="),
        (changed(code=[1.5, 2.0, 3.0] * 2), {}, "1.5"),
        (changed(year=[2000, 2000, 2000, "2001", "2001", "2001"]), {}, "mixes types"),
        (changed(year=["2000"] * 3 + ["2001"] * 3), {}, "numbers written as text"),
        (changed(x=[1, 2, np.inf, 4, 5, 6]), {}, r"(?s)x.*C.*2000"),
        (table().iloc[:0], {}, "(?s)no rows|empty"),
        (table(), {"entity": "province"}, r"(?s)province.*code"),
        (table(), {"time": "yr"}, r"(?s)yr.*year"),
        (table(), {"unbalanced": "drop"}, "keep"),
        (table(), {"ids": "words"}, "text"),
    ],
)
def test_what_is_refused_names_the_rows_and_the_way_out(frame, arguments, says):
    with pytest.raises(ToolkitError, match=says):
        tk.Panel(frame, **({"entity": "code", "time": "year"} | arguments))


def test_ids_of_two_kinds_are_read_as_told():
    frame = changed(code=["110000", 120000, "130000"] * 2)
    panel = tk.Panel(frame, entity="code", time="year", ids="text")
    assert list(panel.entities) == ["110000", "120000", "130000"]


def test_unbalanced_panels_are_kept_on_request():
    panel = tk.Panel(table().drop(index=4), entity="code", time="year", unbalanced="keep")
    assert not panel.balanced
    np.testing.assert_array_equal(panel.values("x"), [[1, 2, 3], [4, np.nan, 6]])
    assert len(panel.frame) == 5


@pytest.mark.parametrize(("name", "says"), [("word", r"(?s)word.*(1,234|'a')"), ("z", r"(?s)'?z'?.*x")])
def test_numbers_asked_of_text_and_of_nothing(name, says):
    with pytest.raises(DataError, match=says):
        tk.Panel(table(), entity="code", time="year").values(name)


def test_missing_values_are_kept_and_refused_on_use():
    frame = changed(x=[1, 2, 3, 4, np.nan, 6])
    panel = tk.Panel(frame, entity="code", time="year")
    assert np.isnan(panel.values("x")[1, 1])
    with pytest.raises(
        DataError, match=r"(?s)1 values are missing: x of B in 2001.*complete in: 2000.*panel\.complete"
    ):
        panel.require_complete("x")
    kept = panel.complete("x")
    assert list(kept.times) == [2000]
    assert any("left out 2001" in note for note in kept.notes)
    assert panel.coverage().loc["x", "missing"] == 1


def test_it_is_frozen_and_leaves_the_callers_data_alone():
    frame = table()
    before = frame.copy()
    panel = tk.Panel(frame, entity="code", time="year")
    frame.loc[0, "x"] = 99
    assert panel.values("x")[0, 0] == 1
    got = panel.frame
    got.loc[:, "x"] = 0
    assert panel.values("x").sum() == 21
    with pytest.raises(Exception, match="frozen|cannot|unchang"):
        panel.name = "other"
    with pytest.raises(Exception, match="frozen|cannot|unchang"):
        del panel.entity
    panel.assign(x=0.0)
    pd.testing.assert_frame_equal(before.assign(x=frame["x"]), frame)
    assert panel.values("x").sum() == 21


def test_assign_takes_expressions_numbers_arrays_and_series():
    panel = tk.Panel(table(), entity="code", time="year")
    new = panel.assign(
        double="2 * x", one=1.0, block=panel.values("x") + 1, by_region=pd.Series({"C": 3.0, "A": 1.0, "B": 2.0})
    )
    np.testing.assert_array_equal(new.values("double"), panel.values("x") * 2)
    np.testing.assert_array_equal(new.values("block"), panel.values("x") + 1)
    np.testing.assert_array_equal(new.values("by_region"), [[1, 2, 3]] * 2)
    assert new.hash != panel.hash
    with pytest.raises(DataError, match="key"):
        panel.assign(code="x")


def test_assigned_expressions_keep_gaps_and_refuse_faults():
    frame = changed(x=[1, 2, 3, 4, np.nan, 6], zero=[0.0, 1, 1, 1, 1, 1])
    panel = tk.Panel(frame, entity="code", time="year")
    new = panel.assign(double="2 * x", logged="log(x)", before="lag(x)", change="diff(x)", grown="growth(x)")
    nan = np.nan
    np.testing.assert_array_equal(new.values("double"), [[2, 4, 6], [8, nan, 12]])
    np.testing.assert_allclose(new.values("logged"), np.log([[1, 2, 3], [4, nan, 6]]))
    np.testing.assert_array_equal(new.values("before"), [[nan] * 3, [1, 2, 3]])
    np.testing.assert_array_equal(new.values("change"), [[nan] * 3, [3, nan, 3]])
    np.testing.assert_array_equal(new.values("grown"), [[nan] * 3, [3, nan, 1]])
    with pytest.raises(DataError, match=r"(?s)log\(zero\).*A \(?A?\)? ?.*2000"):
        panel.assign(bad="log(zero) + x")
    with pytest.raises(DataError, match=r"(?s)'x' is missing.*B.*2001"):
        panel.assign(bad="center(x)")
    with pytest.raises(DataError, match=r"(?s)x / zero"):
        panel.assign(bad="x / zero")


def test_select_and_between():
    panel = tk.Panel(table(), entity="code", time="year")
    assert list(panel.select(entities=["C", "A"]).entities) == ["A", "C"]
    assert list(panel.between(2001, 2005).times) == [2001]
    with pytest.raises(ToolkitError, match="1999"):
        panel.select(times=[1999])
    with pytest.raises(ToolkitError, match="2000-2001"):
        panel.between(1990, 1995)


def test_names_are_found_in_both_languages():
    china = tk.load("china")
    assert china.find_id("Hainan") == china.find_id("海南") == china.find_id("460000") == "460000"
    with pytest.raises(ToolkitError, match="Atlantis"):
        china.find_id("Atlantis")


def test_labels_reach_into_expressions():
    china = tk.load("china")
    assert china.label("log(gdp / pop)", "zh") == "log(地区生产总值 / 常住人口)"
    assert china.label("nothing") == "nothing"
    with pytest.raises(InputError, match="en, zh"):
        china.label("gdp", "fr")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".dta", ".parquet"])
def test_files_come_back_as_they_were(tmp_path, suffix):
    path = tmp_path / f"data{suffix}"
    frame = table().drop(columns="word")
    write = {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".xlsx": lambda: frame.to_excel(path, index=False),
        ".dta": lambda: frame.to_stata(path, write_index=False),
        ".parquet": lambda: frame.to_parquet(path, index=False),
    }
    write[suffix]()
    panel = tk.Panel.read(path, entity="code", time="year")
    np.testing.assert_array_equal(panel.values("x"), [[1, 2, 3], [4, 5, 6]])


def test_leading_zeros_of_ids_survive_a_csv(tmp_path):
    path = tmp_path / "fips.csv"
    path.write_text("fips,x\n01,1\n02,2\n10,3\n")
    assert list(tk.Panel.read(path, entity="fips", ids="text").entities) == ["01", "02", "10"]


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson"])
def test_a_map_file_is_matched_by_id(tmp_path, suffix):
    china = tk.load("china")
    shapes = china.geometry.reset_index()[["adcode", "geometry"]].sample(frac=1, random_state=1)
    path = tmp_path / f"map{suffix}"
    shapes.to_file(path)
    data = tmp_path / "data.csv"
    china.select(times=[2020]).frame[["adcode", "gdp"]].to_csv(data, index=False)
    panel = tk.Panel.read(data, entity="adcode", ids="text", geometry=path, key="adcode")
    w = tk.weights.queen(panel, link={"460000": "440000"})
    assert w.sparse.nnz == 2 * 69
    smaller = tmp_path / f"part{suffix}"
    shapes.iloc[:-1].to_file(smaller)
    with pytest.raises(DataError, match=str(shapes["adcode"].iloc[-1])):
        tk.Panel.read(data, entity="adcode", ids="text", geometry=smaller, key="adcode")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ToolkitError, match="(?s)nothing.csv"):
        tk.Panel.read(tmp_path / "nothing.csv", entity="code")
    bad = tmp_path / "data.pkl"
    bad.write_bytes(b"\x80\x04.")
    with pytest.raises(ToolkitError, match=r"(?s)\.pkl.*\.csv"):
        tk.Panel.read(bad, entity="code")


def test_data_sets_are_what_they_say():
    munnell, columbus = tk.load("munnell"), tk.load("columbus")
    assert (munnell.N, munnell.T, munnell.times[0], munnell.times[-1]) == (48, 17, 1970, 1986)
    assert munnell.geometry.crs == "EPSG:4326" and munnell.names["MA"] == "Massachusetts"
    assert munnell.values("gsp")[0, list(munnell.entities).index("AL")] == 28418
    assert (columbus.N, columbus.T) == (49, 1)
    with pytest.raises(DataError, match=r"(?s)atlantis.*munnell"):
        tk.load("atlantis")
