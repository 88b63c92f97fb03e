"""All 64 cells of the exact likelihood, and the witness run live on awkward weights."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from cases import FORMULAS, GOLDEN, PANELS, cigar, columbus, golden, munnell, small_panel

import toolkit as tk

SPECS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac", "gns")
EFFECTS = ("none", "entity", "time", "twoway")


def witness():
    spec = importlib.util.spec_from_file_location("exact_ml", GOLDEN / "exact_ml.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.fit


def compare(fit, target, tolerance):
    k = len(target["coef"])
    np.testing.assert_allclose(fit.params.iloc[:k], target["coef"], rtol=tolerance, atol=tolerance * 1e-2)
    assert fit.loglik == pytest.approx(target["loglik"], rel=1e-6, abs=1e-6)
    assert fit.sigma2 == pytest.approx(target["sigma2"], rel=tolerance)
    for name in ("rho", "lambda"):
        assert (name in fit.params) == (name in target)
        if name in target:
            assert fit.params[name] == pytest.approx(target[name], rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("data", ["munnell", "cigar"])
def test_golden_cell(data, spec, effects):
    panel, w = PANELS[data]()
    target = golden(f"exact_{data}.json")[f"{spec}/{effects}"]
    tolerance = 1e-4 if spec in ("sac", "gns") else 1e-6
    fit = tk.fit(FORMULAS[data], panel, w, model=spec, effects=effects, cov="hessian")
    compare(fit, target, tolerance)
    if "se_hessian" in target:
        expected = list(target["se_hessian"])
        expected += [target[f"{p}_se_hessian"] for p in ("rho", "lambda") if p in target]
        np.testing.assert_allclose(fit.std_errors, expected, rtol=0.01)
    made = tk.impacts(fit).wide()
    for effect in ("direct", "indirect", "total"):
        np.testing.assert_allclose(
            made[effect], target["effects_avg"][effect], rtol=tolerance, atol=tolerance * 1e-1, err_msg=effect
        )


@pytest.mark.parametrize("kind", ["knn", "uneven"])
@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("spec", ["sar", "sem", "sdm", "sdem", "sac"])
def test_witness_on_asymmetric_and_uneven_weights(spec, effects, kind):
    panel, w, matrix = small_panel(seed=7, n=15, t=5, kind=kind)
    t, n = panel.T, panel.N
    x = np.stack([panel.values("x1"), panel.values("x2")], axis=2)
    if effects == "none":
        x = np.concatenate([np.ones((t, n, 1)), x], axis=2)
    target = witness()(panel.values("y").ravel(), x.reshape(t * n, -1), matrix, t, spec, effects)
    fit = tk.fit("y ~ x1 + x2", panel, w, model=spec, effects=effects, cov="hessian")
    compare(fit, target, 1e-5 if spec == "sac" else 1e-6)
    expected = list(target["se_hessian"]) + [target[f"{p}_se_hessian"] for p in ("rho", "lambda") if p in target]
    np.testing.assert_allclose(fit.std_errors, expected, rtol=0.01)
    made = tk.impacts(fit).wide()
    for effect in ("direct", "indirect", "total"):
        np.testing.assert_allclose(made[effect], target["effects_avg"][effect], rtol=1e-4, atol=1e-6)


def test_rival_optimum_is_reported():
    """Cigarettes, two-way GNS: 1696.56 is the maximum, 1695.22 a local one (found by a grid)."""
    panel, w = cigar()
    fit = tk.fit(FORMULAS["cigar"], panel, w, model="gns", effects="twoway")
    assert fit.loglik == pytest.approx(1696.56, abs=0.01)
    rivals = fit.estimated.optimum.rivals
    assert [round(v, 2) for v, _, _ in rivals] == [1695.22]
    assert "local maxima" in fit.glance()["notes"].item()


@pytest.mark.parametrize("spec", ["ols", "slx", "sar", "sem", "sdm", "sdem", "sac", "gns"])
def test_columbus_meets_spatialreg(spec):
    """spatialreg 1.2-6; 1e-5 as rho comes from R's optimize. SEs of the ML models are expected information."""
    panel, w = columbus()
    target = golden("r_columbus.json")[f"columbus/{spec}"]
    fit = tk.fit("CRIME ~ INC + HOVAL", panel, w, model=spec, cov="classical" if spec in ("ols", "slx") else "expected")
    k = len(target["coef"])
    loose = 1e-3 if spec == "gns" else 2e-4 if spec == "sac" else 2e-5  # nlminb stops early on flat likelihoods
    np.testing.assert_allclose(fit.params.iloc[:k], target["coef"], rtol=loose)
    if "logLik" in target:
        assert fit.loglik == pytest.approx(target["logLik"], rel=1e-6)
        assert fit.loglik >= target["logLik"] - 1e-7
    expected = list(target["se"]) + [target[f"{p}_se"] for p in ("rho", "lambda") if f"{p}_se" in target]
    np.testing.assert_allclose(fit.std_errors.iloc[: len(expected)], expected, rtol=max(loose * 5, 1e-4))
    if "impacts" in target:
        made = tk.impacts(fit).wide()
        for effect in ("direct", "indirect", "total"):
            np.testing.assert_allclose(made[effect], np.ravel(target["impacts"][effect]), rtol=loose)


@pytest.mark.parametrize(
    ("model", "parameter", "value", "se", "loglik"),
    [("sar", "rho", 0.274689, 0.023516, 1609.72), ("sem", "lambda", 0.557401, 0.033075, 1634.0207)],
)
def test_munnell_millo_piras(model, parameter, value, se, loglik):
    """Millo and Piras (2012), fixed effects; their standard errors are the Hessian's or the expected ones to 2 percent."""
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model=model, effects="entity", cov="expected")
    assert fit.params[parameter] == pytest.approx(value, abs=2e-6)
    assert fit.loglik == pytest.approx(loglik, abs=5e-3)
    assert fit.std_errors[parameter] == pytest.approx(se, rel=0.02)
