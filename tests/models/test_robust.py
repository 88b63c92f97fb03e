"""Robust covariances against statsmodels, linearmodels, pyfixest, double loops and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, cigar, munnell, small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError
from toolkit.models.robust import EARTH, coordinates_of

FORMULA = FORMULAS["munnell"]


def stacked(fit):
    """y, X (with dummies for the effects), region and period numbers, in time-major order."""
    t, n = fit.design.y.shape
    z, _ = fit.design.regressors()
    x = z.reshape(t * n, -1)
    region, period = np.tile(np.arange(n), t), np.repeat(np.arange(t), n)
    if fit.effects in ("entity", "twoway"):
        x = np.column_stack([x, np.eye(n)[region]])
    if fit.effects in ("time", "twoway"):
        x = np.column_stack([x, np.eye(t)[period][:, 1 if fit.effects == "twoway" else 0 :]])
    return fit.design.y.ravel(), x, region, period, z.shape[2]


@pytest.mark.parametrize("effects", ["none", "entity", "time", "twoway"])
@pytest.mark.parametrize("kind", ["hc0", "hc1", "hc2", "hc3"])
def test_hc_meets_statsmodels_with_dummies(kind, effects):
    import statsmodels.api as sm

    panel, _ = munnell()
    fit = tk.fit(FORMULA, panel, effects=effects, cov=kind)
    y, x, _, _, k = stacked(fit)
    want = sm.OLS(y, x).fit(cov_type=kind.upper()).bse[:k]
    np.testing.assert_allclose(fit.std_errors, want, rtol=1e-7)


@pytest.mark.parametrize("effects", ["none", "entity"])
@pytest.mark.parametrize(("cov", "groups"), [("cluster-entity", 0), ("cluster-time", 1)])
def test_clusters_meet_statsmodels(cov, groups, effects):
    """Its factor counts every dummy; ours leaves out the effects nested in the clusters (as Stata's areg and pyfixest)."""
    import statsmodels.api as sm

    panel, _ = munnell()
    fit = tk.fit(FORMULA, panel, effects=effects, cov=cov)
    y, x, region, period, k = stacked(fit)
    codes = (region, period)[groups]
    base = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": codes})
    want = base.bse[:k]
    if effects == "entity" and cov == "cluster-entity":
        want = want * np.sqrt((816 - 4 - 48) / (816 - 4))
    np.testing.assert_allclose(fit.std_errors, want, rtol=1e-7)
    assert fit.coefficients.df == len(np.unique(codes)) - 1


@pytest.mark.parametrize("effects", ["entity", "twoway"])
def test_clusters_meet_pyfixest(effects):
    import pyfixest as pf

    panel, _ = munnell()
    fit = tk.fit(FORMULA, panel, effects=effects, cov="cluster-entity")
    frame = fit.design.frame().reset_index()
    frame.columns = ["time", "entity", "y", "a", "b", "c", "d"]
    frame["code"] = frame["entity"].astype("category").cat.codes
    absorbed = "code" if effects == "entity" else "code + time"
    other = pf.feols(f"y ~ a + b + c + d | {absorbed}", frame, vcov={"CRV1": "code"})
    np.testing.assert_allclose(fit.params, other.coef().to_numpy(), rtol=1e-7)
    # pyfixest counts a constant beside nested effects or not by version: one unit in n - K
    np.testing.assert_allclose(fit.std_errors, other.se().to_numpy(), rtol=1.5e-3)


@pytest.mark.parametrize("bandwidth", [0, 2, 5])
def test_driscoll_kraay_meets_linearmodels(bandwidth):
    from linearmodels.panel import PanelOLS

    panel, _ = munnell()
    fit = tk.fit(FORMULA, panel, effects="entity", cov="driscoll-kraay", cov_options={"bandwidth": bandwidth})
    frame = fit.design.frame().swaplevel()
    model = PanelOLS(frame.iloc[:, 0], frame.iloc[:, 1:], entity_effects=True)
    other = model.fit(cov_type="kernel", kernel="bartlett", bandwidth=bandwidth, debiased=True)
    np.testing.assert_allclose(fit.std_errors, other.std_errors, rtol=1e-7)


def test_two_way_clusters_are_the_sum_of_the_one_way_ones():
    panel, _ = cigar()
    s = {c: tk.fit(FORMULAS["cigar"], panel, effects="none", cov=c).cov.to_numpy() for c in
         ("cluster-entity", "cluster-time", "cluster-twoway", "hc0")}  # fmt: skip
    n, g = 1380, {"cluster-entity": 46, "cluster-time": 30}
    plain = {c: s[c] / (g[c] / (g[c] - 1) * (n - 1) / (n - 3)) for c in g}
    want = (sum(plain.values()) - s["hc0"]) * 30 / 29 * (n - 1) / (n - 3)
    np.testing.assert_allclose(s["cluster-twoway"], want, rtol=1e-9)


def test_groups_of_regions():
    panel, _ = munnell()
    groups = pd.Series({e: i % 9 for i, e in enumerate(panel.entities)}).sample(frac=1, random_state=0)
    fit = tk.fit(FORMULA, panel, effects="entity", cov="cluster-entity", cov_options={"clusters": groups})
    assert fit.coefficients.df == 8 and "9 groups" in fit.solution.cov_title and any("few" in n for n in fit.notes)


def great_circle(a, b):
    (x1, y1), (x2, y2) = np.radians(a), np.radians(b)
    inner = np.sin((y2 - y1) / 2) ** 2 + np.cos(y1) * np.cos(y2) * np.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(inner))


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
@pytest.mark.parametrize("lag", [0, 2])
def test_conley_meets_a_double_loop(kernel, lag):
    panel, _, _ = small_panel(seed=3, n=10, t=4)
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(100, 110, 10), rng.uniform(25, 35, 10)])
    options = {"cutoff": 500, "kernel": kernel, "serial_lag": lag, "coordinates": places}
    fit = tk.fit("y ~ x1 + x2", panel, effects="entity", cov="conley", cov_options=options)
    m = fit.estimated
    z = m.z - m.z.mean(axis=0)
    s, meat = z * m.innovations[:, :, None], np.zeros((2, 2))
    for t in range(4):
        for u in range(4):
            for i in range(10):
                for j in range(10):
                    d = great_circle(places[i], places[j])
                    near = (max(0, 1 - d / 500) if kernel == "bartlett" else float(d <= 500)) if t == u else 0.0
                    if i == j and t != u and abs(t - u) <= lag:
                        near = 1 - abs(t - u) / (lag + 1)
                    meat += near * np.outer(s[t, i], s[u, j])
    bread = np.linalg.inv(np.einsum("tnk,tnl->kl", z, z))
    np.testing.assert_allclose(fit.cov.to_numpy(), bread @ meat @ bread, rtol=1e-8)


def test_conley_takes_places_from_the_map():
    panel = tk.load("us_income")
    assert coordinates_of(panel).shape == (48, 2)
    flat = tk.load("munnell")
    if flat.geometry is None:
        with pytest.raises(DataError, match="needs? a map"):
            tk.fit(FORMULA, flat, cov="conley", cov_options={"cutoff": 500})


@pytest.mark.parametrize(
    ("cov", "options", "message"),
    [
        ("conley", {}, "needs the distance"),
        ("conley", {"cutoff": -3}, "cutoff=-3"),
        ("conley", {"cutoff": 100, "kernel": "gauss"}, "bartlett, uniform"),
        ("conley", {"cutoff": 100, "coordinates": [[1, 2]]}, r"shape \(1, 2\)"),
        ("driscoll-kraay", {"bandwidth": 99}, "from 0 to 3"),
        ("hc1", {"cutoff": 5}, r"'cutoff'(.|\n)*no options"),
        ("cluster-entity", {"clusters": ["a"]}, "1 entries for 10 regions"),
        ("robust", {}, "hc1"),
    ],
)
def test_bad_options(cov, options, message):
    panel, _, _ = small_panel(seed=3, n=10, t=4)
    if cov == "conley" and "coordinates" not in options:
        options = {**options, "coordinates": np.zeros((10, 2))}
    with pytest.raises(InputError, match=message):
        tk.fit("y ~ x1", panel, cov=cov, cov_options=options)
