"""Local Moran's I against spdep, esda, and a map drawn by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import columbus, golden, munnell

import toolkit as tk
from toolkit.errors import InputError


def test_columbus_meets_spdep():
    """spdep divides by the variance with n, esda with n - 1: theirs are ours times 49/48."""
    panel, w = columbus()
    target = np.array(golden("r_columbus.json")["columbus/localmoran"]["Ii"])
    made = tk.local_moran(panel, "CRIME", w, permutations=99, seed=1, p_adjust=None).tidy()
    np.testing.assert_allclose(made["statistic"] * 49 / 48, target, rtol=1e-9)


@pytest.mark.slow
def test_p_values_meet_esda():
    """9,999 conditional permutations on both sides: a p near 0.05 has standard error 0.003 in each."""
    from esda import Moran_Local

    panel, w = munnell()
    made = tk.local_moran(panel, "unemp", w, permutations=9999, seed=1, p_adjust=None, alternative="two-sided").at(1986)
    other = Moran_Local(panel.values("unemp")[-1].copy(), w.to_w(), permutations=9999, seed=1, n_jobs=1)
    np.testing.assert_allclose(made["statistic"], other.Is, rtol=1e-10)
    quadrants = pd.Series(other.q).map({1: "HH", 2: "LH", 3: "LL", 4: "HL"})
    assert (made["quadrant"].to_numpy() == quadrants.to_numpy()).all()
    # esda folds to the smaller tail; two-sided doubles it
    folded = np.minimum(2 * other.p_sim, 1)
    assert np.abs(made["p_value"].to_numpy() - folded).max() < 0.04


def ring(values):
    n = len(values)
    ids = list("abcdefghijklmnopqrstuvwxyz")[:n]
    links = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)
    panel = tk.Panel(pd.DataFrame({"id": ids, "x": values}), entity="id")
    return panel, tk.weights.from_matrix(links, ids=ids, normalize="row")


def test_quadrants_by_hand():
    """High a, b, c side by side; low d, e, f; a high g between lows and a low l between highs."""
    panel, w = ring([9.0, 9, 9, 1, 1, 1, 9, 1, 1, 9, 9, 1])
    made = tk.local_moran(panel, "x", w, permutations=99, seed=1).tidy().set_index("region")
    assert made.loc["b", "quadrant"] == "HH"
    assert made.loc["e", "quadrant"] == "LL"
    assert made.loc["g", "quadrant"] == "HL"
    assert made.loc["l", "quadrant"] == "LH"


def test_adjustment_by_hand():
    panel, w = columbus()
    plain = tk.local_moran(panel, "CRIME", w, permutations=999, seed=2, p_adjust=None).tidy()
    p = plain["p_value"].to_numpy()
    order = np.argsort(p)
    n = len(p)
    stepped = np.minimum.accumulate((p[order] * n / np.arange(1, n + 1))[::-1])[::-1]
    by_hand = np.empty(n)
    by_hand[order] = np.minimum(stepped, 1)
    fdr = tk.local_moran(panel, "CRIME", w, permutations=999, seed=2, p_adjust="fdr").tidy()
    np.testing.assert_allclose(fdr["p_adjusted"], by_hand, rtol=1e-12)
    bonferroni = tk.local_moran(panel, "CRIME", w, permutations=999, seed=2, p_adjust="bonferroni").tidy()
    np.testing.assert_allclose(bonferroni["p_adjusted"], np.minimum(p * n, 1), rtol=1e-12)
    assert set(fdr.loc[fdr["p_adjusted"] > 0.05, "cluster"]) <= {"ns"}


def test_white_noise_is_rarely_significant():
    """Size: 31 regions x 40 periods of noise, 5 percent: 1,240 tests, standard error 0.6 percent."""
    rng = np.random.default_rng(4)
    ids = [f"r{i:02d}" for i in range(31)]
    frame = pd.DataFrame({"id": np.tile(ids, 40), "t": np.repeat(range(40), 31), "x": rng.normal(size=1240)})
    links = np.roll(np.eye(31), 1, axis=1) + np.roll(np.eye(31), -1, axis=1)
    panel = tk.Panel(frame, entity="id", time="t")
    w = tk.weights.from_matrix(links, ids=ids, normalize="row")
    made = tk.local_moran(panel, "x", w, permutations=999, seed=1, p_adjust=None).tidy()
    assert 0.03 < (made["p_value"] <= 0.05).mean() < 0.07


def test_seeds_and_bad_arguments():
    panel, w = columbus()
    one = tk.local_moran(panel, "CRIME", w, permutations=99, seed=1).tidy()
    pd.testing.assert_frame_equal(one, tk.local_moran(panel, "CRIME", w, permutations=99, seed=1).tidy())
    with pytest.raises(InputError, match="fdr"):
        tk.local_moran(panel, "CRIME", w, p_adjust="holm-ish")
    with pytest.raises(InputError, match="permutations"):
        tk.local_moran(panel, "CRIME", w, permutations=0)
