"""Predictions against the dense Gaussian conditional expectation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import columbus, small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError, WeightsError


def dense_covariance(fit, matrix):
    n = len(matrix)
    a = np.eye(n) - (fit.rho or 0) * matrix
    b = np.eye(n) - (fit.lambda_ or 0) * matrix
    inverse = np.linalg.inv(b @ a)
    return fit.sigma2 * inverse @ inverse.T, np.linalg.inv(a)


@pytest.mark.parametrize("effects", ["none", "entity", "time", "twoway"])
@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sdm", "sac"])
def test_in_sample_is_the_expectation_given_the_others(model, effects):
    panel, w, matrix = small_panel(seed=8, kind="uneven")
    fit = tk.fit("y ~ x1 + x2", panel, w, model=model, effects=effects)
    v, _ = dense_covariance(fit, matrix)
    mu = tk.predict(fit, kind="reduced")["prediction"].to_numpy().reshape(4, 12)
    got = tk.predict(fit)["prediction"].to_numpy().reshape(4, 12)
    y = fit.design.y
    for i in range(12):
        rest = [j for j in range(12) if j != i]
        want = mu[:, i] + (y[:, rest] - mu[:, rest]) @ np.linalg.solve(v[np.ix_(rest, rest)], v[rest, i])
        np.testing.assert_allclose(got[:, i], want, atol=1e-9)


@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "gns"])
@pytest.mark.parametrize("effects", ["none", "time"])
def test_regions_added_get_the_conditional_expectation(model, effects):
    panel, w, matrix = small_panel(seed=9, n=16, kind="uneven")
    ids = list(panel.entities)
    kept, added = ids[:12], ids[12:]
    fit = tk.fit("y ~ x1 + x2", panel.select(entities=kept), w.subset(kept), model=model, effects=effects)
    out = tk.predict(fit, panel, w)
    assert set(out.index.get_level_values("entity")) == set(added) and set(out["kind"]) == {"given the sample"}
    assert out["known"].isna().all()
    x = np.stack([panel.values(v) for v in ("x1", "x2")], axis=2)
    mean = np.zeros((4, 16))
    if effects == "time":
        fe = fit.fixed_effects()
        mean += fe.constant + fe.time.to_numpy()[:, None]
    else:
        mean += fit.params["Intercept"]
    for j, name in enumerate(("x1", "x2")):
        mean += fit.params[name] * x[:, :, j] + fit.params.get(f"W {name}", 0) * (x[:, :, j] @ matrix.T)
    v, inverse = dense_covariance(fit, matrix)
    mu, y = mean @ inverse.T, panel.values("y")
    want = mu[:, 12:] + (y[:, :12] - mu[:, :12]) @ np.linalg.solve(v[:12, :12], v[:12, 12:])
    np.testing.assert_allclose(out["prediction"].to_numpy().reshape(4, 4), want, atol=1e-8)


def test_neighbours_help_to_predict():
    """Leave 12 districts of Columbus out: given the sample the error is smaller than from the regressors alone."""
    panel, w = columbus()
    ids = list(panel.entities)
    out_ids = ids[::4]
    kept = [i for i in ids if i not in out_ids]
    fit = tk.fit(
        "CRIME ~ INC + HOVAL", panel.select(entities=kept), w.subset(kept, islands="keep").normalize("row"), model="sar"
    )
    truth = panel.frame.set_index(panel.entity)["CRIME"]
    error = {}
    for kind in ("blup", "reduced"):
        got = tk.predict(fit, panel, w, kind=kind)["prediction"].droplevel("time")
        error[kind] = float(((got - truth.loc[got.index]) ** 2).mean())
    assert error["blup"] < error["reduced"]


def test_later_periods_get_the_reduced_form():
    panel, w, matrix = small_panel(seed=3, t=6)
    fit = tk.fit("y ~ x1", panel.between(2000, 2003), w, model="sar", effects="entity")
    out = tk.predict(fit, panel)
    assert sorted(set(out.index.get_level_values("time"))) == [2004, 2005] and set(out["kind"]) == {"reduced form"}
    fe = fit.fixed_effects()
    x = panel.values("x1")[4:]
    want = np.linalg.solve(
        np.eye(12) - fit.rho * matrix, (fit.params["x1"] * x + fe.constant + fe.entity.to_numpy()).T
    ).T
    np.testing.assert_allclose(out["prediction"].to_numpy().reshape(2, 12), want, atol=1e-10)


@pytest.mark.parametrize(
    ("case", "error", "message"),
    [
        ("kind", InputError, r"kind='best'(.|\n)*reduced"),
        ("entity", InputError, "entity effects of 4 regions that the fit has not seen"),
        ("weights", WeightsError, "4 regions that W of the fit does not know"),
        ("lacking", DataError, "data lacks 12 regions|data lacks"),
        ("center", InputError, r"center\(\) in the formula"),
    ],
)
def test_refusals(case, error, message):
    panel, w, _ = small_panel(seed=9, n=16, kind="uneven")
    kept = list(panel.entities)[:12]
    part, sub = panel.select(entities=kept), w.subset(kept)
    formula = "y ~ center(x1)" if case == "center" else "y ~ x1"
    fit = tk.fit(formula, part, sub, model="sar", effects="entity" if case == "entity" else "none")
    with pytest.raises(error, match=message):
        if case == "kind":
            tk.predict(fit, kind="best")
        elif case == "lacking":
            tk.predict(fit, panel.select(entities=list(panel.entities)[10:]), w)
        else:
            tk.predict(fit, panel, None if case == "weights" else w)


def test_frame_names_what_it_holds():
    panel, w = columbus()
    out = tk.predict(tk.fit("CRIME ~ INC", panel, w, model="sem"))
    assert isinstance(out, pd.DataFrame) and len(out) == 49 and set(out["kind"]) == {"given the others"}
