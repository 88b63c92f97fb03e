"""Generalised moments against splm, a simulation with known parameters, and correlated random effects."""

from __future__ import annotations

import numpy as np
import pytest
from cases import FORMULAS, PANELS, golden, munnell, small_panel

import toolkit as tk
from toolkit.errors import InputError


@pytest.mark.parametrize("data", ["munnell", "cigar"])
def test_random_effects_meet_splm(data):
    panel, w = PANELS[data]()
    fit, r = tk.fit(FORMULAS[data], panel, w, model="sem", effects="random", method="gm"), golden(f"r_{data}.json")
    r = r["gm_re_sem"]
    np.testing.assert_allclose(fit.params[:-1], r["coef"], rtol=1e-3)
    np.testing.assert_allclose(fit.std_errors[:-1], r["se"], rtol=1e-3)
    d = fit.solution.details
    got = [fit.params["lambda"], d["sigma2_v"], d["sigma2_1"], d["theta"]]
    np.testing.assert_allclose(got, r["errcomp"], rtol=1e-3)
    assert np.isnan(fit.std_errors["lambda"]) and np.isnan(fit.loglik)


@pytest.mark.parametrize("data", ["munnell", "cigar"])
def test_fixed_effects_meet_splm(data):
    """splm divides the sum of squares by NT - k, which forgets the N effects; N (T - 1) is right."""
    panel, w = PANELS[data]()
    fit, r = tk.fit(FORMULAS[data], panel, w, model="sem", effects="entity", method="gm"), golden(f"r_{data}.json")
    r = r["gm_fe_sem"]
    k = len(r["coef"])
    np.testing.assert_allclose(fit.params[:-1], r["coef"], rtol=1e-3)
    np.testing.assert_allclose([fit.params["lambda"]], r["errcomp"][:1], rtol=1e-3)
    n, t = panel.N, panel.T
    np.testing.assert_allclose(fit.std_errors[:-1] * np.sqrt(n * (t - 1) / (n * t - k)), r["se"], rtol=1e-3)


def test_lambda_is_recovered():
    """The mean of 100 draws with lambda = 0.4, sigma_mu = sigma_v = 1: within three standard errors of the truth."""
    from toolkit.models.kkp import error_moments

    rng = np.random.default_rng(0)
    _, w, matrix = small_panel(seed=1, n=40, t=6)
    inverse = np.linalg.inv(np.eye(40) - 0.4 * matrix)
    draws = []
    for _ in range(100):
        u = (rng.normal(size=40) + rng.normal(size=(6, 40))) @ inverse.T
        draws.append(error_moments(u, w.operator, True))
    mean, error = np.mean(draws, axis=0), np.std(draws, axis=0) / 10
    assert (np.abs(mean - [0.4, 1.0, 7.0]) < 3 * error).all()


def test_mundlak_reproduces_the_within_estimates():
    """Mundlak (1978): GLS with means gives the fixed-effects coefficients, whatever the weights of GLS."""
    panel, w = munnell()
    cre = tk.fit(FORMULAS["munnell"], panel, model="ols", effects="mundlak", method="ml")
    fe = tk.fit(FORMULAS["munnell"], panel, model="ols", effects="entity")
    np.testing.assert_allclose(cre.params[list(fe.params.index)], fe.params, rtol=1e-7)
    names = [t for t in cre.terms if t.startswith("mean(")]
    assert names == ["mean(log(pcap))", "mean(log(pc))", "mean(log(emp))", "mean(unemp)"]
    test = cre.solution.tests[0]
    assert test.name == "Mundlak" and test.df == 4 and test.p_value < 0.05


def test_debarsy_adds_the_means_of_lags_too():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sdm", effects="mundlak")
    assert {"mean(unemp)", "mean(W unemp)"} <= set(fit.terms) and fit.solution.tests[0].df == 8
    assert list(tk.impacts(fit).wide().index) == ["log(pcap)", "log(pc)", "log(emp)", "unemp"]


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"model": "sar", "effects": "random"}, "does not estimate the SAR"),
        ({"model": "sem", "effects": "time"}, "does not go with effects='time'"),
        ({"model": "sem", "effects": "random", "components": "kkp"}, "means nothing to method='gm'"),
    ],
)
def test_refusals(kw, message):
    panel, w = munnell()
    with pytest.raises(InputError, match=message):
        tk.fit(FORMULAS["munnell"], panel, w, method="gm", **kw)
