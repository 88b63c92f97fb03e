"""Functions of parameters: exact derivatives, hostile text, located faults."""

from __future__ import annotations

import numpy as np
import pytest
from cases import FORMULAS, munnell

import toolkit as tk
from toolkit.contracts import CoefTable
from toolkit.errors import FormulaError, InputError
from toolkit.models.nonlinear import delta_method

TABLE = CoefTable(
    ("log(x)", "W log(x)", "rho", "y(t-1)"),
    np.array([0.8, -0.2, 0.4, 0.3]),
    np.diag([0.01, 0.02, 0.005, 0.003]) + 0.0005,
    ("X", "WX", "spatial", "dynamic"),
)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("log(x) / (1 - rho)", lambda b, g, r, t: b / (1 - r)),
        ("(log(x) + W log(x)) / (1 - rho - y(t-1))", lambda b, g, r, t: (b + g) / (1 - r - t)),
        ("-log(1 - rho)", lambda b, g, r, t: -np.log(1 - r)),
        ("log(2) / -log(y(t-1))", lambda b, g, r, t: np.log(2) / -np.log(t)),
        ("exp(log(x)) * sqrt(rho) ** 3", lambda b, g, r, t: np.exp(b) * np.sqrt(r) ** 3),
        ("log(x) ** rho + abs(W log(x))", lambda b, g, r, t: b**r + abs(g)),
    ],
)
def test_meets_numerical_derivatives(text, function):
    got = delta_method(text, TABLE)
    at = TABLE.estimate
    assert got.estimate[0] == pytest.approx(function(*at), rel=1e-12)
    slope = np.array([(function(*(at + h)) - function(*(at - h))) / 2e-6 for h in 1e-6 * np.eye(4)])
    assert got.std_error[0] == pytest.approx(np.sqrt(slope @ TABLE.cov @ slope), rel=1e-7)


def test_several_come_with_their_joint_covariance():
    got = delta_method("rho, rho * 2", TABLE)
    assert got.cov[0, 1] == pytest.approx(2 * got.cov[0, 0]) and got.terms == ("rho", "rho * 2")


def test_total_impact_of_a_sar_is_a_nonlinear_combination():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sar", effects="entity")
    got, want = fit.nlcom("log(pc) / (1 - rho)"), tk.impacts(fit).tidy().set_index(["term", "effect"])
    assert got.estimate[0] == pytest.approx(want.loc[("log(pc)", "total"), "estimate"], rel=1e-10)
    assert got.std_error[0] == pytest.approx(want.loc[("log(pc)", "total"), "std_error"], rel=1e-8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('ls')", "not allowed"),
        ("rho.real", "not allowed"),
        ("exec('1')", "not allowed"),
        ("[rho]", "not allowed"),
        ("beta / 2", "'beta' is not a parameter"),
        ("rho / (rho - rho)", "division by zero"),
        ("log(W log(x))", "no value at the estimates"),
        ("rho +", "cannot be read"),
        ("rho ** 99999", "too large"),
        ("9 ** 9 ** 9", "too large"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(FormulaError, match=message):
        delta_method(text, TABLE)


def test_empty_text():
    with pytest.raises(InputError, match="not an expression"):
        delta_method(" ", TABLE)
