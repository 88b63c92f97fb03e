"""Beta convergence: published US figures, the dynamic panel, impacts of the initial level, blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError


@pytest.fixture(scope="module")
def us():
    panel = tk.load("us_income")
    return panel, tk.weights.queen(panel)


def test_rey_and_montouri(us):
    """US states 1929-1994: OLS -.7187 (speed 1.95 percent), SEM -.6945 with lambda .323, on libpysal's data."""
    panel, w = us
    kw = {"first": 1929, "last": 1994, "annual": False}
    ols = tk.beta_convergence(panel, "income", **kw)
    assert ols.fit.params["initial"] == pytest.approx(-0.7187, abs=5e-5)
    assert ols.speeds["coefficient"].speed == pytest.approx(0.0195, abs=5e-5)
    sem = tk.beta_convergence(panel, "income", w, model="sem", **kw)
    assert sem.fit.params["initial"] == pytest.approx(-0.6945, abs=5e-5)
    assert sem.fit.params["lambda"] == pytest.approx(0.323, abs=5e-4)
    assert list(sem.speeds) == ["coefficient"]


def test_annual_and_total_growth_have_one_speed(us):
    panel, w = us
    one, other = (
        tk.beta_convergence(panel, "income", w, model="sdm", first=1940, last=1990, annual=a) for a in (True, False)
    )
    for effect in ("coefficient", "direct", "total"):
        assert one.speeds[effect].speed == pytest.approx(other.speeds[effect].speed, rel=1e-6)
        assert one.speeds[effect].std_error == pytest.approx(other.speeds[effect].std_error, rel=1e-4)


def test_direct_and_total_are_the_impacts_of_the_initial_level(us):
    panel, w = us
    record = tk.beta_convergence(panel, "income", w, model="sdm", first=1950, last=2000)
    f, n = record.fit, 48
    s = np.linalg.inv(np.eye(n) - f.rho * w.sparse.toarray())
    each = s @ (f.params["initial"] * np.eye(n) + f.params["W initial"] * w.sparse.toarray())
    assert record.speeds["direct"].q == pytest.approx(np.trace(each) / n, rel=1e-9)
    assert record.speeds["total"].q == pytest.approx(each.sum() / n, rel=1e-9)


@pytest.mark.parametrize("model", ["ols", "sar", "sdm", "slx"])
def test_region_effects_make_it_dynamic_and_corrected(us, model):
    panel, w = us
    record = tk.beta_convergence(panel, "income", w, model=model, span=5, effects="twoway")
    p = record.fit.params
    assert record.fit.options.dynamic == ("both" if model in ("sdm", "slx") else "y(t-1)")
    assert record.speeds["coefficient"].q == pytest.approx((p["y(t-1)"] - 1) / 5)
    assert record.conditional and "corrected" in record.fit.solution.estimator
    if model == "ols":
        assert list(record.speeds) == ["coefficient"]
        return
    names = list(p.index)

    def q(values, kind):
        v = dict(zip(names, values, strict=True))
        matrix, eye = w.sparse.toarray(), np.eye(48)
        m = np.linalg.solve(eye - v.get("rho", 0) * matrix, v["y(t-1)"] * eye + v.get("W y(t-1)", 0) * matrix)
        return ((np.trace(m) if kind == "direct" else m.sum()) / 48 - 1) / 5

    base, cov = p.to_numpy(), np.asarray(record.fit.cov)
    for kind in ("direct", "total"):
        assert record.speeds[kind].q == pytest.approx(q(base, kind), rel=1e-8)
        g = np.array([(q(base + h, kind) - q(base - h, kind)) / 2e-6 for h in 1e-6 * np.eye(len(base))])
        assert record.speeds[kind].std_error == pytest.approx(np.sqrt(g @ cov @ g), rel=1e-5)


@pytest.mark.slow
def test_the_speed_of_simulated_panels_is_recovered():
    """ln y converges to levels of each region's own at 5 percent a year, 20 spans of 5 years.

    Least squares on dummies takes tau too low; the one-step correction removes four fifths of that and more.
    """
    rng = np.random.default_rng(3)
    n, spans, tau = 60, 20, np.exp(-0.05 * 5)
    ids = [f"r{i:02d}" for i in range(n)]
    corrected, dummies = [], []
    for _ in range(60):
        mu = rng.normal(size=n)
        y = [8 + mu + 0.3 * rng.normal(size=n)]
        for _ in range(spans):
            y.append((1 - tau) * (8 + mu) + tau * y[-1] + 0.2 * rng.normal(size=n))
        years = np.repeat(np.arange(spans + 1) * 5, n)
        frame = pd.DataFrame({"id": ids * (spans + 1), "year": years, "v": np.exp(np.concatenate(y))})
        panel = tk.Panel(frame, entity="id", time="year")
        corrected.append(tk.beta_convergence(panel, "v", span=5).fit.params["y(t-1)"])
        x = np.log(panel.values("v"))
        first, last = (a - a.mean(0) - a.mean(1, keepdims=True) + a.mean() for a in (x[:-1], x[1:]))
        dummies.append((last * first).sum() / (first**2).sum())
    bias = np.mean(dummies) - tau
    assert bias < -0.08
    assert abs(np.mean(corrected) - tau) < 0.2 * abs(bias)


def test_speed_by_hand():
    s = tk.convergence_speed(-0.01, 50, 0.002)
    assert s.speed == pytest.approx(-np.log(0.5) / 50) and s.half_life == pytest.approx(50)
    assert s.speed_se == pytest.approx(0.002 / 0.5)
    assert s.speed_low < s.speed < s.speed_high and s.half_life_low < 50 < s.half_life_high
    beyond = tk.convergence_speed(-0.03, 50)
    assert np.isnan(beyond.speed) and "<= -1" in beyond.reason
    away = tk.convergence_speed(0.01, 50, 0.001)
    assert away.speed < 0 and away.half_life == np.inf and "no convergence" in away.reason
    almost = tk.convergence_speed(-0.019, 50, 0.002)
    assert almost.speed_high == np.inf and almost.half_life_low == 0


def test_controls_at_the_start_and_on_average():
    panel, _, _ = small_panel(seed=5, n=20, t=7)
    panel = panel.assign(v=np.exp(panel.values("y")))
    first, *_, last = panel.times
    start = tk.beta_convergence(panel, "v", controls="x1 + x2")
    y = np.log(panel.values("v"))
    x = np.column_stack([np.ones(20), y[0], panel.values("x1")[0], panel.values("x2")[0]])
    b = np.linalg.lstsq(x, (y[-1] - y[0]) / (last - first), rcond=None)[0]
    np.testing.assert_allclose(start.fit.params, b, rtol=1e-8)
    x[:, 2:] = np.column_stack([panel.values(v)[:-1].mean(axis=0) for v in ("x1", "x2")])
    b = np.linalg.lstsq(x, (y[-1] - y[0]) / (last - first), rcond=None)[0]
    mean = tk.beta_convergence(panel, "v", controls="x1 + x2", controls_at="mean")
    np.testing.assert_allclose(mean.fit.params, b, rtol=1e-8)
    assert mean.conditional and not tk.beta_convergence(panel, "v").conditional


def test_controls_of_dynamic_panels_come_from_the_start_of_the_span():
    panel, _, _ = small_panel(seed=5, n=20, t=7)
    panel = panel.assign(v=np.exp(panel.values("y")))
    record = tk.beta_convergence(panel, "v", controls="x1", span=2, effects="twoway")
    # the same by hand: shift the control, then the dynamic fit
    chosen = panel.select(times=list(panel.times)[::2])
    x = chosen.values("x1")
    made = chosen.assign(level=np.log(chosen.values("v")), x1=np.vstack([x[:1], x[:-1]]))
    fit = tk.fit("level ~ x1", made, effects="twoway", dynamic="y(t-1)")
    np.testing.assert_allclose(record.fit.params, fit.params, rtol=1e-9)


def test_blocks_of_china():
    panel = tk.load("china")
    blocks = tk.beta_convergence(panel, "gdp / pop", by="blocks")
    table = blocks.tidy()
    assert set(table["group"]) == {"East", "Central", "West", "Northeast"}
    assert "too few" in table.set_index("group").loc["Northeast", "reason"]
    alone = tk.beta_convergence(panel.select(entities=list(panel.register_info("blocks").members("West"))), "gdp / pop")
    assert table.set_index("group").loc["West", "estimate"] == pytest.approx(alone.speeds["coefficient"].q)
    assert len(alone.points()) == 12 and "West" in repr(blocks)


@pytest.mark.parametrize("name", ["us_income", "mexico", "china"])
def test_runs_on_the_sample_data(name):
    panel = tk.load(name)
    link = {"Hainan": "Guangdong"} if name == "china" else None
    w = tk.weights.queen(panel, **({"link": link} if link else {}))
    variable = {"us_income": "income", "mexico": "pcgdp", "china": "gdp / emp"}[name]
    record = tk.beta_convergence(panel, variable, w, model="sar")
    assert len(record.tidy()) == 3 and record.glance().shape[0] == 1


@pytest.mark.parametrize(
    ("kw", "error", "message"),
    [
        ({"variable": "log(income)"}, InputError, "logarithm already"),
        ({"model": "sar"}, InputError, "needs W"),
        ({"first": 1900}, InputError, "first=1900"),
        ({"first": 1990, "last": 1980}, InputError, "does not come after"),
        ({"span": 7}, InputError, "do not cut"),
        ({"span": 40, "effects": "twoway"}, InputError, "three spans"),
        ({"controls_at": "end"}, InputError, "first, mean"),
        ({"variable": "income - 1000"}, DataError, "not positive"),
    ],
)
def test_refusals(us, kw, error, message):
    panel, _ = us
    with pytest.raises(error, match=message):
        tk.beta_convergence(panel, **({"variable": "income"} | kw))
