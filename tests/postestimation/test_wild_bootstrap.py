"""The wild cluster bootstrap against the loop it shortens, its own inversion, and its size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, munnell, small_panel

import toolkit as tk
from toolkit.errors import InputError
from toolkit.postestimation.wild_bootstrap import _signs


def by_loop(fit, at, value, codes, v, imposed=True):
    """Every sample estimated in full on dummies, with the clustered covariance written out."""
    t, n = fit.design.y.shape
    z, _ = fit.design.regressors()
    dummies = []
    if fit.effects in ("entity", "twoway"):
        dummies += [np.tile(np.eye(n)[i], t) for i in range(n)]
    if fit.effects in ("time", "twoway"):
        dummies += [np.repeat(np.eye(t)[s], n) for s in range(t)][1 if dummies else 0 :]
    x = np.column_stack([z.reshape(t * n, -1), *dummies])
    y, group = fit.design.y.ravel(), np.tile(codes, t)
    inverse = np.linalg.pinv(x.T @ x)

    def statistic(left):  # of `value` as it is when called
        b = inverse @ x.T @ left
        e = left - x @ b
        s = np.array([x[group == g].T @ e[group == g] for g in range(len(v))]) @ inverse[:, at]
        return (b[at] - value) / np.sqrt((s**2).sum() * len(v) / (len(v) - 1))

    rest = np.delete(x, at, axis=1)
    base = y - value * x[:, at]
    fitted = rest @ np.linalg.lstsq(rest, base, rcond=None)[0]
    centre = fitted + value * x[:, at]
    own = statistic(y)
    if not imposed:
        centre = x @ inverse @ x.T @ y
        value = (inverse @ x.T @ y)[at]
    sample = np.array([statistic(centre + w[group] * (y - centre)) for w in v.T])
    return own, np.mean(np.abs(sample) >= np.abs(own) * (1 - 1e-8))


@pytest.mark.parametrize("effects", ["none", "entity", "time", "twoway"])
@pytest.mark.parametrize("value", [0.0, 0.7])
@pytest.mark.parametrize("imposed", [True, False])
def test_meets_the_loop(effects, value, imposed):
    panel, _, _ = small_panel(seed=2, n=8, t=3)
    fit = tk.fit("y ~ x1 + x2", panel, effects=effects)
    at = list(fit.terms).index("x1")
    got = tk.wild_bootstrap(fit, "x1", value, interval=False, impose_null=imposed)
    assert got.draws == 2**8  # every pattern of signs
    own, p = by_loop(fit, at, value, np.arange(8), _signs(8, "rademacher", 9999, None), imposed)
    assert got.test.statistic == pytest.approx(own, rel=1e-8) and got.test.p_value == pytest.approx(p, abs=1e-12)


def test_interval_holds_what_is_not_rejected():
    panel, _ = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, effects="entity", cov="cluster-entity")
    got = tk.wild_bootstrap(fit, "unemp", draws=999, seed=4)
    assert got.conf_low < fit.params["unemp"] < got.conf_high
    for end, inward in ((got.conf_low, 1), (got.conf_high, -1)):
        width = got.conf_high - got.conf_low
        assert (
            tk.wild_bootstrap(fit, "unemp", end + inward * 0.02 * width, draws=999, seed=4, interval=False).test.p_value
            >= 0.05
        )
        assert (
            tk.wild_bootstrap(fit, "unemp", end - inward * 0.02 * width, draws=999, seed=4, interval=False).test.p_value
            < 0.05
        )
    low, high = fit.conf_int().loc["unemp"]
    assert got.conf_high - got.conf_low == pytest.approx(high - low, rel=0.35)  # 48 clusters: not far from Student's t


def test_groups_and_weights():
    panel, _ = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, effects="twoway")
    groups = pd.Series({e: i % 6 for i, e in enumerate(panel.entities)})
    for weights in ("rademacher", "webb", "mammen"):
        got = tk.wild_bootstrap(fit, "log(pc)", clusters=groups, weights=weights, draws=999, seed=1, interval=False)
        assert got.clusters == 6 and got.draws == (64 if weights == "rademacher" else 999)
    assert got.tidy().loc[0, "term"] == "log(pc)"


def test_random_samples_are_those_of_the_loop_and_count_the_data():
    panel, _, _ = small_panel(seed=2, n=15, t=3)
    fit = tk.fit("y ~ x1 + x2", panel, effects="twoway")
    at, codes = list(fit.terms).index("x2"), np.arange(15) % 5
    names = [f"g{c}" for c in codes]
    got = tk.wild_bootstrap(fit, "x2", clusters=names, weights="webb", draws=199, seed=3, interval=False)
    own, share = by_loop(fit, at, 0.0, codes, _signs(5, "webb", 199, np.random.default_rng(3)))
    assert got.test.statistic == pytest.approx(own, rel=1e-8)
    assert got.test.p_value == pytest.approx((199 * share + 1) / 200, abs=1e-12)


def test_percentile_t_interval_is_the_inverse_of_the_free_bootstrap():
    """Without the null the samples do not depend on the value: the interval is estimate -+ quantile x standard error."""
    panel, _ = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, effects="entity", cov="cluster-entity")
    got = tk.wild_bootstrap(fit, "unemp", draws=999, seed=4, impose_null=False)
    low, high = got.estimate - got.conf_low, got.conf_high - got.estimate
    assert low == pytest.approx(high, rel=1e-4)
    assert low == pytest.approx(2.0 * fit.std_errors["unemp"], rel=0.2)


def test_fits_on_unbalanced_panels_are_refused_in_words():
    panel, _ = munnell()
    frame = panel.frame.drop(index=panel.frame.index[5])
    gaps = tk.Panel(frame, entity=panel.entity, time=panel.time, unbalanced="keep")
    fit = tk.fit(FORMULAS["munnell"], gaps, effects="entity")
    with pytest.raises(InputError, match="balanced panel"):
        tk.wild_bootstrap(fit, "unemp")


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"model": "sar"}, "least squares; the SAR"),
        ({"term": "pc"}, r"'pc' is not a term"),
        ({"weights": "normal"}, "rademacher, webb, mammen"),
        ({"draws": 5}, "too few"),
        ({"clusters": ["a"] * 48}, "one cluster"),
        ({"level": 95}, "level=95"),
        ({"value": float("nan")}, "value=nan"),
    ],
)
def test_refusals(kw, message):
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model=kw.pop("model", "ols"), effects="entity")
    with pytest.raises(InputError, match=message):
        tk.wild_bootstrap(fit, kw.pop("term", "unemp"), **kw)


@pytest.mark.slow
def test_size_with_few_clusters():
    """Eight clusters of one region each, errors correlated in time: t rejects too often, the bootstrap does not."""
    rng = np.random.default_rng(0)
    ids, rejected = [f"r{i}" for i in range(8)], []
    for _ in range(400):
        x = np.repeat(rng.normal(size=(1, 8)), 6, axis=0) + 0.3 * rng.normal(size=(6, 8))
        e = rng.normal(size=8) * (1 + np.arange(8) / 4) + 0.5 * rng.normal(size=(6, 8))
        frame = pd.DataFrame({"id": np.tile(ids, 6), "year": np.repeat(range(6), 8), "x": x.ravel(), "y": e.ravel()})
        fit = tk.fit("y ~ x", tk.Panel(frame, entity="id", time="year"), cov="cluster-entity")
        z = abs(fit.tstats["x"]) > 1.96
        rejected.append([z, tk.wild_bootstrap(fit, "x", interval=False).test.p_value < 0.05])
    normal, wild = np.mean(rejected, axis=0)
    assert normal > 0.12 and wild < 0.05 + 3.5 * np.sqrt(0.0475 / 400)
