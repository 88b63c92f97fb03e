"""The door: options, effects, restrictions, identities, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, columbus, munnell, small_panel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import toolkit as tk
from toolkit.errors import DataError, EstimationError, FormulaError, InputError, WeightsError

SPATIAL = ("sar", "sem", "sdm", "sdem", "sac", "gns")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), effects=st.sampled_from(["none", "entity", "time", "twoway"]))
def test_log_likelihoods_nest(seed, effects):
    panel, w, _ = small_panel(seed, n=14, t=4)
    loglik = {m: tk.fit("y ~ x1 + x2", panel, w, model=m, effects=effects).loglik for m in ("ols", "slx", *SPATIAL)}
    for small, large in [
        ("ols", "sar"), ("ols", "sem"), ("ols", "slx"), ("sar", "sdm"), ("slx", "sdm"), ("sem", "sdem"),
        ("sar", "sac"), ("sem", "sac"), ("sdm", "gns"), ("sdem", "gns"), ("sac", "gns"),
    ]:  # fmt: skip
        assert loglik[small] <= loglik[large] + 1e-7


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), model=st.sampled_from(SPATIAL[:4]))
def test_relabelling_regions_changes_nothing(seed, model):
    panel, w, matrix = small_panel(seed)
    order = np.random.default_rng(seed).permutation(panel.N)
    names = {old: f"z{order[i]:02d}" for i, old in enumerate(panel.entities)}
    frame = panel.frame.assign(id=lambda d: d["id"].map(names)).sample(frac=1, random_state=seed)
    other = tk.fit(
        "y ~ x1 + x2",
        tk.Panel(frame, entity="id", time="year"),
        tk.weights.from_matrix(matrix, ids=[names[i] for i in w.ids]),
        model=model,
        effects="twoway",
    )
    one = tk.fit("y ~ x1 + x2", panel, w, model=model, effects="twoway")
    np.testing.assert_allclose(other.params, one.params, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.std_errors, one.std_errors, rtol=1e-6)


@pytest.mark.parametrize("model", ["ols", *SPATIAL])
def test_units_of_a_regressor_scale_its_coefficient_only(model):
    panel, w, _ = small_panel(1)
    scaled = panel.assign(x1=panel.frame["x1"].to_numpy() * 1e6)
    a = tk.fit("y ~ x1 + x2", panel, w, model=model, effects="entity")
    b = tk.fit("y ~ x1 + x2", scaled, w, model=model, effects="entity")
    assert b.params["x1"] * 1e6 == pytest.approx(a.params["x1"], rel=1e-7)
    assert b.std_errors["x1"] * 1e6 == pytest.approx(a.std_errors["x1"], rel=1e-6)
    assert b.loglik == pytest.approx(a.loglik, abs=1e-7)


def test_no_spatial_dependence_in_w_of_zeros_is_ols():
    """With rho = lambda = 0 imposed (a W that links nobody) every model is OLS."""
    panel, w, _ = small_panel(5)
    ols = tk.fit("y ~ x1 + x2", panel, w, cov="hessian")
    sar = tk.fit("y ~ x1 + x2", panel, w, model="sar")
    at_zero = sar.estimated.likelihood.at(0.0, 0.0)
    np.testing.assert_allclose(at_zero.beta, ols.params, rtol=1e-10)
    assert at_zero.loglik == pytest.approx(ols.loglik, rel=1e-12)


def test_one_period_panel_is_the_cross_section():
    panel, w, _ = small_panel(2)
    year = panel.frame.query("year == 2001")
    cross = tk.Panel(year.drop(columns="year"), entity="id")
    for model in SPATIAL:
        a = tk.fit("y ~ x1 + x2", panel.select(times=[2001]), w, model=model)
        b = tk.fit("y ~ x1 + x2", cross, w, model=model)
        np.testing.assert_allclose(a.params, b.params, rtol=1e-12)


@pytest.mark.parametrize("model", ["ols", "sar", "sem", "sdm"])
@pytest.mark.parametrize("effects", ["entity", "time", "twoway"])
def test_fixed_effects_close_the_equation(model, effects):
    """constant + mu + xi + Z b + rho Wy + u gives y back, and the effects sum to zero."""
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model=model, effects=effects)
    found = fit.fixed_effects()
    e = fit.estimated
    mean = found.constant + e.z @ e.optimum.beta
    if found.entity is not None:
        assert found.entity.sum() == pytest.approx(0, abs=1e-9)
        mean = mean + found.entity.to_numpy()
    if found.time is not None:
        assert found.time.sum() == pytest.approx(0, abs=1e-9)
        mean = mean + found.time.to_numpy()[:, None]
    if fit.spec.wy:
        mean = mean + fit.rho * e.wy
    u = fit.design.y - mean
    if fit.spec.wu:
        u = u - fit.lambda_ * (w.match(panel.entities).sparse @ u.T).T
    np.testing.assert_allclose(u, e.innovations, atol=1e-9)


def test_fixed_effects_with_uneven_rows_and_errors():
    """Uneven W, SEM, two-way: the filtered residual off the effects is the innovation."""
    panel, w, matrix = small_panel(11, kind="uneven")
    fit = tk.fit("y ~ x1 + x2", panel, w, model="sem", effects="twoway")
    found = fit.fixed_effects()
    e = fit.estimated
    u = fit.design.y - e.z @ e.optimum.beta - found.constant - found.entity.to_numpy() - found.time.to_numpy()[:, None]
    np.testing.assert_allclose(u - fit.lambda_ * u @ matrix.T, e.innovations, atol=1e-9)


def test_partial_durbin_and_lag_in_the_formula_are_the_same_model():
    panel, w = munnell()
    by_option = tk.fit(FORMULAS["munnell"], panel, w, model="sdm", durbin=["log(pcap)"], effects="twoway")
    by_formula = tk.fit(FORMULAS["munnell"] + " + W(log(pcap))", panel, w, model="sar", effects="twoway")
    assert list(by_option.params.index) == list(by_formula.params.index)
    assert by_option.params.index[-2:].tolist() == ["W log(pcap)", "rho"]
    np.testing.assert_allclose(by_formula.params, by_option.params, rtol=1e-12)
    assert by_formula.model == "sdm"
    pd.testing.assert_frame_equal(tk.impacts(by_formula).tidy(), tk.impacts(by_option).tidy())


def test_other_weights_for_wx_and_wu():
    panel, w, matrix = small_panel(4)
    far = np.roll(np.eye(panel.N), 1, axis=1)
    other = tk.weights.from_matrix(far, ids=w.ids)
    fit = tk.fit("y ~ x1 + x2", panel, w, model="gns", W_durbin=other, W_error=other)
    lagged = (far @ panel.values("x1").T).T
    np.testing.assert_allclose(fit.estimated.z[:, :, 3], lagged, atol=1e-14)
    assert "WX" in fit.glance()["weights"].item()


def test_glance_defines_its_numbers():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sdm", effects="twoway")
    row = fit.glance().iloc[0]
    assert row["n_entities"] == 48 and row["n_times"] == 17 and row["nobs"] == 816
    assert row["sigma2_divisor"] == "N T = 816"
    assert row["aic_counts"] == "8 coefficients + rho + sigma2 + 64 twoway effects"
    assert row["aic"] == pytest.approx(2 * (8 + 2 + 64) - 2 * fit.loglik)
    e = fit.resids
    assert fit.sigma2 == pytest.approx((e**2).sum() / 816)
    np.testing.assert_allclose(fit.fitted_values + e, fit.design.y.ravel())


def test_wald_of_linear_restrictions():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sdm", effects="entity")
    z = fit.tstats["rho"]
    assert fit.test("rho = 0").statistic == pytest.approx(z**2)
    a = fit.test("log(pcap) = log(pc), W unemp = 0")
    r = np.zeros((2, 9))
    r[0, :2] = 1, -1
    r[1, list(fit.params.index).index("W unemp")] = 1
    gap = r @ fit.params
    assert a.statistic == pytest.approx(gap @ np.linalg.solve(r @ fit.cov @ r.T, gap))
    assert a.df == 2
    assert fit.test("2*log(pc) + log(emp) - 1").null == "2*log(pc) + log(emp) - 1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("log(gsp) = 0", "not linear|not a parameter"),
        ("rho * rho = 1", "not linear"),
        ("rho = 0, rho = 1", "repeat or contradict"),
        ("rho - rho = 0", "restricts no parameter"),
        ("__import__('os') = 0", "not linear|not a parameter"),
        ("", "not a restriction"),
        ("rho = = 0", "cannot be read"),
    ],
)
def test_restrictions_that_cannot_be_read(text, says):
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sar", effects="entity")
    with pytest.raises((FormulaError, InputError), match=says):
        fit.test(text)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"model": "sdn"}, InputError, "sdm"),
        ({"effects": "both"}, InputError, "twoway"),
        ({"W": None}, InputError, "needs spatial weights"),
        ({"model": "sar", "durbin": ["unemp"]}, InputError, "no W X"),
        ({"durbin": ["nothing"]}, (InputError, FormulaError), "nothing"),
        ({"formula": "log(gsp) ~ log(pcap) + nothing"}, FormulaError, "nothing"),
        ({"formula": "log(gsp) ~ unemp + I(2 * unemp)"}, EstimationError, "collinear"),
        ({"data": pd.DataFrame()}, InputError, "tk.Panel"),
    ],
)
def test_bad_arguments_name_the_way_out(change, error, says):
    panel, w = munnell()
    arguments = {"formula": FORMULAS["munnell"], "data": panel, "W": w, "model": "sdm", "effects": "entity"} | change
    with pytest.raises(error, match=says):
        tk.fit(**arguments)


def test_absorbed_and_unidentified_regressors_are_named():
    panel, w, _ = small_panel(6)
    fixed = panel.assign(z=np.tile(np.arange(panel.N, dtype=float), panel.T), s=np.repeat(np.arange(4.0), panel.N))
    with pytest.raises(EstimationError, match="'z'"):
        tk.fit("y ~ x1 + z", fixed, w, model="sar", effects="entity")
    with pytest.raises(EstimationError, match="'s'"):
        tk.fit("y ~ x1 + s", fixed, w, model="sar", effects="time")
    with pytest.raises(DataError, match="too many for 12 observations"):
        tk.fit("y ~ x1 + x2", panel.select(times=[2000]), w, model="sdm", effects="entity")


def test_weights_of_other_regions_are_refused():
    panel, w = munnell()
    _, other = columbus()
    with pytest.raises(WeightsError):
        tk.fit(FORMULAS["munnell"], panel, other, model="sar")


def test_missing_cells_are_located():
    panel, w, _ = small_panel(8)
    frame = panel.frame
    frame.loc[(frame["id"] == "r03") & (frame["year"] == 2002), "x1"] = np.nan
    with pytest.raises(DataError, match=r"(?s)x1.*r03.*2002"):
        tk.fit("y ~ x1 + x2", tk.Panel(frame, entity="id", time="year"), w, model="sar")


def test_summary_reads_as_a_table():
    panel, w = munnell()
    text = str(tk.fit(FORMULAS["munnell"], panel, w, model="sdm", effects="twoway").summary)
    for piece in ("Spatial Durbin model", "W log(pcap)", "rho", "tk.impacts", "observed Hessian", "816"):
        assert piece in text
    assert max(map(len, text.splitlines())) <= 110
