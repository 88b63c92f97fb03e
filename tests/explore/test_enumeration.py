"""Moments and p-values of the global statistics against all 720 permutations of six regions."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import toolkit as tk
from toolkit.errors import DataError, InputError
from toolkit.explore.geary import geary_moments, geary_of
from toolkit.explore.moran import moments
from toolkit.explore.observations import standardise

N = 6
ORDERS = [list(p) for p in permutations(range(N))]


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(5)
    matrix = np.where(rng.random((N, N)) < 0.5, rng.random((N, N)), 0.0)
    np.fill_diagonal(matrix, 0)
    matrix[0, 1] = 1
    ids = list("abcdef")
    frame = pd.DataFrame(
        {
            "id": np.tile(ids, 2),
            "t": np.repeat([1, 2], N),
            "x": rng.normal(size=2 * N),
            "y": rng.normal(size=2 * N),
            "k": [1, 1, 2, 2, 2, 3, 1, 3, 3, 1, 2, 2],
            "name": list("uuvvvwuwwuvv"),
        }
    )
    return tk.Panel(frame, entity="id", time="t"), tk.weights.from_matrix(matrix, ids=ids, islands="keep"), matrix


def near(p, draws, observed, count):
    """Permutation p-value of the upper tail within four standard errors of the exact share."""
    share = (draws >= observed - 1e-9).mean()
    assert p == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / count) + 2 / count)


def test_geary(world):
    panel, w, matrix = world
    record = tk.geary(panel, "x", w, permutations=5000, seed=1, alternative="greater")
    for t in range(2):
        x = panel.values("x")[t]
        z = x - x.mean()

        def c(v, z=z):
            return (N - 1) / (2 * matrix.sum()) * (matrix * (v[:, None] - v[None]) ** 2).sum() / (z @ z)

        draws = np.array([c(x[p]) for p in ORDERS])
        assert record.statistic[t] == pytest.approx(c(x), rel=1e-12)
        assert draws.mean() == pytest.approx(1, rel=1e-12)
        assert record.variance_randomization[t] == pytest.approx(draws.var(), rel=1e-10)
        near(record.p_perm[t], draws, record.statistic[t], 5000)


def test_normality_variances_are_those_of_normal_data():
    """200,000 maps of eight normal values: a variance has a standard error of about half a percent."""
    rng = np.random.default_rng(1)
    w = csr_array(np.roll(np.eye(8), 1, axis=1) + np.roll(np.eye(8), 3, axis=1))
    z = standardise(rng.normal(size=(200_000, 8)))
    c = geary_of(z, w)
    i = (z * (w @ z.T).T).sum(axis=1) / w.sum()
    assert c.var() == pytest.approx(geary_moments(z[:1], w)[0], rel=0.02)
    assert i.var() == pytest.approx(moments(z[:1], w)[1], rel=0.02)


def test_bivariate_moran(world):
    panel, w, matrix = world
    record = tk.moran_bivariate(panel, "x", "y", w, permutations=5000, seed=1, alternative="greater")
    for t in range(2):
        x, y = (standardise(panel.values(v)[t][None])[0] for v in "xy")
        draws = np.array([x @ matrix @ y[p] for p in ORDERS]) / matrix.sum()
        assert record.statistic[t] == pytest.approx(x @ matrix @ y / matrix.sum(), rel=1e-12)
        assert draws.mean() == pytest.approx(0, abs=1e-12)
        assert record.variance[t] == pytest.approx(draws.var(), rel=1e-10)
        near(record.p_perm[t], draws, record.statistic[t], 5000)
        slope = np.polyfit(record.z[t], record.lag[t], 1)[0]
        assert slope == pytest.approx(record.statistic[t], rel=1e-10)


def test_join_counts(world):
    panel, w, matrix = world
    binary = (matrix > 0).astype(float)
    record = tk.join_count(panel, "k", w, permutations=5000, seed=1, alternative="greater")
    text = tk.join_count(panel, "name", w, permutations=5000, seed=1, alternative="greater")
    np.testing.assert_array_equal(text.statistic, record.statistic)
    assert text.pairs[:3] == ("u-u", "v-v", "w-w")
    assert record.pairs == ("1-1", "2-2", "3-3", "1-2", "1-3", "2-3", "different")
    np.testing.assert_allclose(record.statistic[:, :-1].sum(axis=1), binary.sum() / 2)
    for t in range(2):
        k = panel.values("k")[t]

        def counts(v):
            same = [binary[np.ix_(v == r, v == r)].sum() / 2 for r in (1, 2, 3)]
            unlike = [
                (binary[np.ix_(v == r, v == s)].sum() + binary[np.ix_(v == s, v == r)].sum()) / 2
                for r, s in ((1, 2), (1, 3), (2, 3))
            ]
            return np.array([*same, *unlike, sum(unlike)])

        draws = np.array([counts(k[p]) for p in ORDERS])
        np.testing.assert_allclose(record.statistic[t], counts(k), atol=1e-12)
        np.testing.assert_allclose(record.expected[t], draws.mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(record.variance[t], draws.var(axis=0), atol=1e-12)
        for m in range(7):
            near(record.p_perm[t, m], draws[:, m], record.statistic[t, m], 5000)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_mantel(world, method):
    """r is scipy's of the off-diagonal entries; its moments over all permutations are the exact ones."""
    from scipy import stats

    panel, w, matrix = world
    off = ~np.eye(N, dtype=bool)
    correlate = stats.pearsonr if method == "pearson" else stats.spearmanr
    record = tk.mantel(panel, "x", w, method=method, permutations=5000, seed=1, alternative="greater")
    assert record.times == (1, 2)
    for t in range(2):
        x = panel.values("x")[t]
        first = np.abs(x[:, None] - x[None])
        draws = np.array([correlate(first[np.ix_(p, p)][off], matrix[off])[0] for p in ORDERS])
        assert record.statistic[t] == pytest.approx(draws[0], rel=1e-10)
        assert draws.mean() == pytest.approx(0, abs=1e-12)
        assert record.variance[t] == pytest.approx(draws.var(), rel=1e-9)
        near(record.p_perm[t], draws, record.statistic[t], 5000)


def test_mantel_of_two_matrices_that_change(world):
    panel, w, _ = world
    both = tk.mantel(panel, "x", "y", permutations=999, seed=1)
    for t in (1, 2):
        alone = tk.mantel(panel.select(times=t), "x", "y", permutations=999, seed=1)
        assert alone.p_perm[0] == both.p_perm[t - 1]
        assert alone.statistic[0] == pytest.approx(both.statistic[t - 1], rel=1e-12)


def test_mrqap(world):
    """Least squares over pairs; p-values by every permutation of the residual regressor; one regressor is Mantel's test."""
    panel, w, matrix = world
    off = ~np.eye(N, dtype=bool)
    record = tk.mrqap(panel, "x", {"y": "y", "w": w}, permutations=5000, seed=1, alternative="greater")
    for t in range(2):
        x, y = (np.abs(v[:, None] - v[None]) for v in (panel.values("x")[t], panel.values("y")[t]))
        design = np.column_stack([np.ones(30), y[off], matrix[off]])
        inverse = np.linalg.inv(design.T @ design)
        b = inverse @ design.T @ x[off]
        e = x[off] - design @ b
        np.testing.assert_allclose(record.estimate[t], b, rtol=1e-10)
        np.testing.assert_allclose(record.std_error[t], np.sqrt(e @ e / 27 * np.diag(inverse)), rtol=1e-10)
        assert record.r_squared[t] == pytest.approx(1 - e @ e / ((x[off] - x[off].mean()) ** 2).sum(), rel=1e-10)
        for k in (1, 2):
            rest = np.delete(design, k, axis=1)
            part = np.zeros((N, N))
            part[off] = design[:, k] - rest @ np.linalg.lstsq(rest, design[:, k], rcond=None)[0]
            draws = []
            for p in ORDERS:
                made = np.column_stack([rest, part[np.ix_(p, p)][off]])
                inner = np.linalg.inv(made.T @ made)
                c = inner @ made.T @ x[off]
                r = x[off] - made @ c
                draws.append(c[-1] / np.sqrt(r @ r / 27 * inner[-1, -1]))
            near(record.p_perm[t, k], np.array(draws), draws[0], 5000)
    one = tk.mrqap(panel, "x", {"w": w}, permutations=999, seed=1)
    # the regressor is permuted, so it is the first matrix of the Mantel test
    mantel = tk.mantel(panel, w, "x", permutations=999, seed=1)
    np.testing.assert_array_equal(one.p_perm[:, 1], mantel.p_perm)
    with pytest.raises(DataError, match="combinations"):
        tk.mrqap(panel, "x", {"w": w, "v": w})
    with pytest.raises(InputError, match="different names"):
        tk.mrqap(panel, "x", [w, w])


@pytest.mark.filterwarnings("ignore:The weights fall into")
def test_correlogram_of_contiguity_orders(world):
    """Band k of a chain joins regions k apart; its I is that of its own matrix, and moments are exact."""
    chain = np.diag(np.ones(N - 1), 1) + np.diag(np.ones(N - 1), -1)
    panel, _, _ = world
    w = tk.weights.from_matrix(chain, ids=list("abcdef"))
    for kind in ("moran", "geary"):
        record = tk.correlogram(panel, "x", 5, W=w, statistic=kind, permutations=2000, seed=1, alternative="greater")
        assert record.pairs.tolist() == [5, 4, 3, 2, 1]
        assert record.linked.tolist() == [6, 6, 6, 4, 2]
        for b in range(5):
            band = np.diag(np.ones(N - b - 1), b + 1)
            band = band + band.T
            wb = tk.weights.from_matrix(band, ids=list("abcdef"), islands="keep")
            call = tk.moran if kind == "moran" else tk.geary
            other = call(panel, "x", wb, permutations=2000, seed=1, alternative="greater")
            np.testing.assert_allclose(record.statistic[:, b], other.statistic, rtol=1e-12)
            np.testing.assert_allclose(record.score[:, b], other.score, rtol=1e-10)
            np.testing.assert_array_equal(record.p_perm[:, b], other.p_perm)


def test_orders_where_paths_are_many():
    """300 regions around each of two centres: 300 shortest paths join the centres, more than a small integer holds."""
    n = 302
    matrix = np.zeros((n, n))
    matrix[0, 2:] = matrix[1, 2:] = 1
    matrix += matrix.T
    ids = [f"r{i:03d}" for i in range(n)]
    panel = tk.Panel(pd.DataFrame({"id": ids, "x": np.random.default_rng(1).normal(size=n)}), entity="id")
    record = tk.correlogram(panel, "x", 2, W=tk.weights.from_matrix(matrix, ids=ids), permutations=9, seed=1)
    assert record.pairs.tolist() == [600, n * (n - 1) // 2 - 600]


def test_categories_are_read_and_refused(world):
    panel, w, _ = world
    frame = panel.frame.assign(gap=["u", None] * N, late=["u", "v"] * 3 + ["u"] * N)
    other = tk.Panel(frame, entity="id", time="t")
    with pytest.raises(DataError, match="b 1"):
        tk.join_count(other, "gap", w)
    with pytest.raises(DataError, match="one only in 2"):
        tk.join_count(other, "late", w)
    with pytest.raises(DataError, match="13 categories"):
        tk.join_count(_thirteen(), "k", _ring(13))
    blocks = tk.load("china")
    record = tk.join_count(
        blocks, "blocks", tk.weights.queen(blocks, link={"Hainan": "Guangdong"}), permutations=99, seed=1
    )
    assert record.times == ("all",) and record.sizes.sum() == 31


def _thirteen():
    return tk.Panel(pd.DataFrame({"id": [f"r{i:02d}" for i in range(13)], "k": range(13)}), entity="id")


def _ring(n: int):
    ring = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)
    return tk.weights.from_matrix(ring, ids=[f"r{i:02d}" for i in range(n)])
