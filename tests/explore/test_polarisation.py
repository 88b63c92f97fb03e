"""Polarisation: printed values, hand-worked cases, bounds and what it sees that inequality does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import DataError, InputError


def panel_of(x, pop=None):
    frame = pd.DataFrame({"id": [f"r{i:02d}" for i in range(len(x))], "x": np.asarray(x, float)})
    return tk.Panel(frame if pop is None else frame.assign(pop=np.asarray(pop, float)), entity="id")


@pytest.mark.parametrize(
    ("x", "printed"),
    [
        ([20000, 25000, 27000, 30000, 35000, 45000, 60000, 75000, 80000, 120000], 0.2013),
        ([6, 6, 8, 8, 10, 10, 12, 12], 0.0833),
    ],
)
def test_wolfson_is_twice_what_pysal_prints(x, printed):
    """Docstring of inequality.wolfson 1.1, which leaves out the factor of two of Wolfson (1994)."""
    assert tk.polarisation(panel_of(x), "x").estimate[0] / 2 == pytest.approx(printed, abs=5e-5)


def test_wolfson_is_one_at_most_and_sees_the_middle_empty():
    assert tk.polarisation(panel_of([1e-9, 1e-9, 5, 5]), "x").estimate[0] == pytest.approx(1, abs=1e-6)
    assert tk.polarisation(panel_of([3, 3, 3]), "x").estimate[0] == 0
    # progressive transfers inside each half: inequality falls, polarisation rises
    even, poles = panel_of([1, 2, 3, 4]), panel_of([1.5, 1.5, 3.5, 3.5])
    gini = [tk.inequality(p, "x", "gini").estimate[0, 0] for p in (even, poles)]
    wolfson = [tk.polarisation(p, "x").estimate[0] for p in (even, poles)]
    assert gini[1] < gini[0] and wolfson[1] > wolfson[0]


def test_wolfson_counts_people():
    whole = tk.polarisation(panel_of([1, 1, 1, 4, 4, 6, 6]), "x").estimate
    np.testing.assert_allclose(tk.polarisation(panel_of([1, 4, 6], [3, 2, 2]), "x", weights="pop").estimate, whole)


def test_esteban_ray_by_hand():
    """Groups of one and three quarters with means 6 and 2 (mu = 3), alpha = 1: (1/16 * 3/4 + 9/16 * 1/4) * 4 / 3."""
    panel = panel_of([6, 1, 2, 3])
    groups = {"r00": "A", "r01": "B", "r02": "B", "r03": "B"}
    record = tk.polarisation(panel, "x", groups, measure="esteban-ray", alpha=1)
    assert record.estimate[0] == pytest.approx((3 / 64 + 9 / 64) * 4 / 3)
    plain = tk.polarisation(panel, "x", groups, measure="esteban-ray", alpha=0).estimate[0]
    between = panel_of([6, 2, 2, 2])
    assert plain == pytest.approx(2 * tk.inequality(between, "x", "gini").estimate[0, 0])
    halves = tk.polarisation(panel_of([0, 4]), "x", {"r00": "A", "r01": "B"}, measure="esteban-ray", alpha=1.3)
    assert halves.estimate[0] == pytest.approx(2**-1.3)


def test_zhang_kanbur_is_the_ratio_of_theil_parts():
    panel = tk.load("china")
    for index in "TL":
        parts = tk.theil(panel, "gdp / pop", "coast", weights="pop", index=index).parts
        record = tk.polarisation(panel, "gdp / pop", "coast", measure="zhang-kanbur", weights="pop", index=index)
        np.testing.assert_allclose(record.estimate, parts[0] / parts[1], rtol=1e-14)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"measure": "theil"}, "wolfson"),
        ({"measure": "esteban-ray"}, "needs groups"),
        ({"groups": {"r00": "A", "r01": "B", "r02": "B"}}, "takes no groups"),
        ({"alpha": 2}, "1.6"),
        ({"index": "X"}, '"L", "T"'),
    ],
)
def test_bad_arguments(arguments, says):
    with pytest.raises(InputError, match=says):
        tk.polarisation(panel_of([1, 2, 3]), "x", **arguments)


def test_what_has_no_polarisation():
    with pytest.raises(DataError, match="median"):
        tk.polarisation(panel_of([0, 0, 3]), "x")
    groups = {"r00": "A", "r01": "B"}
    with pytest.raises(DataError, match="no inequality within"):
        tk.polarisation(panel_of([1, 3]), "x", groups, measure="zhang-kanbur")
    with pytest.raises(DataError, match="r00"):
        tk.polarisation(panel_of([-1, 3]), "x", groups, measure="esteban-ray")
