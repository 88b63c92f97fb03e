"""Draws from known parameters: the moments they imply, the estimates they lead to, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import InputError, WeightsError
from toolkit.models.spec import SPECS

PARAMETERS = {"wy": {"rho": 0.4}, "wx": {"theta": {"x": 0.7}}, "wu": {"lambda_": 0.3}}


def parameters(model: str) -> dict:
    """Values for all that the model has."""
    return {k: v for flag, given in PARAMETERS.items() if getattr(SPECS[model], flag) for k, v in given.items()}


@pytest.fixture(scope="module")
def W():
    """Seven regions, knn-like: not symmetric, not row-standardised."""
    rng = np.random.default_rng(4)
    m = rng.random((7, 7)) * (rng.random((7, 7)) < 0.5)
    np.fill_diagonal(m, 0)
    return tk.weights.from_matrix(m / 2, ids=list("abcdefg"), normalize="none")


@pytest.mark.parametrize("model", SPECS)
def test_every_model_is_drawn_and_fits_itself(model):
    sim = tk.simulate(model=model, n=64, periods=3, constant=2.0, seed=1, **parameters(model))
    fit = sim.fit()
    assert fit.model == model
    assert set(fit.terms) <= set(sim.truth)
    assert set(sim.truth) - set(fit.terms) == {"sigma2"}
    compared = sim.compare(fit).set_index("term")
    assert (abs(compared["estimate"] - compared["truth"]) < 4.5 * compared["std_error"]).all()


@pytest.mark.parametrize("model", SPECS)
def test_the_equation_holds_exactly(model, W):
    """Put y, x and the errors back into the equation, with dense matrices."""
    given = parameters(model)
    sim = tk.simulate(
        W, model, periods=6, effects="twoway", constant=1.5, tau=0.2, eta=0.1, sigma=0.8, serial=0.5, seed=3, **given
    )
    w, eye = W.sparse.toarray(), np.eye(7)
    y, x = sim.panel.values("y"), sim.panel.values("x")
    u = sim.hidden["errors"] @ np.linalg.inv(eye - given.get("lambda_", 0.0) * w).T
    theta = given.get("theta", {}).get("x", 0.0)
    right = 0.2 * y[:-1] + 0.1 * y[:-1] @ w.T + 1.5 + x[1:] + theta * x[1:] @ w.T + u[1:]
    right += sim.hidden["entity"] + sim.hidden["time"][1:, None]
    assert y[1:] @ (eye - given.get("rho", 0.0) * w).T == pytest.approx(right)
    assert sim.panel.geometry is None


@pytest.mark.parametrize("components", ["baltagi", "kkp"])
def test_random_effects_outside_and_inside_the_filter(components, W):
    sim = tk.simulate(W, "sac", periods=3, rho=0.4, lambda_=0.5, effects="random", components=components, seed=1)
    w, eye = W.sparse.toarray(), np.eye(7)
    a, b = eye - 0.4 * w, eye - 0.5 * w
    left = sim.panel.values("y") @ a.T - sim.panel.values("x")
    mu, e = sim.hidden["entity"], sim.hidden["errors"]
    assert left == pytest.approx((mu + e) @ np.linalg.inv(b).T if components == "kkp" else mu + e @ np.linalg.inv(b).T)


@pytest.mark.parametrize("errors", ["normal", "chi2"])
def test_covariance_of_the_outcome(errors, W):
    """Cov(y_t) over independent periods: A^-1 (B'B)^-1 A^-1'; the mean is that of the constant."""
    y = tk.simulate(
        W, "sac", periods=20_000, beta={"x": 0.0}, constant=1.0, rho=0.4, lambda_=0.5, errors=errors, seed=6
    ).panel.values("y")
    w, eye = W.sparse.toarray(), np.eye(7)
    a, b = np.linalg.inv(eye - 0.4 * w), np.linalg.inv(eye - 0.5 * w)
    implied = a @ b @ b.T @ a.T
    assert np.cov(y.T) == pytest.approx(implied, abs=0.05 * np.diag(implied).max())
    assert y.mean(axis=0) == pytest.approx(a @ np.ones(7), abs=0.04)


def test_stationary_variance_of_a_dynamic_outcome(W):
    """With one long path: vec V = (I - P x P)^-1 vec Q, P = A^-1 (tau I + eta W)."""
    sim = tk.simulate(W, "sar", periods=12_000, beta={"x": 0.0}, rho=0.3, tau=0.4, eta=0.2, seed=8)
    w, eye = W.sparse.toarray(), np.eye(7)
    a = np.linalg.inv(eye - 0.3 * w)
    p = a @ (0.4 * eye + 0.2 * w)
    v = np.linalg.solve(np.eye(49) - np.kron(p, p), (a @ a.T).ravel()).reshape(7, 7)
    assert np.cov(sim.panel.values("y").T) == pytest.approx(v, abs=0.07 * np.diag(v).max())


@pytest.mark.parametrize(
    "one, other",
    [
        ({"model": "sar", "rho": 0.0}, {"model": "ols"}),
        ({"model": "gns", "rho": 0.3}, {"model": "sar", "rho": 0.3}),
        ({"model": "sem", "lambda_": 0.0}, {"model": "slx", "theta": {"x": 0.0}}),
        ({"effects": "entity", "sigma_entity": 0.0}, {}),
        ({"burn_in": 30}, {}),
        ({"tau": 1e-300, "burn_in": 5}, {}),
        ({"hetero": np.full(49, 3.0)}, {}),
        ({"effects": "random"}, {"effects": "entity"}),
    ],
)
def test_reductions_with_the_same_seed(one, other):
    def y(given):
        return tk.simulate(**{"model": "sdm", "periods": 4, "seed": 5, **given}).panel.values("y")

    assert y(one) == pytest.approx(y(other), rel=1e-12)


def test_seeds():
    a, b, c = (tk.simulate(model="sar", rho=0.5, seed=s).panel for s in (1, 1, 2))
    assert a.hash == b.hash != c.hash
    free = tk.simulate(model="sar", rho=0.5)
    assert tk.simulate(model="sar", rho=0.5, seed=free.seed).panel.hash == free.panel.hash


@pytest.mark.parametrize("name, excess", [("normal", 0), ("t5", 6), ("laplace", 3), ("uniform", -1.2), ("chi2", 4)])
def test_errors_have_mean_zero_and_variance_one(name, excess):
    e = tk.simulate(model="ols", n=50, periods=4000, errors=name, seed=2).hidden["errors"].ravel()
    assert e.mean() == pytest.approx(0, abs=0.008)
    assert e.var() == pytest.approx(1, abs=0.02)
    assert ((e**4).mean() - 3) == pytest.approx(excess, abs=2.5 if name == "t5" else 0.3)
    assert (e**3).mean() == pytest.approx(np.sqrt(8 / 3) if name == "chi2" else 0, abs=0.35)


def test_serial_correlation():
    e = tk.simulate(model="ols", n=400, periods=200, serial=0.6, sigma=2.0, seed=2).hidden["errors"]
    assert (e[1:] * e[:-1]).mean() / (e**2).mean() == pytest.approx(0.6, abs=0.01)
    assert (e[:5] ** 2).mean() == pytest.approx(4 / (1 - 0.36), rel=0.08)  # stationary from the first period


@pytest.mark.parametrize(
    "effects, hidden, axis", [("entity", "entity", 0), ("time", "time", 1), ("random", "entity", 0)]
)
def test_effects_are_correlated_with_the_regressors_when_asked(effects, hidden, axis):
    sizes = {"n": 3000, "periods": 4} if axis == 0 else {"n": 4, "periods": 3000}
    for correlation in (0.0, 0.7):
        sim = tk.simulate(model="ols", effects=effects, correlation=correlation, seed=3, **sizes)
        drawn, means = sim.hidden[hidden], sim.panel.values("x").mean(axis=axis)
        assert np.corrcoef(drawn, means)[0, 1] == pytest.approx(correlation, abs=0.06)
        assert drawn.std() == pytest.approx(1, abs=0.06)


def test_unequal_variances():
    by_neighbours = tk.simulate(model="ols", n=25, periods=4000, hetero="neighbours", seed=1)
    sd = by_neighbours.hidden["errors"].std(axis=0)
    assert sd / sd[0] == pytest.approx(by_neighbours.W.cardinalities / 3, rel=0.06)
    assert (sd**2).mean() == pytest.approx(1, rel=0.02)
    by_x = tk.simulate(model="ols", n=100, periods=400, hetero="x", seed=1)
    ratio = by_x.hidden["errors"] / by_x.panel.values("x")
    assert ratio.std() == pytest.approx(1, rel=0.03)


def test_regressors_depend_on_space_when_asked():
    free, tied = (tk.simulate(model="ols", periods=2, x_rho=r, seed=1).panel.values("x") for r in (0.0, 0.7))
    w = tk.simulate(model="ols", seed=1).W.sparse.toarray()
    assert tied @ (np.eye(49) - 0.7 * w).T == pytest.approx(free)


def test_impacts_are_those_of_a_fit_at_the_truth(W):
    sim = tk.simulate(
        W, "sdm", rho=0.4, beta={"x": 1.0, "z": -0.5}, theta={"x": 0.5}, tau=0.3, eta=0.1, periods=3, seed=1
    )
    w, eye = W.sparse.toarray(), np.eye(7)
    table = sim.impacts().set_index(["term", "horizon", "effect"])["estimate"]
    for horizon, s in (
        ("short", np.linalg.inv(eye - 0.4 * w)),
        ("long", np.linalg.inv((1 - 0.3) * eye - (0.4 + 0.1) * w)),
    ):
        for name, b, theta in (("x", 1.0, 0.5), ("z", -0.5, 0.0)):
            m = s @ (b * eye + theta * w)
            assert table[name, horizon, "direct"] == pytest.approx(np.trace(m) / 7)
            assert table[name, horizon, "total"] == pytest.approx(m.sum() / 7)
            assert table[name, horizon, "indirect"] == pytest.approx((m.sum() - np.trace(m)) / 7)


def test_impacts_have_the_columns_of_tk_impacts():
    for given in ({}, {"tau": 0.3, "effects": "entity"}):
        sim = tk.simulate(model="sdm", rho=0.4, theta={"x": 0.5}, periods=6, seed=1, **given)
        columns = sim.impacts().columns.tolist()
        assert columns == [c for c in tk.impacts(sim.fit()).tidy().columns if c in columns]


def test_regressors_of_a_panel():
    panel = tk.load("munnell").between(1970, 1973)
    W = tk.weights.queen(panel)
    sim = tk.simulate(W, "sar", x=panel, beta={"log(pcap)": 0.5, "unemp": -0.1}, rho=0.3, effects="random", seed=1)
    assert sim.panel.values("unemp") == pytest.approx(panel.values("unemp"))
    assert sim.panel.T == 4 and sim.panel.geometry is not None and sim.panel.label("unemp") == panel.label("unemp")
    assert sim.formula == "y ~ log(pcap) + unemp"
    assert sim.fit().terms == ("Intercept", "log(pcap)", "unemp", "rho", "phi")
    assert "y" not in panel.variables
    reordered = tk.simulate(
        W.reorder(W.ids[::-1]),
        "sar",
        x=panel,
        beta={"log(pcap)": 0.5, "unemp": -0.1},
        rho=0.3,
        effects="random",
        seed=1,
    )
    assert reordered.panel.values("y") == pytest.approx(sim.panel.values("y"))


def test_regressors_of_a_frame(W):
    frame = pd.DataFrame({"x": np.arange(7.0)}, index=list("gfedcba"))
    sim = tk.simulate(W, "ols", x=frame, seed=1)
    assert sim.panel.values("x")[0].tolist() == list(range(6, -1, -1))
    assert sim.panel.values("y")[0] == pytest.approx(sim.panel.values("x")[0] + sim.hidden["errors"][0])


def test_the_lattice_is_a_map_and_a_given_map_is_kept(W):
    import geopandas as gpd
    from shapely import box

    sim = tk.simulate(n=10, seed=1)
    assert len(sim.panel.geometry) == 10 and sim.W.n_components == 1 and sim.W.N == 10
    cells = gpd.GeoSeries([box(i, 0, i + 1, 1) for i in range(7)], index=list("abcdefg"))
    assert tk.simulate(W, "ols", geometry=cells, seed=1).panel.geometry is not None


def test_weights_of_libpysal():
    sim = tk.simulate(n=9, seed=1)
    assert tk.simulate(sim.W.to_graph(), seed=1).panel.values("y") == pytest.approx(sim.panel.values("y"))


def test_given_regressors_and_a_burn_in_as_long_as_the_panel(W):
    panel = tk.simulate(W, "ols", periods=5, seed=9).panel
    x = tk.Panel(panel.frame.drop(columns="y"), "region", "period")
    short, long = (tk.simulate(W, "ols", x=x, tau=0.5, burn_in=b, sigma=1e-9, seed=1) for b in (5, 60))
    first = panel.values("x")[0]
    assert long.panel.values("y")[0] == pytest.approx(2 * first, abs=1e-6)  # settled at x / (1 - tau)
    assert short.panel.values("y")[0] == pytest.approx(2 * first * (1 - 0.5**6), abs=1e-6)


REFUSED = [
    ({"model": "spatial"}, "model='spatial' is not a model"),
    ({"model": "sar", "theta": {"x": 1.0}}, "theta={'x': 1.0} was given, but model='sar' has no theta"),
    ({"model": "sem", "rho": 0.4}, "model='sem' has no rho"),
    ({"model": "sar", "lambda_": 0.4}, "has no lambda.\nAllowed: lambda_= with sem, sdem, sac, gns"),
    ({"rho": 1.0}, r"rho=1 is not admissible.*\n.*< rho < 1 for these weights"),
    ({"model": "sem", "lambda_": -3.0}, "lambda_=-3 is not admissible: I - lambda W"),
    ({"x_rho": 1.2}, "x_rho=1.2 is not admissible"),
    ({"rho": 0.5, "tau": 0.4, "eta": 0.2, "periods": 4}, "explode: the spectral radius .* is 1.2"),
    ({"tau": 1.0, "periods": 4}, "explode"),
    ({"theta": {"z": 1.0}}, "theta has z, which beta has not.\nAllowed: names of beta: x"),
    ({"beta": {}}, "names no regressor"),
    ({"beta": {"log(x)": 1.0}}, "'log(x)': not a name"),
    ({"beta": {"y": 1.0}}, "'y': not a name"),
    ({"effects": "mundlak"}, "a way to estimate, not a process"),
    ({"effects": "region"}, "effects='region' is not a kind"),
    ({"effects": "twoway"}, "with one period"),
    ({"effects": "random", "components": "kkp", "periods": 3}, "components='kkp' filters random effects by lambda"),
    ({"components": "other"}, "components='other' is not known"),
    ({"periods": 0}, "periods=0 cannot be used"),
    ({"n": 2.5}, "n=2.5 cannot be used"),
    ({"burn_in": -1}, "burn_in=-1 cannot be used"),
    ({"sigma": 0}, "sigma=0 is not a standard deviation"),
    ({"sigma_entity": -1.0}, "sigma_entity=-1.0 is not"),
    ({"serial": 1.0}, "serial=1.0 is not a stationary"),
    ({"correlation": 1.5}, "not a correlation"),
    ({"effects": "random", "periods": 2, "beta": {"x": 0.0}, "correlation": 0.5}, "means of X b do not vary"),
    ({"errors": "cauchy"}, "errors='cauchy' is not known.\nAllowed: 'normal', 't5'"),
    ({"x": "poisson"}, "x='poisson' is not known"),
    ({"x": 3}, "W=None was given"),
    ({"hetero": "groups"}, "hetero='groups' is not known"),
    ({"hetero": [1.0, 2.0]}, "Allowed: 49 numbers of 0 or more"),
    ({"seed": -1}, "cannot start a random generator"),
]


@pytest.mark.parametrize("given, message", REFUSED, ids=lambda v: str(v)[:40] if isinstance(v, dict) else "")
def test_what_is_refused(given, message):
    import re

    pattern = message if ".*" in message else re.escape(message)
    with pytest.raises(InputError, match=f"(?s){pattern}"):
        tk.simulate(**{"seed": 1, **given})


def test_regressors_that_do_not_fit_are_refused(W):
    panel = tk.simulate(W, "ols", periods=3, seed=1).panel
    with pytest.raises(InputError, match="has a variable y already"):
        tk.simulate(W, "ols", x=panel)
    with pytest.raises(InputError, match="periods=5, but x has 3"):
        tk.simulate(W, "ols", x=panel, periods=5)
    with pytest.raises(WeightsError, match="zz"):
        tk.simulate(W, "ols", x=pd.DataFrame({"x": 1.0}, index=[*"abcdef", "zz"]))
    with pytest.raises(InputError, match="x is a list"):
        tk.simulate(W, "ols", x=[1, 2])


@pytest.mark.slow
@pytest.mark.parametrize(
    "given",
    [
        {"model": "gns", "rho": 0.4, "theta": {"x": 0.5}, "lambda_": 0.2, "n": 400, "periods": 6},
        {"model": "sac", "rho": 0.4, "lambda_": 0.3, "effects": "random", "components": "kkp"},
        {"model": "sar", "rho": 0.4, "effects": "random", "serial": 0.4, "constant": 2.0},
        {"model": "sdem", "theta": {"x": 0.5}, "lambda_": 0.4, "effects": "entity", "correlation": 0.8, "periods": 12},
        {"model": "sdm", "rho": 0.3, "theta": {"x": 0.5}, "tau": 0.4, "eta": -0.1, "effects": "entity", "periods": 25},
        {"model": "sar", "rho": 0.4, "errors": "chi2", "sigma": 1.5, "n": 225},
    ],
    ids=lambda g: f"{g['model']} {g.get('effects', '')}",
)
def test_parameters_are_recovered_over_draws(given):
    """Means over draws lie within 4 Monte Carlo errors (and a tenth of a standard error for bias of order 1/N)."""
    sims = [tk.simulate(**{"n": 144, "periods": 8, **given, "seed": s}) for s in range(40)]
    table = pd.concat([s.compare(s.fit()) for s in sims]).groupby("term")
    error, spread = table["estimate"].mean() - table["truth"].first(), table["estimate"].std()
    assert (abs(error) < 4 * spread / np.sqrt(40) + 0.1 * spread).all()
    assert table["inside"].mean().mean() == pytest.approx(0.95, abs=0.06)


@pytest.mark.slow
def test_effects_correlated_with_x_bias_random_effects_only():
    slopes = []
    for seed in range(20):
        sim = tk.simulate(model="ols", n=100, periods=4, effects="entity", correlation=0.8, seed=seed)
        slopes.append([sim.fit().params["x"], sim.fit(effects="random", method="ml").params["x"]])
    within, random = np.mean(slopes, axis=0)
    assert within == pytest.approx(1, abs=0.04)
    assert random > 1.1
