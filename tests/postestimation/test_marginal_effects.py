"""The effect of a variable over a moderator: closed forms, and what `tk.impacts` gives at one point."""

from __future__ import annotations

import numpy as np
import pytest
from cases import columbus, munnell

import toolkit as tk
from toolkit.errors import InputError


@pytest.fixture(scope="module")
def interaction():
    return tk.fit("CRIME ~ INC * HOVAL", columbus()[0])


def test_an_interaction_is_the_textbook_formula(interaction):
    """Brambor, Clark and Golder (2006), equations 7 and 8."""
    z = np.array([18.0, 40.0, 90.0])
    record = tk.marginal_effects(interaction, "INC", by="HOVAL", values=z)
    table = record.table[record.table["effect"] == "total"]
    b, v = interaction.params, interaction.cov
    variance = v.loc["INC", "INC"] + z**2 * v.loc["INC:HOVAL", "INC:HOVAL"] + 2 * z * v.loc["INC", "INC:HOVAL"]
    assert table["value"].tolist() == z.tolist()
    assert table["estimate"].to_numpy() == pytest.approx(b["INC"] + z * b["INC:HOVAL"], rel=1e-7)
    assert table["std_error"].to_numpy() == pytest.approx(np.sqrt(variance), rel=1e-7)
    assert not record.spatial and (record.table.loc[record.table["effect"] == "indirect", "estimate"] == 0).all()


@pytest.mark.parametrize("model", ["ols", "sar", "sdm"])
def test_a_square_and_a_logarithm_agree_with_impacts_at_each_value(model):
    panel, w = columbus()
    fit = tk.fit("CRIME ~ INC + I(INC**2) + log(HOVAL)", panel, None if model == "ols" else w, model=model)
    for variable in ("INC", "HOVAL"):
        record = tk.marginal_effects(fit, variable, values=5, level=0.9)
        for value, rows in record.table.groupby("value"):
            at = tk.impacts(fit, of=variable, at={variable: float(value)}, level=0.9).table
            for column in ("estimate", "std_error", "conf_low", "conf_high"):
                assert rows[column].to_numpy() == pytest.approx(at[column].to_numpy(), rel=1e-9, abs=1e-12)
    assert record.spatial == (model != "ols")


@pytest.mark.slow
def test_a_dynamic_model_has_two_horizons():
    panel, w = munnell()
    formula = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp + I(unemp**2)"
    fit = tk.fit(formula, panel, w, model="sdm", effects="twoway", dynamic="both")
    record = tk.marginal_effects(fit, "unemp", values=[4, 8])
    assert set(record.table["horizon"]) == {"short", "long"} and len(record.table) == 12
    assert record.tidy().columns[:3].tolist() == ["value", "effect", "horizon"]


def test_the_record_says_what_it_is(interaction):
    record = tk.marginal_effects(interaction, "INC", by="HOVAL")
    assert record.table["value"].nunique() == 41
    assert record.table["value"].min() == record.observed.min()
    row = record.glance().iloc[0]
    assert (row["variable"], row["by"], row["values"]) == ("INC", "HOVAL", 41)
    assert record.unit == columbus()[0].unit("HOVAL")
    assert "Effect of INC on CRIME by HOVAL" in repr(record)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"variable": "INC"}, "one number"),
        ({"variable": "DISCBD"}, "no term of the formula"),
        ({"variable": "INC", "by": "DISCBD"}, "does not depend on 'DISCBD'"),
        ({"variable": "INC", "by": "HOVAL", "values": 1}, "values=1"),
        ({"variable": "INC", "by": "HOVAL", "values": ["a"]}, "finite numbers"),
        ({"variable": "INC", "by": "HOVAL", "values": []}, "finite numbers"),
        ({"variable": "INC", "by": "HOVAL", "level": 2}, "level=2"),
    ],
)
def test_bad_input(interaction, arguments, says):
    with pytest.raises(InputError, match=says):
        tk.marginal_effects(interaction, **arguments)


def test_only_fits():
    with pytest.raises(InputError, match="needs a fit"):
        tk.marginal_effects("fit", "x")
