"""Structure of industry against a printed example, closed forms, brute force, and what must add up."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from cases import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit as tk
from toolkit.errors import DataError, InputError
from toolkit.explore.complexity import reflections

NESTED = pd.DataFrame(
    [[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]],
    index=list("abcd"),
    columns=["chips", "cars", "cloth", "tea"],
)
SECTORS = ["va_primary", "va_secondary", "va_tertiary"]
PLANS = ROOT / "analyses" / "papers" / "p1_table3_long.csv"


def holukuluku():
    """G. Krumme, University of Washington, Geography 350: region and nation, 1985 and 1995 (nation scaled to 100,000)."""
    industries = ["I", "II", "III", "IV"]
    region = {1985: [500, 100, 200, 200], 1995: [1000, 100, 250, 280]}
    nation = {1985: [10000, 20000, 40000, 30000], 1995: [11000, 24000, 52000, 42000]}
    return {
        t: pd.DataFrame([region[t], np.subtract(nation[t], region[t])], index=["H", "rest"], columns=industries)
        for t in region
    }


def some(seed=1, regions=7, industries=5, zeros=True):
    rng = np.random.default_rng(seed)
    x = rng.gamma(1.0, 50, size=(regions, industries)).round(1) + 1
    if zeros:
        x[rng.uniform(size=x.shape) < 0.15] = 0
        x[:, 0] += 1
        x[0] += 1
    return pd.DataFrame(x, index=[f"r{k}" for k in range(regions)], columns=[f"i{k}" for k in range(industries)])


def test_krummes_example():
    """Printed: quotients 5, .5, .5, .667; growth 630 = national 290 + composition -80 + differential 420."""
    tables = holukuluku()
    lq = tk.location_quotient(tables[1985])
    np.testing.assert_allclose(lq.values[0, 0], [5, 0.5, 0.5, 2 / 3], rtol=1e-12)
    record = tk.shift_share(tables)
    row = record.by_region().set_index("region").loc["H"]
    assert row["change"] == 630
    np.testing.assert_allclose(row[["national", "industry_mix", "regional"]].astype(float), [290, -80, 420], rtol=1e-10)
    by = record.tidy().set_index(["region", "industry"]).loc["H"]
    np.testing.assert_allclose(by["regional"], [450, -20, -10, 0], atol=1e-9)


@pytest.mark.parametrize("method", ["classic", "esteban-marquillas"])
@pytest.mark.parametrize("dynamic", [False, True])
def test_parts_add_up(method, dynamic):
    tables = {2000 + k: some(k, zeros=False) for k in range(4)}
    record = tk.shift_share(tables, method=method, dynamic=dynamic)
    np.testing.assert_allclose(record.parts.sum(axis=0), record.change, atol=1e-11)
    by = record.by_industry()
    if method == "classic":
        np.testing.assert_allclose(by["regional"], 0, atol=1e-10)
    if not dynamic:
        assert record.parts[0].sum() == pytest.approx(record.change.sum(), abs=1e-9)
        assert record.parts[1].sum() == pytest.approx(0, abs=1e-9)
    rates = record.by_region(rates=True)
    np.testing.assert_allclose(rates[list(record.part_names)].sum(axis=1), rates["change"], atol=1e-12)


def test_esteban_marquillas_without_specialisation_has_no_allocation():
    base = np.outer([1.0, 2, 3], [10.0, 20, 30])
    tables = {0: pd.DataFrame(base), 1: pd.DataFrame(base + np.arange(9).reshape(3, 3))}
    record = tk.shift_share(tables, method="esteban-marquillas")
    np.testing.assert_allclose(record.parts[3], 0, atol=1e-12)
    np.testing.assert_allclose(record.parts[2], tk.shift_share(tables).parts[2], atol=1e-12)


def test_an_industry_that_enters_is_regional():
    a = pd.DataFrame([[5.0, 0], [5, 10]], index=["x", "y"], columns=["p", "q"])
    b = pd.DataFrame([[5.0, 4], [5, 10]], index=["x", "y"], columns=["p", "q"])
    record = tk.shift_share({1: a, 2: b})
    assert record.parts[:, 0, 1].tolist() == [0, 0, 4]
    with pytest.raises(DataError, match="q of x"):
        tk.shift_share({1: a, 2: b}, method="esteban-marquillas")
    with pytest.raises(DataError, match="no change"):
        tk.shift_share(a)
    with pytest.raises(DataError, match="zero in all regions in 1: q"):
        tk.shift_share({1: a.assign(q=0.0), 2: b})


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_weighted_means_of_quotients_are_one(seed):
    table = some(seed)
    lq = tk.location_quotient(table).values[0]
    x = table.to_numpy()
    np.testing.assert_allclose((x.sum(1) / x.sum()) @ lq, 1, rtol=1e-12)
    np.testing.assert_allclose(lq @ (x.sum(0) / x.sum()), 1, rtol=1e-12)
    np.testing.assert_allclose(tk.location_quotient(table * 1000).values[0], lq, rtol=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(["rest", "total", "mean"]))
def test_krugman_lies_between_zero_and_two(seed, reference):
    record = tk.krugman(some(seed), reference=reference)
    assert ((record.values >= 0) & (record.values <= 2 + 1e-12)).all()
    np.testing.assert_allclose(record.pairs[0], record.pairs[0].T, atol=1e-15)
    assert np.abs(np.diagonal(record.pairs[0])).max() == 0


def test_krugman_at_its_ends():
    apart = pd.DataFrame([[3.0, 0], [0, 5]], index=["a", "b"])
    assert tk.krugman(apart).values.tolist() == [[2, 2]]
    assert tk.similarity(apart, kind="krugman").values[0, 0, 1] == 0
    same = pd.DataFrame([[3.0, 6], [1, 2]], index=["a", "b"])
    np.testing.assert_allclose(tk.krugman(same).values, 0, atol=1e-15)
    # against the rest the distance is larger than against the total, by 1 / (1 - weight of the region)
    table = some(3)
    weight = (table.sum(axis=1) / table.to_numpy().sum()).to_numpy()
    rest, total = tk.krugman(table).values[0], tk.krugman(table, reference="total").values[0]
    np.testing.assert_allclose(rest, total / (1 - weight), rtol=1e-10)


def test_concentration_in_closed_form():
    table = pd.DataFrame([[6.0, 1], [3, 1], [1, 1], [0, 1]], index=list("abcd"), columns=["x", "y"])
    frame = tk.concentration(table, largest=[1, 2]).tidy().set_index("unit")
    np.testing.assert_allclose(frame.loc["x", ["herfindahl", "cr1", "cr2"]].astype(float), [0.46, 0.6, 0.9], rtol=1e-12)
    np.testing.assert_allclose(
        frame.loc["y", ["herfindahl", "normalised", "effective"]].astype(float), [0.25, 0, 4], atol=1e-12
    )
    by_region = tk.concentration(table, by="region", largest=[1]).tidy().set_index("unit")
    assert by_region.loc["d", "herfindahl"] == 1 == by_region.loc["d", "normalised"]
    with pytest.raises(InputError, match="largest"):
        tk.concentration(table, largest=[5])


def test_ellison_glaeser():
    """Spread like all industry: G = 0 and gamma = -P / (1 - P); by hand otherwise."""
    even = pd.DataFrame([[2.0, 4], [3, 6]], index=["a", "b"], columns=["x", "y"])
    frame = tk.concentration(even, plant_herfindahl={"x": 0.2, "y": 0.0}, largest=[1]).tidy()
    np.testing.assert_allclose(frame["ellison_glaeser"], [-0.25, 0], atol=1e-12)
    table = pd.DataFrame([[9.0, 1], [1, 9]], index=["a", "b"], columns=["x", "y"])
    frame = tk.concentration(table, plant_herfindahl={"x": 0.1, "y": 0.1}, largest=[1]).tidy()
    raw = 2 * 0.4**2 / (1 - 0.5)
    np.testing.assert_allclose(frame["ellison_glaeser"], (raw - 0.1) / 0.9, rtol=1e-12)
    with pytest.raises(InputError, match="plant_herfindahl"):
        tk.concentration(table, plant_herfindahl={"x": 0.1}, largest=[1])


def test_similarity_by_hand():
    table = pd.DataFrame([[3.0, 4, 0], [4, 3, 0], [0, 0, 5]], index=list("abc"))
    cosine, jaccard = (tk.similarity(table, kind=k).values[0] for k in ("cosine", "jaccard"))
    assert cosine[0, 1] == pytest.approx(24 / 25)
    assert jaccard.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert tk.similarity(table, kind="krugman").values[0, 0, 1] == pytest.approx(1 - 1 / 7)


def test_similarity_is_scipys():
    from scipy.spatial.distance import pdist

    table = some(5)
    i, j = np.triu_indices(len(table), 1)
    x = table.to_numpy()
    shares = x / x.sum(1, keepdims=True)
    expected = {
        "jaccard": 1 - pdist(x > 0, "jaccard"),
        "cosine": 1 - pdist(x, "cosine"),
        "krugman": 1 - pdist(shares, "cityblock") / 2,
    }
    for kind, values in expected.items():
        np.testing.assert_allclose(tk.similarity(table, kind=kind).values[0, i, j], values, rtol=1e-12, atol=1e-14)


def test_exact_test_is_brute_force():
    """All 720 orders of six labels in groups of 2, 2 and 2."""
    table = some(8, regions=6)
    groups = dict(zip(table.index, "AABBCC", strict=True))
    test = tk.homogeneity_test(table, groups, kind="cosine", alternative="greater")
    s = tk.similarity(table, kind="cosine").values[0]
    i, j = np.triu_indices(6, 1)

    def difference(labels):
        labels = np.array(list(labels))
        same = labels[i] == labels[j]
        return s[i, j][same].mean() - s[i, j][~same].mean()

    drawn = np.array([difference(order) for order in permutations("AABBCC")])
    observed = difference("AABBCC")
    row = test.glance().iloc[0]
    assert test.exact and test.draws == 90
    assert row["difference"] == pytest.approx(observed, rel=1e-12)
    assert row["p_perm"] == pytest.approx((drawn >= observed - 1e-12).mean(), rel=1e-12)


def test_random_assignments_come_near_the_exact_p():
    """9,999 draws: a p of 0.3 has standard error 0.005."""
    table = some(9, regions=8)
    groups = dict(zip(table.index, "AAAABBBB", strict=True))
    exact = tk.homogeneity_test(table, groups, kind="cosine").tidy()
    drawn = tk.homogeneity_test(table, groups, kind="cosine", exact=False, seed=2)
    np.testing.assert_allclose(drawn.tidy()["p_perm"], exact["p_perm"], atol=0.03)
    again = tk.homogeneity_test(table, groups, kind="cosine", exact=False, seed=2)
    pd.testing.assert_frame_equal(drawn.tidy(), again.tidy())


@pytest.mark.slow
def test_size_of_the_permutation_test():
    """500 random tables without groups: 5 percent of p-values below 0.05, standard error 1 percent."""
    hits = 0
    for seed in range(500):
        table = some(seed, regions=6, industries=6)
        groups = dict(zip(table.index, "AAABBB", strict=True))
        # 20 assignments, each twice by symmetry: attainable p are multiples of 0.1, so the level is 0.1
        hits += (
            tk.homogeneity_test(table, groups, kind="cosine", alternative="greater").glance()["p_perm"].item() <= 0.1
        )
    assert abs(hits / 500 - 0.1) < 0.04


def test_groups_are_checked():
    table = some(1, regions=4)
    with pytest.raises(DataError, match="one region.*B"):
        tk.homogeneity_test(table, dict(zip(table.index, "AAAB", strict=True)))
    with pytest.raises(InputError, match="no group: r3"):
        tk.homogeneity_test(table, {"r0": "A", "r1": "A", "r2": "B"})
    with pytest.raises(InputError, match="one group"):
        tk.homogeneity_test(table, dict.fromkeys(table.index, "A"))
    with pytest.raises(InputError, match="jaccard"):
        tk.similarity(table, kind="euclid")


def test_relatedness_by_hand():
    """Regions: chips 1, cars 2, cloth 3, tea 4. phi = count of the rarer over count of the commoner, nested."""
    record = tk.relatedness(NESTED)
    count = np.array([1, 2, 3, 4.0])
    phi = np.minimum.outer(count, count) / np.maximum.outer(count, count)
    np.fill_diagonal(phi, 0)
    np.testing.assert_allclose(record.proximity[0], phi, rtol=1e-12)
    np.testing.assert_allclose(record.density[0, 0], 1, rtol=1e-12)  # a region with everything
    assert record.density[0, 3, 0] == pytest.approx((1 / 4) / (1 / 2 + 1 / 3 + 1 / 4))
    assert record.rule == "positive"
    assert set(record.entries()["region"]) == {"b", "c", "d"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_complexity_is_the_second_eigenvector_and_the_limit_of_reflections(seed):
    record = tk.complexity(some(seed, regions=9, industries=12))
    m = (tk.location_quotient(some(seed, regions=9, industries=12)).values[0] >= 1).astype(float)
    tilde = (m / m.sum(1)[:, None]) @ (m / m.sum(0)).T
    values, vectors = np.linalg.eig(tilde)
    order = np.argsort(-values.real)
    np.testing.assert_allclose(record.eigenvalues[0], values.real[order[:3]], atol=1e-10)
    second = vectors[:, order[1]].real
    second = (second - second.mean()) / second.std()
    assert abs(np.corrcoef(second, record.eci[0])[0, 1]) == pytest.approx(1, abs=1e-9)
    assert np.corrcoef(m.sum(1), record.eci[0])[0, 1] > 0
    assert np.corrcoef(m.T @ record.eci[0] / m.sum(0), record.pci[0])[0, 1] == pytest.approx(1, abs=1e-9)
    regions, industries = reflections(m, 10)
    np.testing.assert_allclose(regions, np.linalg.matrix_power(tilde, 5) @ m.sum(1), rtol=1e-12)
    before, after = (1 - np.corrcoef(reflections(m, n)[0], record.eci[0])[0, 1] ** 2 for n in (10, 30))
    assert after < before < 1
    assert record.eci[0].mean() == pytest.approx(0, abs=1e-12)
    assert record.eci[0].std() == pytest.approx(1)


def test_reflections_end_at_complexity():
    """A table with a third eigenvalue far below the second: 40 steps leave 1e-6."""
    record = tk.complexity(NESTED)
    regions, industries = reflections(NESTED.to_numpy(float), 40)
    assert (record.eigenvalues[0, 2] / record.eigenvalues[0, 1]) ** 40 < 1e-6
    assert abs(np.corrcoef(regions, record.eci[0])[0, 1]) == pytest.approx(1, abs=1e-6)
    assert abs(np.corrcoef(industries, record.pci[0])[0, 1]) == pytest.approx(1, abs=1e-6)


def test_order_of_regions_does_not_matter():
    table = some(4, regions=9, industries=8)
    mixed = table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    one, two = tk.complexity(table), tk.complexity(mixed)
    a = dict(zip(one.regions, one.eci[0], strict=True))
    b = dict(zip(two.regions, two.eci[0], strict=True))
    assert all(a[r] == pytest.approx(b[r], abs=1e-9) for r in a)
    c = dict(zip(one.industries, one.pci[0], strict=True))
    d = dict(zip(two.industries, two.pci[0], strict=True))
    assert all(c[i] == pytest.approx(d[i], abs=1e-9) for i in c)


def test_complexity_that_is_not_identified():
    parts = pd.DataFrame(np.kron(np.eye(2), np.ones((2, 2))))
    with pytest.raises(DataError, match="share no industry"):
        tk.complexity(parts)
    with pytest.raises(DataError, match="not identified"):
        tk.complexity(pd.DataFrame(np.ones((3, 3))))
    lonely = NESTED.assign(silk=[0, 0, 0, 0])
    with pytest.raises(DataError, match="silk"):
        tk.complexity(lonely)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pd.DataFrame([[1, -1], [1, 1]], index=["a", "b"], columns=["x", "y"]), "Negative: y of a"),
        (pd.DataFrame([[1, np.nan], [1, 1]], index=["a", "b"], columns=["x", "y"]), "Missing or infinite: y of a"),
        (pd.DataFrame([[0, 0], [1, 1]], index=["a", "b"], columns=["x", "y"]), "regions are zero.*a"),
        (pd.DataFrame([[1, 0], [1, 0]], index=["a", "b"], columns=["x", "y"]), "industries are zero.*y"),
        (pd.DataFrame([[1, 1], [1, 1]], index=["a", "a"], columns=["x", "y"]), "twice"),
        (pd.DataFrame([["u", 1], ["v", 1]], index=["a", "b"], columns=["x", "y"]), "text"),
        (pd.DataFrame([[1, 1]], index=["a"], columns=["x", "y"]), "at least two"),
        ([[1, 2], [3, 4]], "DataFrame"),
    ],
)
def test_bad_tables(table, says):
    with pytest.raises((DataError, InputError), match=says):
        tk.location_quotient(table)


def test_periods_are_matched_by_label():
    a, b = some(1), some(2)
    record = tk.location_quotient({2000: a, 2001: b.iloc[::-1, ::-1]})
    np.testing.assert_allclose(record.values[1], tk.location_quotient(b).values[0], rtol=1e-12)
    with pytest.raises(DataError, match="table of 2001 differs: r0"):
        tk.location_quotient({2000: a, 2001: b.drop(index="r0")})


def test_provinces_of_china():
    panel = tk.load("china").between(2000, 2022)
    lq = tk.location_quotient(panel, SECTORS)
    assert lq.values.shape == (23, 31, 3)
    beijing = lq.names.index("Beijing")
    assert lq.values[-1, beijing, 2] > 1 > lq.values[-1, beijing, 0]
    parts = tk.shift_share(panel, SECTORS)
    np.testing.assert_allclose(parts.parts.sum(0), parts.change, rtol=1e-12, atol=1e-9)
    test = tk.homogeneity_test(
        panel.select(times=[2000, 2022]), "blocks", SECTORS, kind="krugman", seed=1, permutations=499
    )
    assert not test.exact
    assert test.tidy().shape == (10, 7)
    with pytest.raises(InputError, match="industries="):
        tk.krugman(panel)


def test_planned_industries_of_eleven_provinces():
    """Table 3 of the paper on regional development: 11 provinces x 37 industries, four agglomerations."""
    long = pd.read_csv(PLANS)
    table = long.pivot(index="province", columns="industry", values="ticked")
    groups = long.drop_duplicates("province").set_index("province")["agglomeration"]
    assert table.shape == (11, 37)
    test = tk.homogeneity_test(table, groups, kind="jaccard", alternative="greater")
    row = test.glance().iloc[0]
    assert test.exact and test.draws == 92_400
    x = table.to_numpy(bool)
    both = (x[:, None] & x[None]).sum(2) / (x[:, None] | x[None]).sum(2)
    np.testing.assert_allclose(test.similarity.values[0], both, rtol=1e-12)
    order = groups.loc[table.index].to_numpy()
    pairs = [(i, j) for i in range(11) for j in range(i)]

    def statistic(labels):
        within = [both[i, j] for i, j in pairs if labels[i] == labels[j]]
        between = [both[i, j] for i, j in pairs if labels[i] != labels[j]]
        return np.mean(within) - np.mean(between)

    assert row["difference"] == pytest.approx(statistic(order), rel=1e-10)
    rng = np.random.default_rng(0)
    drawn = np.mean([statistic(rng.permutation(order)) >= row["difference"] - 1e-12 for _ in range(4000)])
    assert row["p_perm"] == pytest.approx(drawn, abs=0.026)  # four standard errors of 4,000 draws
