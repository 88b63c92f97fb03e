"""Global Moran's I against spdep, esda and its own definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import columbus, golden, munnell, small_panel

import toolkit as tk
from toolkit.errors import DataError, InputError, WeightsError


def test_columbus_meets_spdep():
    """spdep 1.2-7, moran.test under randomisation, one-sided; printed to 12 digits."""
    panel, w = columbus()
    target = golden("r_columbus.json")["columbus/moran"]
    row = tk.moran(panel, "CRIME", w, permutations=0, alternative="greater").tidy().iloc[0]
    assert row["statistic"] == pytest.approx(target["I"], rel=1e-9)
    assert row["expected"] == pytest.approx(target["E"], rel=1e-9)
    assert row["variance_randomization"] == pytest.approx(target["V"], rel=1e-9)
    assert row["z"] == pytest.approx(target["z"], rel=1e-9)
    assert row["p_value"] == pytest.approx(target["p"], rel=1e-6)


@pytest.mark.parametrize("kind", ["knn", "uneven"])
def test_every_year_meets_esda(kind):
    """esda's I, z under randomisation and under normality, for asymmetric and uneven W."""
    from esda import Moran

    panel, w, _ = small_panel(21, n=20, t=3, kind=kind)
    table = tk.moran(panel, "y", w, permutations=0).tidy()
    for (_, row), values in zip(table.iterrows(), panel.values("y"), strict=True):
        other = Moran(np.array(values, float), w.to_w(), transformation="o", permutations=0)
        assert row["statistic"] == pytest.approx(other.I, rel=1e-10)
        assert row["variance_randomization"] == pytest.approx(other.VI_rand, rel=1e-9)
        assert row["variance_normality"] == pytest.approx(other.VI_norm, rel=1e-9)
        assert row["z"] == pytest.approx(other.z_rand, rel=1e-9)
        assert row["p_value"] == pytest.approx(2 * min(other.p_rand / 2, 1 - other.p_rand / 2), rel=1e-6)


def test_permutation_p_value_is_the_normal_one_within_error():
    """9,999 draws: a p of 0.1 has standard error 0.003; the statistic is close to normal on 48 states."""
    panel, w = munnell()
    table = tk.moran(panel, "log(gsp / emp)", w, permutations=9999, seed=3).tidy()
    weak = table[table["p_value"].between(0.01, 0.9)]
    assert len(weak) >= 2
    assert (weak["p_value"] - weak["p_perm"]).abs().max() < 0.05


def test_same_seed_same_numbers_whatever_else_is_asked():
    panel, w = munnell()
    one = tk.moran(panel, "unemp", w, permutations=199, seed=5).tidy()
    two = tk.moran(panel, ["log(gsp / emp)", "unemp"], w, permutations=199, seed=5).tidy()
    again = two[two["variable"] == "unemp"].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, again)
    other = tk.moran(panel, "unemp", w, permutations=199, seed=6).tidy()
    assert (one["p_perm"] != other["p_perm"]).any()


def test_expression_is_the_variable_it_describes():
    panel, w = munnell()
    made = panel.assign(product=np.log(panel.frame["gsp"] / panel.frame["emp"]))
    a = tk.moran(panel, "log(gsp / emp)", w, permutations=0).tidy()["statistic"]
    b = tk.moran(made, "product", w, permutations=0).tidy()["statistic"]
    np.testing.assert_allclose(a, b, rtol=1e-12)


def test_the_slope_of_the_scatter_is_i():
    panel, w = munnell()
    record = tk.moran(panel, "unemp", w, permutations=0)
    points = record.scatter(1986)
    slope = np.polyfit(points["z"], points["lag"], 1)[0]
    assert slope == pytest.approx(record.tidy().query("time == 1986")["statistic"].item(), rel=1e-10)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"variable": "nothing"}, (DataError, InputError), "nothing"),
        ({"alternative": "both"}, InputError, "two-sided"),
        ({"permutations": -1}, InputError, "permutations"),
        ({"assumption": "t"}, InputError, "randomization"),
    ],
)
def test_bad_arguments(change, error, says):
    panel, w = munnell()
    arguments = {"variable": "unemp", "W": w} | change
    with pytest.raises(error, match=says):
        tk.moran(panel, **arguments)


def test_constant_missing_and_foreign_regions_are_refused():
    panel, w, _ = small_panel(3)
    frame = panel.frame.assign(c=1.0)
    frame.loc[3, "x1"] = np.nan
    other = tk.Panel(frame, entity="id", time="year")
    with pytest.raises(DataError, match="(?s)c.*2000"):
        tk.moran(other, "c", w)
    with pytest.raises(DataError, match=r"(?s)x1.*r03.*2000"):
        tk.moran(other, "x1", w)
    with pytest.raises(WeightsError):
        tk.moran(panel, "y", munnell()[1])
