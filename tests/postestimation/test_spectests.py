from __future__ import annotations

import numpy as np
import pytest
from cases import FORMULAS, cigar, columbus, golden, munnell

import toolkit as tk
from toolkit.errors import InputError

LM = ("LM lag", "LM error", "robust LM lag", "robust LM error")


@pytest.mark.parametrize(
    ("effects", "values"),
    [
        ("none", (66.47, 153.04, 58.26, 144.84)),
        ("entity", (136.43, 255.72, 29.51, 148.80)),
        ("time", (44.11, 62.86, 0.33, 19.09)),
        ("twoway", (47.07, 54.65, 1.17, 8.75)),
    ],
)
def test_lm_on_cigarettes(effects, values):
    """Elhorst (2014, table 3.2) for pooled and entity; lag-then-project for time and two-way. Printed to two digits."""
    panel, w = cigar()
    tests = tk.spectests(tk.fit(FORMULAS["cigar"], panel, w, effects=effects))
    np.testing.assert_allclose([tests[n].statistic for n in LM], values, atol=6e-3)


def test_the_book_lags_demeaned_data():
    """Witness for why two-way values differ from the book's 46.90: its W y is the lag of demeaned y, not projected again."""
    panel, w = cigar()
    from toolkit.models.transform import demean, spatial_lag

    fit = tk.fit(FORMULAS["cigar"], panel, w, effects="twoway")
    lag = w.match(panel.entities).lag
    e, s2 = fit.estimated.innovations, fit.sigma2
    y, x = demean(fit.design.y, "twoway"), demean(fit.estimated.z, "twoway")
    score = (e * spatial_lag(lag, y)).sum() / s2
    mean = spatial_lag(lag, x @ fit.params.to_numpy()).ravel()
    flat = x.reshape(mean.size, -1)
    off = mean - flat @ np.linalg.lstsq(flat, mean, rcond=None)[0]
    m = w.match(panel.entities).sparse.toarray()
    trace = panel.T * (m * m + m * m.T).sum()
    assert score**2 / (off @ off / s2 + trace) == pytest.approx(46.90, abs=0.01)


@pytest.mark.parametrize(("effects", "table"), [("none", "pooling"), ("entity", "within")])
def test_lm_on_munnell_meets_splm(effects, table):
    panel, w = munnell()
    tests = tk.spectests(tk.fit(FORMULAS["munnell"], panel, w, effects=effects))
    target = golden("r_munnell.json")
    for name, key in zip(LM, ("lml", "lme", "rlml", "rlme"), strict=True):
        assert tests[name].statistic == pytest.approx(target[f"slmtest/{table}/{key}"]["stat"], rel=1e-4)
        assert tests[name].p_value == pytest.approx(target[f"slmtest/{table}/{key}"]["p"], rel=1e-2)


def test_lm_on_columbus_meets_spdep():
    panel, w = columbus()
    tests = tk.spectests(tk.fit("CRIME ~ INC + HOVAL", panel, w))
    target = golden("r_columbus.json")
    for name, key in zip(LM, ("LMlag", "LMerr", "RLMlag", "RLMerr"), strict=True):
        assert tests[name].statistic == pytest.approx(target[f"columbus/lm/{key}"]["stat"], rel=1e-5)


def test_fixed_effects_and_common_factor_on_cigarettes():
    """Exact values; the book prints LR 15.75 and 8.23, Wald 14.83 and 8.98 (tolerance 1), df 46 and 30."""
    panel, w = cigar()
    hessian = tk.spectests(tk.fit(FORMULAS["cigar"], panel, w, model="sdm", effects="twoway"))
    expected = tk.spectests(tk.fit(FORMULAS["cigar"], panel, w, model="sdm", effects="twoway", cov="expected"))
    assert hessian["LR SDM against SAR"].statistic == pytest.approx(15.90, abs=6e-3)
    assert hessian["LR SDM against SEM"].statistic == pytest.approx(8.64, abs=6e-3)
    assert hessian["Wald SDM against SAR"].statistic == pytest.approx(16.07, abs=6e-3)
    assert hessian["Wald SDM against SEM"].statistic == pytest.approx(8.62, abs=6e-3)
    assert expected["Wald SDM against SAR"].statistic == pytest.approx(15.47, abs=6e-3)
    assert expected["Wald SDM against SEM"].statistic == pytest.approx(8.77, abs=6e-3)
    assert hessian["LR SDM against SAR"].df == 2
    entity, time = hessian["LR entity effects"], hessian["LR time effects"]
    assert (round(entity.statistic, 2), entity.df) == (2315.70, 45)
    assert (round(time.statistic, 2), time.df) == (473.10, 29)


@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sdm", "sdem", "sac", "gns"])
@pytest.mark.parametrize("effects", ["none", "entity", "twoway"])
def test_lr_and_wald_are_close_for_every_model(model, effects):
    panel, w = munnell()
    tests = tk.spectests(tk.fit(FORMULAS["munnell"], panel, w, model=model, effects=effects))
    table = tests.tidy().set_index("test").drop("Pesaran CD")  # normal, and refused after time effects
    assert np.isfinite(table["statistic"]).all()
    assert (table["statistic"] > -1e-6).all()
    lr = [t for t in tests if t.name.startswith("LR") and " against " in t.name]
    for test in lr:
        wald = tests[test.name.replace("LR", "Wald")]
        assert wald.df == test.df
        # both are chi-squared under the null; away from it they share the order of magnitude, but for the GNS, whose
        # likelihood bends differently at its top and at rho = 0: there only the decisions agree
        assert (
            wald.rejected == test.rejected if model == "gns" else 0.3 < (wald.statistic + 1) / (test.statistic + 1) < 4
        )
    assert len(lr) == {"ols": 0, "slx": 1, "sar": 1, "sem": 1, "sdm": 3, "sdem": 2, "sac": 2, "gns": 3}[model]


def test_partial_durbin_does_not_hold_the_sem():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel, w, model="sdm", durbin=["unemp"], effects="entity")
    test = tk.spectests(fit)["LR SDM against SEM"]
    assert np.isnan(test.statistic) and "every regressor is lagged" in test.reason


def test_without_weights_lm_says_what_it_needs():
    panel, w = munnell()
    fit = tk.fit(FORMULAS["munnell"], panel)
    assert "needs spatial weights" in tk.spectests(fit)["LM lag"].reason
    assert tk.spectests(fit, W=w)["LM error"].statistic == pytest.approx(135.891, abs=5e-4)
    with pytest.raises(InputError, match="tk.fit"):
        tk.spectests("fit")
    with pytest.raises(InputError, match="LM lag"):
        tk.spectests(fit)["LM"]
