"""Expressions: what is computed, what is refused, and where a fault is reported."""

from __future__ import annotations

import builtins
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.data.expressions import evaluate, uneven
from toolkit.data.operators import FUNCTIONS
from toolkit.data.panel import Panel
from toolkit.data.syntax import DEEPEST, LONGEST, canonical, parse
from toolkit.errors import DataError, FormulaError

N, T = 5, 6
IDS = [f"r{i}" for i in range(N)]
YEARS = list(range(2000, 2000 + T))


def table(seed: int = 0, years=YEARS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    df = pd.DataFrame([(i, t) for t in years for i in IDS], columns=["code", "year"])
    df["x"] = rng.uniform(0.5, 3.0, len(df))
    df["z"] = rng.normal(size=len(df))
    df["my var"] = rng.uniform(1.0, 2.0, len(df))
    df["gdp.pc"] = rng.uniform(1.0, 2.0, len(df))
    df["人均产值"] = rng.uniform(1.0, 2.0, len(df))
    df["part"] = df["code"].map(dict(zip(IDS, ["East", "East", "West", "West", "Hu's"], strict=True)))
    return df


@pytest.fixture(scope="module")
def df() -> pd.DataFrame:
    return table()


@pytest.fixture(scope="module")
def panel(df) -> Panel:
    return Panel(df, entity="code", time="year")


@pytest.fixture(scope="module")
def ring() -> np.ndarray:
    w = np.zeros((N, N))
    for i in range(N):
        w[i, (i + 1) % N], w[i, (i - 1) % N] = 0.75, 0.25
    return w


def grid(series: pd.Series) -> np.ndarray:
    return series.to_numpy().reshape(-1, N)


# values ------------------------------------------------------------------------------------------

CELL_BY_CELL = [
    ("x", lambda d: d.x),
    ("log(x)", lambda d: np.log(d.x)),
    ("log2(x)", lambda d: np.log2(d.x)),
    ("log10(x)", lambda d: np.log10(d.x)),
    ("log1p(x)", lambda d: np.log1p(d.x)),
    ("exp(-z)", lambda d: np.exp(-d.z)),
    ("sqrt(abs(z))", lambda d: np.sqrt(d.z.abs())),
    ("I(x**2)", lambda d: d.x**2),
    ("x**-1.5 + 2", lambda d: d.x**-1.5 + 2),
    ("x / (1 + x) - +z", lambda d: d.x / (1 + d.x) - d.z),
    ("x % 1", lambda d: d.x % 1),
    ("x // 1", lambda d: d.x // 1),
    ("x > 1", lambda d: (d.x > 1) * 1.0),
    ("year >= 2003", lambda d: (d.year >= 2003) * 1.0),
    ("0.8 < x <= 2", lambda d: ((d.x > 0.8) & (d.x <= 2)) * 1.0),
    ("x > 1 and not z > 0", lambda d: ((d.x > 1) & ~(d.z > 0)) * 1.0),
    ("(x > 1) | (z > 0)", lambda d: ((d.x > 1) | (d.z > 0)) * 1.0),
    ("x > 2 or z > 1 or z < -1", lambda d: ((d.x > 2) | (d.z > 1) | (d.z < -1)) * 1.0),
    ('part == "East"', lambda d: (d.part == "East") * 1.0),
    ("x * (part != 'Hu\\'s')", lambda d: d.x * (d.part != "Hu's")),
    ('(code == "r3") * x', lambda d: (d.code == "r3") * d.x),
    ("log(`my var`) + `gdp.pc`", lambda d: np.log(d["my var"]) + d["gdp.pc"]),
    ("log(人均产值)", lambda d: np.log(d["人均产值"])),
    ("center(x)", lambda d: d.x - d.x.mean()),
    ("scale(x)", lambda d: (d.x - d.x.mean()) / d.x.std()),
    ("log(x)\n  + z", lambda d: np.log(d.x) + d.z),
]


@pytest.mark.parametrize(("text", "by_hand"), CELL_BY_CELL, ids=[c[0] for c in CELL_BY_CELL])
def test_cells_equal_pandas(text, by_hand, df, panel):
    got = evaluate(text, panel)
    np.testing.assert_allclose(got.values, grid(by_hand(df)), rtol=1e-13, atol=1e-14)
    assert list(got.times) == YEARS and list(got.entities) == IDS
    assert got.name == text.strip()


def by_region(d: pd.DataFrame, values: pd.Series, k: int) -> pd.Series:
    return values.groupby(d.code).shift(k)


OVER_TIME = [
    ("lag(x)", lambda d: by_region(d, d.x, 1), YEARS[1:]),
    ("lag(x, 2)", lambda d: by_region(d, d.x, 2), YEARS[2:]),
    ("lag(x, k=3)", lambda d: by_region(d, d.x, 3), YEARS[3:]),
    ("lead(x)", lambda d: by_region(d, d.x, -1), YEARS[:-1]),
    ("lead(x, 2)", lambda d: by_region(d, d.x, -2), YEARS[:-2]),
    ("diff(x)", lambda d: d.groupby("code").x.diff(), YEARS[1:]),
    ("diff(x, 2)", lambda d: d.groupby("code").x.diff(2), YEARS[2:]),
    ("growth(x)", lambda d: d.groupby("code").x.pct_change(), YEARS[1:]),
    ("growth(x, k=2)", lambda d: d.groupby("code").x.pct_change(2), YEARS[2:]),
    ("lag(log(x))", lambda d: by_region(d, np.log(d.x), 1), YEARS[1:]),
    ("log(lag(x))", lambda d: np.log(by_region(d, d.x, 1)), YEARS[1:]),
    ("lag(lag(x))", lambda d: by_region(d, d.x, 2), YEARS[2:]),
    ("lag(lead(x))", lambda d: d.x, YEARS[1:]),
    ("lead(lag(x))", lambda d: d.x, YEARS[:-1]),
    ("diff(diff(x))", lambda d: d.x - 2 * by_region(d, d.x, 1) + by_region(d, d.x, 2), YEARS[2:]),
    ("lag(x) * lead(z, 2)", lambda d: by_region(d, d.x, 1) * by_region(d, d.z, -2), YEARS[1:-2]),
]


@pytest.mark.parametrize(("text", "by_hand", "years"), OVER_TIME, ids=[c[0] for c in OVER_TIME])
def test_panel_operators_equal_pandas_groupby(text, by_hand, years, df, panel):
    got = evaluate(text, panel)
    assert list(got.times) == years
    wanted = by_hand(df)[df.year.isin(years)]
    np.testing.assert_allclose(got.values, grid(wanted), rtol=1e-12)


def test_spatial_lag_is_taken_period_by_period(df, panel, ring):
    x, z = grid(df.x), grid(df.z)

    def lag(block):
        return ring @ block

    np.testing.assert_allclose(evaluate("W(x)", panel, lag=lag).values, x @ ring.T, rtol=1e-14)
    np.testing.assert_allclose(evaluate("log(W(x))", panel, lag=lag).values, np.log(x @ ring.T), rtol=1e-13)
    np.testing.assert_allclose(evaluate("W(W(z))", panel, lag=lag).values, z @ ring.T @ ring.T, rtol=1e-12)
    both = evaluate("W(lag(log(x)))", panel, lag=lag)
    np.testing.assert_allclose(both.values, np.log(x[:-1]) @ ring.T, rtol=1e-13)
    assert list(both.times) == YEARS[1:]
    np.testing.assert_allclose(both.values, evaluate("lag(W(log(x)))", panel, lag=lag).values, rtol=1e-13)


def test_variables_and_frame(panel):
    got = evaluate("lag(x) / `my var` + x", panel)
    assert got.variables == ("x", "my var")
    frame = got.frame()
    assert list(frame.index) == YEARS[1:] and list(frame.columns) == IDS
    assert (frame.to_numpy() == got.values).all()


def test_the_panel_is_not_changed(df):
    before = df.copy()
    panel = Panel(df, entity="code", time="year")
    evaluate("growth(x) + log(x)", panel)
    pd.testing.assert_frame_equal(df, before)


def test_cross_section(df):
    one = Panel(df[df.year == 2000].drop(columns="year"), entity="code")
    assert evaluate("log(x)", one).values.shape == (1, N)
    with pytest.raises(DataError, match="leaves no period"):
        evaluate("lag(x)", one)


def test_full_width_column_names(df):
    wide = Panel(df.rename(columns={"x": "ＧＤＰ"}), entity="code", time="year")
    np.testing.assert_array_equal(evaluate("ＧＤＰ", wide).values, grid(df.x))


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(N * T)), text=st.sampled_from([c[0] for c in OVER_TIME + CELL_BY_CELL]))
def test_order_of_rows_does_not_matter(order, text):
    df = table()
    straight = evaluate(text, Panel(df, entity="code", time="year"))
    mixed = evaluate(text, Panel(df.iloc[list(order)].reset_index(drop=True), entity="code", time="year"))
    np.testing.assert_array_equal(straight.values, mixed.values)
    assert list(straight.times) == list(mixed.times)


# refusals ----------------------------------------------------------------------------------------

ATTACKS = [
    ("exec('1')", "exec"),
    ("eval('1')", "eval"),
    ("__import__('os').system('id')", "__import__"),
    ("__import__('os')", "__import__"),
    ("open('/etc/passwd').read()", "open"),
    ("open('/etc/passwd')", "open"),
    ("I(open('/etc/passwd').read())", "open"),
    ("exec('1')()", "exec"),
    ("log(exec('1')())", "exec"),
    ("compile('1', '', 'eval')", "compile"),
    ("getattr(x, 'a')", "getattr"),
    ("globals()", "globals"),
    ("np.log(x)", "np.log"),
    ("x.__class__", "attribute access"),
    ("x.__class__.__mro__[1].__subclasses__()", "__subclasses__"),
    ("log.__globals__", "attribute access"),
    ("().__class__", "attribute access"),
    ("''.join(x)", "attribute access"),
    ("x[0]", "indexing"),
    ("log(x)[0]", "indexing"),
    ("(lambda: 1)()", "a lambda"),
    ("[v for v in x]", "a comprehension"),
    ("{v for v in x}", "a comprehension"),
    ("{v: 1 for v in x}", "a comprehension"),
    ("log(v for v in x)", "a comprehension"),
    ('f"{exec(1)}"', "an f-string"),
    ("f'{x}'", "an f-string"),
    ("(y := 5)", "an assignment"),
    ("x if z else x", "an if-else"),
    ("log(*x)", "argument unpacking"),
    ("log(**x)", r"\*\*"),
    ("log(x, **x)", r"\*\*"),
    ("log(x, out=x)", "out"),
    ("log(x, where=exec('1'))", "where"),
    ("lag(x, exec('1'))", "exec"),
    ("lag(x, k=z)", "k='z'"),
    ("[x]", "a list"),
    ("(x, z)", "a tuple"),
    ("{'a': x}", "a dictionary"),
    ("{x}", "a set"),
    ("await x", "await"),
    ("yield x", "readable"),
    ("import os", "readable"),
    ("x; import os", "';'"),
    ("x # exec", "'#'"),
    ("x = 1", "readable"),
    ("x\x00", "readable"),
    ("`x", "not closed"),
    ("``", "not closed"),
    ("`__import__`('os')", "__import__"),
    ("`log`(x)", "log"),
    ("`x` `y`", "readable"),
    ("`exec('1')`", "no variable"),
    ("`x\\`; exec('1')", "';'"),
    ('log("\'x")', "is text"),
    ("'x", "not closed"),
    ("x @ z", "MatMult"),
    ("x << 9", "LShift"),
    ("x ^ 2", "BitXor"),
    ("~x", "Invert"),
    ("x is z", "Is"),
    ("x in z", "In"),
    ("1j * x", "complex"),
    ("b'x'", "bytes"),
    ("... + x", "ellipsis"),
    ("None", "NoneType"),
    ("x + True", "bool"),
    ("C(x)", "several columns"),
    ("log(C(x))", "several columns"),
    ("poly(x, 2)", "several columns"),
    ("part + 1", "holds text"),
    ('x == "East"', "has no value 'East'"),
    ('part == "Nowhere"', "has no value 'Nowhere'"),
    ('part < "East"', "compares text"),
    ('"East" == part', "compares text"),
    ("unknown + 1", "no variable 'unknown'"),
    ("5", "names no variable"),
    ("lag(5)", "needs a variable"),
    ("lag()", "no argument"),
    ("log(x, 2)", "too many arguments"),
    ("lag(x, 0)", "k='0'"),
    ("lag(x, -1)", "k='-1'"),
    ("lag(x, 1.0)", "k='1.0'"),
    ("lag(x, True)", "k='True'"),
    ("lag(x, 1, k=1)", "twice"),
    ("W(x)", "no spatial weights"),
    ("", "empty"),
    ("   ", "empty"),
    ("x ~ z", "Bit|readable|Invert"),
]


@pytest.mark.parametrize(("text", "piece"), ATTACKS, ids=[repr(a[0])[:40] for a in ATTACKS])
def test_hostile_and_wrong_text_is_refused_by_name(text, piece, panel, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("text of a formula was executed")

    for name in ("exec", "eval", "open"):
        monkeypatch.setattr(builtins, name, never)
    with pytest.raises(FormulaError) as caught:
        evaluate(text, panel)
    monkeypatch.undo()
    assert re.search(piece, caught.value.problem), caught.value.problem


@pytest.mark.parametrize(
    "text",
    [
        "x + " * LONGEST + "x",
        "(" * 300 + "x" + ")" * 300,
        "-" * 900 + "x",
        "not " * 240 + "x",
        "log(" * 150 + "x" + ")" * 150,
        "[" * 90 + "x" + "]" * 90,
        "x" + "**x" * 300,
        "9" * 900,
        "x" * (LONGEST + 1),
    ],
    ids=["long", "brackets", "minus", "not", "log", "lists", "powers", "digits", "name"],
)
def test_huge_input_is_refused(text, panel):
    with pytest.raises(FormulaError):
        evaluate(text, panel)


def test_depth_limit_leaves_room_for_ordinary_sums(panel, df):
    terms = DEEPEST - 10
    got = evaluate(" + ".join(["x"] * terms), panel)
    np.testing.assert_allclose(got.values, terms * grid(df.x), rtol=1e-12)


def test_towers_of_powers_end_at_once(panel):
    with pytest.raises(DataError, match="too large"):
        evaluate("x + 9**9**9**9", panel)


@pytest.mark.parametrize("value", [None, 5, b"x", ["x"]])
def test_text_is_required(value, panel):
    with pytest.raises(FormulaError, match="is not an expression"):
        evaluate(value, panel)


def test_messages_list_what_is_allowed(panel):
    with pytest.raises(FormulaError) as caught:
        evaluate("arcsinh(x)", panel)
    for f in FUNCTIONS.values():
        assert (f.signature in caught.value.allowed) == (f.kind != "term")
    with pytest.raises(FormulaError) as caught:
        evaluate("gdp.pc + 1", panel)
    assert "`gdp.pc`" in caught.value.fix
    with pytest.raises(FormulaError) as caught:
        evaluate("log(my_var)", panel)
    assert "my var" in caught.value.fix
    with pytest.raises(FormulaError) as caught:
        evaluate("lag(x, -1)", panel)
    assert "lead" in caught.value.fix


# faults in the data ------------------------------------------------------------------------------


def with_value(df: pd.DataFrame, column: str, region: str, year: int, value: float) -> Panel:
    out = df.copy()
    out.loc[(out.code == region) & (out.year == year), column] = value
    names = pd.DataFrame({"name": [f"Region {i}" for i in IDS]}, index=IDS)
    return Panel(out, entity="code", time="year", attributes=names)


LOCATED = [
    ("log(x)", np.nan, ["'x' is missing", "1 cell", "Region r2 (r2) 2003"]),
    ("x + z", np.nan, ["'x' is missing", "Region r2 (r2) 2003"]),
    ("x > 1", np.nan, ["'x' is missing", "Region r2 (r2) 2003"]),
    ("lag(log(x))", np.nan, ["'x' is missing", "Region r2 (r2) 2003"]),
    ("center(x)", np.nan, ["'x' is missing", "Region r2 (r2) 2003"]),
    ("W(x)", np.nan, ["'x' is missing", "1 cell", "Region r2 (r2) 2003"]),
    ("log(x)", 0.0, ["'log(x)' is not finite", "Region r2 (r2) 2003 (x = 0)", "logarithm of zero"]),
    ("1 + 2 * log(x)", -1.5, ["'log(x)' is not finite", "(x = -1.5)", "negative number"]),
    ("lag(log(x), 2)", 0.0, ["'log(x)'", "Region r2 (r2) 2003 (x = 0)"]),
    ("sqrt(x)", -1.0, ["'sqrt(x)'", "(x = -1)", "square root"]),
    ("z / x", 0.0, ["'z / x'", "Region r2 (r2) 2003 (x = 0)", "division by zero"]),
    ("growth(x)", 0.0, ["'growth(x)'", "Region r2 (r2) 2004", "growth from a value of zero"]),
    ("exp(x)", 1000.0, ["'exp(x)'", "(x = 1000)", "too large"]),
]


@pytest.mark.parametrize(("text", "value", "pieces"), LOCATED, ids=[f"{c[0]} at {c[1]}" for c in LOCATED])
def test_faults_are_located(text, value, pieces, df, ring):
    with pytest.raises(DataError) as caught:
        evaluate(text, with_value(df, "x", "r2", 2003, value), lag=lambda b: ring @ b)
    for piece in pieces:
        assert piece in caught.value.problem, caught.value.problem
    assert caught.value.fix


@pytest.mark.parametrize(
    ("text", "year"), [("lag(x)", 2005), ("lag(log(x), 2)", 2004), ("lead(x)", 2000), ("W(lead(x, 2))", 2001)]
)
def test_cells_that_are_not_needed_may_be_missing(text, year, df, ring):
    panel = with_value(df, "x", "r0", year, np.nan)
    assert np.isfinite(evaluate(text, panel, lag=lambda b: ring @ b).values).all()


def test_missing_text_is_located(df):
    gap = df.copy()
    gap.loc[3, "part"] = None
    with pytest.raises(DataError, match=r"'part' is missing.*r3 2000"):
        evaluate('part == "East"', Panel(gap, entity="code", time="year"))


@pytest.mark.parametrize(
    ("years", "gap"),
    [([2000, 2001, 2003, 2004], "from 2001 to 2003"), ([2000, 2005, 2010, 2020], "from 2010 to 2020")],
)
@pytest.mark.parametrize("text", ["lag(x)", "lead(x)", "diff(x)", "growth(x)"])
def test_gaps_in_time_are_refused(text, years, gap):
    panel = Panel(table(years=years), entity="code", time="year")
    with pytest.raises(DataError, match=gap) as caught:
        evaluate(text, panel)
    assert "panel.select" in caught.value.fix
    assert evaluate("log(x)", panel).values.shape == (4, N)


def test_equally_spaced_steps_other_than_one():
    df = table(years=[2000, 2005, 2010])
    got = evaluate("lag(x)", Panel(df, entity="code", time="year"))
    np.testing.assert_array_equal(got.values, grid(df.x)[:-1])
    assert list(got.times) == [2005, 2010]


@pytest.mark.parametrize(
    ("times", "even"),
    [
        (pd.date_range("2000-01-01", periods=6, freq="MS"), True),
        (pd.date_range("2000-01-31", periods=6, freq="ME"), True),
        (pd.date_range("2000-12-31", periods=5, freq="YE"), True),
        (pd.date_range("2000-01-01", periods=5, freq="D"), True),
        (pd.period_range("2000Q1", periods=5, freq="Q"), True),
        (pd.DatetimeIndex(["2000-01-01", "2001-01-01", "2003-01-01"]), False),
        (pd.Index(["2000", "2001", "2002"]), False),
        (pd.Index([1990.0, 1990.5, 1991.0]), True),
    ],
)
def test_spacing_of_dates(times, even):
    assert (uneven(times) is None) == even


def test_unbalanced_panels_are_refused(df):
    panel = Panel(df.iloc[1:], entity="code", time="year", unbalanced="keep")
    with pytest.raises(DataError, match="balanced"):
        evaluate("x", panel)


# reading -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["log(x/z)", "log( x / z )", "x**2", "lag(x,k=2)", "x>1", "-x", "log(`my var`/x)", "1.50*x"]
)
def test_names_are_those_of_formulaic(text):
    from formulaic import Formula

    wanted = str(Formula(f"I({text})", _context={}).root[-1])
    assert f"I({canonical(text)})" == wanted


def test_reading_never_evaluates():
    parsed = parse("log(a) + lag(`b c`, 2) * (d == 'e')")
    assert parsed.names == ("a", "b c", "d")
    assert parsed.calls == {"log", "lag"}
    assert parsed.name == "log(a) + lag(`b c`, 2) * (d == 'e')"
