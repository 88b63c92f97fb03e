"""Statistics of spatial autocorrelation against spdep and esda on Columbus, their properties, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import columbus, golden, munnell, small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError, ToolkitWarning, WeightsError

ESDA = golden("esda_columbus.json")
SPDEP = golden("r_columbus.json")
DRAWS = 20_000


def folded(p, target, slack: float = 0.0):
    """P-values within four standard errors of 99,999 draws there and DRAWS here."""
    p, target = np.asarray(p, float), np.asarray(target, float)
    error = 4 * np.sqrt(np.maximum(target * (1 - target), 1e-4) * (1 / DRAWS + 1e-5)) + 1e-4 + slack
    assert (np.abs(p - target) <= error).all(), (p - target)[np.abs(p - target) > error]


@pytest.fixture(scope="module")
def crime():
    """Columbus with what the golden script made of it."""
    panel, w = columbus()
    return panel.assign(events="CRIME * 10", people="HOVAL * 100"), w


def test_geary_meets_spdep_and_esda(crime):
    """spdep's z is (E - C) / sd: the other sign."""
    panel, w = crime
    row = tk.geary(panel, "CRIME", w, permutations=0).tidy().iloc[0]
    target = SPDEP["columbus/geary"]
    assert row["statistic"] == pytest.approx(target["C"], rel=1e-9)
    assert row["variance_randomization"] == pytest.approx(target["V"], rel=1e-9)
    assert row["z"] == pytest.approx(-target["z"], rel=1e-9)
    assert row["statistic"] == pytest.approx(ESDA["geary"]["C"], rel=1e-10)
    assert row["variance_normality"] == pytest.approx(ESDA["geary"]["VC_norm"], rel=1e-9)
    assert row["variance_randomization"] == pytest.approx(ESDA["geary"]["VC_rand"], rel=1e-9)
    normal = tk.geary(panel, "CRIME", w, permutations=0, assumption="normality").tidy().iloc[0]
    assert abs(normal["z"]) == pytest.approx(abs(ESDA["geary"]["z_norm"]), rel=1e-9)


def test_getis_ord_meets_spdep_and_esda(crime):
    """spdep's localG with include.self on row-standardised weights; esda on binary ones: z does not see the scale."""
    panel, w = crime
    star = tk.getis_ord(panel, "CRIME", w, star=True, permutations=DRAWS, seed=1, p_adjust=None, alternative="directed")
    np.testing.assert_allclose(star.statistic[0], SPDEP["columbus/localGstar"]["z"], rtol=1e-9)
    binary = w.normalize("none")
    for name, flag in (("gi_star", True), ("gi", False)):
        made = tk.getis_ord(
            panel, "CRIME", binary, star=flag, permutations=DRAWS, seed=1, p_adjust=None, alternative="directed"
        )
        np.testing.assert_allclose(made.statistic[0], ESDA[name]["Zs"], rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(made.share[0], ESDA[name]["Gs"], rtol=1e-10)
        folded(made.p_perm[0], ESDA[name]["p_sim"])
    np.testing.assert_array_equal(made.p_perm, star.p_perm)  # Gi and Gi* order the draws alike
    hot = star.cluster[0] == "hot"
    assert hot.any() and (star.statistic[0][hot] > 0).all()


def test_local_geary_meets_esda(crime):
    panel, w = crime
    made = tk.local_geary(panel, "CRIME", w, permutations=DRAWS, seed=1, p_adjust=None, alternative="directed")
    np.testing.assert_allclose(made.statistic[0], ESDA["local_geary"]["c"], rtol=1e-9)
    folded(made.p_value[0], ESDA["local_geary"]["p_sim"])
    both = tk.local_geary(panel, ["CRIME", "INC"], w, permutations=99, seed=1)
    np.testing.assert_allclose(both.statistic[0], ESDA["local_geary_mv"]["c"], rtol=1e-9)
    each = [tk.local_geary(panel, v, w, permutations=99, seed=1) for v in ("CRIME", "INC")]
    np.testing.assert_allclose(both.expected, (each[0].expected + each[1].expected) / 2, rtol=1e-12)
    # the sum over regions is the global c, up to its scale
    n = panel.N
    assert (n - 1) / (2 * n**2) * made.statistic.sum() == pytest.approx(ESDA["geary"]["C"], rel=1e-10)


def test_bivariate_statistics_meet_esda(crime):
    panel, w = crime
    whole = tk.moran_bivariate(panel, "CRIME", "INC", w, permutations=DRAWS, seed=1, alternative="directed")
    assert whole.statistic[0] == pytest.approx(ESDA["moran_bv"]["I"], rel=1e-10)
    assert np.sqrt(whole.variance[0]) == pytest.approx(ESDA["moran_bv"]["sd"], rel=0.01)
    made = tk.local_moran_bivariate(
        panel, "CRIME", "INC", w, permutations=DRAWS, seed=1, p_adjust=None, alternative="directed"
    )
    target = ESDA["moran_local_bv"]
    np.testing.assert_allclose(made.statistic[0], target["Is"], rtol=1e-9)
    quadrants = pd.Series(target["q"]).map({1: "HH", 2: "LH", 3: "LL", 4: "HL"})
    assert (made.quadrant[0] == quadrants.to_numpy()).all()
    folded(made.p_value[0], target["p_sim"])
    assert made.statistic.sum() == pytest.approx(whole.statistic[0] * (panel.N - 1), rel=1e-10)


def test_rates_meet_esda(crime):
    """Moran_Rate standardises the rate once more, which changes nothing but the scale of z."""
    panel, w = crime
    made = tk.moran_rates(panel, "events", "people", w, permutations=0)
    target = ESDA["moran_rate"]
    assert made.statistic[0] == pytest.approx(target["I"], rel=1e-10)
    assert made.score[0] == pytest.approx(target["z_rand"], rel=1e-9)
    z = np.array(target["z"])
    np.testing.assert_allclose(made.z[0], (z - z.mean()) / z.std(), rtol=1e-9)


def test_join_counts_meet_esda(crime):
    panel, w = crime
    table = tk.join_count(panel, "CRIME > 35", w, permutations=99, seed=1).tidy().set_index("pair")
    target = ESDA["join_counts"]
    assert table["statistic"].tolist() == [target["ww"], target["bb"], target["bw"], target["bw"]]
    made = tk.local_join_count(panel, "CRIME > 35", w, permutations=DRAWS, seed=1, p_adjust=None)
    np.testing.assert_array_equal(made.statistic[0], ESDA["local_join_count"]["LJC"])
    tested = np.array([p is not None for p in ESDA["local_join_count"]["p_sim"]])
    assert np.isfinite(made.p_value[0][tested]).all()
    # esda folds to the smaller tail; ours is the upper one
    p = made.p_value[0][tested]
    target = np.array([p for p in ESDA["local_join_count"]["p_sim"] if p is not None])
    upper = p < 0.4
    folded(p[upper], target[upper])
    co = tk.local_join_count(panel, "CRIME > 35", w, other="INC <= 14", permutations=99, seed=1)
    assert co.title.startswith("Co-location")
    np.testing.assert_array_equal(co.statistic[0], ESDA["local_join_count_clc"])
    apart = tk.local_join_count(panel, "CRIME > 35", w, other="CRIME <= 35", permutations=99, seed=1)
    assert apart.title.startswith("Bivariate")
    np.testing.assert_array_equal(apart.statistic[0], ESDA["local_join_count_bjc"])


LOCAL = {
    "getis_ord": lambda p, w, **k: tk.getis_ord(p, "y", w, **k),
    "local_geary": lambda p, w, **k: tk.local_geary(p, "y", w, **k),
    "local_moran_bivariate": lambda p, w, **k: tk.local_moran_bivariate(p, "y", "x1", w, **k),
    "local_join_count": lambda p, w, **k: tk.local_join_count(p, "y > 0", w, **k),
}
GLOBAL = {
    "geary": lambda p, w, **k: tk.geary(p, "y", w, **k),
    "moran_bivariate": lambda p, w, **k: tk.moran_bivariate(p, "y", "x1", w, **k),
    "moran_differential": lambda p, w, **k: tk.moran_differential(p, "y", w, **k),
    "join_count": lambda p, w, **k: tk.join_count(p, "y > 0", w, **k),
    "correlogram": lambda p, w, **k: tk.correlogram(p, "y", 1 if w.density == 1 else 2, W=w, **k),
    "mantel": lambda p, w, **k: tk.mantel(p, "y", w, **k),
}


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize("name", LOCAL | GLOBAL)
def test_relabelling_units_and_periods(name, kind):
    """Statistics follow their regions, do not see the unit, and a period is the same alone; seeds repeat."""
    call = (LOCAL | GLOBAL)[name]
    panel, w, matrix = small_panel(7, n=14, t=3, kind=kind)
    base = call(panel, w, permutations=99, seed=4).tidy()
    pd.testing.assert_frame_equal(base, call(panel, w, permutations=99, seed=4).tidy())
    back = dict(zip(panel.entities, [f"q{i:02d}" for i in range(14)][::-1], strict=True))
    turned = tk.Panel(panel.frame.assign(id=panel.frame["id"].map(back)), entity="id", time="year")
    other = call(turned, tk.weights.from_matrix(matrix, ids=[back[i] for i in panel.entities]), permutations=99, seed=4)
    other = other.tidy()
    if name in LOCAL:
        other = other.assign(region=other["region"].map({v: k for k, v in back.items()}))
        other = other.sort_values(["time", "region"], kind="stable").reset_index(drop=True)
    exact = [c for c in ("statistic", "expected", "variance", "z", "score", "p_normal") if c in base]
    for column in exact:
        np.testing.assert_allclose(other[column], base[column], rtol=1e-9, atol=1e-12)
    if "y > 0" not in str(base.get("variable", [""])[0]):
        scaled = panel.assign(y="y * 1000", x1="x1 / 7")
        again = call(scaled, w, permutations=99, seed=4).tidy()
        for column in [c for c in exact if c in again] + [c for c in ("p_perm", "p_value") if c in base]:
            np.testing.assert_allclose(again[column], base[column], rtol=1e-8, atol=1e-10)
    if name != "moran_differential":
        alone = call(panel.select(times=2001), w, permutations=99, seed=4).tidy()
        part = base[base["time"] == 2001].reset_index(drop=True)
        for column in [c for c in ("statistic", "p_perm", "p_value") if c in base]:
            np.testing.assert_allclose(alone[column], part[column], rtol=1e-10, atol=1e-12)


def test_differential_is_moran_of_the_change():
    panel, w = munnell()
    made = tk.moran_differential(panel, "log(gsp)", w, permutations=99, seed=1)
    change = np.diff(np.log(panel.values("gsp")), axis=0)
    frame = pd.DataFrame(
        {"id": np.tile(list(panel.entities), 16), "t": np.repeat(panel.times[1:], 48), "d": change.ravel()}
    )
    other = tk.moran(tk.Panel(frame, entity="id", time="t"), "d", w, permutations=99, seed=1)
    np.testing.assert_allclose(made.statistic, other.statistic, rtol=1e-9)
    assert made.times == tuple(panel.times[1:])
    pair = tk.moran_differential(panel, "log(gsp)", w, between=(1970, 1971), permutations=99, seed=1)
    assert pair.statistic[0] == made.statistic[0]
    assert len(tk.charts.moran_by_year(made).axes) == 1


def test_equal_populations_leave_the_rate_as_it_is():
    panel, w = munnell()
    made = panel.assign(e="unemp * 10", p="unemp * 0 + 1000")
    rates = tk.moran_rates(made, "e", "p", w, permutations=0)
    np.testing.assert_allclose(rates.statistic, tk.moran(panel, "unemp", w, permutations=0).statistic, rtol=1e-10)


def test_islands_are_left_alone():
    panel, _, matrix = small_panel(3, n=12, t=2)
    matrix[4] = 0
    w = tk.weights.from_matrix(matrix, ids=list(panel.entities), islands="keep")
    for name, call in LOCAL.items():
        table = call(panel, w, permutations=99, seed=1).tidy()
        alone = table[table["region"] == "r04"]
        assert (alone["cluster"] == "island").all(), name
        assert alone["p_value"].isna().all(), name
        assert (table.loc[table["region"] != "r04", "cluster"] != "island").all(), name


def test_adjusted_p_values_make_the_clusters():
    panel, w = columbus()
    for p_adjust in ("fdr", "bonferroni", None):
        made = tk.getis_ord(panel, "CRIME", w, permutations=4999, seed=1, p_adjust=p_adjust)
        significant = np.isin(made.cluster, ["hot", "cold"])
        np.testing.assert_array_equal(significant, made.p_adjusted <= 0.05)
    normal = tk.getis_ord(panel, "CRIME", w, permutations=0, inference="normal", p_adjust="bonferroni")
    np.testing.assert_allclose(normal.p_adjusted, np.minimum(1, 49 * normal.p_normal))
    with pytest.warns(ToolkitWarning, match="at least"):
        tk.local_geary(panel, "CRIME", w, permutations=99, seed=1, p_adjust="bonferroni")


def test_local_geary_labels_by_hand():
    """On a ring of 23: five highs, five lows, and one very high region between the two lowest."""
    middle = [5.0, 5.3, 4.8, 5.1]
    values = [9.0, 9.1, 9.2, 9.1, 9.0, *middle, 1.2, 1.1, 1.0, 1.1, 1.2, *middle, -3.0, 12.0, -3.0, 5.0, 5.2]
    n = len(values)
    ids = [f"r{i:02d}" for i in range(n)]
    ring = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)
    panel = tk.Panel(pd.DataFrame({"id": ids, "x": values}), entity="id")
    w = tk.weights.from_matrix(ring, ids=ids, normalize="row")
    made = tk.local_geary(panel, "x", w, permutations=9999, seed=1, p_adjust=None).tidy().set_index("region")
    assert made.loc[["r02", "r11", "r19"], "cluster"].tolist() == ["HH", "LL", "negative"]
    # of the 231 pairs of other regions one is nearest to 9.2 and one is farthest from 12
    np.testing.assert_allclose(made.loc[["r02", "r19"], "p_value"], 2 / 231, atol=4 * np.sqrt(2 / 231 / 9999) + 2e-4)
    assert set(made.loc[made["p_adjusted"] > 0.05, "cluster"]) == {"ns"}


@pytest.mark.parametrize("name", ["getis_ord", "local_geary", "local_moran_bivariate", "geary", "moran_bivariate"])
def test_size_of_the_tests(name):
    """Noise, 31 regions x 60 periods: 5 percent of tests, within four standard errors (0.5 local, 2.8 percent global)."""
    rng = np.random.default_rng(14)
    n, t = 31, 60
    ids = [f"r{i:02d}" for i in range(n)]
    frame = pd.DataFrame({"id": np.tile(ids, t), "t": np.repeat(range(t), n)})
    frame = frame.assign(y=rng.exponential(size=n * t), x1=rng.normal(size=n * t))
    ring = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1) + np.roll(np.eye(n), 2, axis=1)
    panel, w = tk.Panel(frame, entity="id", time="t"), tk.weights.from_matrix(ring, ids=ids, normalize="row")
    if name in LOCAL:
        p = LOCAL[name](panel, w, permutations=1999, seed=1, p_adjust=None).p_value
        assert abs((p <= 0.05).mean() - 0.05) < 0.022
    else:
        p = GLOBAL[name](panel, w, permutations=999, seed=1).p_perm
        assert (p <= 0.05).mean() < 0.05 + 0.112


def test_correlogram_by_distance():
    """The bands of a line of towns at the equator, 1 degree apart, by hand; then equal numbers of pairs."""
    import geopandas as gpd

    towns = gpd.GeoDataFrame(
        {"id": list("abcdefgh"), "x": [1.0, 2, 4, 3, 5, 7, 6, 8]},
        geometry=gpd.points_from_xy(range(8), [0] * 8),
        crs=4326,
    )
    panel = tk.Panel(towns, entity="id")
    record = tk.correlogram(panel, "x", [0, 120, 240, 500], permutations=99, seed=1)
    assert record.pairs.tolist() == [7, 6, 9]
    np.testing.assert_allclose(record.mean[0], 2 * np.pi * 6371.0088 / 360, rtol=1e-9)
    z = np.array(towns["x"]) - 4.5
    by_hand = 8 / (2 * 7) * 2 * (z[1:] @ z[:-1]) / (z @ z)
    assert record.statistic[0, 0] == pytest.approx(by_hand, rel=1e-12)
    with pytest.raises(InputError, match="250–300"):
        tk.correlogram(panel, "x", [0, 120, 250, 300, 500])
    with pytest.raises(InputError, match="increasing"):
        tk.correlogram(panel, "x", [0, 500, 300])
    chain = tk.weights.distance_band(panel, 120)
    assert tk.correlogram(panel, "x", 7, W=chain, permutations=9, seed=1).pairs.tolist() == [7, 6, 5, 4, 3, 2, 1]
    with pytest.raises(InputError, match="up to 7 orders"):
        tk.correlogram(panel, "x", 9, W=chain)
    china = tk.load("china").between(2020, 2023)
    record = tk.correlogram(china, "log(gdp / pop)", 5, permutations=99, seed=1, p_adjust="bonferroni")
    assert record.pairs.max() - record.pairs.min() <= 1
    assert ((record.low <= record.expected) & (record.expected <= record.high)).all()


def test_matrices_are_matched_by_id():
    """A table in another order is the same matrix; the association of a matrix with itself is one."""
    panel, w = munnell()
    panel = panel.between(1985, 1986)
    dense = pd.DataFrame(w.sparse.toarray(), index=list(w.ids), columns=list(w.ids))
    shuffled = dense.sample(frac=1, random_state=1).sample(frac=1, random_state=2, axis=1)
    a = tk.mantel(panel, "unemp", w, permutations=99, seed=1)
    b = tk.mantel(panel, "unemp", shuffled, permutations=99, seed=1)
    np.testing.assert_array_equal(a.statistic, b.statistic)
    np.testing.assert_array_equal(a.p_perm, b.p_perm)
    assert tk.mantel(panel, w, shuffled, permutations=99, seed=1).statistic[0] == pytest.approx(1, rel=1e-12)
    assert tk.mantel(panel, "km", w, permutations=99, seed=1).times == ("all",)
    with pytest.raises(DataError, match="not the regions"):
        tk.mantel(panel, "unemp", dense.iloc[:, :-1])
    with pytest.raises(DataError, match="gaps"):
        tk.mantel(panel, "unemp", dense.assign(TX=np.nan))
    with pytest.raises(InputError, match="no matrix"):
        tk.mantel(panel, "unemp", 3)
    with pytest.raises(DataError, match="the same between all"):
        tk.mantel(panel, "unemp", dense * 0 + 1)


@pytest.mark.parametrize("data", ["china", "us_income", "mexico"])
def test_runs_on_the_packaged_panels(data):
    panel = tk.load(data)
    variable = {"china": "log(gdp / pop)", "us_income": None, "mexico": None}[data]
    if variable is None:
        variable = next(v for v in panel.variables if not np.isnan(panel.values(v)).any())
    else:
        panel = panel.between(2019, 2023)
    assert panel.geometry is not None
    w = tk.weights.queen(panel, link={"Hainan": "Guangdong"} if data == "china" else None)
    times = len(panel.times)
    k = {"permutations": 99, "seed": 1}
    assert len(tk.geary(panel, variable, w, **k).times) == times
    assert len(tk.getis_ord(panel, variable, w, **k).tidy()) == times * panel.N
    assert len(tk.local_geary(panel, variable, w, **k).counts()) == times
    assert len(tk.correlogram(panel, variable, 4, **k).tidy()) == 4 * times
    if times > 1:
        assert len(tk.moran_differential(panel, variable, w, **k).times) == times - 1
    for record in (tk.getis_ord(panel, variable, w, **k), tk.geary(panel, variable, w, **k)):
        assert len(record.glance()) == 1 and "regions" in repr(record) and "<table" in record._repr_html_()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda p, w: tk.geary(p, "y", w, assumption="t"), InputError, "randomization"),
        (lambda p, w: tk.geary(p, ["y", "y"], w), InputError, "twice"),
        (lambda p, w: tk.getis_ord(p, "y", w, star="yes"), InputError, "True for Gi"),
        (lambda p, w: tk.getis_ord(p, "y", w, inference="exact"), InputError, "normal"),
        (lambda p, w: tk.local_geary(p, [], w), InputError, "no variable"),
        (lambda p, w: tk.local_join_count(p, "y", w), DataError, "r00 2000"),
        (lambda p, w: tk.join_count(p, "y", w), DataError, "whole"),
        (lambda p, w: tk.join_count(p, "y > 1000", w), DataError, "same value"),
        (lambda p, w: tk.moran_rates(p, "y", "x1", w), DataError, "out of range"),
        (lambda p, w: tk.moran_differential(p, "y", w, between=(2003, 2000)), InputError, "earlier"),
        (lambda p, w: tk.moran_differential(p.select(times=2000), "y", w), InputError, "two periods"),
        (lambda p, w: tk.moran_bivariate(p, "y", "lag(x1, 9)", w), (DataError, InputError), "."),
        (lambda p, w: tk.correlogram(p, "y", 0, W=w), InputError, "bands"),
        (lambda p, w: tk.correlogram(munnell()[0], "unemp", [0, "far"]), InputError, "far"),
        (lambda p, w: tk.correlogram(munnell()[0], "unemp", 2.5), InputError, "whole number"),
        (lambda p, w: tk.correlogram(p, "y", statistic="c", W=w), InputError, "geary"),
        (lambda p, w: tk.correlogram(p, "y"), WeightsError, "geometry"),
        (lambda p, w: tk.mantel(p, "y", w, method="kendall"), InputError, "spearman"),
        (lambda p, w: tk.getis_ord(p, "y", munnell()[1]), WeightsError, "."),
        (lambda p, w: tk.geary(p, "y", tk.weights.yearly(dict.fromkeys(p.times, w))), WeightsError, r"W\.at"),
        (lambda p, w: tk.getis_ord(p, "y", w, permutations=0), InputError, "permutations"),
    ],
)
def test_bad_input(call, error, says):
    panel, w, _ = small_panel(3)
    with pytest.raises(error, match=says):
        call(panel, w)


def test_figures_draw_what_was_computed():
    panel, w = munnell()
    panel = panel.between(1984, 1986)
    record = tk.correlogram(panel, "unemp", 5, permutations=99, seed=1)
    figure = tk.charts.correlogram(record, [1985, 1986])
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 5]
    np.testing.assert_allclose(lines[0].get_ydata(), record.statistic[1])
    texts = {t.get_text() for t in figure.axes[0].texts}
    assert {str(p) for p in record.pairs} <= texts
    with pytest.raises(InputError, match="1800"):
        tk.charts.correlogram(record, 1800)
    geary = tk.geary(panel, "unemp", w, permutations=99, seed=1)
    drawn = [i for i in tk.charts.geary_by_year(geary).axes[0].lines if len(i.get_xdata()) == 3]
    np.testing.assert_allclose(drawn[0].get_ydata(), geary.statistic)
    with pytest.raises(InputError, match=r"tk\.moran"):
        tk.charts.moran_by_year(geary)
    pair = tk.moran_bivariate(panel, "unemp", "log(gsp)", w, permutations=99, seed=1)
    scatter = tk.charts.moran_bivariate_scatter(pair, 1986).axes[0]
    np.testing.assert_allclose(scatter.collections[0].get_offsets(), pair.scatter(1986)[["z", "lag"]])
    with pytest.raises(InputError, match="moran_bivariate"):
        tk.charts.moran_bivariate_scatter(geary)


@pytest.mark.parametrize("name", ["getis_ord", "local_geary", "local_moran_bivariate", "local_join_count"])
def test_maps_count_the_clusters(name):
    panel, w = munnell()
    panel = panel.between(1985, 1986).assign(y="unemp", x1="log(gsp)")
    if name == "local_join_count":
        panel = panel.assign(y="unemp - 7")
    record = LOCAL[name](panel, w, permutations=999, seed=1, p_adjust=None)
    for lang in ("en", "zh"):
        figure = tk.maps.clusters(panel, record, [1985, 1986], lang=lang)
        texts = [t.get_text() for t in figure.legends[0].get_texts()]
        counts = record.counts()
        for category in record.categories:
            if category != "island":
                assert any(text.endswith(f": {counts[category].iloc[0]}, {counts[category].iloc[1]}") for text in texts)
    with pytest.raises(InputError, match="local statistic"):
        tk.maps.clusters(panel, tk.geary(panel, "y", w, permutations=0))
