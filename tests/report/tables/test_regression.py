from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.contracts import CoefTable, Impacts, ModelRecord, TestResult, TestTable
from toolkit.errors import InputError


def rows(table) -> dict[str, list[str]]:
    return {row.label: [cell.text + cell.stars for cell in row.cells] for row in table.rows}


def below(table, label) -> list[str]:
    return next([cell.below for cell in row.cells] for row in table.rows if row.label == label)


def heads(table) -> list[tuple[str, ...]]:
    return [tuple(f"{h.text}/{h.span}" for h in line.heads) for line in table.head]


def test_rows_blocks_and_headings(ols, sdm):
    table = tk.table([ols, sdm])
    assert [block.heading for block in table.blocks] == [
        "Regressors", "Spatial lags of regressors", "Spatial parameters", "", "", "Tests",
    ]  # fmt: skip
    assert [row.label for block in table.blocks[:3] for row in block.rows] == [
        "log(Public capital)", "log(pc)", "unemp", "Constant", "𝑊 × log(Public capital)", "𝑊 × unemp", "ρ (𝑊𝑦)",
    ]  # fmt: skip
    printed = rows(table)
    assert printed["log(Public capital)"] == ["0.155***", "−0.010"]
    assert printed["Constant"] == ["1.643***", ""]
    assert printed["ρ (𝑊𝑦)"] == ["", "0.370***"]
    assert printed["unemp"] == ["−0.007***", "−0.00004***"]
    assert below(table, "log(Public capital)") == ["(0.017)", "(0.025)"]
    assert printed["Entity fixed effects"] == ["No", "Yes"]
    assert printed["Observations"] == ["12,816", "816"]
    assert printed["σ²"] == ["", "0.000919"]
    assert printed["Log-likelihood"] == ["826.98", "1,680.62"]
    assert printed["LM lag"] == ["", "32.50"] and below(table, "LM lag") == ["", "[<0.001]"]
    assert printed["Robust LM lag"] == ["", "—"]
    assert heads(table) == [("log(Gross product)/2",), ("(1)/1", "(2)/1"), ("OLS/1", "SDM/1")]


def test_notes_state_covariance_weights_tests_and_stars(ols, sdm):
    note = tk.table([ols, sdm], notes="Own words").note
    for part in (
        "Standard errors in parentheses.",
        "Covariance estimator: classical in (1); observed Hessian in (2).",
        "Spatial weights: queen contiguity, row-standardised.",
        "𝑝-values of tests in brackets.",
        "Robust LM lag does not apply (W is not row-standardised).",
        "(2): The likelihood has one maximum.",
        "—: not defined.",
        "Own words.",
    ):
        assert part in note
    assert note.endswith("*\u00a0𝑝\u00a0<\u00a00.1, **\u00a0𝑝\u00a0<\u00a00.05, ***\u00a0𝑝\u00a0<\u00a00.01.")
    assert tk.table([ols, sdm], notes=False).notes == ()
    assert "in (1)" not in tk.table([ols, ols]).note
    assert "classical in OLS" in tk.table([ols, sdm], numbering=False).note


@pytest.mark.parametrize(
    ("option", "text", "note"),
    [
        ("se", "(0.025)", "Standard errors"),
        ("t", "(−0.40)", "𝑡 statistics"),
        ("p", "(0.691)", "𝑝-values in parentheses"),
        ("ci", "[−0.060, 0.040]", "95% confidence intervals in brackets"),
    ],
)
def test_below(sdm, option, text, note):
    table = tk.table(sdm, below=option)
    assert below(table, "log(Public capital)") == [text]
    assert note in table.note


def test_level_and_nothing_below(sdm):
    assert below(tk.table(sdm, below="ci", level=0.9), "log(Public capital)") == ["[−0.052, 0.032]"]
    bare = tk.table(sdm, below=None, tests=False)
    assert not any(row.has_below for row in bare.rows) and "parentheses" not in bare.note


def test_stars_off_leaves_no_legend(ols):
    table = tk.table(ols, stars=None)
    assert rows(table)["Constant"] == ["1.643"] and "*" not in table.note


def test_labels_beat_those_of_the_model_and_keep_their_signs(ols, sdm):
    table = tk.table([ols, sdm], labels={"pcap": "R&D_% $x$", "W unemp": "Neighbours' unemployment", "const": "a"})
    assert {"log(R&D_% $x$)", "𝑊 × log(R&D_% $x$)", "Neighbours' unemployment", "a"} <= set(rows(table))


def test_a_variable_s_label_beats_a_label_the_model_has_for_its_term(sdm):
    record = replace(sdm, labels={"log(pcap)": "log(Public capital)", "W log(pcap)": "W log(Public capital)"})
    assert "𝑊 × log(Public capital)" in rows(tk.table(record))
    assert {"log(公共资本)", "𝑊 × log(公共资本)"} <= set(rows(tk.table(record, labels={"pcap": "公共资本"})))


def test_terms_given_one_label_share_a_row_unless_a_model_has_both(ols):
    other = replace(ols, coefficients=CoefTable(("lpcap", "z"), np.array([0.2, 1.0]), np.eye(2), ("X", "X")))
    labels = {"log(pcap)": "Capital", "lpcap": "Capital"}
    assert rows(tk.table([ols, other], labels=labels))["Capital"] == ["0.155***", "0.200"]
    both = tk.table([other, ols], labels={"lpcap": "Same", "z": "Same"})
    assert [row.label for row in both.rows][:2] == ["Same", "Same"]


def test_labels_of_models_alone_never_merge_rows():
    """Two variables with one label in a codebook are still two variables."""

    def record(term):
        return ModelRecord(
            name="",
            depvar="y",
            coefficients=CoefTable((term,), np.ones(1), np.eye(1), ("X",)),
            labels={term: "Population"},
        )

    table = tk.table([record("pop0"), record("pop1")])
    assert [(row.label, [c.text for c in row.cells]) for row in table.rows] == [
        ("Population", ["1.000", ""]), ("Population", ["", "1.000"]),
    ]  # fmt: skip


def test_keep_drop_order(ols, sdm):
    kept = tk.table([ols, sdm], keep=["log(pcap)", "rho"], tests=False, stats=["nobs"])
    assert [row.label for row in kept.rows][:2] == ["log(Public capital)", "ρ (𝑊𝑦)"]
    dropped = tk.table([ols, sdm], drop=["Constant", "W *"])
    assert not any("𝑊 ×" in label or label == "Constant" for label in rows(dropped))
    assert "Estimated but not shown: Constant, 𝑊 × log(Public capital), 𝑊 × unemp." in dropped.note
    first = tk.table([ols, sdm], order=["unemp", "Constant"])
    assert [row.label for row in first.rows][:2] == ["unemp", "Constant"]
    with pytest.raises(InputError, match=r"drop= names 'uenmp'(.|\n)*unemp"):
        tk.table([ols, sdm], drop="uenmp")


def test_stats(ols, sdm):
    assert "𝑅²" not in rows(tk.table([ols, sdm], stats=["nobs"]))
    named = rows(tk.table([ols, sdm], stats={"nobs": "N", "r2_within": "Within"}))
    assert named["N"] == ["12,816", "816"] and named["Within"] == ["", "0.791"]
    assert rows(tk.table(ols, stats="r2"))["𝑅²"] == ["0.993"]
    assert set(rows(tk.table([ols, sdm], stats="all"))) >= {"Periods", "σ²"}
    with pytest.raises(InputError, match=r"'r3'(.|\n)*nobs"):
        tk.table([ols, sdm], stats=["r3"])


def test_a_cross_section_has_no_row_for_its_one_period(ols):
    record = replace(ols, stats={"nobs": 49, "n_entities": 49, "n_times": 1})
    assert "Periods" not in rows(tk.table(record)) and "Entities" not in rows(tk.table(record))


def test_aic_of_several_programs_comes_with_a_warning(ols):
    import statsmodels.api as sm

    x = np.arange(10.0)
    theirs = sm.OLS(x + np.sin(x), sm.add_constant(x)).fit()
    ours = replace(ols, stats={"nobs": 10, "aic": 1.0})
    assert "parameters they count may differ" in tk.table([ours, theirs]).note
    assert "may differ" not in tk.table([ours, theirs], stats=["nobs"]).note


def test_impacts_under_the_coefficients(ols, sdm):
    table = tk.table([ols, sdm], impacts=True)
    blocks = {block.heading: block for block in table.blocks}
    assert list(blocks)[3:6] == ["Direct impacts", "Indirect impacts", "Total impacts"]
    assert [c.text + c.stars for c in blocks["Total impacts"].rows[0].cells] == ["", "0.150**"]
    assert "simulation (1,000 draws); 3 draws outside the admissible set were not used" in table.note
    assert "Direct impacts" not in {block.heading for block in tk.table([ols, sdm]).blocks}
    assert "Direct impacts" in {b.heading for b in tk.table([ols, ols], impacts=[None, sdm.impacts]).blocks}


def test_impacts_side_by_side_with_fits(sdm):
    table = tk.table([sdm, sdm.impacts])
    assert heads(table)[-1] == ("/1", "Direct/1", "Indirect/1", "Total/1")
    assert heads(table)[1] == ("(1)/1", "(2)/3")
    assert rows(table)["log(Public capital)"] == ["−0.010", "0.100**", "0.050**", "0.150**"]
    assert rows(table)["Observations"] == ["816", "", "", ""]
    assert rows(table)["Entity fixed effects"] == ["Yes", "", "", ""]
    assert table.ruled == (True, False, True, False)


def test_impacts_of_a_dynamic_model(sdm):
    frame = pd.concat([sdm.impacts.table.assign(horizon=h) for h in ("short", "long")])
    long = Impacts(table=frame, model="sdm", depvar="y", method="delta")
    table = tk.table({"Dynamic": long})
    assert heads(table)[-2:] == [("Short run/3", "Long run/3"), ("Direct/1", "Indirect/1", "Total/1") * 2]
    under = tk.table(replace(sdm, impacts=long), impacts=True)
    assert "Direct impacts, long run" in {block.heading for block in under.blocks}


def test_tests_given_beside_the_models(ols, sdm):
    table = tk.table([ols, sdm], tests=[TestTable((TestResult.chi2("Wald", "b = 0", 4.0, 1),)), None])
    assert rows(table)["Wald"] == ["4.00", ""] and "LM lag" not in rows(table)
    assert "LM lag" not in rows(tk.table([ols, sdm], tests=False))


def test_headings(ols, sdm):
    other = replace(sdm, depvar="emp")
    table = tk.table({"First": ols, "Second": sdm, "Third": other}, groups=["A", "A", "B"])
    assert heads(table) == [
        ("log(Gross product)/2", "emp/1"), ("A/2", "B/1"), ("(1)/1", "(2)/1", "(3)/1"), ("First/1", "Second/1", "Third/1"),
    ]  # fmt: skip
    bare = tk.table([replace(ols, name="", depvar="")], numbering=False)
    assert bare.head == () and bare.n_columns == 1


def test_chinese(ols, sdm):
    table = tk.table([ols, sdm], lang="zh")
    assert {"常数项", "个体固定效应", "观测值", "ρ (𝑊𝑦)"} <= set(rows(table))
    assert rows(table)["个体固定效应"] == ["否", "是"]
    assert "协方差估计：(1)列为经典；(2)列为观测 Hessian 矩阵。" in table.note


def test_undefined_estimates_are_dashes_with_a_note(ols):
    lost = replace(ols, coefficients=CoefTable(("x",), np.array([1.0]), np.array([[-1.0]]), ("X",)))
    table = tk.table(lost)
    assert rows(table)["x"] == ["1.000"] and below(table, "x") == ["(—)"]
    assert "—: not defined." in table.note


def test_tidy_has_every_number_in_full(ols, sdm):
    tidy = tk.table([ols, sdm], impacts=True).tidy()
    row = tidy[(tidy["model"] == 2) & (tidy["term"] == "rho")].iloc[0]
    assert row["estimate"] == 0.3698 and row["block"] == "spatial" and row["name"] == "SDM"
    assert set(tidy["block"]) == {"X", "WX", "spatial", "impact", "stats", "effects", "tests"}
    impact = tidy[(tidy["block"] == "impact") & (tidy["effect"] == "total")]
    assert impact["estimate"].tolist() == pytest.approx([0.15, -0.03], rel=1e-12)
    tidy.loc[:, "estimate"] = 0  # a copy: the table is not changed
    assert tk.table([ols, sdm]).tidy()["estimate"].abs().max() > 0
