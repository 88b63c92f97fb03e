"""Composite indices against printed examples, their definitions, and what must not matter.

Printed examples:
entropy: Xu (2004), European Journal of Operational Research 156, 530-532; Zavadskas and Podvezko (2016), International
Journal of Information Technology & Decision Making 15, 267-283. CRITIC: Tus and Aytac Adali (2019), Opsearch 56, 528-538.
TOPSIS: Hwang and Yoon (1981), Multiple Attribute Decision Making, pp. 128-134 (fighter aircraft). AHP: Saaty (1990),
European Journal of Operational Research 48, 9-26 (buying a house) and Saaty (2008), International Journal of Services Sciences 1,
83-98 (consumption of drinks). The tables of the first three are quoted in the tests of pyrepo-mcda.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import small_panel
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit as tk
from toolkit.errors import DataError, InputError, ToolkitWarning
from toolkit.explore.coupling import coupling_degree
from toolkit.explore.index_weights import critic, entropy, pca

AIRCRAFT = [
    [2.0, 1500, 20000, 5.5, 5, 9],
    [2.5, 2700, 18000, 6.5, 3, 5],
    [1.8, 2000, 21000, 4.5, 7, 7],
    [2.2, 1800, 20000, 5.0, 5, 5],
]
HOUSE = [
    [1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4],
    [1 / 5, 1, 1 / 3, 5, 3, 3, 1 / 5, 1 / 7],
    [1 / 3, 3, 1, 6, 3, 4, 6, 1 / 5],
    [1 / 7, 1 / 5, 1 / 6, 1, 1 / 3, 1 / 4, 1 / 7, 1 / 8],
    [1 / 6, 1 / 3, 1 / 3, 3, 1, 1 / 2, 1 / 5, 1 / 6],
    [1 / 6, 1 / 3, 1 / 4, 4, 2, 1, 1 / 5, 1 / 6],
    [3, 5, 1 / 6, 7, 5, 5, 1, 1 / 2],
    [4, 7, 5, 8, 6, 6, 2, 1],
]
DRINKS = [
    [1, 9, 5, 2, 1, 1, 1 / 2],
    [1 / 9, 1, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9],
    [1 / 5, 3, 1, 1 / 3, 1 / 4, 1 / 3, 1 / 9],
    [1 / 2, 9, 3, 1, 1 / 2, 1, 1 / 3],
    [1, 9, 4, 2, 1, 2, 1 / 2],
    [1, 9, 3, 1, 1 / 2, 1, 1 / 3],
    [2, 9, 9, 3, 2, 3, 1],
]
FOUR = {"x1": "+", "x2": "-", "e": "+", "f": "-"}
TWO_SYSTEMS = {
    "x1": {"direction": "+", "system": "a"},
    "x2": {"direction": "-", "system": "a"},
    "e": {"direction": "+", "system": "b"},
    "f": {"direction": "-", "system": "b"},
}


def table(rows, columns=None):
    """A cross-section of regions A, B, ... with columns c1, c2, ..."""
    rows = np.array(rows, float)
    columns = columns or [f"c{j + 1}" for j in range(rows.shape[1])]
    frame = pd.DataFrame(rows, columns=columns).assign(id=list("ABCDEFGH"[: len(rows)]))
    return tk.Panel(frame, entity="id")


def panel_of_four(seed=4, n=9, t=3):
    panel, _, _ = small_panel(seed, n=n, t=t)
    return panel.assign(e="exp(x1 / 2 + y / 4)", f="exp(x2 - y / 3)")


@pytest.mark.parametrize(
    ("rows", "printed"),
    [
        ([[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]], [0.4630, 0.3992, 0.1378, 0.0]),
        ([[3.0, 100, 10, 7], [2.5, 80, 8, 5], [1.8, 50, 20, 11], [2.2, 70, 12, 9]], [0.1146, 0.1981, 0.4185, 0.2689]),
    ],
)
def test_entropy_weights_of_print(rows, printed):
    """Both papers take shares of the raw columns; printed to four digits."""
    index = tk.composite_index(table(rows), dict.fromkeys(["c1", "c2", "c3", "c4"], "+"), standardise="share")
    np.testing.assert_allclose(index.weights[0], printed, atol=5.1e-5)


def test_critic_weights_of_print():
    """The paper correlates the columns before they are turned; printed to three digits."""
    rows = [
        [5000, 3, 3, 4, 3, 2],
        [680, 5, 3, 2, 2, 1],
        [2000, 3, 2, 3, 4, 3],
        [600, 4, 3, 1, 2, 2],
        [800, 2, 4, 3, 3, 4],
    ]
    index = tk.composite_index(table(rows), {f"c{j}": "+" for j in range(1, 7)}, weights="critic")
    np.testing.assert_allclose(index.weights[0], [0.157, 0.249, 0.168, 0.121, 0.154, 0.151], atol=5.1e-4)


def test_topsis_of_print():
    """Hwang and Yoon: vector normalisation, cost in column 4; printed 0.643 0.268 0.613 0.312."""
    directions = dict(zip([f"c{j}" for j in range(1, 7)], "+++-++", strict=True))
    weights = dict(zip(directions, [0.2, 0.1, 0.1, 0.1, 0.2, 0.3], strict=True))
    index = tk.composite_index(table(AIRCRAFT), directions, weights=weights, standardise="vector", aggregate="topsis")
    np.testing.assert_allclose(index.scores[0], [0.643, 0.268, 0.613, 0.312], atol=1e-3)
    assert index.ranking()["region"].tolist() == ["A", "C", "D", "B"]


def test_topsis_of_a_later_print():
    """Ersoy (2021), LogForum 17(3), as quoted in pyrepo-mcda; weights printed to three digits, so scores agree to two."""
    rows = [
        [256, 8, 41, 1.6, 1.77, 7347.16],
        [256, 8, 32, 1.0, 1.8, 6919.99],
        [256, 8, 53, 1.6, 1.9, 8400],
        [256, 8, 41, 1.0, 1.75, 6808.9],
        [512, 8, 35, 1.6, 1.7, 8479.99],
        [256, 4, 35, 1.6, 1.7, 7499.99],
    ]
    directions = dict(zip([f"c{j}" for j in range(1, 7)], "++++--", strict=True))
    weights = dict(zip(directions, [0.405, 0.221, 0.134, 0.199, 0.007, 0.034], strict=True))
    index = tk.composite_index(table(rows), directions, weights=weights, standardise="vector", aggregate="topsis")
    np.testing.assert_allclose(index.scores[0], [0.308, 0.254, 0.327, 0.263, 0.857, 0.192], atol=5e-3)
    printed = tk.composite_index(table(rows), dict.fromkeys(directions, "+"), standardise="share").weights[0]
    np.testing.assert_allclose(printed, list(weights.values()), atol=5.1e-4)


def test_grey_relation_by_hand():
    """Min-max columns (0, 1/2, 1) and (1, 0, 3/4): gaps 1 1/2 0 and 0 1 1/4, xi = 0.5 / (gap + 0.5)."""
    index = tk.composite_index(
        table([[0, 5], [1, 1], [2, 4]]), {"c1": "+", "c2": "+"}, weights="equal", aggregate="grey"
    )
    np.testing.assert_allclose(index.scores[0], [(1 / 3 + 1) / 2, (1 / 2 + 1 / 3) / 2, (1 + 2 / 3) / 2], rtol=1e-14)


def test_saaty_buys_a_house():
    """Printed: lambda_max 9.669, CI .238, CR .169, priorities to three digits: too inconsistent, so refused by default."""
    with pytest.raises(InputError, match=r"0\.169"):
        tk.ahp(HOUSE)
    with pytest.warns(ToolkitWarning, match=r"0\.169"):
        record = tk.ahp(HOUSE, inconsistent="warn")
    assert record.lambda_max == pytest.approx(9.669, abs=5e-4)
    assert record.consistency_index == pytest.approx(0.238, abs=5e-4)
    assert record.consistency_ratio == pytest.approx(0.169, abs=5e-4)
    np.testing.assert_allclose(record.weights, [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333], atol=5e-4)


def test_saaty_pours_drinks():
    """Printed: .177 .019 .042 .116 .190 .129 .327, CR .022."""
    record = tk.ahp(DRINKS, ["coffee", "wine", "tea", "beer", "soda", "milk", "water"])
    np.testing.assert_allclose(record.weights, [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327], atol=5e-4)
    assert record.consistency_ratio == pytest.approx(0.022, abs=5e-4)


def test_two_levels_of_comparisons():
    """The whole is as consistent as its parts, weighed: (0.75 CI_a + 0.25 CI_b) / (0.75 RI_3 + 0.25 RI_4)."""
    three = tk.ahp([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]], ["x1", "x2", "y"])
    four = tk.ahp(np.array(DRINKS)[np.ix_([0, 3, 4, 5], [0, 3, 4, 5])], ["e", "f", "g", "h"])
    whole = tk.ahp_hierarchy(tk.ahp([[1, 3], [1 / 3, 1]], ["a", "b"]), {"a": three, "b": four})
    assert whole.weights.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(whole.weights[:3], 0.75 * three.weights, rtol=1e-12)
    index = 0.75 * three.consistency_index + 0.25 * four.consistency_index
    assert whole.consistency_ratio == pytest.approx(index / (0.75 * 0.58 + 0.25 * 0.90))
    two = tk.ahp_hierarchy(
        tk.ahp([[1, 3], [1 / 3, 1]], ["a", "b"]),
        {"b": tk.ahp([[1, 1], [1, 1]], ["e", "f"]), "a": tk.ahp([[1, 4], [1 / 4, 1]], ["x1", "x2"])},
    )
    used = tk.composite_index(panel_of_four(), FOUR, weights=two)
    np.testing.assert_allclose(used.weights[0], [0.6, 0.15, 0.125, 0.125], rtol=1e-9)
    with pytest.raises(InputError, match="same dimensions"):
        tk.ahp_hierarchy(tk.ahp([[1, 3], [1 / 3, 1]], ["a", "b"]), {"a": three})


@settings(max_examples=25)
@given(st.lists(st.floats(0.05, 1), min_size=2, max_size=8))
def test_consistent_comparisons_give_back_their_weights(w):
    w = np.array(w) / np.sum(w)
    record = tk.ahp(w[:, None] / w[None, :])
    np.testing.assert_allclose(record.weights, w, rtol=1e-8)
    assert record.consistency_ratio < 1e-8


def test_entropy_by_its_definition():
    panel = panel_of_four()
    index = tk.composite_index(panel, FOUR)
    z = index.standardised.reshape(4, -1)
    weights = []
    for column in z:
        p = column[column > 0] / column.sum()
        weights.append(1 + sum(p * np.log(p)) / np.log(len(column)))
    np.testing.assert_allclose(index.weights[0], np.array(weights) / sum(weights), rtol=1e-12)
    raw = panel.values("x2")
    np.testing.assert_allclose(index.standardised[1], (raw.max() - raw) / np.ptp(raw), rtol=1e-12)
    np.testing.assert_allclose(index.scores, np.tensordot(index.weights[0], index.standardised, 1), rtol=1e-12)


def test_zero_is_a_limit_and_the_shift_is_an_option():
    z = np.array([[0.0, 0.2, 1.0, 0.4], [0.0, 1.0, 0.9, 0.3]])
    np.testing.assert_allclose(entropy(z), entropy(z + 1e-13), rtol=1e-9)
    panel = panel_of_four()
    plain, shifted = tk.composite_index(panel, FOUR), tk.composite_index(panel, FOUR, shift=1e-4)
    assert 0 < np.abs(plain.weights - shifted.weights).max() < 2e-3
    assert shifted.shift == 1e-4


@pytest.mark.parametrize("weights", ["entropy", "critic", "pca", "equal"])
@pytest.mark.parametrize("aggregate", ["sum", "topsis", "grey"])
@pytest.mark.parametrize("base", ["pooled", "yearly"])
def test_units_and_order_of_regions_do_not_matter(weights, aggregate, base):
    panel = panel_of_four()
    index = tk.composite_index(panel, FOUR, weights=weights, aggregate=aggregate, base=base)
    other = panel.assign(x1="3 + 5 * x1", x2="x2 / 7 - 1", e="1000 * e", f="f - 2")
    again = tk.composite_index(other, FOUR, weights=weights, aggregate=aggregate, base=base)
    np.testing.assert_allclose(again.scores, index.scores, rtol=1e-9, atol=1e-12)
    frame = panel.frame
    turned = tk.Panel(frame.assign(id=frame["id"].map(lambda r: f"r{99 - int(r[1:]):02d}")), entity="id", time="year")
    third = tk.composite_index(turned, FOUR, weights=weights, aggregate=aggregate, base=base)
    np.testing.assert_allclose(third.scores[:, ::-1], index.scores, rtol=1e-9, atol=1e-12)


def test_cv_weights_ignore_the_scale_only():
    panel = panel_of_four().assign(a="exp(x1)", b="exp(x2)")
    one = tk.composite_index(panel, {"a": "+", "b": "-"}, weights="cv")
    two = tk.composite_index(panel.assign(a="12 * a"), {"a": "+", "b": "-"}, weights="cv")
    np.testing.assert_allclose(one.weights, two.weights, rtol=1e-12)
    a, b = panel.values("a"), panel.values("b")
    assert one.weights[0, 0] / one.weights[0, 1] == pytest.approx((a.std() / a.mean()) / (b.std() / b.mean()))
    with pytest.raises(DataError, match="x1"):
        tk.composite_index(panel, {"x1": "+", "b": "-"}, weights="cv")


def test_pca_and_critic_in_closed_form():
    """Two indicators: one component above 1, squared loadings 1/2 each; uncorrelated ones weigh the same in PCA."""
    rng = np.random.default_rng(2)
    z = rng.uniform(size=(2, 40))
    np.testing.assert_allclose(pca(z), [0.5, 0.5], rtol=1e-12)
    w = critic(z)
    assert w[0] / w[1] == pytest.approx(z[0].std() / z[1].std())  # the conflict 1 - r is the same for both
    q = np.linalg.qr(np.column_stack([np.ones(40), rng.normal(size=(40, 3))]))[0][:, 1:].T
    np.testing.assert_allclose(pca(q), [1 / 3] * 3, rtol=1e-10)


def test_dimensions_add_up_to_the_index():
    index = tk.composite_index(panel_of_four(), TWO_SYSTEMS)
    weight = [index.weights[:, [0, 1]].sum(1), index.weights[:, [2, 3]].sum(1)]
    total = sum(w[:, None] * s for w, s in zip(weight, index.dimension_scores, strict=True))
    np.testing.assert_allclose(total, index.scores, rtol=1e-12)
    np.testing.assert_allclose(index.weights.sum(1), 1, rtol=1e-12)
    frame = index.tidy()
    assert list(frame.columns) == ["time", "region", "name", "score", "rank", "score_a", "score_b"]
    assert (frame.groupby("time")["rank"].min() == 1).all()


def test_a_year_by_itself_is_the_cross_section():
    panel = panel_of_four()
    yearly = tk.composite_index(panel, FOUR, base="yearly", weights="critic", aggregate="topsis")
    alone = tk.composite_index(panel.select(times=[2001]), FOUR, weights="critic", aggregate="topsis")
    np.testing.assert_allclose(yearly.scores[1], alone.scores[0], rtol=1e-12)
    assert "time" in yearly.weights_table()


def test_geometric_mean_needs_positive_values():
    panel = panel_of_four().assign(a="exp(x1)", b="exp(x2)")
    with pytest.raises(DataError, match="shift"):
        tk.composite_index(panel, {"a": "+", "b": "+"}, aggregate="geometric")
    index = tk.composite_index(
        panel, {"a": "+", "b": "+"}, weights={"a": 1, "b": 3}, aggregate="geometric", standardise="max"
    )
    a, b = panel.values("a"), panel.values("b")
    np.testing.assert_allclose(index.scores, (a / a.max()) ** 0.25 * (b / b.max()) ** 0.75, rtol=1e-12)


def test_given_weights_by_indicator_and_by_dimension():
    panel = panel_of_four()
    by_dimension = tk.composite_index(panel, TWO_SYSTEMS, weights=tk.ahp([[1, 3], [1 / 3, 1]], ["a", "b"]))
    np.testing.assert_allclose(by_dimension.weights[0], [0.375, 0.375, 0.125, 0.125], rtol=1e-9)
    with pytest.raises(InputError, match=r"(?s)x1, x2, e, f.*a, b"):
        tk.composite_index(panel, TWO_SYSTEMS, weights={"x1": 1})
    with pytest.raises(InputError, match="negative"):
        tk.composite_index(panel, TWO_SYSTEMS, weights={"a": -1, "b": 2})


def test_toml_is_the_mapping(tmp_path):
    path = tmp_path / "index.toml"
    path.write_text(
        "".join(
            f'[indicators."{n}"]\ndirection = "{e["direction"]}"\nsystem = "{e["system"]}"\n'
            for n, e in TWO_SYSTEMS.items()
        )
    )
    assert tk.indicator_system(path) == tk.indicator_system(TWO_SYSTEMS)
    with pytest.raises(DataError, match="no file"):
        tk.indicator_system(tmp_path / "other.toml")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"indicators": {"x1": "+"}}, "two indicators"),
        ({"indicators": {"x1": "+", "x2": "up"}}, "up"),
        ({"indicators": {"x1": "+", "x2": {"direction": "+", "sytem": "a"}}}, "sytem"),
        ({"indicators": {"x1": "+", "x2": {"direction": "+", "system": "a"}}}, "name no system"),
        ({"weights": "best"}, "entropy"),
        ({"standardise": "zscore"}, "minmax"),
        ({"standardise": "z"}, "negative"),
        ({"standardise": "share"}, "positive"),
        ({"base": "year"}, "yearly"),
        ({"aggregate": "mean"}, "topsis"),
        ({"shift": -1}, "shift"),
        ({"aggregate": "grey", "distinguishing": 0}, "distinguishing"),
    ],
)
def test_bad_arguments(change, says):
    arguments = {"indicators": FOUR} | change
    with pytest.raises((InputError, DataError), match=says):
        tk.composite_index(panel_of_four(), **arguments)


def test_a_table_is_no_panel():
    with pytest.raises(InputError, match=r"tk\.Panel"):
        tk.composite_index(panel_of_four().frame, FOUR)
    with pytest.raises(InputError, match="composite_index"):
        tk.index_uncertainty(panel_of_four())
    with pytest.raises(InputError, match="composite_index"):
        tk.obstacle_degree(panel_of_four())
    with pytest.raises(InputError, match="geometric"):
        tk.index_uncertainty(tk.composite_index(panel_of_four(), FOUR), aggregate=["geometric"])


def test_gaps_and_constants_are_located():
    panel = panel_of_four()
    frame = panel.frame
    frame.loc[4, "x1"] = np.nan
    with pytest.raises(DataError, match=r"(?s)x1.*r04.*2000"):
        tk.composite_index(tk.Panel(frame, entity="id", time="year"), FOUR)
    with pytest.raises(DataError, match="one and the same value everywhere: c"):
        tk.composite_index(panel.assign(c=2.0), {"x1": "+", "c": "+"})
    flat = panel.assign(c=lambda f: np.where(f["year"] == 2001, 1.0, f["x1"]))
    assert tk.composite_index(flat, {"x1": "+", "c": "+"}).scores.shape == (3, 9)
    with pytest.raises(DataError, match="in 2001: c"):
        tk.composite_index(flat, {"x1": "+", "c": "+"}, base="yearly")


def test_obstacles_add_up_and_follow_their_definition():
    index = tk.composite_index(panel_of_four(), TWO_SYSTEMS)
    record = tk.obstacle_degree(index)
    np.testing.assert_allclose(record.degrees.sum(0), 1, rtol=1e-12)
    np.testing.assert_allclose(record.dimension_degrees.sum(0), 1, rtol=1e-12)
    lacking = index.weights[0] * (1 - index.standardised[:, 1, 2])
    np.testing.assert_allclose(record.degrees[:, 1, 2], lacking / lacking.sum(), rtol=1e-12)
    assert len(record.tidy()) == 4 * 3 * 9
    with pytest.raises(InputError, match="standardise"):
        tk.obstacle_degree(tk.composite_index(panel_of_four(), FOUR, weights="critic", standardise="z"))


def test_a_region_that_lacks_nothing_has_no_obstacle():
    record = tk.obstacle_degree(tk.composite_index(table([[1, 1], [2, 2], [3, 3]]), {"c1": "+", "c2": "+"}))
    assert np.isnan(record.degrees[:, 0, 2]).all()
    assert np.isfinite(record.degrees[:, 0, :2]).all()


@settings(max_examples=50)
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.floats(0.1, 1))
def test_coupling_is_one_for_equal_systems_and_free_of_scale(u, c):
    u = np.array(u)
    value = coupling_degree(u[:, None])[0]
    assert value == pytest.approx(np.exp(np.log(u).mean()) / u.mean(), rel=1e-10)
    assert 0 < value <= 1 + 1e-12
    assert coupling_degree((c * u)[:, None])[0] == pytest.approx(value, rel=1e-10)
    assert coupling_degree(np.full((len(u), 1), c))[0] == pytest.approx(1)
    assert 0 <= coupling_degree(u[:, None], "wang")[0] <= 1 + 1e-12


def test_coupling_by_hand():
    """U = (0.9, 0.4): C = 2 sqrt(0.36) / 1.3 = 12/13, T = 0.65, D = sqrt(0.6); with weights 1 to 3 T = 0.525."""
    panel = table([[0.9, 0.4], [0.0, 0.5], [0.0, 0.0], [1.0, 1.0]], ["u", "v"])
    record = tk.coupling_coordination(panel, ["u", "v"])
    np.testing.assert_allclose(record.coupling[0], [12 / 13, 0, np.nan, 1], rtol=1e-12)
    np.testing.assert_allclose(record.coordination[0], [np.sqrt(0.6), 0, 0, 1], rtol=1e-12)
    assert record.classes()[0].tolist() == [
        "intermediate coordination",
        "extreme disorder",
        "extreme disorder",
        "quality coordination",
    ]
    assert record.classes("zh")[0][3] == "优质协调"
    weighted = tk.coupling_coordination(panel, ["u", "v"], weights={"u": 1, "v": 3})
    assert weighted.coordination[0, 0] == pytest.approx(np.sqrt(12 / 13 * 0.525))
    wang = tk.coupling_coordination(panel, ["u", "v"], form="wang")
    assert wang.coupling[0, 0] == pytest.approx(np.sqrt((1 - 0.5) * (0.4 / 0.9)))
    assert record.by_class()["regions"].sum() == 4


def test_coupling_takes_dimensions_or_indices():
    panel = panel_of_four()
    index = tk.composite_index(panel, TWO_SYSTEMS)
    inside = tk.coupling_coordination(index)
    np.testing.assert_array_equal(inside.levels, index.dimension_scores)
    both = tk.coupling_coordination(
        {
            "a": tk.composite_index(panel, {"x1": "+", "x2": "-"}),
            "b": tk.composite_index(panel, {"e": "+", "f": "-"}),
        }
    )
    np.testing.assert_allclose(both.coordination, inside.coordination, rtol=1e-10)
    with pytest.raises(InputError, match="two systems"):
        tk.coupling_coordination(tk.composite_index(panel, FOUR))
    with pytest.raises(DataError, match=r"x1 of r"):
        tk.coupling_coordination(panel, ["x1", "x2"])


def test_uncertainty_keeps_its_seed_and_finds_its_source():
    index = tk.composite_index(panel_of_four(), FOUR)
    a, b, c = (tk.index_uncertainty(index, 60, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(a.tidy(), b.tidy())
    assert not a.tidy().equals(c.tidy())
    assert sum(a.shares.values()) == pytest.approx(1, abs=1e-9) or a.shares["rest"] == 0
    assert (a.low <= a.median).all() and (a.median <= a.high).all()
    np.testing.assert_allclose(a.best.sum(axis=1), 1, atol=0.1)


def test_one_way_to_make_it_is_no_uncertainty():
    index = tk.composite_index(panel_of_four(), FOUR)
    record = tk.index_uncertainty(
        index, 20, seed=1, weights=["own"], standardise=["minmax"], aggregate=["sum"], leave_out=False, spread=0
    )
    np.testing.assert_array_equal(record.low, index.ranks)
    np.testing.assert_array_equal(record.high, index.ranks)
    assert record.shift.max() == 0


def test_one_choice_alone_carries_all_the_variance():
    index = tk.composite_index(panel_of_four(), FOUR)
    record = tk.index_uncertainty(
        index, 80, seed=1, weights=["own"], standardise=["minmax", "rank"], aggregate=["sum"], leave_out=False, spread=0
    )
    assert record.shares["standardise"] == pytest.approx(1, abs=1e-9)
    by = record.by_choice("standardise").set_index("option")["mean_shift"]
    assert by["minmax"] == 0 < by["rank"]


def test_an_index_knows_its_parts():
    panel = panel_of_four()
    index = tk.composite_index(panel, {"log(e)": "+", "x2": "-"})
    assert index.sources == ("e", "x2")
    with pytest.warns(ToolkitWarning, match="e, x2"):
        found = tk.shares_indicators(index, "q ~ log(e) + x2")
    assert found and found.weight == pytest.approx(1)
    assert not tk.shares_indicators(index, "q ~ x1")
    wider = index.add_to(panel, "q", label="Quality")
    np.testing.assert_array_equal(wider.values("q"), index.scores)
    assert wider.label("q") == "Quality"
    fit = tk.fit("q ~ x1 + e", wider, model="ols")
    assert any("q is computed from e" in note for note in fit.notes)
    assert not any("computed from" in note for note in tk.fit("q ~ x1", wider, model="ols").notes)
    with pytest.raises(InputError, match="already"):
        index.add_to(wider, "q")


@pytest.mark.parametrize(("name", "column"), [("us_income", "income"), ("mexico", "pcgdp")])
def test_level_and_growth_of_long_panels(name, column):
    panel = tk.load(name)
    index = tk.composite_index(panel, {column: "+", f"growth({column})": "+"})
    assert index.times == tuple(panel.times[1:])  # growth uses up the first period
    wider = index.add_to(panel, "index")
    assert np.isnan(wider.values("index")[0]).all()
    np.testing.assert_array_equal(wider.values("index")[1:], index.scores)


def test_provinces_of_china():
    panel = tk.load("china").between(2011, 2022)
    index = tk.composite_index(
        panel,
        {
            "rd_exp / gdp": {"direction": "+", "system": "innovation"},
            "patents / pop": {"direction": "+", "system": "innovation"},
            "va_tertiary / gdp": {"direction": "+", "system": "structure"},
            "emp_primary / emp": {"direction": "-", "system": "structure"},
        },
    )
    assert index.scores.shape == (12, 31)
    assert set(index.ranking().head(5)["name"]) >= {"Beijing"}
    assert ((index.scores >= 0) & (index.scores <= 1)).all()
