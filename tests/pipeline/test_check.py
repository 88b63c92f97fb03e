"""`tk.check`: nasty tables, maps and weights are described, never a traceback; good ones pass."""

import json
import re

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from cases import columbus, munnell
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

import toolkit as tk
from toolkit.errors import InputError, OutputError
from toolkit.pipeline.check import save_findings

IDS = [f"{i:02d}" for i in range(1, 13)]
YEARS = range(2000, 2008)


def table(**columns):
    """12 regions x 8 years, clean: ids as text, two variables that grow smoothly."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame([(i, t) for i in IDS for t in YEARS], columns=["code", "year"])
    frame["gdp"] = np.exp(rng.normal(5, 0.5, 12).repeat(8) + 0.05 * (frame["year"] - 2000) + rng.normal(0, 0.02, 96))
    frame["roads"] = np.exp(rng.normal(3, 0.5, 96))
    return frame.assign(**columns)


def squares(**changes):
    cells = [box(k % 4, k // 4, k % 4 + 1, k // 4 + 1) for k in range(12)]
    cells = [changes.get(i, c) for i, c in zip([f"r{k}" for k in range(12)], cells, strict=True)]
    return gpd.GeoDataFrame({"code": IDS, "name": [f"Region {i}" for i in IDS]}, geometry=cells, crs=32650)


def codes(found, severity=None):
    return [f.code for f in found.items if severity in (None, f.severity)]


def finding(found, code):
    return next(f for f in found.items if f.code == code)


def changed(row, column, value):
    frame = table().astype({column: object})
    frame.loc[row, column] = value
    return frame


def test_a_clean_table_has_no_error():
    found = tk.check(table(), "code", "year", geometry=squares(), formula="log(gdp) ~ log(roads)")
    assert found.ok and found.checked == ("table", "ids", "times", "variables", "map", "formula")
    assert codes(found) == ["few-regions", "short-panel"]
    assert "12 regions x 8 periods (2000-2007), 96 rows, 2 numeric variables" in found.text()


def test_the_packaged_panels_can_be_used_as_they_are():
    panel, W = munnell()
    formula = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"
    found = tk.check(panel.frame, "state", "year", geometry=panel.geometry, weights=W, formula=formula)
    assert found.ok and codes(found, "warning") == ["inflation"]
    panel, W = columbus()
    assert tk.check(panel.frame, "POLYID", geometry=panel.geometry, weights=W).ok


@pytest.mark.parametrize(
    ("frame", "code", "said"),
    [
        (pd.concat([table(), table().iloc[[3]]], ignore_index=True), "duplicates", "01 in 2003"),
        (table().drop(index=5), "unbalanced", "01 lacks 2005"),
        (table().query("year != 2004"), "uneven-times", "2003 to 2005"),
        (changed(7, "code", 7), "mixed-ids", "95 text such as '01'"),
        (changed(7, "code", " 01"), "padded-ids", "' 01'"),
        (changed(7, "code", None), "empty-key", "empty in 1 of 96 rows"),
        (changed(4, "gdp", "1,234"), "text-thousands", "'1,234'"),
        (changed(4, "gdp", "12,5"), "text-decimal-comma", "'12,5'"),
        (changed(4, "gdp", "n.a."), "text-sign", "'n.a.'"),
        (changed(4, "gdp", "—"), "text-sign", "'—'"),
        (changed(4, "gdp", "12%"), "text-unit", "'12%'"),
        (changed(4, "gdp", "123万"), "text-unit", "'123万'"),
        (changed(4, "gdp", "12.1*"), "text-marked", "'12.1*'"),
        (changed(4, "gdp", "#DIV/0!"), "text-error", "'#DIV/0!'"),
        (changed(4, "gdp", "about 3"), "text-text", "'about 3'"),
        (changed(4, "gdp", np.inf), "infinite", "1 values are infinite"),
        (changed(4, "gdp", None), "missing", "1 of 96 values are missing (1%); some are missing in 2004"),
        (table(gdp=lambda d: d["gdp"].where(d["year"] > 2001)), "missing", "no region has one in 2000-2001"),
        (table(one=1.0), "constant", "It is 1 everywhere"),
        (table(fixed=lambda d: d["code"].astype(int)), "no-within", "never changes within a region"),
        (table(world=lambda d: d["year"] ** 2.0), "no-between", "the same in all regions"),
        (changed(4, "gdp", 0.0), "few-zero", "1 of 96 values are zero"),
        (changed(4, "gdp", -99.0), "few-negative", "-99"),
        (table(gdp=lambda d: d["gdp"] * np.where(d["year"] > 2004, 10_000, 1)), "unit-break", "in 2005, most regions jump by a factor of about 10,000"),
        (table(gdp=lambda d: d["gdp"] * np.where(d.index == 20, 100, 1)), "unit-break", "2 jumps by a factor of about 100: 03 in 2004, 03 in 2005"),
        (table(gdp=lambda d: d["gdp"] * np.where(d.index == 20, 1e9, 1)), "outliers", "(03, 2004)"),
        (table(again=lambda d: d["gdp"] / 10_000), "collinear-pairs", "gdp and again (1.0000)"),
        (table(year=lambda d: d["year"].astype(str) + "年"), "times", "'2000年'"),
        (changed(95, "year", 20077), "odd-years", "20077"),
        (table(code=lambda d: ["North east" if i == "01" and t < 2004 else "north-east" if i == "01" else i for i, t in d[["code", "year"]].itertuples(index=False)]), "lookalike-ids", "'North east' / 'north-east'"),
        (table().rename(columns={"code": "Code"}), "no-column", "no column 'code' (entity)"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_value(frame, code, said):
    before = frame.copy()
    found = tk.check(frame, "code", "year")
    assert code in codes(found), found.text()
    assert said in finding(found, code).found and finding(found, code).fix and finding(found, code).why
    pd.testing.assert_frame_equal(frame, before)


def test_rows_are_those_of_the_file(tmp_path):
    changed(4, "gdp", "n.a.").to_csv(tmp_path / "my.csv", index=False)
    item = finding(tk.check(tmp_path / "my.csv", "code", "year"), "text-sign")
    assert item.rows == (6,) and 'missing=["n.a."]' in item.fix
    panel = tk.Panel.read(tmp_path / "my.csv", "code", "year", ids="text", missing=["n.a."])
    assert panel.missing("gdp").shape == (1, 3)  # the remedy works


@pytest.mark.parametrize(
    ("formula", "code", "said"),
    [
        ("log(gdp) ~ log(rods)", "formula", "rods"),
        ("log(gdp) ~ log(zero)", "formula", "log"),
        ("log(gdp) ~ roads + twice", "collinear", "twice = 2 roads"),
        ("log(gdp) ~ roads + nearly", "inflation", "roads"),
        ("log(gdp) ~ __import__('os')", "formula", "__import__"),
    ],
)
def test_the_equation_is_tried(formula, code, said):
    rng = np.random.default_rng(2)
    frame = table(zero=lambda d: d["roads"].where(d.index > 3, 0.0), twice=lambda d: 2 * d["roads"])
    frame["nearly"] = frame["roads"] + rng.normal(0, 0.1, 96)
    found = tk.check(frame, "code", "year", formula=formula)
    assert code in codes(found) and said in finding(found, code).found


BOWTIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


@pytest.mark.parametrize(
    ("shapes", "key", "code", "said"),
    [
        (squares().set_crs(None, allow_override=True), "code", "no-crs", "no CRS"),
        (squares().set_crs(4326, allow_override=True), "code", "degrees", "WGS 84"),
        (squares(r0=BOWTIE), "code", "map-invalid", "01 ("),
        (squares(r11=box(9, 9, 10, 10)), "code", "map-islands", "12"),
        (squares(r11=Polygon()), "code", "map-empty", "12"),
        (squares(), "id", "map-key", "it has code, name"),
        (squares().iloc[:-1], "code", "map-ids", "1 of 12 regions of the table are not in the map: 12"),
        (pd.concat([squares(), squares().iloc[[0]]]), "code", "map-duplicates", "01"),
        (squares().assign(code=lambda d: d["code"].astype(int)), "code", "map-ids", "9 of 12 regions"),
        (squares().assign(geometry=lambda d: d.scale(0.9, 0.9)), "code", "no-borders", "No two regions touch"),
        (squares().assign(geometry=lambda d: d.centroid), "code", "map-kinds", "Point"),
    ],
)  # fmt: skip
def test_each_fault_of_a_map_is_named(shapes, key, code, said):
    found = tk.check(table(), "code", "year", geometry=shapes, key=key)
    assert code in codes(found), found.text()
    assert said in finding(found, code).found


@pytest.mark.parametrize(
    ("spell", "fix"),
    [
        (lambda i: f"region-{i}", "'region-01' is '01'"),
        (lambda i: f"REGION {i} Province", "'REGION 01 Province' is '01'"),
        (lambda i: str(int(i)), "Leading zeros were lost (1 is 01)"),
        (lambda i: f"x{int(i) * 77}", "Not one id agrees"),
    ],
)
def test_likely_partners_are_named(spell, fix):
    frame = table(code=lambda d: d["code"].map(spell))
    if spell("01") == "1":
        frame = frame[frame["code"].str.len() == 1]
    found = tk.check(frame, "code", "year", geometry=squares(), key="code")
    assert fix in finding(found, "map-ids").fix


def ring(n=12):
    return np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)


@pytest.mark.parametrize(
    ("W", "code", "said"),
    [
        (tk.weights.from_matrix(ring() * np.arange(1, 13)[:, None], IDS), "not-row-standardised", "between 2 and 24"),
        (tk.weights.from_matrix(ring(), IDS), "row-sums", "All rows sum to 2"),
        (tk.weights.from_matrix(ring(), [f"x{i}" for i in IDS], normalize="row"), "weights-ids", "12 of 12 regions"),
        (tk.weights.from_matrix(ring(13), [*IDS, "13"], normalize="row"), "weights-extra", "13"),
        (ring(), "weights-by-position", "no ids"),
        (np.ones((12, 12)) - np.eye(12), "dense", "100%"),
        (np.triu(ring()), "one-way", "one way only"),
        (np.triu(ring()), "weights-islands", "12"),
        (ring() + np.eye(12), "weights-unreadable", "own neighbours"),
        (-ring(), "weights-unreadable", "negative"),
        ("absent.gal", "weights-unreadable", "no file"),
        ({"a": 1}, "weights-unreadable", "dict"),
    ],
)  # fmt: skip
def test_each_fault_of_weights_is_named(W, code, said):
    found = tk.check(table(), "code", "year", weights=W)
    assert code in codes(found), found.text()
    assert said in finding(found, code).found


PLAIN = table().to_csv(index=False)
CHINESE = PLAIN.replace("01,", "北京市,").replace("02,", "天津市,")
FILES = {
    "bom": (PLAIN.encode("utf-8-sig"), None),
    "gbk": (CHINESE.encode("gbk"), "encoding"),
    "latin-1": (PLAIN.replace("01,", "Rhône,").encode("latin-1"), "encoding"),
    "utf-16": (PLAIN.encode("utf-16"), "encoding"),
    "semicolons": (PLAIN.replace(",", ";").replace(".", ",").encode(), "separator"),
    "tabs": (PLAIN.replace(",", "\t").encode(), "separator"),
    "title": (b"Table 1. Regions\n\n" + PLAIN.encode(), "title-lines"),
    "two headers": (PLAIN.replace("\n", "\n,,million,km\n", 1).encode(), "second-header"),
    "footnote": ((PLAIN + "Source: yearbook\n").encode(), "footnotes"),
    "ragged": (PLAIN.replace("\n01,2000,", '\n01,2000,1,').encode(), "ragged"),
    "blank lines": (PLAIN.replace("\n", "\n\n").encode(), None),
    "zeros": (PLAIN.encode(), "leading-zeros"),
    "empty": (b"", "unreadable"),
    "blank": (b"\n \n,,\n", "unreadable"),
    "header": (b"code,year,gdp\n", "unreadable"),
    "one column": (b"code\n01\n02\n", "no-column"),
    "binary": (bytes(range(256)) * 4, "unreadable"),
    "names twice": (PLAIN.replace("gdp,roads", "gdp,gdp", 1).encode(), "names-twice"),
    "padded names": (PLAIN.replace("gdp,roads", "gdp, roads", 1).encode(), "padded-names"),
    "unnamed": (PLAIN.replace("gdp,roads", "gdp,", 1).encode(), "unnamed"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_as_people_have_them(tmp_path, name):
    content, code = FILES[name]
    path = tmp_path / "my.csv"
    path.write_bytes(content)
    found = tk.check(path, "code", "year")
    if code is None:
        assert found.ok, found.text()
    else:
        assert code in codes(found), found.text()
    if name not in ("empty", "blank", "header", "one column", "binary", "ragged"):
        assert "12 regions x 8 periods" in found.size, found.text()
    assert path.read_bytes() == content


def test_the_encoding_named_is_the_one_that_reads_it(tmp_path):
    path = tmp_path / "my.csv"
    path.write_bytes(FILES["gbk"][0])
    assert 'encoding="gb18030"' in finding(tk.check(path, "code", "year"), "encoding").fix
    assert "北京市" in tk.Panel.read(path, "code", "year", ids="text", encoding="gb18030").entities
    assert "encoding" not in codes(tk.check(path, "code", "year", encoding="gb18030"))


def workbook(path, change):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [list(table().columns), *table().values.tolist()]:
        sheet.append(row)
    change(book, sheet)
    book.save(path)
    return path


def merge(book, sheet):
    sheet.merge_cells("A2:A9")


@pytest.mark.parametrize(
    ("change", "code", "size"),
    [
        (lambda book, sheet: None, None, "12 regions"),
        (merge, "merged-cells", ""),
        (lambda book, sheet: book.create_sheet("notes"), "sheets", "12 regions"),
        (
            lambda book, sheet: sheet.insert_rows(1, 2) or sheet.__setitem__("A1", "Table 1"),
            "title-lines",
            "12 regions",
        ),
        (lambda book, sheet: sheet.__setitem__("C5", "#REF!"), "text-error", "12 regions"),
        (lambda book, sheet: sheet.delete_rows(1, 200), "unreadable", ""),
    ],
)
def test_workbooks_as_people_have_them(tmp_path, change, code, size):
    found = tk.check(workbook(tmp_path / "my.xlsx", change), "code", "year")
    assert code in codes(found) if code else found.ok, found.text()
    assert size in found.size


@pytest.mark.parametrize("name", ["my.pkl", "my.csv", "my.xls", "my.dta"])
def test_files_that_cannot_be_read_are_a_finding(tmp_path, name):
    if name != "my.csv":
        (tmp_path / name).write_bytes(b"\x80\x04 not a table")
    found = tk.check(tmp_path / name, "code")
    assert codes(found) == ["unreadable"] and not found.ok and found.items[0].fix


cell = st.one_of(
    st.none(), st.integers(-9, 3000), st.floats(), st.booleans(), st.dates(),
    st.text(alphabet="019.,;%-—年 \"'\n#N/Aé北e", max_size=6),
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(cell, cell, cell, cell), max_size=12), st.booleans())
def test_no_table_whatever_breaks_the_check(rows, timed):
    frame = pd.DataFrame(rows, columns=["code", "year", "x", "y"]).astype(object)
    found = tk.check(frame, "code", "year" if timed else None, formula="y ~ log(x)")
    assert found.text() and found.to_html() and len(found.tidy()) == len(found.items)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.binary(max_size=200) | st.text(alphabet="code,year;\t\"'\n1.2é北", max_size=200).map(str.encode))
def test_no_file_whatever_breaks_the_check(tmp_path, content):
    (tmp_path / "my.csv").write_bytes(content)
    assert tk.check(tmp_path / "my.csv", "code", "year").source == "my.csv"


def test_the_record_is_saved_by_suffix_and_refuses_the_rest(tmp_path):
    found = tk.check(changed(4, "gdp", "<b>n.a.</b>"), "code", "year")
    page = save_findings(found, tmp_path / "check.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;n.a." in page and "<b>n.a.</b>" not in page
    content = json.loads(save_findings(found, tmp_path / "check.json").read_text(encoding="utf-8"))
    assert content["ok"] is False and content["findings"][0]["rows"] == [4]
    saved = pd.read_csv(save_findings(found, tmp_path / "check.csv"))
    assert list(saved.columns) == ["severity", "code", "subject", "found", "why", "fix", "rows"]
    assert save_findings(found, tmp_path / "check.txt").read_text(encoding="utf-8") == found.text() + "\n"
    with pytest.raises(OutputError, match="exists"):
        save_findings(found, tmp_path / "check.csv")
    with pytest.raises(OutputError, match=re.escape(".html, .csv, .json, .txt")):
        save_findings(found, tmp_path / "check.pdf")


def test_what_is_neither_path_nor_table_is_refused():
    with pytest.raises(InputError, match="data is a list"):
        tk.check([1, 2], "code")


def test_many_variables_with_one_fault_are_one_paragraph():
    frame = table(**{f"v{k}": lambda d, k=k: d["roads"].where(d.index != k) for k in range(5)})
    said = tk.check(frame, "code", "year").text()
    assert said.count("Why: A model needs every region") == 1 and said.count("1 of 96 values are missing") == 5


def test_names_merged_over_columns_are_no_ragged_rows(tmp_path):
    book = openpyxl.Workbook()
    for row in (["code", "year", "gdp", None], [None, None, "level", "index"]):
        book.active.append(row)
    book.active.merge_cells("C1:D1")
    for code in IDS:
        for year in YEARS:
            book.active.append([code, f"{year}年", 100 + year, 5 + year % 7])
    book.save(tmp_path / "merged.xlsx")
    found = tk.check(tmp_path / "merged.xlsx", "code", "year")
    assert {"merged-cells", "second-header", "unnamed"} <= set(codes(found)) and "ragged" not in codes(found)
    assert "12 regions x 8 periods (2000-2007)" in found.text()  # years with a unit are years


def test_numbers_with_separators_are_looked_at_as_the_numbers_they_mean():
    frame = pd.DataFrame(
        {
            "code": np.repeat(list("ABCDEFGH"), 4),
            "year": list(range(2000, 2004)) * 8,
            "gdp": [f"{1000 + 7 * i:,}" for i in range(32)],
        }
    )
    frame.loc[9, "gdp"] = "10,630,000"
    codes = tk.check(frame, "code", "year").tidy()["code"].tolist()
    assert "text-thousands" in codes and "unit-break" in codes and "empty" not in codes
