"""Impacts in depth against the dense matrix, the average impacts, and numerical derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from cases import FORMULAS, munnell, small_panel

import toolkit as tk
from toolkit.errors import InputError


@pytest.fixture(scope="module", params=["slx", "sar", "sem", "sdm", "gns"])
def fitted(request):
    panel, w = munnell()
    return tk.fit(FORMULAS["munnell"], panel, w, model=request.param, effects="entity")


def average(fit, term):
    return tk.impacts(fit).wide().loc[term], tk.impacts(fit).wide("std_error").loc[term]


def test_matrix_averages_to_the_impacts(fitted):
    value, _ = average(fitted, "log(pc)")
    m = tk.impact_matrix(fitted, "log(pc)").to_numpy()
    assert np.trace(m) / 48 == pytest.approx(value["direct"], rel=1e-10)
    assert m.sum() / 48 == pytest.approx(value["total"], rel=1e-10)


def test_matrix_is_the_derivative_of_the_reduced_form():
    panel, w, matrix = small_panel(seed=4, kind="uneven")
    fit = tk.fit("y ~ x1 + x2", panel, w, model="sdm", effects="entity")
    b, theta, rho = fit.params["x1"], fit.params["W x1"], fit.params["rho"]
    dense = np.linalg.solve(np.eye(12) - rho * matrix, np.eye(12) * b + matrix * theta)
    np.testing.assert_allclose(tk.impact_matrix(fit, "x1"), dense, atol=1e-12)


def test_orders_add_up_to_the_impacts(fitted):
    value, error = average(fitted, "log(emp)")
    out = tk.impacts_by_order(fitted, "log(emp)", orders=3)
    wide = out.wide()
    np.testing.assert_allclose(wide.loc["all"], value, rtol=1e-9)
    np.testing.assert_allclose(wide.drop("all").sum(), value, rtol=1e-9)
    np.testing.assert_allclose(out.wide("std_error").loc["all"], error, rtol=1e-6)
    assert wide.loc[0, "direct"] == pytest.approx(fitted.params["log(emp)"])
    if fitted.spec.wy:  # order 1: rho W b + W theta, no feedback yet
        first = fitted.params["rho"] * fitted.params["log(emp)"] + fitted.params.get("W log(emp)", 0.0)
        assert wide.loc[1, "direct"] == pytest.approx(0, abs=1e-12) and wide.loc[1, "total"] == pytest.approx(first)


def test_blocks_add_up_and_meet_the_matrix(fitted):
    groups = {s: "west" if i % 3 else "east" for i, s in enumerate(fitted.design.entities)}
    out = tk.impacts_between(fitted, "log(pc)", groups)
    m = tk.impact_matrix(fitted, "log(pc)").to_numpy()
    east = np.array([groups[s] == "east" for s in fitted.design.entities])
    assert out.wide().loc["west", "east"] == pytest.approx(m[np.ix_(~east, east)].sum(1).mean(), abs=1e-12)
    one = tk.impacts_between(fitted, "log(pc)", groups, per="region").wide()
    assert one.loc["west", "east"] == pytest.approx(m[np.ix_(~east, east)].sum(1).mean() / east.sum(), abs=1e-12)
    whole = tk.impacts_between(fitted, "log(pc)", ["all"] * 48).tidy().iloc[0]
    value, error = average(fitted, "log(pc)")
    assert whole["estimate"] == pytest.approx(value["total"], rel=1e-10)
    assert whole["std_error"] == pytest.approx(error["total"], rel=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: tk.impact_matrix(f, "pcap"), r"'pcap' is not a regressor(.|\n)*log\(pcap\)"),
        (lambda f: tk.impacts_by_order(f, "unemp", orders=-1), "orders=-1"),
        (lambda f: tk.impacts_between(f, "unemp", {"AL": "south"}), "47 regions have no block"),
        (lambda f: tk.impacts_between(f, "unemp", ["a", "b"]), "2 entries for 48 regions"),
        (lambda f: tk.impact_matrix(f, "unemp", horizon="long"), "static"),
        (lambda f: tk.impact_matrix("fit", "unemp"), "tk.fit"),
    ],
)
def test_refusals(fitted, call, message):
    with pytest.raises(InputError, match=message):
        call(fitted)


def test_impacts_of_squares_logs_and_interactions():
    panel, w, _ = small_panel(seed=5, n=20, t=5)
    panel = panel.assign(z="exp(x2)", x3="x1 * x2 + 2")
    fit = tk.fit("y ~ x1 + I(x1**2) + log(z) + x1:x3", panel, w, model="sdm", effects="entity")
    terms = tk.impacts(fit).wide()
    got = tk.impacts(fit, of="x1", at={"x1": 2.0, "x3": 5.0}).wide().loc["x1"]
    want = terms.loc["x1"] + 2 * 2.0 * terms.loc["I(x1 ** 2)"] + 5.0 * terms.loc["x1:x3"]
    np.testing.assert_allclose(got, want, rtol=1e-8)
    logs = tk.impacts(fit, of="z", at={"z": 4.0})
    np.testing.assert_allclose(logs.wide().loc["z"], terms.loc["log(z)"] / 4.0, rtol=1e-8)
    np.testing.assert_allclose(
        logs.wide("std_error").loc["z"], tk.impacts(fit).wide("std_error").loc["log(z)"] / 4.0, rtol=1e-8
    )
    at_mean = tk.impacts(fit, of=["z"]).wide().loc["z"]
    np.testing.assert_allclose(at_mean, terms.loc["log(z)"] / panel.values("z").mean(), rtol=1e-8)
    drawn = tk.impacts(fit, "simulation", seed=1, of="z", at={"z": 4.0}).wide("std_error").loc["z"]
    np.testing.assert_allclose(
        drawn, tk.impacts(fit, "simulation", seed=1).wide("std_error").loc["log(z)"] / 4, rtol=1e-8
    )


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"at": {"x1": 1.0}}, 'of="x"'),
        ({"of": "nothing"}, r"'nothing' is in no term(.|\n)*x1"),
        ({"of": "x2"}, r"lag\(\) rests on other cells"),
        ({"of": "x1", "at": {"x1": "two"}}, "not a number"),
    ],
)
def test_refused_points(kw, message):
    panel, w, _ = small_panel(seed=5)
    fit = tk.fit("y ~ x1 + lag(x2)", panel, w, model="sar")
    with pytest.raises(InputError, match=message):
        tk.impacts(fit, **kw)
