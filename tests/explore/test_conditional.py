"""The conditional permutation engine against complete enumeration."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import toolkit as tk
from toolkit.explore.conditional import conditional_tails, samples

N = 6


def world(seed: int):
    """Six regions, one an island, with uneven asymmetric weights; x with a tie, a second variable y and a 0/1 mark."""
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random((N, N)) < 0.6, rng.random((N, N)), 0.0)
    np.fill_diagonal(matrix, 0)
    matrix[4] = 0
    matrix[0, 1:] = 0.3  # every other region
    x = rng.integers(1, 6, N) + 0.5
    ids = list("abcdef")
    frame = pd.DataFrame({"id": ids, "x": x, "y": rng.normal(size=N), "m": [1.0, 1, 0, 1, 1, 0]})
    panel = tk.Panel(frame, entity="id")
    return panel, tk.weights.from_matrix(matrix, ids=ids, islands="keep"), matrix


def enumerated(columns: np.ndarray, statistic) -> list[list[np.ndarray]]:
    """The statistic of each region for every assignment of the other regions' values."""
    out = []
    for i in range(N):
        rest = [j for j in range(N) if j != i]
        draws = []
        for dealt in permutations(rest):
            order = np.empty(N, int)
            order[i], order[rest] = i, dealt
            draws.append(statistic(i, columns[order]))
        out.append(np.array(draws))
    return out


def z(values):
    return (values - values.mean()) / values.std()


STATISTICS = {
    "moran": (
        lambda p, w, **k: tk.local_moran(p, "x", w, **k),
        lambda i, d, f, w: (N - 1) / N * f[i, 0] * w[i] @ d[:, 0],
    ),
    "bivariate": (
        lambda p, w, **k: tk.local_moran_bivariate(p, "x", "y", w, **k),
        lambda i, d, f, w: (N - 1) / N * f[i, 0] * w[i] @ d[:, 1],
    ),
    "geary": (lambda p, w, **k: tk.local_geary(p, "x", w, **k), lambda i, d, f, w: w[i] @ (f[i, 0] - d[:, 0]) ** 2),
    "multivariate geary": (
        lambda p, w, **k: tk.local_geary(p, ["x", "y"], w, **k),
        lambda i, d, f, w: w[i] @ ((f[i, :2] - d[:, :2]) ** 2).mean(axis=1),
    ),
    "join count": (
        lambda p, w, **k: tk.local_join_count(p, "m", w, **(k | {"alternative": k["alternative"]})),
        lambda i, d, f, w: f[i, 2] * (w[i] > 0) @ d[:, 2],
    ),
}


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("seed", [1, 2])
def test_moments_are_exact_and_p_values_near(name, seed):
    """All 120 assignments: moments to rounding; tails within 4 standard errors of 20,000 draws."""
    panel, w, matrix = world(seed)
    call, statistic = STATISTICS[name]
    columns = np.column_stack([z(panel.values("x")[0]), z(panel.values("y")[0]), panel.values("m")[0]])
    everything = enumerated(columns, lambda i, dealt: statistic(i, dealt, columns, matrix))
    observed = np.array([statistic(i, columns, columns, matrix) for i in range(N)])
    up = call(panel, w, permutations=20_000, seed=3, p_adjust=None, alternative="greater")
    down = call(panel, w, permutations=20_000, seed=3, p_adjust=None, alternative="less")
    np.testing.assert_allclose(up.statistic[0], observed, atol=1e-12)
    np.testing.assert_allclose(up.expected[0], [d.mean() for d in everything], atol=1e-12)
    np.testing.assert_allclose(up.variance[0], [d.var() for d in everything], atol=1e-12)
    tested = [i for i in range(N) if i != 4 and not (name == "join count" and columns[i, 2] == 0)]
    assert np.isfinite(up.p_value[0]).nonzero()[0].tolist() == tested
    for i in tested:
        for record, exact in ((up, everything[i] >= observed[i] - 1e-9), (down, everything[i] <= observed[i] + 1e-9)):
            share = exact.mean()
            assert record.p_value[0, i] == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 20_000) + 2e-4)


def test_getis_ord_is_the_conditional_score():
    """Gi is the lag, less its conditional mean, over its conditional standard deviation; Gi* that of free permutation."""
    panel, w, matrix = world(1)
    values = z(panel.values("x")[0])
    everything = enumerated(values[:, None], lambda i, dealt: matrix[i] @ dealt[:, 0])
    # a has all others as neighbours of one weight, e has none
    undefined = (0, 4)
    score = [
        np.nan if i in undefined else (matrix[i] @ values - draws.mean()) / draws.std()
        for i, draws in enumerate(everything)
    ]
    made = tk.getis_ord(panel, "x", w, star=False, permutations=99, seed=1)
    np.testing.assert_allclose(made.statistic[0], score, atol=1e-12)
    own = matrix + np.diag(matrix.max(axis=1))
    free = np.array([own @ values[list(order)] for order in permutations(range(N))])
    with np.errstate(invalid="ignore"):
        star = np.where(own.sum(axis=1) > 0, (own @ values - free.mean(axis=0)) / free.std(axis=0), np.nan)
    made = tk.getis_ord(panel, "x", w, star=True, permutations=99, seed=1)
    star[0] = np.nan
    np.testing.assert_allclose(made.statistic[0], star, atol=1e-12)


def test_every_sample_is_as_likely():
    """60 ordered samples of 3 from 5, 60,000 draws: chi-square of 59 degrees below its 99.9 percent point (98.3)."""
    for n, size in ((5, 3), (100, 3)):  # by shuffling, by rejection
        drawn = np.concatenate(list(samples(n, size, 60_000, seed=8)))
        assert drawn.shape == (60_000, size)
        assert (np.diff(np.sort(drawn, axis=1), axis=1) > 0).all()
        code = (
            (drawn[:, 0] * 5 + drawn[:, 1]) * 5 + drawn[:, 2] if n == 5 else drawn[:, 0] // 10 * 10 + drawn[:, 1] // 10
        )
        count = np.unique(code, return_counts=True)[1]
        if n == 5:
            assert len(count) == 60 and ((count - 1000) ** 2 / 1000).sum() < 98.3
        else:  # pairs of tens: 90 of 10 x 10, 10 of 10 x 9 pairs of 9,900
            assert len(count) == 100 and abs(count / 60_000 - 0.01).max() < 0.0025


def test_blocks_do_not_show():
    """Many columns make small blocks: the draws are the same."""
    rng = np.random.default_rng(1)
    w = csr_array(np.roll(np.eye(40), 1, axis=1) + np.roll(np.eye(40), 3, axis=1))
    wide = rng.normal(size=(40, 300))
    both = conditional_tails(wide, w, w @ wide, 500, seed=2)
    one = conditional_tails(wide[:, :1].copy(), w, w @ wide[:, :1], 500, seed=2)
    np.testing.assert_array_equal(both[0][:, :1], one[0])
    np.testing.assert_array_equal(both[1][:, :1], one[1])
