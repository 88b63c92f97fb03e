"""Absent regions and weights that differ by period: balanced results unchanged, dense likelihoods, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import FORMULAS, munnell, small_panel
from scipy import optimize

import toolkit as tk
from toolkit.errors import DataError, EstimationError, InputError, WeightsError
from toolkit.models.covariance import hessian
from toolkit.models.spec import SPECS
from toolkit.models.unbalanced import estimate_unbalanced
from toolkit.postestimation.multipliers import multipliers
from toolkit.weights.by_period import among_present

EFFECTS = ("none", "entity", "time", "twoway")


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("model", list(SPECS))
def test_balanced_results_are_unchanged(model, effects):
    panel, w = munnell()
    every = tk.weights.yearly(dict.fromkeys(panel.times, w))
    one = tk.fit(FORMULAS["munnell"], panel, w, model=model, effects=effects)
    other = tk.fit(FORMULAS["munnell"], panel, every, model=model, effects=effects)
    # with rho and lambda both free the likelihood is flat: its top is found to about 1e-8 from either side
    tight = 1e-10 if model not in ("sac", "gns") else 1e-7
    np.testing.assert_allclose(other.params, one.params, rtol=tight, atol=1e-12)
    np.testing.assert_allclose(other.std_errors, one.std_errors, rtol=10 * tight)
    assert other.loglik == pytest.approx(one.loglik, abs=1e-9) and other.n_params == one.n_params
    np.testing.assert_allclose(other.resids.to_numpy(), one.resids.to_numpy(), atol=1e-10)
    if model not in ("ols", "sem"):
        np.testing.assert_allclose(tk.impacts(other).wide(), tk.impacts(one).wide(), rtol=1e-9)
        np.testing.assert_allclose(tk.impacts(other).wide("std_error"), tk.impacts(one).wide("std_error"), rtol=1e-7)


def holes(seed=0, n=9, t=5, kind="knn"):
    """A small panel without some rows, and the full weights."""
    panel, w, matrix = small_panel(seed=seed, n=n, t=t, kind=kind)
    drop = np.random.default_rng(seed).choice(n * t, size=6, replace=False)
    frame = panel.frame.drop(panel.frame.index[drop])
    return tk.Panel(frame, entity="id", time="year", unbalanced="keep"), w, matrix


def dense(panel, matrix, effects, model, renormalize):
    """Maximum of the likelihood written with all dummies, period by period."""
    frame = panel.frame.sort_values(["year", "id"])
    ids, blocks, rows = list(panel.entities), [], []
    for _, part in frame.groupby("year"):
        where = [ids.index(i) for i in part["id"]]
        block = matrix[np.ix_(where, where)]
        if renormalize:
            sums = block.sum(1, keepdims=True)
            block = np.divide(block, sums, out=np.zeros_like(block), where=sums > 0)
        blocks.append(block)
        rows.append(part)
    frame = pd.concat(rows)
    big = np.zeros((len(frame), len(frame)))
    at = 0
    for block in blocks:
        big[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    y, x = frame["y"].to_numpy(), frame[["x1", "x2"]].to_numpy()
    if model in ("sdm", "sdem"):
        x = np.column_stack([x, big @ x])
    if effects == "none":
        f = np.ones((len(y), 1))
    else:
        f = np.column_stack(
            [pd.get_dummies(frame["id"]).to_numpy(float)] * (effects in ("entity", "twoway"))
            + [pd.get_dummies(frame["year"]).to_numpy(float)] * (effects in ("time", "twoway"))
        )
    eye = np.eye(len(y))

    def minus(p):
        rho, lam = (p[0], 0.0) if model in ("sar", "sdm") else (0.0, p[0]) if model in ("sem", "sdem") else p
        a, b = eye - rho * big, eye - lam * big
        z = b @ np.column_stack([x, f])
        e = b @ a @ y
        e = e - z @ np.linalg.lstsq(z, e, rcond=None)[0]
        jacobian = np.linalg.slogdet(a)[1] + np.linalg.slogdet(b)[1]
        return len(y) / 2 * (np.log(2 * np.pi * e @ e / len(y)) + 1) - jacobian

    real = np.concatenate([v.real[abs(v.imag) < 1e-9] for v in map(np.linalg.eigvals, blocks)])
    box = (1 / real.min() + 1e-5, 1 / real.max() - 1e-5)
    if model == "sac":
        grid = np.linspace(0.8 * box[0], 0.8 * box[1], 4)
        found = [optimize.minimize(minus, (a, b), method="L-BFGS-B", bounds=[box] * 2) for a in grid for b in grid]
        best = min(found, key=lambda r: r.fun)
        best = optimize.minimize(minus, best.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    else:
        grid = np.linspace(*box, 60)
        top = np.clip(np.argmin([minus([p]) for p in grid]), 1, 58)
        best = optimize.minimize_scalar(
            lambda p: minus([p]), bounds=grid[[top - 1, top + 1]], method="bounded", options={"xatol": 1e-11}
        )
    return np.atleast_1d(best.x), -float(best.fun)


@pytest.mark.parametrize("renormalize", [True, False])
@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "sdem", "sac"])
def test_absent_regions_meet_the_dense_likelihood(model, effects, renormalize):
    panel, w, matrix = holes(seed=3, kind="uneven" if model in ("sar", "sem") else "knn")
    if renormalize and model in ("sar", "sem"):
        w = w.normalize("row")
        matrix = w.sparse.toarray()
    fit = tk.fit("y ~ x1 + x2", panel, w, model=model, effects=effects, renormalize=renormalize)
    spatial, loglik = dense(panel, matrix, effects, model, renormalize)
    assert fit.loglik == pytest.approx(loglik, abs=1e-9)
    # the witness knows values only: the square root of their precision is left of the place of the top
    np.testing.assert_allclose([fit.params[p] for p in fit.spec.spatial], spatial, atol=1e-5)
    assert fit.nobs == 39 and len(fit.resids) == 39 and any("6 of 45 cells" in n for n in fit.notes)


def by_year(panel, *matrices):
    """Block-diagonal matrices of all observations, from one matrix of all regions for each year."""
    ids, at = list(panel.entities), 0
    frame = panel.frame.sort_values(["year", "id"])
    out = [np.zeros((len(frame),) * 2) for _ in matrices]
    for year, part in frame.groupby("year"):
        rows = [ids.index(i) for i in part["id"]]
        for big, each in zip(out, matrices, strict=True):
            big[at : at + len(rows), at : at + len(rows)] = each[year][np.ix_(rows, rows)]
        at += len(rows)
    return frame, out


def joint(frame, effects, spec, own, durbin, error):
    """The log-likelihood of (b, rho, lambda, sigma2), dummies concentrated out, on matrices of all observations."""
    y, x, eye = frame["y"].to_numpy(), frame[["x1", "x2"]].to_numpy(), np.eye(len(frame))
    x = np.column_stack([x, durbin @ x]) if spec.wx else x
    f = np.column_stack(
        [np.ones(len(y))] * (effects == "none")
        + [pd.get_dummies(frame["id"]).to_numpy(float)] * (effects in ("entity", "twoway"))
        + [pd.get_dummies(frame["year"]).to_numpy(float)] * (effects in ("time", "twoway"))
    )

    def loglik(p):
        b, rest = p[: x.shape[1]], list(p[x.shape[1] :])
        a = eye - (rest.pop(0) if spec.wy else 0.0) * own
        filter_ = eye - (rest.pop(0) if spec.wu else 0.0) * error
        e, g = filter_ @ (a @ y - x @ b), filter_ @ f
        e = e - g @ np.linalg.lstsq(g, e, rcond=None)[0]
        jacobian = np.linalg.slogdet(a)[1] + np.linalg.slogdet(filter_)[1]
        return -len(y) / 2 * np.log(2 * np.pi * rest[0]) - e @ e / (2 * rest[0]) + jacobian

    return loglik


def derivatives(function, p, h):
    """Gradient and Hessian by central differences of fourth order in the steps `h`."""
    k = len(p)
    steps, coefficient = (-2, -1, 1, 2), (1 / 12, -2 / 3, 2 / 3, -1 / 12)
    eye = np.eye(k) * h

    def slope(q):
        return np.array(
            [
                sum(c * function(q + s * eye[i]) for s, c in zip(steps, coefficient, strict=True)) / h[i]
                for i in range(k)
            ]
        )

    rows = [sum(c * slope(p + s * eye[i]) for s, c in zip(steps, coefficient, strict=True)) / h[i] for i in range(k)]
    return slope(p), (np.array(rows) + np.array(rows).T) / 2


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "sdem", "sac", "gns"])
def test_joint_likelihood_with_three_weights_that_differ_by_year(model, effects):
    """Value, gradient and curvature at the estimates: regions absent; W, W_durbin and W_error each differ by year."""
    spec = SPECS[model]
    panel, w, _ = holes(seed=11, n=12, t=5)
    rng = np.random.default_rng(1)
    many = [
        {t: np.where(rng.random((12, 12)) < 0.4, rng.random((12, 12)), 0) * (1 - np.eye(12)) / 3 for t in panel.times}
        for _ in range(3)
    ]
    given = [tk.weights.yearly({t: tk.weights.from_matrix(m, ids=w.ids) for t, m in each.items()}) for each in many]
    kw = {"W_durbin": given[1]} if spec.wx else {}
    kw |= {"W_error": given[2]} if spec.wu else {}
    fit = tk.fit("y ~ x1 + x2", panel, given[0], model=model, effects=effects, renormalize=False, **kw)
    frame, matrices = by_year(panel, *many)
    loglik = joint(frame, effects, spec, *matrices)
    keep = [t for t in fit.terms if t != "Intercept"]  # the constant is concentrated out with the dummies
    p = np.append(fit.params[keep].to_numpy(), fit.sigma2)
    h = 0.01 * np.append(fit.std_errors[keep].to_numpy(), fit.sigma2)
    gradient, hessian = derivatives(loglik, p, h)
    assert loglik(p) == pytest.approx(fit.loglik, abs=1e-9)
    assert np.abs(gradient * h * 100).max() < 1e-6  # per standard error
    inverse = np.linalg.inv(-hessian)[:-1, :-1]
    np.testing.assert_allclose(np.sqrt(np.diag(inverse)), fit.std_errors[keep], rtol=1e-5)
    np.testing.assert_allclose(inverse, fit.cov.loc[keep, keep], rtol=1e-4, atol=1e-6 * inverse.max())


def test_least_squares_meets_linearmodels():
    from linearmodels.panel import PanelOLS

    panel, _, _ = holes(seed=5)
    fit = tk.fit("y ~ x1 + x2", panel, effects="twoway", renormalize=False)
    frame = panel.frame.set_index(["id", "year"])
    other = PanelOLS(frame["y"], frame[["x1", "x2"]], entity_effects=True, time_effects=True).fit()
    np.testing.assert_allclose(fit.params, other.params, rtol=1e-9)
    np.testing.assert_allclose(fit.std_errors, other.std_errors, rtol=1e-9)


def test_impacts_average_over_observations():
    panel, w, matrix = holes(seed=3)
    fit = tk.fit("y ~ x1 + x2", panel, w, model="sdm", effects="entity", renormalize=False)
    rho, b, g = fit.params["rho"], fit.params["x1"], fit.params["W x1"]
    direct = total = n = 0
    ids = list(panel.entities)
    for _, part in panel.frame.groupby("year"):
        at = [ids.index(i) for i in part["id"]]
        block = matrix[np.ix_(at, at)]
        m = np.linalg.solve(np.eye(len(at)) - rho * block, np.eye(len(at)) * b + block * g)
        direct, total, n = direct + np.trace(m), total + m.sum(), n + len(at)
    wide = tk.impacts(fit).wide().loc["x1"]
    assert wide["direct"] == pytest.approx(direct / n, rel=1e-9) and wide["total"] == pytest.approx(total / n, rel=1e-9)


def test_categories_and_weights_by_year():
    panel, w, matrix = holes(seed=3)
    frame = panel.frame.assign(kind=np.where(np.arange(len(panel.frame)) % 3, "a", "b"))
    panel = tk.Panel(frame, entity="id", time="year", unbalanced="keep")
    other = tk.weights.from_matrix(matrix[::-1, ::-1].copy(), ids=list(panel.entities))
    every = tk.weights.yearly({t: w if t % 2 else other for t in panel.times})
    fit = tk.fit("y ~ x1 + kind", panel, every, model="sar", renormalize=True)
    assert "kind[T.b]" in fit.terms and "2 matrices" in fit.record().weights


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({}, InputError, r"renormalize=True(.|\n)*renormalize=False"),
        ({"renormalize": True, "effects": "random"}, InputError, "effects none, entity, time, twoway"),
        ({"renormalize": True, "bias_correction": "correction", "effects": "entity"}, InputError, "not handled"),
        ({"renormalize": True, "method": "2sls"}, InputError, "means nothing to method='2sls'|not handled"),
        ({"renormalize": True, "cov": "qml"}, InputError, "hessian"),
    ],
)
def test_refusals(kw, error, message):
    panel, w, _ = holes()
    with pytest.raises(error, match=message):
        tk.fit("y ~ x1", panel, w, model="sar", **kw)


def test_a_gap_in_a_present_row_is_still_refused():
    panel, w, _ = holes()
    frame = panel.frame
    frame.loc[frame.index[0], "x1"] = np.nan
    with pytest.raises(DataError, match="x1"):
        tk.fit("y ~ x1", tk.Panel(frame, entity="id", time="year", unbalanced="keep"), w, model="sar", renormalize=True)


def test_weights_of_a_missing_year():
    panel, w = munnell()
    with pytest.raises(WeightsError, match="no weights for 1986"):
        tk.fit(FORMULAS["munnell"], panel, tk.weights.yearly(dict.fromkeys(panel.times[:-1], w)), model="sar")


@pytest.mark.parametrize("model", ["sar", "sdm", "sac"])
def test_derivatives_of_the_multipliers(model):
    """What the delta method of the impacts rests on, with W and W_durbin that differ by year."""
    panel, w, matrix = holes(seed=3)
    other = tk.weights.from_matrix(np.roll(matrix, (1, 1), (0, 1)), ids=w.ids)
    every = tk.weights.yearly({t: w if t % 2 else other for t in panel.times})
    kw = {"W_durbin": other} if model == "sdm" else {}
    fit = tk.fit("y ~ x1 + x2", panel, every, model=model, effects="entity", renormalize=False, **kw)
    step, at = 1e-4, 0.3
    up, down, slope = (multipliers(fit, np.array([r]), d) for r, d in ((at + step, 0), (at - step, 0), (at, 1)))
    for name in ("own", "own_lagged", "sum", "sum_lagged"):
        change = (getattr(up, name) - getattr(down, name)) / (2 * step)
        np.testing.assert_allclose(getattr(slope, name), change, rtol=1e-6, atol=1e-9)


def test_order_of_regions_and_rows_does_not_matter():
    panel, w, matrix = holes(seed=4)
    mixed = np.random.default_rng(0).permutation(9)
    frame = panel.frame.sample(frac=1, random_state=0)
    frame["id"] = frame["id"].map({i: f"z{mixed[k]}" for k, i in enumerate(w.ids)})
    back = tk.Panel(frame, entity="id", time="year", unbalanced="keep")
    renamed = tk.weights.from_matrix(matrix, ids=[f"z{k}" for k in mixed])
    one, other = (
        tk.fit("y ~ x1 + x2", p, v, model="sdem", effects="twoway", renormalize=True)
        for p, v in ((panel, w), (back, renamed))
    )
    np.testing.assert_allclose(other.params, one.params, rtol=1e-9)
    np.testing.assert_allclose(other.std_errors, one.std_errors, rtol=1e-8)


def arrays(present, seed=0):
    """An outcome and two regressors at random, NaN where absent."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(*present.shape, 2))
    y = x.sum(axis=2) + rng.normal(size=present.shape)
    return np.where(present, y, np.nan), np.where(present[:, :, None], x, np.nan)


def test_what_effects_fit_exactly_is_named():
    present = np.ones((5, 6), bool)
    present[1:, 0] = present[:4, 1] = present[4, 2:] = (
        False  # a: first year only; b: alone in the last year, and only then
    )
    y, z = arrays(present)
    names = {"entities": list("abcdef"), "times": range(2000, 2005)}
    m, free, notes = estimate_unbalanced(y, z, ("x1", "x2"), SPECS["ols"], "twoway", **names)
    assert notes[0] == "2 regions have one period only (a, b): their effects fit them exactly."
    assert notes[1] == "1 period has one region only (2004): its effect fits it exactly."
    assert notes[2].startswith("Regions and periods fall into 2 sets that no region connects (a, c, d, e, f; b)")
    assert free == 6 + 5 - 2
    left = present & (np.arange(6) > 1)  # least squares without them has the same slopes
    y[~left], z[~left] = np.nan, np.nan
    again, _, none = estimate_unbalanced(y, z, ("x1", "x2"), SPECS["ols"], "twoway", **names)
    np.testing.assert_allclose(again.optimum.beta, m.optimum.beta, rtol=1e-10)
    assert none == ()
    np.testing.assert_allclose(m.innovations.ravel()[[0, -1]], 0, atol=1e-12)


def test_disconnected_sets_meet_the_dense_rank():
    present = np.kron(np.eye(2), np.ones((3, 4))).astype(bool)
    y, z = arrays(present)
    m, free, notes = estimate_unbalanced(y, z, ("x1", "x2"), SPECS["ols"], "twoway")
    period, region = np.nonzero(present)
    f = np.column_stack([np.eye(8)[region], np.eye(6)[period]])
    assert free == np.linalg.matrix_rank(f) == 12
    b = np.linalg.lstsq(np.column_stack([z[present], f]), y[present], rcond=None)[0][:2]
    np.testing.assert_allclose(m.optimum.beta, b, rtol=1e-10)
    assert "(1, 2, 3, 4; 5, 6, 7, 8)" in notes[0]


@pytest.mark.parametrize(
    ("change", "effects", "error", "message"),
    [
        (
            lambda z, t, n: np.broadcast_to(n, z.shape[:2]),
            "entity",
            EstimationError,
            "'x2': no variation is left.*entity",
        ),
        (lambda z, t, n: t + n, "twoway", EstimationError, "'x2': no variation is left.*twoway"),
        (lambda z, t, n: 2 * z[..., 0] + n, "entity", EstimationError, "collinear: x2 = 2 x1"),
        (
            lambda z, t, n: np.where((t == 1) & (n == 3), np.inf, z[..., 1]),
            "entity",
            DataError,
            "x2: missing or infinite",
        ),
    ],
)
def test_regressors_that_say_nothing_are_named(change, effects, error, message):
    present = np.ones((4, 6), bool)
    present[0, 2] = present[3, 4] = False
    y, z = arrays(present)
    z[..., 1] = np.where(present, change(z, np.arange(4.0)[:, None], np.arange(6.0)), np.nan)
    with pytest.raises(error, match=message):
        estimate_unbalanced(y, z, ("x1", "x2"), SPECS["ols"], effects)


def test_too_many_effects_and_other_regions_present():
    present = np.eye(3, 6, dtype=bool) | np.eye(3, 6, 1, dtype=bool)
    y, z = arrays(present)
    with pytest.raises(
        EstimationError, match="6 observations cannot identify 2 coefficients, 0 spatial.* and 6 effects"
    ):
        estimate_unbalanced(y, z, ("x1", "x2"), SPECS["ols"], "twoway")
    panel, w, _ = small_panel(seed=0, n=9, t=4)
    full = among_present(w, panel.times, np.ones((4, 9), bool), None)
    y, z = arrays(np.arange(36).reshape(4, 9) > 0)
    with pytest.raises(InputError, match="weights and the outcome disagree on who is present"):
        estimate_unbalanced(y, z, ("x1", "x2"), SPECS["sar"], "none", full)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "effects"), [("sar", "entity"), ("sac", "none")])
def test_estimates_recover_the_truth(model, effects):
    """Simulated, a sixth of the cells absent, W different in each half: no bias, right coverage."""
    draws, covered, truth = simulate(model, effects, 150)
    assert (np.abs(draws.mean(0) - truth) < 3.5 * draws.std(0) / np.sqrt(len(draws)) + 0.005).all()
    # 150 draws: 95 percent to within three standard errors of 1.8 points
    assert (np.abs(np.mean(covered, axis=0) - 0.95) < 0.054).all()


@pytest.mark.slow
def test_the_bias_of_lambda_beside_region_effects_is_as_stated():
    draws, _, truth = simulate("sac", "entity", 150)
    bias = draws.mean(0) - truth
    assert 0.005 < bias[2] < 0.04 and abs(bias[1]) < 0.02
    panel, w, _ = holes(seed=3)
    notes = tk.fit("y ~ x1 + x2", panel, w, model="sem", effects="entity", renormalize=True).notes
    assert any("bias of order 1/T remains" in n for n in notes)


def simulate(model, effects, number):
    """Estimates (draws, k), whether their intervals hold the truth, and the truth (b, rho, lambda as far as there are)."""
    rng, spec = np.random.default_rng(7), SPECS[model]
    n, t = 60, 6
    truth = np.array([1.0, *[0.4] * spec.wy, *[0.3] * spec.wu])
    ids = [f"r{i:02d}" for i in range(n)]
    near = [np.eye(n, k=1) + np.eye(n, k=-1), np.eye(n, k=1) + np.eye(n, k=-1) + np.eye(n, k=3) + np.eye(n, k=-3)]
    every = tk.weights.yearly({p: tk.weights.from_matrix(near[p >= 3], ids=ids, normalize="row") for p in range(t)})
    present = rng.random((t, n)) > 1 / 6
    places = among_present(every, range(t), present, True)
    x, mu = rng.normal(size=(t, n)), rng.normal(size=n) * (effects == "entity")
    z = np.where(present, x, np.nan)[..., None]
    lost = n if effects == "entity" else 0
    draws, covered = [], []
    for _ in range(number):
        y = np.full((t, n), np.nan)
        for p, here in enumerate(present):
            w, u = places.by_period[p].operator, rng.normal(size=here.sum())
            u = w.solve(0.3, u) if spec.wu else u
            y[p, here] = w.solve(0.4, x[p, here] + mu[here] + u) if spec.wy else x[p, here] + mu[here] + u
        pair = [places if used else None for used in (spec.wy, spec.wu)]
        m, _, _ = estimate_unbalanced(y, z, ("x",), spec, effects, *pair)
        draws.append([*m.optimum.beta, *[m.optimum.rho] * spec.wy, *[m.optimum.lam] * spec.wu])
        errors = np.sqrt(np.diag(hessian(m).matrix))[: len(truth)]
        factor = np.sqrt(present.sum() / (present.sum() - lost))
        covered.append(np.abs(np.array(draws[-1]) - truth) < 1.96 * errors * factor)
    return np.array(draws), np.array(covered), truth
