"""Designs: columns equal to formulaic's on trusted text, refusals, spatial lags, fixed effects, names."""

from __future__ import annotations

import builtins
import re

import formulaic
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.data.panel import Panel
from toolkit.errors import DataError, FormulaError, InputError
from toolkit.models.design import absorbed_columns, collinear_columns, design
from toolkit.models.formula import MOST_TERMS, read

N, T = 6, 5
IDS = [f"r{i}" for i in range(N)]
YEARS = list(range(2000, 2000 + T))


def table(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    df = pd.DataFrame([(i, t) for t in YEARS for i in IDS], columns=["code", "year"])
    for name in ("y", "x", "z", "my var", "人口"):
        df[name] = rng.uniform(0.5, 3.0, len(df))
    df["part"] = df["code"].map(dict(zip(IDS, ["West", "East", "Mid", "West", "East", "Mid"], strict=True)))
    df["zone"] = rng.integers(1, 4, len(df))
    df["area"] = df["code"].map(dict(zip(IDS, rng.uniform(1, 9, N), strict=True)))
    df["oil"] = df["year"].map(dict(zip(YEARS, rng.uniform(20, 90, T), strict=True)))
    df["three"] = 3.0
    return df


@pytest.fixture(scope="module")
def df() -> pd.DataFrame:
    return table()


@pytest.fixture(scope="module")
def panel(df) -> Panel:
    return Panel(df, entity="code", time="year")


@pytest.fixture(scope="module")
def w() -> np.ndarray:
    m = np.random.default_rng(1).uniform(size=(N, N)) * (np.random.default_rng(2).uniform(size=(N, N)) < 0.5)
    np.fill_diagonal(m, 0)
    m[:, 0] += m.sum(axis=1) == 0
    m[0, 1] += 1
    m[0, 0] = 0
    return m / m.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def lag(w):
    return lambda block: w @ block


def lagged(w: np.ndarray, column: np.ndarray) -> np.ndarray:
    return column.reshape(-1, N) @ w.T


# formulaic as witness: the same columns, names and order on trusted text --------------------------

ORDINARY = [
    "y ~ x",
    "y ~ x + z",
    "log(y) ~ log(x) + I(z ** 2)",
    "y ~ log(x/z)",
    "y ~ x:z",
    "y ~ x*z",
    "y ~ z*x + I(x>1)",
    "y ~ (x + z + `my var`)**2",
    "y ~ x*z - x",
    "y ~ x - 1",
    "y ~ 0 + x",
    "y ~ x + 0",
    "y ~ 1",
    "y ~ -1 + x + z",
    "y ~ C(zone)",
    "y ~ C(zone) - 1",
    "y ~ part",
    "y ~ part + x",
    "y ~ 0 + part + x",
    "y ~ part*x",
    "y ~ x + part:x",
    "y ~ part:x - 1",
    "y ~ part:C(zone)",
    "y ~ part*C(zone) + x",
    "y ~ C(zone):x + z",
    "y ~ poly(x, 3)",
    "y ~ poly(x, degree=2) + z",
    "y ~ poly(x, 2, raw=True)",
    "y ~ poly(x, 2):part",
    "y ~ poly(x, 2)*z",
    "y ~ center(x) + scale(z)",
    "y ~ log(`my var`) + `my var`",
    "y ~ 人口 + log(人口)",
    "y ~ C(year) + x",
    "log(y) ~\n    x\n    + z",
]


@pytest.mark.parametrize("formula", ORDINARY)
def test_columns_equal_those_of_formulaic(formula, df, panel):
    got = design(formula, panel)
    # formulaic trusts the text; it reads raw=True and degree= alike, and breaks on line ends
    lhs, rhs = formulaic.model_matrix(" ".join(formula.split()), df)
    assert got.terms == tuple(rhs.columns) or formula == "y ~ poly(x, 2, raw=True)"
    assert len(got.terms) == rhs.shape[1]
    np.testing.assert_allclose(got.X.reshape(N * T, -1), rhs.to_numpy(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(got.y.reshape(-1), lhs.to_numpy()[:, 0], rtol=1e-14)
    assert got.depvar == lhs.columns[0]
    assert got.WX.shape == (T, N, 0) and got.wx_terms == ()


@pytest.mark.parametrize(("ref", "shown"), [('"West"', "'West'"), ("'Mid'", "'Mid'")])
def test_reference_category(ref, shown, df, panel):
    got = design(f"y ~ C(part, {ref})", panel)
    level = shown.strip("'")
    rhs = formulaic.model_matrix(f"C(part, contr.treatment({ref}))", df)
    np.testing.assert_array_equal(got.X.reshape(N * T, -1), rhs.to_numpy())
    others = sorted({"East", "Mid", "West"} - {level})
    assert got.terms == ("Intercept", *(f"C(part, {shown})[T.{o}]" for o in others))
    assert f"C(part, {shown}): treatment coding, reference {level}" in got.notes


def test_reference_of_a_number_and_unknown_reference(panel):
    assert design("y ~ C(zone, 2)", panel).terms == ("Intercept", "C(zone, 2)[T.1]", "C(zone, 2)[T.3]")
    assert design("y ~ C(zone, ref=3)", panel).terms[1:] == ("C(zone, ref=3)[T.1]", "C(zone, ref=3)[T.2]")
    with pytest.raises(FormulaError) as caught:
        design("y ~ C(part, 'North')", panel)
    assert "North" in caught.value.problem and "East, Mid, West" in caught.value.allowed


def test_levels_and_names_that_look_like_code(df):
    odd = df.rename(columns={"part": "v0", "x": "a:b"})
    odd["v0"] = odd["v0"].map({"East": "v1[T.2]:x", "West": "a]b", "Mid": "~"})
    got = design("y ~ v0*`a:b`", Panel(odd, entity="code", time="year"))
    assert got.terms == (
        "Intercept", "v0[T.v1[T.2]:x]", "v0[T.~]", "a:b", "v0[T.v1[T.2]:x]:a:b", "v0[T.~]:a:b",
    )  # fmt: skip


def test_ordered_categories_keep_their_order(df):
    own = df.assign(part=pd.Categorical(df.part, ["West", "Mid", "East"]))
    assert design("y ~ part", Panel(own, entity="code", time="year")).terms[1:] == ("part[T.Mid]", "part[T.East]")


# time, space, effects -----------------------------------------------------------------------------


def test_lags_use_up_periods_for_all(df, panel):
    got = design("y ~ lag(x) + lead(z) + C(year)", panel)
    assert list(got.times) == YEARS[1:-1]
    assert got.notes[0] == "lag(), lead() use up 2 periods: 2001-2003 are used"
    inner = df[df.year.isin(YEARS[1:-1])]
    np.testing.assert_array_equal(got.y.reshape(-1), inner.y)
    np.testing.assert_array_equal(got.X[:, :, got.terms.index("lag(x)")].reshape(-1), df.x[df.year.isin(YEARS[:-2])])
    assert [t for t in got.terms if "year" in t] == ["C(year)[T.2002]", "C(year)[T.2003]"]


def test_periods_used_up_by_the_outcome(df, panel):
    got = design("growth(y) ~ x", panel)
    assert list(got.times) == YEARS[1:]
    np.testing.assert_allclose(got.y.reshape(-1), df.groupby("code").y.pct_change()[df.year > 2000])
    np.testing.assert_array_equal(got.X[:, :, 1].reshape(-1), df.x[df.year > 2000])


@pytest.mark.parametrize("effects", ["entity", "time", "twoway"])
def test_effects_take_the_place_of_the_intercept(effects, panel):
    for formula in ("y ~ x + C(zone)", "y ~ x + C(zone) - 1"):
        got = design(formula, panel, effects=effects)
        assert got.terms == ("x", "C(zone)[T.2]", "C(zone)[T.3]")
        assert got.constant is None
    assert design("y ~ 1", panel, effects=effects).X.shape == (T, N, 0)


def test_constant(panel):
    assert design("y ~ x", panel).constant == 0
    assert design("y ~ x - 1", panel).constant is None
    assert design("y ~ x + three - 1", panel).constant == 1


def test_durbin_true_lags_all_that_vary(df, panel, w, lag):
    got = design("y ~ log(x) + x:z + part", panel, lag_durbin=lag, durbin=True)
    assert got.terms == ("Intercept", "log(x)", "part[T.Mid]", "part[T.West]", "x:z")
    assert got.wx_terms == tuple(f"W {t}" for t in got.terms[1:])
    assert got.pairs == (1, 2, 3, 4)
    np.testing.assert_allclose(got.WX[:, :, 0], lagged(w, np.log(df.x).to_numpy()), rtol=1e-13)
    np.testing.assert_allclose(got.WX[:, :, 3], lagged(w, (df.x * df.z).to_numpy()), rtol=1e-13)
    z, names = got.regressors()
    assert z.shape == (T, N, 9) and names == got.terms + got.wx_terms


@pytest.mark.parametrize(
    ("durbin", "terms"),
    [
        (["x"], ["W x"]),
        (["log(x/z)"], ["W log(x / z)"]),
        (["log( x / z )", "x"], ["W x", "W log(x / z)"]),
        (["part"], ["W part[T.Mid]", "W part[T.West]"]),
        (["part[T.West]"], ["W part[T.West]"]),
        (["x:part"], ["W x:part[T.Mid]", "W x:part[T.West]"]),
        (["poly(z,2)"], ["W poly(z, 2)[1]", "W poly(z, 2)[2]"]),
        (["`my var`"], ["W my var"]),
        (["my var"], ["W my var"]),
        ("x", ["W x"]),
        ([], []),
        (None, []),
        (False, []),
    ],
)
def test_partial_durbin(durbin, terms, panel, lag):
    formula = "y ~ x*part + log(x/z) + poly(z, 2) + `my var`"
    got = design(formula, panel, lag_durbin=lag, durbin=durbin)
    assert list(got.wx_terms) == terms
    assert [got.terms[p] for p in got.pairs] == [t.removeprefix("W ") for t in terms]


def test_durbin_unknown_names(panel, lag):
    for name in ("q", "Intercept", "three", "y", "exec('1')", "~", 5):
        with pytest.raises(InputError) as caught:
            design("y ~ x + log(z)", panel, lag_durbin=lag, durbin=[name])
        assert repr(name) in caught.value.problem and "x, log(z)" in caught.value.allowed


def test_written_lags(df, panel, w, lag):
    got = design("y ~ x + W(log(z)) + W(x) + log(W(z))", panel, lag_durbin=lag)
    assert got.terms == ("Intercept", "x", "log(W(z))")
    assert got.wx_terms == ("W log(z)", "W x") and got.pairs == (None, 1)
    np.testing.assert_allclose(got.WX[:, :, 0], lagged(w, np.log(df.z).to_numpy()), rtol=1e-13)
    np.testing.assert_allclose(got.X[:, :, 2], np.log(lagged(w, df.z.to_numpy())), rtol=1e-13)
    assert any("log(W(z))" in n and "impacts" in n for n in got.notes)


def test_written_lag_in_an_interaction_keeps_its_lag(df, panel, w, lag):
    got = design("y ~ W(x) + W(x):z", panel, lag_durbin=lag)
    assert got.terms == ("Intercept", "W(x):z") and got.wx_terms == ("W x",)
    np.testing.assert_allclose(got.X[:, :, 1], lagged(w, df.x.to_numpy()) * df.z.to_numpy().reshape(T, N), rtol=1e-13)


def test_lag_asked_for_twice_is_entered_once(panel, lag):
    got = design("y ~ x + W(x)", panel, lag_durbin=lag, durbin=True)
    assert got.wx_terms == ("W x",) and got.pairs == (0 + 1,)
    assert any("entered once" in n for n in got.notes)


def test_lags_that_repeat_the_column_are_left_out(panel, lag):
    got = design("y ~ x + oil + C(year)", panel, lag_durbin=lag, durbin=True)
    assert got.wx_terms == ("W x",)
    assert sum("left out" in n for n in got.notes) == T
    with pytest.raises(InputError, match="repeats it"):
        design("y ~ x + oil", panel, lag_durbin=lag, durbin=["oil"])
    uneven = design("y ~ x + oil", panel, lag_durbin=lambda b: 2 * b * np.arange(N)[:, None], durbin=True)
    assert uneven.wx_terms == ("W x", "W oil")


def test_lag_of_a_time_lag(df, panel, w, lag):
    got = design("y ~ lag(x)", panel, lag_durbin=lag, durbin=True)
    np.testing.assert_allclose(got.WX[:, :, 0], lagged(w, df.x.to_numpy())[:-1], rtol=1e-13)


def test_dynamic_panels_carry_a_warning(panel):
    assert any("Nickell" in n for n in design("y ~ lag(y) + x", panel, effects="entity").notes)
    assert not any("Nickell" in n for n in design("y ~ lag(y) + x", panel).notes)


def test_cross_section(df, w, lag):
    one = Panel(df[df.year == 2000].drop(columns="year"), entity="code")
    got = design("y ~ log(x)", one, lag_durbin=lag, durbin=True)
    assert got.X.shape == (1, N, 2) and got.WX.shape == (1, N, 1)
    np.testing.assert_allclose(got.WX[0, :, 0], w @ np.log(df.x[:N]), rtol=1e-13)


def test_frame_and_variables(df, panel, lag):
    got = design("log(y) ~ lag(x) + C(part)", panel, lag_durbin=lag, durbin=["lag(x)"])
    frame = got.frame()
    assert list(frame.columns) == ["log(y)", *got.terms, "W lag(x)"]
    assert frame.index.names == ["time", "entity"] and len(frame) == N * (T - 1)
    assert frame.loc[(2001, "r3"), "lag(x)"] == df.x[(df.code == "r3") & (df.year == 2000)].item()
    assert got.variables == ("y", "x", "part")


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(N * T)), formula=st.sampled_from(["y ~ x*part", "log(y) ~ lag(x) + poly(z, 2)"]))
def test_order_of_rows_does_not_matter(order, formula):
    df = table()
    straight = design(formula, Panel(df, entity="code", time="year"))
    mixed = design(formula, Panel(df.iloc[list(order)].reset_index(drop=True), entity="code", time="year"))
    np.testing.assert_array_equal(straight.X, mixed.X)
    np.testing.assert_array_equal(straight.y, mixed.y)
    assert straight.terms == mixed.terms and straight.notes == mixed.notes


# refusals -----------------------------------------------------------------------------------------

ATTACKS = [
    ("exec('1')() ~ x", "exec"),  # formulaic's own tokeniser runs this one
    ("exec('1') ~ x", "exec"),
    ("y ~ exec('1')", "exec"),
    ("y ~ exec('1')()", "uses the result of a call"),
    ("y ~ x + __import__('os').system('id')", "uses the result of a call"),
    ("y ~ x + __import__('os')", "__import__"),
    ("y ~ {__import__('os')}", "'{'"),
    ("y ~ {x + 1}", "'{'"),
    ("y ~ I(open('f').read())", "open"),
    ("y ~ I(open('f'))", "open"),
    ("y ~ log(exec('1'))", "exec"),
    ("y ~ C(exec('1'))", "exec"),
    ("y ~ C(x, exec('1'))", "exec"),
    ("y ~ C(part, contr.treatment('East'))", "contr.treatment"),
    ("y ~ C(part, levels=['a'])", "levels"),
    ("y ~ poly(x, exec('1'))", "exec"),
    ("y ~ poly(x, 99)", "degree"),
    ("y ~ poly(x, 2, raw=exec('1'))", "exec"),
    ("y ~ W(exec('1'))", "exec"),
    ("y ~ hashed(x, levels=3)", "hashed"),
    ("y ~ bs(x, df=4)", "bs"),
    ("y ~ np.log(x)", "np.log"),
    ("y ~ x.__class__", "attribute access"),
    ("y ~ x.values.tofile('f')", "attribute access"),
    ("y ~ log.__globals__", "attribute access"),
    ("y ~ x['a']", "indexing"),
    ("y ~ log(x)['a']", "uses the result"),
    ("y ~ log(x['a'])", "indexing"),
    ("y ~ log(x).real", "uses the result"),
    ("y ~ I((lambda: 1)())", "a lambda"),
    ("y ~ I([v for v in x])", "a comprehension"),
    ("y ~ I(f'{exec(1)}')", "an f-string"),
    ("y ~ I((q := 1))", "an assignment"),
    ("y ~ 'x'", '"\'"'),
    ('y ~ x + "exec"', "'\"'"),
    ("y ~ `x", "not closed"),
    ("y ~ `exec('1')`", "no variable"),
    ("y ~ `x` `z`", "cannot be read"),
    ("y ~ `exec`('1')", "cannot be read|'1'|\"'\""),
    ("y ~ C(part, 'a)b') + exec('1')", "exec"),
    ("y ~ log(x + ')')", "is text"),
    ("y ~ log(x", "not closed"),
    ("y ~ x)", "cannot be read"),
    ("y ~ x @ z", "'@'"),
    ("y ~ x; z", "';'"),
    ("y ~ x # z", "'#'"),
    ("y ~ x = z", "'='"),
    ("y ~ x\\", "'"),
    ("y ~ x\x00", "'"),
    ("y ~ lambda x: x", "cannot be read|readable"),
    ("y ~ x | z", "'|'"),
    ("y ~ x / z", "'/'"),
    ("y ~ x %in% z", "'%'"),
    ("y ~ x^2", "'^'"),
    ("y ~ x**2", "\\*\\*"),
    ("y ~ (x + z)**99", "\\*\\*"),
    ("y ~ (x + z)**z", "\\*\\*"),
    ("y ~ .", "'.'"),
    ("y ~ 2*x", "number 2"),
    ("y ~ x + 5", "number 5"),
    ("y ~ x * 1", "number 1"),
    ("y ~ x + 1e5", "number 1e5"),
    ("y ~ x + + * z", "cannot be read"),
    ("y ~ x z", "cannot be read"),
    ("y ~ x +", "cannot be read"),
    ("y ~", "right-hand side"),
    ("~ x", "left-hand side"),
    ("y", "0 signs ~"),
    ("y ~ x ~ z", "2 signs ~"),
    ("", "0 signs ~"),
    ("y:z ~ x", "readable"),
    ("C(y) ~ x", "several columns"),
    ("part ~ x", "holds text"),
    ("log(part) ~ x", "holds text"),
    ("y ~ log(part)", "holds text"),
    ("y ~ W(part)", "holds text"),
    ("y ~ W(C(part))", "several columns"),
    ("y ~ q", "no variable 'q'"),
    ("y ~ x + y", "'y' is also a regressor"),
    ("log(y) ~ log( y )", "'log\\(y\\)' is also a regressor"),
    ("y ~ y:x", "'y' is also a regressor"),
    ("y ~ x + W(y)", "endogenous"),
    ("W(y) ~ x", "holds a spatial lag"),
]


@pytest.mark.parametrize(("formula", "piece"), ATTACKS, ids=[repr(a[0])[:45] for a in ATTACKS])
def test_hostile_and_wrong_formulas_are_refused_by_name(formula, piece, panel, lag, monkeypatch):
    design("y ~ x", panel)  # whatever is imported on first use is there

    def never(*args, **kwargs):
        raise AssertionError("text of a formula was executed")

    for name in ("exec", "eval", "open"):
        monkeypatch.setattr(builtins, name, never)
    with pytest.raises(FormulaError) as caught:
        design(formula, panel, lag_durbin=lag)
    monkeypatch.undo()
    assert re.search(piece if "\\" in piece or len(piece) > 3 else re.escape(piece), caught.value.problem), caught.value


def test_formulaic_itself_would_run_the_outcome(tmp_path):
    """Why formulaic never sees the text: it runs calls on the left while it splits the formula."""
    from formulaic.parser import DefaultFormulaParser

    mark = tmp_path / "mark"
    text = f"exec(\"open({str(mark)!r}, 'w').close()\")() ~ x"
    with pytest.raises(FormulaError, match="exec"):
        read(text)
    assert not mark.exists()
    list(DefaultFormulaParser().get_tokens(text))
    assert mark.exists()


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ " + " + ".join(f"x{i}" for i in range(3000)),
        "y ~ " + "*".join(f"x{i}" for i in range(40)),
        "y ~ (" + " + ".join(f"x{i}" for i in range(30)) + ")**4",
        "y ~ " + "(" * 400 + "x" + ")" * 400,
        "y ~ " + "((x + z)**4 + (x:z)**4)**4*" * 50 + "x",
        "y ~ " + "-" * 4000 + "x",
        "y ~ " + "log(" * 400 + "x" + ")" * 400,
    ],
    ids=["long", "product", "power", "brackets", "towers", "minus", "calls"],
)
def test_huge_formulas_are_refused(formula):
    with pytest.raises(FormulaError):
        read(formula)


def test_products_within_the_bound_are_read():
    assert len(read("y ~ a*b*c*d*e*f").terms) == 64 < MOST_TERMS


@pytest.mark.parametrize("formula", [None, 5, ["y ~ x"], b"y ~ x"])
def test_formulas_are_text(formula, panel):
    with pytest.raises(FormulaError, match="is not a formula"):
        design(formula, panel)


@pytest.mark.parametrize(
    ("formula", "fix"),
    [
        ("y ~ x**2", "I(x**2)"),
        ("y ~ x^2", "I(x**2)"),
        ("y ~ x/z", "I(a / b)"),
        ("y ~ x | code", "effects="),
        ("y ~ W(y)", 'model="sar"'),
        ("y ~ gdp.pc", "backticks"),
    ],
)
def test_refusals_show_the_way_out(formula, fix, panel):
    with pytest.raises(FormulaError) as caught:
        design(formula, panel)
    assert fix in caught.value.fix


def test_spatial_lags_need_weights(panel):
    with pytest.raises(FormulaError, match=r"W\(x\).*no spatial weights"):
        design("y ~ W(x)", panel)
    with pytest.raises(FormulaError, match="no spatial weights"):
        design("y ~ x", panel, durbin=True)


@pytest.mark.parametrize("column", ["y", "x", "part", "zone"])
def test_missing_cells_are_located(column, df):
    gap = df.copy()
    gap[column] = gap[column].astype(object if column == "part" else float)
    gap.loc[(gap.code == "r4") & (gap.year == 2002), column] = None
    with pytest.raises(DataError, match=rf"'{column}' is missing.* 1 cell.*r4 2002"):
        design("y ~ log(x) + part + C(zone)", Panel(gap, entity="code", time="year"))


def test_cells_outside_the_periods_used_may_be_missing(df):
    gap = df.copy()
    gap.loc[gap.year == 2000, ["y", "z"]] = np.nan
    got = design("y ~ lag(x) + z", Panel(gap, entity="code", time="year"))
    assert list(got.times) == YEARS[1:]


def test_logarithms_of_zero_are_located(df):
    zero = df.assign(x=df.x.where((df.code != "r1") | (df.year != 2003), 0.0))
    with pytest.raises(DataError, match=r"'log\(x\)'.*r1 2003 \(x = 0\)"):
        design("y ~ log(x)", Panel(zero, entity="code", time="year"))


def test_constant_columns(panel, df):
    with pytest.raises(DataError, match="'three' has the same value"):
        design("y ~ x + three", panel)
    with pytest.raises(DataError, match="one category"):
        design("y ~ x + C(three)", panel)
    with pytest.raises(DataError, match="'three' is 3 in every cell"):
        design("three ~ x", panel)


def test_too_many_regressors(df):
    one = Panel(df[df.year == 2000].drop(columns="year"), entity="code")
    with pytest.raises(DataError, match="too many for 6 observations"):
        design("y ~ x*z*`my var`", one)
    with pytest.raises(DataError, match="6 fixed effects"):
        design("y ~ x", one, effects="entity")
    with pytest.raises(DataError, match="6 categories for 6"):
        design("y ~ C(area)", one)
    with pytest.raises(DataError, match="distinct values"):
        design("y ~ poly(part == 'East', 2)", one)


@pytest.mark.parametrize(
    ("formula", "piece"),
    [
        ("y ~ rho", "'rho'"),
        ("y ~ `lambda`", "'lambda'"),
        ("y ~ x + W(x) + `W x`", "called W x"),
        ("y ~ Intercept", "called Int"),
    ],
)
def test_names_that_are_taken(formula, piece, df, lag):
    own = df.rename(columns={"z": "rho", "area": "lambda", "my var": "W x", "人口": "Intercept"})
    with pytest.raises(FormulaError, match=piece):
        design(formula, Panel(own, entity="code", time="year"), lag_durbin=lag)


def test_odd_column_names(df):
    own = df.rename(columns={"x": "class", "z": "a ~ b: 'c'", "my var": "v1"})
    got = design("y ~ `class`*v1 + log(`a ~ b: 'c'`)", Panel(own, entity="code", time="year"))
    assert got.terms == ("Intercept", "class", "v1", "log(`a ~ b: 'c'`)", "class:v1")
    np.testing.assert_allclose(got.X[:, :, 3].reshape(-1), np.log(df.z), rtol=1e-14)


FRAGMENTS = [
    "x", "z", "part", "log(", "C(", "W(", "lag(", "poly(", "I(", ")", "(", "+", "-", "*", ":", "**", "2", "0", "1", ",", "`",
    "'", '"', "\\", ".", "[", "]", "{", "}", "~", "=", "==", " ", "k=", "exec", "__import__", "lambda", "not ", "中", "#", "%",
]  # fmt: skip


FUZZED = Panel(table(), entity="code", time="year")


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=12))
def test_any_text_gives_a_design_or_one_of_our_errors(pieces):
    try:
        got = design("y ~ " + "".join(pieces), FUZZED, lag_durbin=lambda b: b[::-1])
    except InputError as error:
        assert error.problem
    else:
        assert np.isfinite(got.regressors()[0]).all() and len(set(got.terms)) == got.X.shape[2]


def test_unbalanced_panels_and_unknown_effects(df, panel):
    with pytest.raises(InputError, match="unbalanced"):
        design("y ~ x", Panel(df.iloc[1:], entity="code", time="year", unbalanced="keep"))
    with pytest.raises(InputError, match="effects"):
        design("y ~ x", panel, effects="both")


# columns that say nothing new ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effects", "gone"),
    [
        ("none", []),
        ("entity", ["area", "three"]),
        ("time", ["oil", "three"]),
        ("twoway", ["area", "oil", "both", "three"]),
    ],
)
def test_absorbed_columns(effects, gone, df):
    both = 1000 * df.area + df.oil
    columns = {"x": df.x, "area": df.area, "oil": df.oil, "both": both, "three": df.three}
    X = np.column_stack(list(columns.values())).reshape(T, N, -1)
    assert absorbed_columns(X, list(columns), effects) == gone


def test_collinear_columns_are_named_with_the_combination():
    rng = np.random.default_rng(3)
    a, b, c = rng.normal(size=(3, 40))
    names = ["Intercept", "a", "b", "sum", "c", "half", "zero", "close"]
    m = np.column_stack([np.ones(40), 1e6 * a, b, 2 - 1e6 * a + 3 * b, 1e-6 * c, 5e-7 * c, 0 * a, a + 1e-6 * c])
    assert collinear_columns(m, names) == [
        ("sum", "2 Intercept - a + 3 b"),
        ("half", "0.5 c"),
        ("zero", "0"),
        ("close", "1e-06 a + c"),
    ]
    assert collinear_columns(m[:, [0, 1, 2, 4]], ["Intercept", "a", "b", "c"]) == []


def test_nearly_collinear_columns_are_kept():
    rng = np.random.default_rng(4)
    a, noise = rng.normal(size=(2, 50))
    assert collinear_columns(np.column_stack([a, a + 1e-7 * noise]), ["a", "b"]) == []
    assert collinear_columns(np.column_stack([a, a + 1e-13 * noise]), ["a", "b"]) == [("b", "a")]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(2, 8), extra=st.integers(1, 3))
def test_as_many_are_named_as_the_rank_lacks(seed, k, extra):
    rng = np.random.default_rng(seed)
    free = rng.normal(size=(30, k)) * 10.0 ** rng.integers(-4, 5, k)
    m = np.column_stack([free, free @ rng.normal(size=(k, extra))])
    order = rng.permutation(k + extra)
    found = collinear_columns(m[:, order], [f"c{j}" for j in range(k + extra)])
    assert len(found) == extra
    kept = [j for j in range(k + extra) if f"c{j}" not in dict(found)]
    scaled = m[:, order][:, kept]
    assert np.linalg.matrix_rank(scaled / np.linalg.norm(scaled, axis=0)) == k
