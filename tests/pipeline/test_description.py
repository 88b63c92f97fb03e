"""Descriptions on the terminal and in files; panels as files."""

import docx
import numpy as np
import pandas as pd
import pytest
from cases import munnell

import toolkit as tk
from toolkit.data.datasets import dataset_named, datasets
from toolkit.data.loaders import _loaders
from toolkit.errors import DataError, OutputError
from toolkit.pipeline.description import described, save_description, show
from toolkit.pipeline.export import codebook_toml, export_panel


def test_overall_between_and_within_as_xtsum_has_them():
    frame = described(munnell()[0], ["gsp", "unemp"])
    y = munnell()[0].values("unemp")
    row = frame.loc["unemp"]
    assert row["n"] == 816 and row["first"] == 1970 and row["complete"] == "1970-1986"
    assert row["sd_between"] == pytest.approx(y.mean(axis=0).std(ddof=1))
    assert row["sd_within"] == pytest.approx((y - y.mean(axis=0)).std(ddof=1))


def test_groups_by_variable_register_and_year():
    panel = munnell()[0].assign(south=lambda d: d["state"].isin(["AL", "GA"]).map({True: "South", False: "Rest"}))
    frame = described(panel, ["unemp"], by="south")
    inside = panel.select(entities=["AL", "GA"]).values("unemp")
    assert frame.loc[("South", "unemp"), "n"] == 34
    assert frame.loc[("South", "unemp"), "mean"] == pytest.approx(inside.mean())
    assert frame.loc[("South", "unemp"), "sd_within"] == pytest.approx((inside - inside.mean(axis=0)).std(ddof=1))
    by_year = described(panel, ["unemp"], by="year")
    assert len(by_year) == 17 and "sd_within" not in by_year
    assert by_year.loc[(1986, "unemp"), "mean"] == pytest.approx(panel.values("unemp")[-1].mean())
    china = tk.load("china")
    assert set(described(china, ["gdp"], by="blocks").index.get_level_values(0)) == set(china.register("blocks"))


@pytest.mark.parametrize(("by", "said"), [("gsp", "no grouping"), ("continent", "no group 'continent'")])
def test_what_is_no_group_is_refused(by, said):
    with pytest.raises(DataError, match=said):
        described(munnell()[0], by=by)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_are_saved_by_suffix(tmp_path, lang):
    frame = described(tk.load("china"), ["gdp", "emp"], lang=lang)
    save_description(frame, tmp_path / "t.docx", lang=lang)
    cells = [c.text for c in docx.Document(str(tmp_path / "t.docx")).tables[0]._cells]
    assert {"en": "Between", "zh": "组间"}[lang] in cells and "744" in cells
    tex = save_description(frame, tmp_path / "t.tex", lang=lang).read_text(encoding="utf-8")
    assert frame.loc["gdp", "label"].split(",")[0] in tex and r"\toprule" in tex
    numbers = pd.read_csv(save_description(frame, tmp_path / "t.csv"), index_col=0)
    np.testing.assert_allclose(numbers["mean"], frame["mean"])
    with pytest.raises(OutputError, match="exists"):
        save_description(frame, tmp_path / "t.csv")
    with pytest.raises(OutputError, match=r"\.pdf"):
        save_description(frame, tmp_path / "t.pdf")


def test_a_pipe_gets_whole_lines(capsys):
    show(described(tk.load("china"), ["gdp"], lang="zh"))
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["variable", "label", "unit"] and "地区生产总值" in line and line == line.rstrip()


def test_the_catalogue_says_what_loading_gives():
    listed = datasets()
    for name in ("china", "munnell", "us_income", "mexico", "columbus"):
        panel, row = tk.load(name), listed.loc[name]
        assert [panel.N, panel.T, len(panel.variables), panel.geometry is not None] == row[
            ["regions", "periods", "variables", "map"]
        ].tolist(), name
        if panel.time is not None:
            assert row["years"].startswith(f"{panel.times[0]}-{panel.times[-1]}")
    assert set(listed.index) == set(_loaders())
    with pytest.raises(DataError, match="Allowed: munnell, columbus"):
        dataset_named("mars")


@pytest.mark.parametrize("name", ["china", "columbus"])
def test_a_panel_written_is_the_panel_read(tmp_path, name):
    panel = tk.load(name)
    table, book = export_panel(panel, tmp_path / "x.csv")
    again = tk.Panel.read(table, panel.entity, panel.time, codebook=book, ids=None if name == "columbus" else "text")
    for v in panel.variables:
        assert again.label(v, "zh") == panel.label(v, "zh") and again.codebook.get(v) == panel.codebook.get(v)
        np.testing.assert_array_equal(again.values(v), panel.values(v))
    with pytest.raises(OutputError, match="exists"):
        export_panel(panel, tmp_path / "x.csv")


def test_codebooks_with_any_text_are_written(tmp_path):
    book = {'odd "name".x': {"label_en": 'a "b" \\ \n \t \x7f 北京', "built_from": ("p", "q"), "first_year": 1999}}
    entries = tk.Panel(pd.DataFrame({"i": ["a"]}), "i", codebook=book).codebook
    (tmp_path / "book.toml").write_text(codebook_toml(entries), encoding="utf-8")
    assert dict(tk.Panel(pd.DataFrame({"i": ["a"]}), "i", codebook=tmp_path / "book.toml").codebook) == dict(entries)
