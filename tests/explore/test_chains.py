"""Chains by hand, chains of unusual structure, and tests of homogeneity by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency

from toolkit.errors import DataError, InputError
from toolkit.explore.chain_algebra import stationary
from toolkit.explore.chain_tests import compare, homogeneity, order_tests
from toolkit.explore.chains import Chain, count_transitions
from toolkit.explore.state_classes import classify


def chain(rows) -> Chain:
    counts = np.array(rows)
    return Chain(tuple("abcdefgh"[: len(counts)]), counts)


def test_land_of_oz():
    """Kemeny and Snell (1976), chapters 1 and 4: rain, nice, snow. a = (2, 1, 2) / 5; mean first passage times in M."""
    oz = chain([[2, 1, 1], [2, 0, 2], [1, 1, 2]])
    np.testing.assert_allclose(oz.ergodic, [0.4, 0.2, 0.4], rtol=1e-14)
    np.testing.assert_allclose(
        oz.first_passage, [[5 / 2, 4, 10 / 3], [8 / 3, 5, 8 / 3], [10 / 3, 4, 5 / 2]], rtol=1e-13
    )
    # variance of the time of first return, nice to nice: 1 + geometric(1/4), so (1 - p) / p^2 = 12
    assert oz.first_passage_sd[1, 1] == pytest.approx(np.sqrt(12), rel=1e-12)
    np.testing.assert_allclose(oz.sojourn, [2, 1, 2])
    np.testing.assert_allclose(sorted(np.abs(oz.eigenvalues)), [0.25, 0.25, 1], rtol=1e-12)
    assert oz.half_life == pytest.approx(0.5, rel=1e-12)
    assert oz.mobility["shorrocks"] == pytest.approx(1.0)
    assert oz.irreducible and oz.note == ""


def test_two_states_by_hand():
    two = chain([[90, 10], [30, 70]])
    np.testing.assert_allclose(two.ergodic, [0.75, 0.25], rtol=1e-14)
    np.testing.assert_allclose(two.first_passage, [[4 / 3, 10], [10 / 3, 4]], rtol=1e-13)
    np.testing.assert_allclose(two.std_errors, np.sqrt([[0.0009, 0.0009], [0.0021, 0.0021]]), rtol=1e-12)
    assert two.half_life == pytest.approx(np.log(0.5) / np.log(0.6))
    assert two.mobility == pytest.approx(
        {"shorrocks": 0.4, "determinant": 0.4, "eigenvalue": 0.4, "bartholomew_leave": 0.4, "bartholomew_distance": 0.2}
    )


def test_standard_errors_of_the_ergodic_distribution():
    """Two states by hand: pi_1 = b / (a + b), so Var = (b^2 Var a + a^2 Var b) / (a + b)^4. Then against simulation."""
    two = chain([[90, 10], [30, 70]])
    a, b = 0.1, 0.3
    by_hand = np.sqrt((b**2 * a * (1 - a) / 100 + a**2 * b * (1 - b) / 100) / (a + b) ** 4)
    np.testing.assert_allclose(two.ergodic_se, by_hand, rtol=1e-12)
    assert two.shorrocks_se == pytest.approx(np.sqrt(a * (1 - a) / 100 + b * (1 - b) / 100))
    three = chain([[600, 300, 100], [200, 500, 300], [100, 200, 700]])
    rng = np.random.default_rng(9)
    draws = [[rng.multinomial(1000, row) for row in three.probabilities] for _ in range(2000)]
    chains = [chain(d) for d in draws]
    np.testing.assert_allclose(np.std([c.ergodic for c in chains], axis=0), three.ergodic_se, rtol=0.08)
    assert np.std([c.mobility["shorrocks"] for c in chains]) == pytest.approx(three.shorrocks_se, rel=0.08)


def test_absorbing_state_has_an_ergodic_distribution_but_no_way_back():
    out = chain([[5, 5, 0], [5, 0, 5], [0, 0, 9]])
    assert out.absorbing == ("c",) and out.transient == ("a", "b") and out.recurrent == (("c",),)
    np.testing.assert_allclose(out.ergodic, [0, 0, 1])
    np.testing.assert_allclose(out.ergodic_se, 0)
    assert out.first_passage[0, 2] == pytest.approx(6) and out.first_passage[1, 2] == pytest.approx(4)
    assert np.isinf(out.first_passage[2, 0]) and np.isinf(out.first_passage[0, 0]) and out.first_passage[2, 2] == 1
    assert np.isinf(out.sojourn[2]) and not out.irreducible
    assert "absorbing: c" in out.note and "transient: a, b" in out.note


def test_several_recurrent_classes_have_no_one_ergodic_distribution():
    split = chain([[1, 1, 0, 0], [1, 3, 0, 0], [0, 0, 2, 2], [0, 0, 4, 4]])
    assert split.recurrent == (("a", "b"), ("c", "d"))
    assert np.isnan(split.ergodic).all() and np.isnan(split.ergodic_se).all()
    np.testing.assert_allclose(split.stationary, [[1 / 3, 2 / 3, 0, 0], [0, 0, 0.5, 0.5]])
    assert np.isinf(split.half_life) and np.isinf(split.first_passage[0, 2])
    assert "several recurrent classes" in split.note


def test_unvisited_and_open_states_are_named():
    gap = chain([[8, 0, 2], [0, 0, 0], [4, 0, 6]])
    assert gap.unvisited == ("b",)
    np.testing.assert_allclose(gap.ergodic, [2 / 3, 0, 1 / 3])
    assert np.isnan(gap.first_passage[1]).all() and np.isnan(gap.first_passage[:, 1]).all()
    assert gap.mobility["shorrocks"] == pytest.approx((2 - 1.4) / 1)
    end = chain([[8, 1, 1], [4, 5, 0], [0, 0, 0]])
    assert end.open_states == ("c",) and np.isnan(end.ergodic).all() and np.isnan(end.mobility["shorrocks"])
    assert np.isnan(end.first_passage[0, 1])  # c may come first, and what follows c is not known
    assert end.first_passage[0, 2] == pytest.approx((1 + 0.1 / (4 / 9)) / (1 - 0.8 - 0.1))


@given(arrays(np.int64, (4, 4), elements=st.integers(1, 50)))
def test_long_run_properties(counts):
    c = chain(counts)
    p = c.probabilities
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_allclose(c.ergodic @ p, c.ergodic, atol=1e-13)
    np.testing.assert_allclose(np.diag(c.first_passage), 1 / c.ergodic, rtol=1e-9)
    off = c.first_passage - np.diag(np.diag(c.first_passage))
    np.testing.assert_allclose(c.first_passage, 1 + p @ off, rtol=1e-9)
    constant = off @ c.ergodic  # Kemeny's constant does not depend on the start
    np.testing.assert_allclose(constant, constant[0], rtol=1e-9)


def test_stationary_keeps_tiny_probabilities():
    eps = 1e-12
    p = np.array([[1 - eps, eps, 0], [0.5, 0, 0.5], [0, eps, 1 - eps]])
    np.testing.assert_allclose(stationary(p), np.array([0.5, eps, 0.5]) / (1 + eps), rtol=1e-12)


def test_first_passage_times_of_a_simulated_chain():
    rng = np.random.default_rng(5)
    c = chain([[6, 3, 1], [2, 5, 3], [1, 2, 7]])
    steps = np.zeros(40_000, int)
    state, alive = np.zeros(40_000, int), np.ones(40_000, bool)
    edges = c.probabilities.cumsum(axis=1)
    while alive.any():
        state[alive] = (rng.random(alive.sum())[:, None] > edges[state[alive]]).sum(axis=1)
        steps[alive] += 1
        alive &= state != 2
    assert steps.mean() == pytest.approx(c.first_passage[0, 2], abs=4 * steps.std() / 200)
    assert steps.std() == pytest.approx(c.first_passage_sd[0, 2], rel=0.03)


def test_counts():
    assert count_transitions(np.array([[0, 1]]), np.array([[1, 1]]), 2).tolist() == [[0, 1], [0, 1]]


def test_order_zero_is_the_test_of_independence():
    """With one row a sample the Q and LR of homogeneity are those of a contingency table."""
    counts = np.array([[20, 10, 5], [12, 30, 9], [4, 11, 25]])
    q, lr, df, expected = compare(counts[:, None, :])
    target = chi2_contingency(counts, correction=False)
    assert q == pytest.approx(target.statistic, rel=1e-12) and df == target.dof
    assert lr == pytest.approx(
        chi2_contingency(counts, correction=False, lambda_="log-likelihood").statistic, rel=1e-12
    )
    np.testing.assert_allclose(expected, target.expected_freq.ravel())


def test_degrees_of_freedom_leave_out_empty_rows_and_cells():
    """Row a: three columns, two samples with starts: (3 - 1)(2 - 1). Row b: one column. Row c: in one sample only."""
    counts = np.array([[[5, 3, 2], [0, 4, 0], [1, 1, 8]], [[4, 4, 2], [0, 6, 0], [0, 0, 0]]])
    q, lr, df, _ = compare(counts)
    assert df == 2
    target = chi2_contingency(counts[:, 0], correction=False)
    assert q == pytest.approx(target.statistic) and lr > 0
    nothing = homogeneity(counts[:1], "time", "equal")
    assert np.isnan(nothing[0].statistic) and "nothing can be compared" in nothing[0].reason


def test_order_one_is_found_and_order_two_not():
    rng = np.random.default_rng(8)
    p = np.array([[0.8, 0.2], [0.3, 0.7]])
    path = [0]
    for u in rng.random(6000):
        path.append(int(u > p[path[-1], 0]))
    x = np.array(path)
    triples = np.bincount(x[:-2] * 4 + x[1:-1] * 2 + x[2:], minlength=8).reshape(2, 2, 2)
    tests = {t.name: t for t in order_tests(triples)}
    assert tests["order 0 vs 1 Q"].p_value < 1e-10 and tests["order 0 vs 1 Q"].df == 1
    assert tests["order 1 vs 2 LR"].p_value > 0.01 and tests["order 1 vs 2 LR"].df == 2


def test_size_of_the_test_of_homogeneity():
    """2,000 pairs of samples of one chain: 5 percent rejected, within three standard errors (0.015)."""
    rng = np.random.default_rng(3)
    p = np.array([[0.6, 0.3, 0.1], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6]])
    rejected = 0
    for _ in range(2000):
        counts = np.stack([[rng.multinomial(200, row) for row in p] for _ in range(2)])
        rejected += homogeneity(counts, "x", "equal")[0].rejected
    assert rejected / 2000 == pytest.approx(0.05, abs=0.015)


def test_small_expected_counts_are_told():
    test = homogeneity(np.array([[[1, 9]], [[2, 8]]]), "x", "equal")[0]
    assert "2 of 4 cells have an expected count below 5" in test.reason


@pytest.mark.slow  # mapclassify compiles
def test_classes_are_those_of_mapclassify():
    import mapclassify

    x = np.random.default_rng(1).gamma(2, size=(6, 37))
    pooled = mapclassify.Quantiles(x.ravel(), k=4)
    mine = classify(x, "quantiles-pooled", 4)
    assert (mine.codes.ravel() == pooled.yb).all()
    np.testing.assert_allclose(mine.cuts, pooled.bins[:-1])
    yearly = classify(x, "quantiles-by-year", 5)
    for row, codes in zip(x, yearly.codes, strict=True):
        assert (codes == mapclassify.Quantiles(row, k=5).yb).all()
    given_ = mapclassify.UserDefined(x.ravel(), [1, 2, 3])
    assert (classify(x, [1, 2, 3], None).codes.ravel() == given_.yb).all()


@pytest.mark.parametrize(
    ("classes", "k", "error", "says"),
    [
        ("deciles", 5, InputError, "quantiles-pooled"),
        ("quantiles-pooled", 1, InputError, "2 to 20"),
        ([1.0, 1.0], None, InputError, "ascending"),
        ([1.0, "a"], None, InputError, "ascending"),
        (3, None, InputError, "ascending"),
        ("quantiles-pooled", [1.0, 2.0], InputError, r"classes=\[...\]"),
        ([1.0, 2.0], 4, InputError, "k=3"),
        ("quantiles-by-year", 9, DataError, "9 classes"),
    ],
)
def test_bad_classes(classes, k, error, says):
    with pytest.raises(error, match=says):
        classify(np.arange(16.0).reshape(2, 8), classes, k)


def test_coinciding_quantiles_are_refused():
    with pytest.raises(DataError, match="are empty"):
        classify(np.array([[0, 0, 0, 0, 1, 2.0]]), "quantiles-pooled", 3)
    with pytest.raises(DataError, match="in every period are empty"):
        classify(np.array([[1, 2, 3, 4, 5.0, 6], [1, 1, 1, 1, 1, 6]]), "quantiles-by-year", 3)
