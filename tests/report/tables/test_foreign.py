"""Results of other packages: every printed number is the package's own."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import InputError
from toolkit.report.tables.columns import extract

FORMULA = "lgsp ~ 1 + lpcap + lpc + lemp + unemp"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    from linearmodels.datasets import munnell

    raw = munnell.load()
    frame = pd.DataFrame({"state": raw["ST_ABB"], "year": raw["YR"], "unemp": raw["UNEMP"]})
    for new, old in (("lgsp", "GSP"), ("lpcap", "P_CAP"), ("lpc", "PC"), ("lemp", "EMP")):
        frame[new] = np.log(raw[old].astype(float))
    return frame


@pytest.fixture(scope="module")
def fits(data) -> dict[str, object]:
    import pyfixest as pf
    import statsmodels.api as sm
    import statsmodels.formula.api as smf
    from linearmodels import IV2SLS, BetweenOLS, FirstDifferenceOLS, PanelOLS, PooledOLS, RandomEffects
    from linearmodels.iv.absorbing import AbsorbingLS

    panel = data.set_index(["state", "year"])
    slopes = FORMULA.replace("1 + ", "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "pooled": PooledOLS.from_formula(FORMULA, panel).fit(cov_type="robust"),
            "fe": PanelOLS.from_formula(f"{slopes} + EntityEffects", panel).fit(),
            "twoway": PanelOLS.from_formula(f"{slopes} + EntityEffects + TimeEffects", panel).fit(
                cov_type="clustered", cluster_entity=True
            ),
            "dk": PanelOLS.from_formula(f"{slopes} + EntityEffects", panel).fit(cov_type="kernel"),
            "re": RandomEffects.from_formula(FORMULA, panel).fit(debiased=False),
            "between": BetweenOLS.from_formula(FORMULA, panel).fit(),
            "differences": FirstDifferenceOLS.from_formula(slopes, panel).fit(),
            "2sls": IV2SLS.from_formula("lgsp ~ 1 + lpcap + [lpc ~ lemp + unemp]", data).fit(),
            "absorbing": AbsorbingLS(
                data["lgsp"], data[["lpcap", "lpc"]], absorb=data[["state"]].astype("category")
            ).fit(),
            "ols": smf.ols(FORMULA.replace("1 + ", ""), data).fit(cov_type="HC1"),
            "ols_arrays": sm.OLS(data["lgsp"].to_numpy(), sm.add_constant(data[["lpcap"]].to_numpy())).fit(),
            "ols_origin": sm.OLS(data["lgsp"], data[["lpcap"]]).fit(),
            "glm": sm.GLM(data["lgsp"], sm.add_constant(data[["lpcap"]])).fit(),
            "logit": sm.Logit((data["unemp"] > 6).astype(int), sm.add_constant(data[["lpcap"]])).fit(disp=0),
            "feols": pf.feols(f"{slopes} | state + year", data, vcov={"CRV1": "state"}),
            "feols_tight": pf.feols(f"{slopes} | state+year", data, vcov="iid"),
            "feols_ols": pf.feols(slopes, data, vcov="hetero"),
            "fepois": pf.fepois("unemp ~ lpcap | state", data),
            "feiv": pf.feols("lgsp ~ lemp | state | lpc ~ unemp", data),
        }


def library_numbers(fit) -> tuple[np.ndarray, ...]:
    """Estimates, standard errors, p-values and 90 percent limits straight from the package."""
    module = type(fit).__module__.split(".")[0]
    if module == "pyfixest":
        limits = np.asarray(fit.confint(alpha=0.1))
        return fit.coef().to_numpy(), fit.se().to_numpy(), fit.pvalue().to_numpy(), limits
    error = fit.std_errors if module == "linearmodels" else fit.bse
    limits = fit.conf_int(level=0.9) if module == "linearmodels" else fit.conf_int(alpha=0.1)
    return np.asarray(fit.params), np.asarray(error), np.asarray(fit.pvalues), np.asarray(limits)


NAMES = ["pooled", "fe", "twoway", "dk", "re", "between", "differences", "2sls", "absorbing", "ols", "ols_arrays", "ols_origin", "glm", "logit", "feols", "feols_tight", "feols_ols", "fepois", "feiv"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_the_packages_own(fits, name):
    """Equal to the last bit: nothing is computed on the way."""
    rows = extract(fits[name], level=0.9).parts[0].estimates
    estimate, error, p, limits = library_numbers(fits[name])
    np.testing.assert_array_equal(rows["estimate"], estimate)
    np.testing.assert_array_equal(rows["std_error"], error)
    np.testing.assert_array_equal(rows["p_value"], p)
    np.testing.assert_allclose(rows[["conf_low", "conf_high"]], limits, rtol=1e-14)


@pytest.mark.parametrize("name", ["pooled", "twoway", "2sls", "ols", "logit", "feols", "fepois"])
def test_maketables_reads_the_same_coefficients(fits, name):
    """An outside witness; equal to the last bit, since both only pass numbers on."""
    from maketables.extractors import get_extractor

    theirs = get_extractor(fits[name]).coef_table(fits[name])
    ours = extract(fits[name]).parts[0].estimates
    np.testing.assert_array_equal(ours["estimate"], theirs["b"])
    np.testing.assert_array_equal(ours["std_error"], theirs["se"])
    np.testing.assert_array_equal(ours["p_value"], theirs["p"])


@pytest.mark.parametrize(
    ("name", "title", "fixed", "random", "vcov"),
    [
        ("pooled", "Pooled OLS", (), (), "heteroskedasticity-robust"),
        ("fe", "FE", ("entity",), (), "classical"),
        ("twoway", "Two-way FE", ("entity", "time"), (), "clustered"),
        ("dk", "FE", ("entity",), (), "Driscoll-Kraay"),
        ("re", "RE", (), ("entity",), "classical"),
        ("absorbing", "FE", ("absorbed",), (), "heteroskedasticity-robust"),
        ("2sls", "2SLS", (), (), "heteroskedasticity-robust"),
        ("ols", "OLS", (), (), "HC1"),
        ("glm", "GLM (Gaussian)", (), (), "classical"),
        ("logit", "Logit", (), (), "classical"),
        ("feols", "FE", ("state", "year"), (), "clustered by state (CRV1)"),
        ("feols_tight", "FE", ("state", "year"), (), "classical"),
        ("feols_ols", "OLS", (), (), "heteroskedasticity-robust"),
        ("fepois", "Poisson", ("state",), (), "classical"),
        ("feiv", "IV", ("state",), (), "classical"),
    ],
)
def test_words(fits, name, title, fixed, random, vcov):
    column = extract(fits[name])
    assert (column.name, column.fixed_effects, column.random_effects, column.vcov) == (title, fixed, random, vcov)


@pytest.mark.parametrize("name", ["pooled", "ols_arrays", "feols_ols", "between"])
def test_every_constant_is_one_term(fits, name):
    assert "Intercept" in set(extract(fits[name]).parts[0].estimates["term"])


def test_kinds_of_r2_are_told_apart(fits, data):
    """linearmodels and pyfixest agree on each kind once it has its name; 1e-9: pyfixest demeans iteratively."""
    two, feols = extract(fits["twoway"]).stats, extract(fits["feols"]).stats
    for key in ("r2_overall", "r2_within", "loglik"):
        assert two[key] == pytest.approx(feols[key], rel=1e-9)
    assert two["r2_within"] == fits["twoway"].rsquared != fits["twoway"].rsquared_within
    dummies = data[["lpcap", "lpc", "lemp", "unemp"]].join(pd.get_dummies(data["state"], dtype=float))
    dummies = dummies.join(pd.get_dummies(data["year"], drop_first=True, dtype=float)).to_numpy()
    residuals = data["lgsp"] - dummies @ np.linalg.lstsq(dummies, data["lgsp"], rcond=None)[0]
    r2 = 1 - (residuals**2).sum() / ((data["lgsp"] - data["lgsp"].mean()) ** 2).sum()
    assert two["r2_overall"] == pytest.approx(r2, rel=1e-9)  # rounding of a 68-column least squares
    assert extract(fits["re"]).stats["r2_slopes"] == fits["re"].rsquared_overall
    assert "r2_overall" not in extract(fits["re"]).stats
    assert "r2_overall" not in extract(fits["ols_origin"]).stats
    assert extract(fits["ols_origin"]).stats["r2_uncentered"] == fits["ols_origin"].rsquared
    assert extract(fits["logit"]).stats["r2_mcfadden"] == fits["logit"].prsquared


def test_what_a_package_does_not_give_is_left_out(fits):
    assert "r2_overall" not in extract(fits["feiv"]).stats  # pyfixest has NaN
    assert "loglik" not in extract(fits["2sls"]).stats


def test_a_mixed_table_prints_each_kind_in_its_own_row(fits):
    table = tk.table(
        {"OLS": fits["ols"], "FE": fits["twoway"], "feols": fits["feols"], "RE": fits["re"]},
        effects={"state": "entity", "year": "time"},
    )
    rows = {row.label: [cell.text + cell.stars for cell in row.cells] for row in table.rows}
    assert rows["Entity fixed effects"] == ["No", "Yes", "Yes", "No"]
    assert rows["Time fixed effects"] == ["No", "Yes", "Yes", "No"]
    assert rows["Entity random effects"] == ["No", "No", "No", "Yes"]
    assert rows["𝑅²"] == ["0.993", "0.999", "0.999", ""]
    assert rows["𝑅² (within)"] == ["", "0.755", "0.755", ""]
    assert rows["𝑅² (overall, slopes only)"] == ["", "", "", "0.992"]
    assert rows["Constant"][1:3] == ["", ""]
    assert rows["lpc"][1] == "0.169*" and rows["lpc"][2] == "0.169*"  # the same model by two packages
    assert rows["Observations"] == ["816"] * 4


def test_several_models_of_one_pyfixest_formula(data):
    import pyfixest as pf

    table = tk.table(pf.feols("lgsp ~ csw(lpcap, lpc)", data))
    assert table.n_columns == 2


def test_spreg():
    import libpysal
    import spreg

    path = libpysal.examples.get_path("columbus.dbf")
    file = libpysal.io.open(path)
    y, x = np.array([file.by_col("CRIME")]).T, np.array([file.by_col("INC"), file.by_col("HOVAL")]).T
    w = libpysal.io.open(libpysal.examples.get_path("columbus.gal")).read()
    w.transform = "r"
    names = {"name_y": "CRIME", "name_x": ["INC", "HOVAL"]}
    ols = spreg.OLS(y, x, **names)
    sdm = spreg.ML_Lag(y, x, w, slx_lags=1, name_w="rook", **names)
    sem = spreg.GM_Error_Het(y, x, w, **names)
    columns = [extract(m) for m in (ols, sdm, sem)]
    rows = columns[1].parts[0].estimates
    assert list(rows["term"]) == ["Intercept", "INC", "HOVAL", "W INC", "W HOVAL", "rho"]
    assert list(rows["block"]) == ["X", "X", "X", "WX", "WX", "spatial"]
    assert columns[1].weights == "rook" and columns[2].vcov == "heteroskedasticity-robust"
    np.testing.assert_array_equal(rows["estimate"], sdm.betas.ravel())
    np.testing.assert_array_equal(rows["std_error"], sdm.std_err)
    np.testing.assert_array_equal(columns[0].parts[0].estimates["p_value"], [p for _, p in ols.t_stat])
    printed = {row.label: [c.text for c in row.cells] for row in tk.table([ols, sdm, sem]).rows}
    assert printed["ρ (𝑊𝑦)"] == ["", "0.403", ""]
    assert printed["λ (𝑊𝑢)"][2] and printed["𝑊 × INC"] == ["", "−0.584", ""]
    assert printed["Log-likelihood"] == ["−187.38", "−181.64", ""]


@pytest.mark.parametrize("kind", ["Panel_FE_Lag", "Panel_FE_Error", "Panel_RE_Lag"])
def test_panels_of_spreg(kind):
    import libpysal
    import spreg

    rng = np.random.default_rng(1)
    w = libpysal.weights.lat2W(4, 4)
    w.transform = "r"
    y, x = rng.normal(size=(48, 1)), rng.normal(size=(48, 2))
    fit = getattr(spreg, kind)(y, x, w=w, name_y="y", name_x=["a", "b"], name_w="rook")
    column = extract(fit)
    rows = column.parts[0].estimates.set_index("term")
    np.testing.assert_array_equal(rows["estimate"], np.ravel(fit.betas))
    np.testing.assert_array_equal(rows["p_value"], [p for _, p in fit.z_stat])
    spatial = "lambda" if kind.endswith("Error") else "rho"
    assert rows.loc[spatial, "block"] == "spatial" and column.stats["nobs"] == 48
    assert (column.fixed_effects, column.random_effects)["RE" in kind] == ("entity",)


def test_several_equations_at_once_are_refused():
    import spreg

    rng = np.random.default_rng(1)
    y, x = rng.normal(size=(30, 2)), np.c_[np.ones(30), rng.normal(size=30)]
    with pytest.raises(InputError, match=r"spreg\.sur\.SUR\.\n(.|\n)*ModelRecord"):
        tk.table(spreg.SUR({0: y[:, :1], 1: y[:, 1:]}, {0: x, 1: x}))


@pytest.mark.parametrize(
    ("kind", "options", "name", "absent"),
    [
        ("rlm", {}, "RLM", {"loglik", "aic"}),
        ("mixedlm", {"groups": "state"}, "Mixed", {"r2_overall"}),
        ("gee", {"groups": "state"}, "GEE (Gaussian)", {"loglik", "aic"}),
    ],
)
def test_other_models_of_statsmodels(data, kind, options, name, absent):
    import statsmodels.formula.api as smf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = getattr(smf, kind)("lgsp ~ lpcap", data=data, **options).fit()
    column = extract(fit)
    assert column.name == name and not absent & set(column.stats)
    assert column.parts[0].estimates["term"].tolist() == ["Intercept", "lpcap"]
    np.testing.assert_array_equal(column.parts[0].estimates["estimate"], np.asarray(fit.params)[:2])


def test_names_and_categories_of_pyfixest(data):
    import pyfixest as pf

    frame = data.assign(high=(data["unemp"] > 6).astype(int), late=(data["year"] > 1980).astype(int))
    assert extract(pf.feglm("high ~ lpcap", frame, family="logit")).name == "Logit"
    event = tk.table(pf.feols("lgsp ~ i(year, high, ref=1970) | state", frame), labels={"year": "Year"})
    assert event.rows[0].label == "Year: 1971 × high"


def test_any_result_with_maketables_hooks():
    class Result:
        __maketables_coef_table__ = pd.DataFrame({"b": [1.0], "se": [0.5], "p": [0.04]}, index=["x"])
        __maketables_depvar__ = "y"
        __maketables_fixef_string__ = "firm + year"

        def __maketables_stat__(self, key):
            return {"N": 10, "r2": 0.5}.get(key)

    column = extract(Result())
    assert column.fixed_effects == ("firm", "year") and dict(column.stats) == {"nobs": 10, "r2_overall": 0.5}
    assert column.parts[0].estimates["statistic"].tolist() == [2.0]
    assert tk.table(Result(), below="ci").rows[0].cells[0].below == "[—, —]"


class Model:
    def fit(self):
        return None


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (object(), r"class builtins\.object"),
        ({"OLS": 3}, r"class builtins\.int"),
        ([None], r"class builtins\.NoneType"),
        (Model(), r"Model\.\n(.|\n)*pass what \.fit\(\) returns"),
        (Model, r"the class .*Model"),
    ],
)
def test_unknown_classes_are_named(model, message):
    with pytest.raises(InputError, match=message) as caught:
        tk.table(model)
    assert "linearmodels" in str(caught.value) and "pyfixest" in str(caught.value)


def test_an_unfitted_or_unsupported_object_of_a_known_package_is_named(data):
    import statsmodels.api as sm
    from linearmodels.system import SUR

    with pytest.raises(InputError, match=r"OLS\.\n(.|\n)*\.fit\(\)"):
        tk.table(sm.OLS(data["lgsp"], data[["lpcap"]]))
    with pytest.raises(InputError, match="SystemResults"):
        tk.table(SUR({"a": {"dependent": data["lgsp"], "exog": data[["lpcap"]]}}).fit())
