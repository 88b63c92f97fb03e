from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import DataError, InputError


def rows(table) -> dict[str, list[str]]:
    return {row.label: [cell.text + cell.stars for cell in row.cells] for row in table.rows}


def heads(table) -> list[str]:
    return [head.text for head in table.head[-1].heads]


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"code": list("abcdef") * 4, "year": np.repeat([2000, 2001, 2002, 2003], 6)})
    frame["gdp"] = rng.normal(10, 2, 24) + np.tile(np.arange(6), 4)
    frame["emp"] = frame["gdp"] * 0.5 + rng.normal(size=24)
    frame["coast"] = np.tile([0, 0, 0, 1, 1, 1], 4)
    book = {"gdp": {"label_en": "Output", "label_zh": "产出", "unit_en": "yuan", "unit_zh": "元"}}
    return tk.Panel(frame, entity="code", time="year", codebook=book)


def test_a_panel_has_labels_units_and_the_two_parts_of_variation(panel):
    table = tk.describe_table(panel, ["gdp", "log(gdp)"], digits=4)
    assert heads(table) == ["𝑁", "Mean", "Std. dev.", "Between", "Within", "Min.", "Max."]
    assert list(rows(table)) == ["Output (yuan)", "log(Output)"]
    theirs = panel.describe().loc["gdp"]
    keys = ("mean", "sd", "sd_between", "sd_within", "min", "max")
    assert rows(table)["Output (yuan)"][1:] == [f"{theirs[k]:.4f}" for k in keys]
    assert "Between: standard deviation of the regions' means" in table.note
    assert list(rows(tk.describe_table(panel, "gdp", lang="zh"))) == ["产出（元）"]


def test_groups_side_by_side_and_blocks(panel):
    table = tk.describe_table(panel, {"Out": ["gdp"], "In": ["emp"]}, by="coast", statistics=["mean", "n"])
    assert [(h.text, h.span) for h in table.head[0].heads] == [("0", 2), ("1", 2)] and table.head[0].stub == "coast"
    assert [b.heading for b in table.blocks] == ["Out", "In"]
    gdp = panel.frame.groupby("coast")["gdp"].mean()
    assert rows(table)["Output (yuan)"] == [f"{gdp[0]:.3f}", "12", f"{gdp[1]:.3f}", "12"]
    assert set(table.tidy()) == {"group", "variable", "label", "mean", "n"}


def test_table_of_a_panel_describes_it(panel):
    table = tk.table(panel, keep=["emp", "gdp"], order="emp")
    assert list(rows(table)) == ["emp", "Output (yuan)"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variables": "zz"}, r"'zz'"),
        ({"variables": []}, "does not name variables"),
        ({"statistics": ["mode"]}, r"mode(.|\n)*n, missing, mean"),
        ({"by": "region"}, r"by='region' is not a column(.|\n)*gdp"),
        ({"journal": "x"}, "preset"),
        ({"keep": "gdp"}, r"no option keep(.|\n)*labels, digits"),
    ],
)
def test_bad_descriptions(panel, options, message):
    with pytest.raises((InputError, DataError), match=message):
        tk.describe_table(panel, **options)


def test_what_needs_a_panel_says_so():
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0], "name": list("abc")})
    with pytest.raises(InputError, match="needs a panel"):
        tk.describe_table(frame, statistics=["sd_within"])
    with pytest.raises(InputError, match="'name' holds"):
        tk.describe_table(frame, ["name"])
    with pytest.raises(InputError, match=r"list(.|\n)*Panel or a pandas"):
        tk.describe_table([1, 2])


def test_balance_of_a_frame_is_welchs_test():
    from scipy import stats

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"d": [0] * 12 + [1] * 20, "x": rng.normal(size=32), "y": rng.normal(1, 3, 32)})
    table = tk.balance_table(frame, "d", below="t")
    tidy = table.tidy().set_index(["variable", "group"])
    for name in ("x", "y"):
        a, b = frame[frame["d"] == 1][name], frame[frame["d"] == 0][name]
        witness = stats.ttest_ind(a, b, equal_var=False)
        got = tidy.loc[(name, "1 - 0")]
        assert got["statistic"] == pytest.approx(witness.statistic, rel=1e-12)
        assert got["p_value"] == pytest.approx(witness.pvalue, rel=1e-10)
        assert got["standardised"] == pytest.approx((a.mean() - b.mean()) / np.sqrt((a.var() + b.var()) / 2))
    assert heads(table) == ["0", "1", "1 − 0", "Std. diff."] and rows(table)["Observations"][:2] == ["12", "20"]


def test_balance_of_a_panel_is_clustered_by_region(panel):
    import statsmodels.formula.api as smf

    frame = panel.frame
    fit = smf.ols("gdp ~ coast", frame).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["code"])[0]}, use_t=True
    )
    table = tk.balance_table(panel, "coast", "gdp")
    got = table.tidy().set_index("group").loc["1 - 0"]
    assert got["std_error"] == pytest.approx(fit.bse["coast"], rel=1e-10)
    assert got["p_value"] == pytest.approx(fit.pvalues["coast"], rel=1e-8)
    assert "clustered by region" in table.note and rows(table)["Entities"][:2] == ["3", "3"]


def test_more_than_two_groups():
    frame = pd.DataFrame({"g": list("aabbcc") * 3, "x": np.arange(18.0) ** 1.5})
    assert heads(tk.balance_table(frame, "g")) == ["a", "b", "c", "𝑝-value"]
    assert heads(tk.balance_table(frame, "g", reference="b", standardised=False)) == ["a", "b", "c", "a − b", "c − b"]
    for options, message in (({"reference": "z"}, "not a group"), ({"below": "ci"}, "below=")):
        with pytest.raises(InputError, match=message):
            tk.balance_table(frame, "g", **options)
    with pytest.raises(InputError, match="1 groups"):
        tk.balance_table(frame.assign(g="a"), "g")


def test_equal_means_are_the_wald_test_of_statsmodels(panel):
    import statsmodels.formula.api as smf

    third = panel.assign(third=np.tile([0, 0, 1, 1, 2, 2], (4, 1)))
    frame = third.frame
    fit = smf.ols("gdp ~ C(third)", frame).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["code"])[0]}, use_t=True
    )
    witness = fit.f_test(np.eye(3)[1:])
    got = tk.balance_table(third, "third", "gdp").tidy().iloc[-1]
    assert got["p_value"] == pytest.approx(float(witness.pvalue), rel=1e-8)


def test_correlations_are_scipys():
    from scipy import stats

    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(30, 3)), columns=list("abc"))
    frame.loc[0, "c"] = np.nan
    table = tk.correlation_table(frame, upper="spearman", below="p")
    tidy, used = table.tidy().set_index(["method", "x", "y"]), frame.dropna()
    for method, function in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        r, p = function(used["b"], used["a"])
        assert tidy.loc[(method, "b", "a"), "estimate"] == pytest.approx(r)
        assert tidy.loc[(method, "b", "a"), "p_value"] == pytest.approx(p)
    assert "29 observations" in table.note and "1 left out" in table.note
    assert rows(table)["(1) a"][0] == "1.000" and table.rows[1].cells[0].below.startswith("(")


def test_correlations_within_regions_are_partial_to_region_dummies(panel):
    frame = panel.frame
    demeaned = frame[["gdp", "emp"]] - frame.groupby("code")[["gdp", "emp"]].transform("mean")
    got = tk.correlation_table(panel, ["gdp", "emp"], within=True).tidy().iloc[0]
    assert got["estimate"] == pytest.approx(demeaned.corr().iloc[0, 1])


def test_a_constant_has_no_correlation():
    table = tk.correlation_table(pd.DataFrame({"a": [1.0] * 5, "b": range(5)}))
    assert rows(table)["(2) b"][0] == "—" and "—: not defined." in table.note


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "kendall"}, "'kendall'"),
        ({"within": True}, "needs a panel"),
        ({"variables": "a"}, "two or more"),
        ({"below": "se"}, "below='se'"),
    ],
)
def test_bad_correlations(options, message):
    with pytest.raises(InputError, match=message):
        tk.correlation_table(pd.DataFrame({"a": range(6), "b": range(6)}), **options)


def test_too_few_observations():
    with pytest.raises(DataError, match="3 observations"):
        tk.correlation_table(pd.DataFrame({"a": [1, 2, 3], "b": [2, 1, 3]}))
