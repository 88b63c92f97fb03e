"""Markov, spatial Markov and LISA Markov chains against giddy, and their properties."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from cases import golden, small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError, WeightsError


@lru_cache
def us_income():
    panel = tk.load("us_income")
    return panel, tk.weights.queen(panel)  # the neighbours of libpysal's states48.gal


@lru_cache
def giddy() -> dict:
    """giddy 2.3.6; see golden/make_giddy.py. Counts are equal, the rest is linear algebra: 1e-9."""
    return golden("giddy.json")


@pytest.mark.parametrize(
    ("key", "options"),
    [("us_by_year", {"classes": "quantiles-by-year", "relative": False}), ("us_pooled", {})],
)
def test_us_income_meets_giddy(key, options):
    record = tk.markov(us_income()[0], "income", k=5, **options)
    target, chain = giddy()[key], record.chain
    assert chain.counts.tolist() == target["counts"]
    np.testing.assert_allclose(chain.probabilities, target["p"], rtol=1e-12)
    np.testing.assert_allclose(chain.ergodic, target["steady"], rtol=1e-9)
    np.testing.assert_allclose(chain.first_passage, target["mfpt"], rtol=1e-9)
    np.testing.assert_allclose(chain.first_passage_sd, target["sd_fpt"], rtol=1e-9)
    np.testing.assert_allclose(chain.sojourn, target["sojourn"], rtol=1e-9)
    for mine, theirs in (("shorrocks", "P"), ("determinant", "D"), ("eigenvalue", "L2")):
        assert record.mobility[mine] == pytest.approx(target["mobility"][theirs], rel=1e-9)


def test_us_income_meets_the_pysal_documentation():
    """Printed in giddy's documentation of Markov and markov_mobility (quintiles of each year, 1929-2009)."""
    chain = tk.markov(us_income()[0], "income", classes="quantiles-by-year", relative=False).chain
    assert chain.counts[0].tolist() == [729, 71, 1, 0, 0]
    assert chain.mobility["shorrocks"] == pytest.approx(0.19759, abs=5e-6)
    assert chain.mobility["determinant"] == pytest.approx(0.60685, abs=5e-6)
    assert chain.mobility["eigenvalue"] == pytest.approx(0.03978, abs=5e-6)
    # Prais: exit probabilities
    np.testing.assert_allclose(
        1 - np.diag(chain.probabilities), [0.08988764, 0.21468144, 0.21125, 0.20194986, 0.07259074], atol=5e-9
    )


def test_spatial_markov_meets_giddy_and_its_documentation():
    panel, w = us_income()
    record, target = tk.spatial_markov(panel, "income", w, k=5, m=5), giddy()["us_spatial"]
    np.testing.assert_allclose(record.classes.cuts, target["cuts"], rtol=1e-12)
    np.testing.assert_allclose(record.lag_classes.cuts, target["lag_cuts"], rtol=1e-12)
    for i, chain in enumerate(record.chains):
        assert chain.counts.tolist() == target["counts"][i]
        np.testing.assert_allclose(chain.first_passage, target["mfpt"][i], rtol=1e-8)
    np.testing.assert_allclose(record.ergodic, target["steady"], rtol=1e-9)
    q, lr = record.tests["spatial Q"], record.tests["spatial LR"]
    assert (q.df, lr.df) == (target["df"], target["df"]) == (60, 60)
    assert q.statistic == pytest.approx(target["Q"], rel=1e-11) == pytest.approx(200.624, abs=5e-4)
    assert lr.statistic == pytest.approx(target["LR"], rel=1e-11) == pytest.approx(170.659, abs=5e-4)
    assert q.p_value == pytest.approx(target["Q_p"], abs=1e-12) and lr.p_value == pytest.approx(
        target["LR_p"], abs=1e-12
    )
    assert "expected count below 5" in q.reason


def test_each_lag_class_against_the_others():
    panel, w = us_income()
    record = tk.spatial_markov(panel, "income", w, k=4, m=2)
    tests = record.against_rest()
    assert len(tests) == 4  # with two classes either is the rest of the other
    for test in tests:
        kind = test.name.split()[-1]
        assert test.statistic == pytest.approx(record.tests[f"spatial {kind}"].statistic, rel=1e-12)
        assert test.df == record.tests["spatial Q"].df


def test_kullback_table_of_migration():
    """Kullback, Kupperman and Ku (1962), table 9.2, as in giddy's documentation: information 160.961, 30 df."""
    from toolkit.explore.chain_tests import compare

    one = [[22, 11, 24, 2, 2, 7], [5, 23, 15, 3, 42, 6], [4, 21, 190, 25, 20, 34], [0, 2, 14, 56, 14, 28],
           [32, 15, 20, 10, 56, 14], [5, 22, 31, 18, 13, 134]]  # fmt: skip
    two = [[3, 6, 9, 3, 0, 8], [1, 9, 3, 12, 27, 5], [2, 9, 208, 32, 5, 18], [0, 14, 32, 108, 40, 40],
           [22, 14, 9, 26, 224, 14], [1, 5, 13, 53, 13, 116]]  # fmt: skip
    _, lr, df, _ = compare(np.array([one, two]))
    assert lr == pytest.approx(160.961, abs=5e-4)
    assert df == 29  # 30 without the correction for the cell (d, a), empty in both samples


def test_empty_lag_classes_and_given_cut_points():
    panel, w = us_income()
    cuts = [0.8, 0.9, 1.0, 1.2]
    record, target = tk.spatial_markov(panel, "income", w, classes=cuts), giddy()["us_spatial_cuts"]
    assert [c.counts.tolist() for c in record.chains] == target["counts"]
    q = record.tests["spatial Q"]
    assert q.statistic == pytest.approx(target["Q"], rel=1e-11) and q.df == target["df"]
    assert "lag class ≤0.8: never visited: >1.2" in record.glance()["note"].item()


def test_lisa_markov_meets_giddy():
    panel, w = us_income()
    record, target = tk.lisa_markov(panel, "income", w), giddy()["us_lisa"]
    assert list(record.chain.states) == target["order"]
    assert record.chain.counts.tolist() == target["counts"]
    np.testing.assert_allclose(record.chain.ergodic, target["steady"], rtol=1e-9)


def test_lisa_independence_is_a_likelihood_ratio_of_two_chains():
    """LR = 2 (ln L of four states - ln L of the region's chain - ln L of the neighbours' chain), on 12 - 4 df."""
    panel, w = us_income()
    record = tk.lisa_markov(panel, "income", w)

    def fitted(counts):
        p = counts / counts.sum(axis=1, keepdims=True)
        return (counts[counts > 0] * np.log(p[counts > 0])).sum()

    n = record.quadrants.counts.astype(float)
    own, near = np.array([[1, 0], [0, 1], [0, 1], [1, 0]]), np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
    lr = 2 * (fitted(n) - fitted(own.T @ n @ own) - fitted(near.T @ n @ near))
    test = record.tests["independence LR"]
    assert test.statistic == pytest.approx(lr, rel=1e-11) and test.df == 8
    np.testing.assert_allclose(record.expected.sum(axis=1), n.sum(axis=1), rtol=1e-12)


def test_giddys_statistic_of_independence_runs_along_the_table():
    """giddy prints 1058.208: found only by chains over regions in the order of usjoin.csv (by name), transposed."""
    panel, w = us_income()
    y, n = panel.values("income"), tk.lisa_markov(panel, "income", w).quadrants.counts
    by_name = np.argsort(list(panel.names))
    mean = y.mean(axis=0)

    def along_regions(low):
        counts = np.zeros((2, 2))
        np.add.at(counts, (low[:, :-1].ravel(), low[:, 1:].ravel()), 1)
        return counts / counts.sum(axis=1, keepdims=True)

    own = along_regions((y < mean)[:, by_name].astype(int))
    near = along_regions((mean > (w.sparse @ y.T).T)[:, by_name].astype(int))
    order = [0, 2, 3, 1]  # HH, LH, LL, HL among high-high, high-low, low-high, low-low
    expected = n.sum(axis=1, keepdims=True) * np.kron(own, near)[np.ix_(order, order)]
    assert ((n - expected) ** 2 / expected).sum() == pytest.approx(1058.208, abs=5e-4)


def test_independent_neighbours_are_not_rejected_too_often():
    """A region alone with noise and its one neighbour: own and near chains independent in pairs."""
    rng = np.random.default_rng(2)
    import pandas as pd

    n, t = 60, 40
    y = rng.normal(size=(t, n))
    for s in range(1, t):
        y[s] = 0.5 * y[s - 1] + rng.normal(size=n)
    frame = pd.DataFrame({"id": np.tile(np.arange(n), t), "year": np.repeat(np.arange(t), n), "y": y.ravel()})
    # a ring where everyone looks at the next only: the pair (own, near) is two independent series
    matrix = np.roll(np.eye(n), 1, axis=1)
    w = tk.weights.from_matrix(matrix, ids=list(range(n)))
    record = tk.lisa_markov(tk.Panel(frame, entity="id", time="year"), "y", w)
    assert record.tests["independence LR"].p_value > 0.01


def test_lisa_moves_by_hand():
    import pandas as pd

    # mean zero every year; region 0's neighbour is 1 and so on round the ring
    y = np.array([[2.0, 1, -1, -2], [2, -1, 1, -2], [-2, -1, 1, 2]])
    frame = pd.DataFrame({"id": np.tile(list("abcd"), 3), "year": np.repeat([1, 2, 3], 4), "y": y.ravel()})
    w = tk.weights.from_matrix(np.roll(np.eye(4), 1, axis=1), ids=list("abcd"))
    record = tk.lisa_markov(tk.Panel(frame, entity="id", time="year"), "y", w)
    # year 1: HH HL LL LH; year 2: HL LH HL LH; year 3: LL LH HH HL
    moves = record.region_moves()
    assert moves["from"].tolist() == ["HH", "HL", "LL", "LH", "HL", "LH", "HL", "LH"]
    assert moves["move"].tolist() == ["II", "IIIB", "I", "0", "I", "0", "II", "IIIB"]
    assert record.by_period()["flux"].tolist() == [0.5, 0.5]
    assert record.by_period()["cohesion"].tolist() == [0.25, 0.25]


def test_significance_adds_a_state_and_keeps_the_moves():
    panel, w = us_income()
    panel = panel.between(1990, 2009)
    plain = tk.lisa_markov(panel, "income", w)
    record = tk.lisa_markov(panel, "income", w, permutations=199, seed=1, p_adjust=None)
    assert record.chain.states[-1] == "ns" and record.chain.counts[-1].sum() > 0
    assert (record.moves == plain.moves).all()
    assert record.chain.counts.sum() == plain.chain.counts.sum() == 19 * 48
    again = tk.lisa_markov(panel, "income", w, permutations=199, seed=1, p_adjust=None)
    assert (again.codes == record.codes).all()


def test_conditional_counts_add_up_to_the_pooled_chain():
    panel, w = us_income()
    record = tk.spatial_markov(panel, "income", w, k=4, m=3, lag=5)
    assert (sum(c.counts for c in record.chains) == record.pooled.counts).all()
    assert (record.pooled.counts == tk.markov(panel, "income", k=4, lag=5).chain.counts).all()


@pytest.mark.parametrize("classes", ["quantiles-pooled", "quantiles-by-year"])
def test_units_and_names_of_regions_do_not_matter(classes):
    panel, w = us_income()
    a = tk.markov(panel, "income", 4, classes=classes)
    b = tk.markov(panel.assign(income=panel.values("income") * 7.5), "income", 4, classes=classes)
    assert (a.chain.counts == b.chain.counts).all()
    frame = panel.frame
    flipped = {r: f"z{999 - i}" for i, r in enumerate(panel.entities)}
    other = tk.Panel(frame.assign(state=frame["state"].map(flipped)), entity="state", time="year")
    ids = [flipped[r] for r in w.ids]
    v = tk.weights.from_matrix(w.sparse.toarray(), ids=ids)
    assert (tk.markov(other, "income", 4, classes=classes).chain.counts == a.chain.counts).all()
    one = tk.spatial_markov(panel, "income", w, 4, classes=classes).tests["spatial Q"].statistic
    two = tk.spatial_markov(other, "income", v, 4, classes=classes).tests["spatial Q"].statistic
    assert one == pytest.approx(two, rel=1e-12)


def test_permutation_p_values_repeat_and_agree_in_kind():
    panel, w = us_income()
    a = tk.spatial_markov(panel, "income", w, permutations=99, seed=4)
    b = tk.spatial_markov(panel, "income", w, permutations=99, seed=4)
    assert a.tests["spatial Q, permuted"].p_value == b.tests["spatial Q, permuted"].p_value
    assert 0.01 <= a.tests["spatial Q, permuted"].p_value <= 0.05


def test_permutation_p_values_are_uniform_without_spatial_dependence():
    """60 panels of independent random walks with drift to the mean: mean p 0.5 within 4 standard errors (0.15)."""
    import pandas as pd

    p = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=(8, 12))
        for t in range(1, 8):
            y[t] = 0.7 * y[t - 1] + rng.normal(size=12)
        frame = pd.DataFrame({"id": np.tile(np.arange(12), 8), "year": np.repeat(np.arange(8), 12), "y": y.ravel()})
        w = tk.weights.from_matrix(
            (np.roll(np.eye(12), 1, axis=1) + np.roll(np.eye(12), -1, axis=1)) / 2, ids=list(range(12))
        )
        record = tk.spatial_markov(
            tk.Panel(frame, entity="id", time="year"), "y", w, 2, 2, relative=False, permutations=39, seed=seed
        )
        p.append(record.tests["spatial LR, permuted"].p_value)
    assert np.mean(p) == pytest.approx(0.5, abs=0.15)


def test_subperiods_by_number_and_by_year():
    panel, _ = us_income()
    a = tk.markov(panel, "income", subperiods=2)
    b = tk.markov(panel, "income", subperiods=[1969])
    assert a.parts == b.parts == (1929, 1969)
    assert a.tests["time Q"].statistic == b.tests["time Q"].statistic
    yearly = tk.markov(panel, "income", subperiods=80).tests["time Q"]
    assert "expected count below 5" in yearly.reason
    assert np.isnan(tk.markov(panel, "income", subperiods=1).tests["time Q"].statistic)


def test_groups_of_regions():
    china = tk.load("china")
    record = tk.markov(china, "gdp / pop", 3, register="coast")
    assert set(record.groups) == {"Coastal", "Inland"}
    assert (sum(c.counts for c in record.groups.values()) == record.chain.counts).all()
    for name, chain in record.groups.items():
        own = [r for r, g in china.register("coast").items() if g == name]
        x = china.values("gdp") / china.values("pop")
        alone = tk.markov(
            china.assign(x=x / x.mean(axis=1, keepdims=True)).select(entities=own), "x",
            classes=record.classes.cuts, relative=False,
        )  # fmt: skip
        assert (chain.counts == alone.chain.counts).all() and chain.counts.sum() == len(own) * 23
    assert record.tests["groups Q"].df >= 1 and len(record.tidy()) == 27 and record.by_state()["group"].nunique() == 3
    with pytest.raises(DataError, match="one group"):
        tk.markov(china, "gdp / pop", 3, register=dict.fromkeys(china.entities, "a"))


def test_records_of_the_packaged_panels():
    china = tk.load("china")
    record = tk.markov(china, "gdp / pop", 4, labels=["poor", "lower", "upper", "rich"])
    assert record.chain.counts.sum() == 31 * 23
    assert record.tidy().shape == (16, 7) and record.glance().shape[0] == 1 and "rich" in repr(record)
    assert record.shares.sum(axis=1) == pytest.approx(1)
    assert set(record.transitions("Beijing")["state"]) == {"rich"}
    w = tk.weights.queen(china, link={"Hainan": "Guangdong"})
    spatial = tk.spatial_markov(china, "gdp / pop", w, 4)
    assert spatial.tidy().shape[0] == 5 * 16 and "Lag class" in repr(spatial) and len(spatial.by_state()) == 20
    lisa = tk.lisa_markov(china, "gdp / pop", w)
    assert lisa.glance()[["type_0", "type_I", "type_II", "type_IIIA", "type_IIIB"]].to_numpy().sum() == pytest.approx(1)
    assert "Flux" in repr(lisa) and "<table" in lisa._repr_html_()
    mexico = tk.load("mexico")
    assert tk.markov(mexico, "pcgdp", 3).chain.counts.sum() == 32 * 6
    assert tk.lisa_markov(mexico, "pcgdp", tk.weights.queen(mexico)).moves.shape == (6, 32)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"lag": 0}, InputError, "lag"),
        ({"lag": 90}, DataError, "at least 91"),
        ({"k": True}, InputError, "classes"),
        ({"relative": "yes"}, InputError, "True, False"),
        ({"subperiods": 0}, InputError, "1 to 80"),
        ({"subperiods": [1800]}, DataError, "1800"),
        ({"subperiods": "two"}, InputError, "list of periods"),
        ({"labels": ["a", "b"]}, InputError, "5 different names"),
        ({"variable": "log(income) - 100"}, DataError, "relative=False"),
    ],
)
def test_bad_arguments(options, error, says):
    with pytest.raises(error, match=says):
        tk.markov(us_income()[0], **({"variable": "income"} | options))


def test_uneven_periods_and_gaps_are_refused():
    panel, _ = us_income()
    with pytest.raises(DataError, match=r"(?s)not evenly spaced.*1931-1934"):
        tk.markov(panel.select(times=[1929, 1930, 1931, 1934]), "income")
    holed = panel.frame
    holed.loc[5, "income"] = np.nan
    with pytest.raises(DataError, match="missing"):
        tk.markov(tk.Panel(holed, entity="state", time="year"), "income")


def test_years_may_be_text_and_one_year_is_too_few():
    panel, _ = us_income()
    frame = panel.frame
    named = tk.Panel(frame.assign(year="y" + frame["year"].astype(str)), entity="state", time="year")
    assert (tk.markov(named, "income").chain.counts == tk.markov(panel, "income").chain.counts).all()
    with pytest.raises(DataError, match="at least 2 periods; there are 1"):
        tk.markov(tk.load("columbus"), "INC")


def test_weights_must_average():
    panel, w, matrix = small_panel(2)
    with pytest.raises(WeightsError, match="averages"):
        tk.spatial_markov(panel, "y", tk.weights.from_matrix(2 * matrix, ids=w.ids), relative=False)
    lonely = matrix.copy()
    lonely[0] = 0
    v = tk.weights.from_matrix(lonely, ids=w.ids, islands="keep")
    for function in (tk.spatial_markov, tk.lisa_markov):
        with pytest.raises(WeightsError, match="r00"):
            function(panel, "y", v)
