"""Club convergence: the published clubs of 152 countries, the kernel, and panels whose clubs are known."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases import FILTERED

import toolkit as tk
from toolkit.designs.log_t import quadratic_spectral
from toolkit.errors import DataError, InputError

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def countries():
    if not FILTERED.exists():
        pytest.skip("the countries of Phillips and Sul are not shipped: ../shared/data/filteredGDP.csv")
    wide = pd.read_csv(FILTERED)
    long = wide.melt("Countries", var_name="year", value_name="y")
    return tk.Panel(long.assign(year=long["year"].str[1:].astype(int)), entity="Countries", time="year")


def plain(names):
    return {re.sub("[^A-Za-z]", "", n) for n in names}


@pytest.mark.parametrize(("hac", "key"), [("phillips-sul", "FQSB"), ("andrews", "AQSB")])
def test_published_clubs(countries, hac, key):
    """ConvergenceClubs 2.2.5, whose FQSB clubs after merging are those of Phillips and Sul (2009)."""
    want = json.loads((GOLDEN / "clubs_filteredGDP.json").read_text())
    got = tk.convergence_clubs(countries, "y", trim=1 / 3, hac=hac)
    for name, club, tests in (
        ("clubs", got.initial, got.initial_tests),
        ("merged", got.club, got.tests),
    ):
        expected = dict(want[f"{name}_{key}"])
        divergent = expected.pop("divergent", [])
        assert len(tests) == len(expected)
        for i, (test, right) in enumerate(zip(tests, expected.values(), strict=True), start=1):
            members = [r for r, c in zip(got.regions, club, strict=True) if c == i]
            assert plain(members) == plain(right["units"])
            model = right["model"]
            found = (test.beta, test.std_error, test.statistic, test.p_value)
            assert found == pytest.approx([model[k] for k in ("beta", "std.err", "tvalue", "pvalue")], rel=1e-9)
        assert plain(r for r, c in zip(got.regions, club, strict=True) if c == 0) == plain(divergent)
    whole = want[f"logt_{key}"]
    assert (got.whole.beta, got.whole.std_error) == pytest.approx((whole["beta"], whole["std.err"]), rel=1e-9)
    alone = tk.log_t(countries, "y", trim=1 / 3, hac=hac)
    assert alone.statistic == pytest.approx(got.whole.statistic, rel=1e-9)


def test_counts_of_the_published_table(countries):
    got = tk.convergence_clubs(countries, "y", trim=1 / 3)
    assert list(got.table()["n"]) == [50, 30, 21, 38, 11, 2]
    assert list(got.table(initial=True)["n"]) == [50, 30, 21, 24, 14, 11, 2]
    assert got.merges[3][0] == (4, 5)  # the only pair that merges
    assert got.tidy().groupby("club").size().tolist() == [50, 30, 21, 38, 11, 2]


def made(levels, seed=0, t=40, speed=0.5):
    """Regions that approach the level of their club: spread dies as 1 / (log(t + 1) t^speed)."""
    rng = np.random.default_rng(seed)
    when = np.arange(1, t + 1)
    levels = np.asarray(levels, float)
    noise = rng.normal(size=(t, len(levels))) / (np.log(when + 1) * when**speed)[:, None]
    x = levels + 0.3 * noise
    ids = [f"r{i:02d}" for i in range(len(levels))]
    frame = pd.DataFrame({"id": np.tile(ids, t), "year": np.repeat(when, len(ids)), "x": x.ravel()})
    return tk.Panel(frame, entity="id", time="year")


def test_known_clubs_are_found():
    got = tk.convergence_clubs(made([10] * 8 + [6] * 7 + [3] * 6), "x")
    assert [set(got.club[a:b]) for a, b in ((0, 8), (8, 15), (15, 21))] == [{1}, {2}, {3}]
    assert tk.log_t(made([5] * 12), "x").beta == pytest.approx(1.0, abs=0.35)  # b = 2 alpha
    assert not tk.log_t(made([10] * 8 + [3] * 6), "x").converges


def test_order_of_regions_and_units_do_not_matter(countries):
    some = countries.select(entities=list(countries.entities)[::4])
    one = tk.convergence_clubs(some, "y")
    shuffled = tk.Panel(some.frame.sample(frac=1, random_state=1), entity="Countries", time="year")
    assert dict(zip(one.regions, one.club, strict=True)) == dict(
        zip((o := tk.convergence_clubs(shuffled, "y")).regions, o.club, strict=True)
    )
    scaled = tk.convergence_clubs(some.assign(z=7 * some.values("y")), "z")
    np.testing.assert_array_equal(scaled.club, one.club)


def test_paths_average_to_one(countries):
    got = tk.convergence_clubs(countries, "y", merge=None)
    np.testing.assert_allclose(got.paths.mean(axis=1), 1, atol=1e-12)
    by_club = got.transition_paths("club")
    sizes = got.tidy().groupby("club").size()
    weighted = by_club.assign(w=by_club["club"].map(sizes))
    means = (weighted["relative"] * weighted["w"]).groupby(weighted["time"]).sum() / sizes.sum()
    np.testing.assert_allclose(means, 1, atol=1e-12)
    assert len(got.transition_paths()) == 152 * 34


def test_kernel():
    """Andrews (1991): k(0) = 1, smooth there, and the integral of k^2 over the line is 1."""
    from scipy.integrate import quad

    assert quadratic_spectral(np.array([0.0, 1e-3])) == pytest.approx([1, 1], abs=1e-5)
    square = quad(lambda a: float(quadratic_spectral(np.array([a]))[0]) ** 2, 1e-9, 200, limit=2000)[0]
    assert square == pytest.approx(0.5, abs=1e-6)


@pytest.mark.slow
def test_size_of_log_t():
    """Under convergence with alpha = 0 (b = 0) the test rejects at about its level of 5 percent."""
    rejected = np.mean([not tk.log_t(made([5] * 30, seed=s, speed=0.0), "x").converges for s in range(300)])
    assert rejected < 0.12


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({"trim": 1.2}, InputError, "trim=1.2"),
        ({"hac": "newey"}, InputError, "andrews"),
        ({"merge": "all"}, InputError, "von-lyncker"),
        ({"last": 0}, InputError, "last=0"),
        ({"trim": 0.95}, DataError, "too few"),
        ({"smooth": -1}, InputError, "Hodrick"),
        ({"critical": "low"}, InputError, "critical"),
    ],
)
def test_refusals(countries, kw, error, message):
    with pytest.raises(error, match=message):
        tk.convergence_clubs(countries, "y", **kw)


def test_values_that_are_not_positive_are_located(countries):
    with pytest.raises(DataError, match="not positive"):
        tk.log_t(countries.assign(z=countries.values("y") - 8), "z")
    with pytest.raises(InputError, match="Atlantis"):
        tk.log_t(countries, "y", regions=["Atlantis", "China"])
