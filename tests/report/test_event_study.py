"""Event study plot: periods in order, the omitted one at zero, the joint test of those before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

import toolkit as tk
from toolkit.errors import InputError


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame([(i, t) for i in range(40) for t in range(10)], columns=["unit", "year"])
    frame["rel"] = np.where(frame["unit"] < 25, frame["year"] - 5, -1)
    frame["y"] = rng.normal(size=len(frame)) + 0.5 * (frame["rel"] >= 0)
    return frame


def tidy(**extra):
    return pd.DataFrame({"period": [2, -3, 0, -2, 1], "estimate": [3.0, 0.1, 1.0, -0.1, 2.0], **extra})


def drawn(figure):
    line = next(x for x in figure.axes[0].lines if x.get_marker() == "o" and x.get_markerfacecolor() != "white")
    return np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)


def test_a_tidy_frame_in_order_with_normal_limits():
    figure = tk.charts.event_study(tidy(std_error=[0.5] * 5), level=0.9, unit="years")
    x, y = drawn(figure)
    assert x.tolist() == [-3, -2, 0, 1, 2] and y.tolist() == [0.1, -0.1, 1, 2, 3]
    segments = np.array(figure.axes[0].collections[0].get_segments())
    assert np.diff(segments[:, :, 1]).ravel() == pytest.approx(2 * stats.norm.ppf(0.95) * 0.5)
    axes = figure.axes[0]
    reference = [x for x in axes.lines if x.get_markerfacecolor() == "white" and x.get_marker() == "o"]
    assert [(float(r.get_xdata()[0]), float(r.get_ydata()[0])) for r in reference] == [(-1, 0)]
    assert axes.get_xlabel() == "Years relative to treatment" and axes.get_ylabel().startswith("Effect, 90%")
    assert any(np.allclose(x.get_xdata(), -0.5) for x in axes.lines)
    assert axes.get_title("left") == ""  # no covariance, so no joint test


def test_limits_of_the_frame_are_kept():
    frame = tidy(conf_low=np.arange(5) - 9.0, conf_high=np.arange(5) + 9.0)
    segments = np.array(tk.charts.event_study(frame, reference=None).axes[0].collections[0].get_segments())
    assert segments[-1][:, 1].tolist() == [-9, 9]


@pytest.mark.slow
def test_pyfixest_with_the_joint_test_it_gives_itself(data):
    import pyfixest as pf

    fit = pf.feols("y ~ i(rel, ref=-1) | unit + year", data, vcov={"CRV1": "unit"})
    figure = tk.charts.event_study(fit)
    x, y = drawn(figure)
    assert x.tolist() == [-5, -4, -3, -2, 0, 1, 2, 3, 4]
    assert y == pytest.approx(fit.coef().to_numpy())
    b, v = fit.coef().to_numpy()[:4], fit._vcov[:4, :4]
    wald = float(b @ np.linalg.solve(v, b)) / 4
    title = figure.axes[0].get_title("left").replace("\n", " ")
    assert f"F(4, 39) = {wald:.2f}, p = {stats.f.sf(wald, 4, 39):.3f}" in title


def test_terms_by_pattern_and_by_mapping(data):
    dummies = {f"{'lead' if r < 0 else 'lag'}{abs(r)}": (data["rel"] == r).astype(float) for r in (-3, -2, 0, 1, 2)}
    frame = data.assign(**dummies)
    result = smf.ols("y ~ " + " + ".join(dummies), frame).fit()
    x, _ = drawn(tk.charts.event_study(result, periods=r"lag(\d+)"))
    assert x.tolist() == [0, 1, 2]
    mapping = {"lead3": -3, "lead2": -2, "lag0": 0, "lag1": 1, "lag2": 2}
    figure = tk.charts.event_study(result, periods=mapping, lang="zh", title="产出")
    x, y = drawn(figure)
    assert x.tolist() == [-3, -2, 0, 1, 2] and y == pytest.approx(result.params[list(mapping)].to_numpy())
    joint = result.f_test("lead3 = 0, lead2 = 0")
    title = figure.axes[0].get_title("left")
    assert title.startswith("产出") and f"{float(joint.pvalue):.3f}" in title


def test_our_fit(data):
    frame = data.assign(**{f"d{r}": (data["rel"] == r).astype(float) for r in (0, 1, 2)})
    fit = tk.fit("y ~ d0 + d1 + d2", tk.Panel(frame, entity="unit", time="year"), effects="twoway")
    x, y = drawn(tk.charts.event_study(fit, periods=r"d(\d)"))
    assert x.tolist() == [0, 1, 2] and y == pytest.approx(fit.params[["d0", "d1", "d2"]].to_numpy())


@pytest.mark.parametrize(
    ("frame", "options", "says"),
    [
        (tidy(), {}, "neither conf_low"),
        (pd.DataFrame({"x": [1]}), {}, "columns x"),
        (tidy(std_error=1.0), {"reference": 0}, "reference period 0 is also estimated"),
        (tidy(std_error=1.0).replace({"period": {2: 1}}), {}, "Several terms are of period 1"),
        (pd.DataFrame({"term": ["a", "b"], "estimate": 1.0, "std_error": 1.0}), {}, "No term has a period"),
        (pd.DataFrame({"term": ["a1"], "estimate": 1.0, "std_error": 1.0}), {"periods": "a1"}, "0 groups"),
        (pd.DataFrame({"term": ["a1"], "estimate": 1.0, "std_error": 1.0}), {"periods": {"b": 1}}, "names b"),
        (pd.DataFrame({"term": ["a1"], "estimate": 1.0, "std_error": 1.0}), {"periods": "("}, "regular expression"),
        (pd.DataFrame({"term": ["a1"], "estimate": 1.0, "std_error": 1.0}), {"periods": "(a)"}, "no number"),
        (tidy(std_error=1.0), {"level": 95}, "level=95"),
    ],
)
def test_bad_input(frame, options, says):
    with pytest.raises(InputError, match=says):
        tk.charts.event_study(frame, **options)
