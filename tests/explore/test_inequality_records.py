"""Every measure of inequality and gaps on the three panels that come with the package, and what a record is."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk

VARIABLES = {"china": "gdp / pop", "us_income": "income", "mexico": "pcgdp"}


def of(name):
    """Panel, variable, weights, and two divisions, coarse and fine."""
    panel = tk.load(name)
    if name == "china":
        north, coast = panel.register("north_south"), panel.register("coast")
        return panel, VARIABLES[name], "pop", "north_south", {i: f"{north[i]} {coast[i]}" for i in panel.entities}
    half = {i: "A to M" if n < "N" else "N to Z" for i, n in panel.names.items()}
    return panel, VARIABLES[name], None, half, {i: f"{h} {i[-1] < 'M'}" for i, h in half.items()}


def weights_of(panel):
    return tk.weights.knn(panel, k=4)


@pytest.fixture(scope="module", params=sorted(VARIABLES))
def case(request):
    return of(request.param)


def records(case):
    panel, variable, weights, coarse, fine = case
    yield tk.inequality(panel, variable, weights=weights, bootstrap=49, seed=1, interval="percentile")
    yield tk.lorenz(panel, variable, weights=weights)
    yield tk.theil(panel, variable, [coarse, fine], weights=weights)
    yield tk.dagum(panel, variable, coarse, weights=weights)
    yield tk.gini_sources(panel, None, [variable, f"2 * ({variable})"], weights=weights)
    yield tk.gini_spatial(panel, variable, weights_of(panel), permutations=49, seed=1)
    yield tk.polarisation(panel, variable, weights=weights)
    yield tk.polarisation(panel, variable, coarse, measure="esteban-ray", weights=weights)
    yield tk.polarisation(panel, variable, coarse, measure="zhang-kanbur", weights=weights)
    yield tk.gap_account(panel, variable, coarse, weights=weights)


def test_all_years_at_once(case):
    panel = case[0]
    for record in records(case):
        table = record.tidy()
        assert list(table["time"].unique()) == list(panel.times), type(record)
        assert len(record.glance()) == 1
        assert record.glance()["periods"].item() == panel.T
        assert len(repr(record).splitlines()) > 1 and "<table" in record._repr_html_()
        numbers = table.select_dtypes("number")
        assert not np.isinf(numbers.to_numpy(float)).any()
        with pytest.raises(AttributeError):
            record.times = ()
        for value in vars(record).values():
            assert not (isinstance(value, np.ndarray) and value.flags.writeable), type(record)


def test_a_year_alone_is_the_year_among_others(case):
    panel = case[0]
    year = panel.times[len(panel.times) // 2]
    for whole, alone in zip(records(case), records((panel.select(times=year), *case[1:])), strict=True):
        a = whole.tidy().query("time == @year").select_dtypes("number").to_numpy(float)
        b = alone.tidy().select_dtypes("number").to_numpy(float)
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-14)


def test_another_currency_changes_no_index_and_scales_the_gap(case):
    panel, variable, weights, coarse, _ = case
    for measure in ("gini", "theil_t", "theil_l", "atkinson", "cv", "hoover"):
        a, b = (tk.inequality(panel, v, measure, weights=weights).estimate for v in (variable, f"7.3 * ({variable})"))
        np.testing.assert_allclose(a, b, rtol=1e-9)
    a, b = (tk.gap_account(panel, v, coarse, weights=weights).tidy() for v in (variable, f"7.3 * ({variable})"))
    np.testing.assert_allclose(b["difference"], 7.3 * a["difference"], rtol=1e-9)
    np.testing.assert_allclose(b["ratio"], a["ratio"], rtol=1e-12)
