"""The Gini coefficient by source against its covariance formula, hand-worked cases and its own sums."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import DataError, InputError, ToolkitWarning


def panel_of(**columns):
    frame = pd.DataFrame({name: np.asarray(x, float) for name, x in columns.items()})
    frame["id"] = [f"r{i:02d}" for i in range(len(frame))]
    return tk.Panel(frame, entity="id")


def test_by_hand():
    """Totals 2, 4, 6 of a = 2, 2, 2 (equal), b = 0, 1, 4 and c = 0, 1, 0.

    F = 1/6, 3/6, 5/6. cov(total, F) = 4/9, G = 2/9. b: cov(b, F) = 4/9, so all of G; c adds nothing.
    """
    record = tk.gini_sources(panel_of(y=[2, 4, 6], a=[2, 2, 2], b=[0, 1, 4], c=[0, 1, 0]), "y", ["a", "b", "c"])
    table = record.tidy().set_index("source")
    assert record.gini[0] == pytest.approx(2 / 9)
    np.testing.assert_allclose(table["contribution"], [0, 2 / 9, 0], atol=1e-15)
    np.testing.assert_allclose(table["share"], [6 / 12, 5 / 12, 1 / 12])
    assert table.loc["a", "gini"] == 0 and np.isnan(table.loc["a", "correlation"])
    assert table.loc["b", "gini"] == pytest.approx(8 / 15)  # (1 + 4 + 3) * 2 / (2 * 9 * 5 / 3)
    assert table.loc["b", "correlation"] == pytest.approx(1)
    assert table.loc["c", "correlation"] == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(table["marginal"], [-6 / 12, 7 / 12, -1 / 12], atol=1e-15)


def test_meets_the_covariances_of_lerman_and_yitzhaki():
    """cov(x_k, rank) computed by numpy and scipy's average ranks; ties among totals and sources."""
    from scipy.stats import rankdata

    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 5, 40).astype(float), rng.integers(0, 9, 40).astype(float)
    record = tk.gini_sources(panel_of(a=a, b=b), None, ["a", "b"])
    y, n = a + b, 40
    gini = 2 * np.cov(y, rankdata(y) / n, ddof=0)[0, 1] / y.mean()
    assert record.gini[0] == pytest.approx(gini, rel=1e-12)
    for k, x in enumerate((a, b)):
        own = 2 * np.cov(x, rankdata(x) / n, ddof=0)[0, 1] / x.mean()
        correlation = np.cov(x, rankdata(y), ddof=0)[0, 1] / np.cov(x, rankdata(x), ddof=0)[0, 1]
        assert record.own_gini[k, 0] == pytest.approx(own, rel=1e-12)
        assert record.correlation[k, 0] == pytest.approx(correlation, rel=1e-12)
        share = x.mean() / y.mean()
        assert record.contribution[k, 0] == pytest.approx(share * own * correlation, rel=1e-12)


def test_marginal_effect_is_the_derivative():
    panel = tk.load("china").between(2010, 2011)
    sources = ["va_primary / pop", "va_secondary / pop", "va_tertiary / pop"]
    record = tk.gini_sources(panel, None, sources, weights="pop")
    step = 1e-6
    more = panel.assign(va_tertiary=panel.values("va_tertiary") * (1 + step))
    moved = tk.gini_sources(more, None, sources, weights="pop")
    np.testing.assert_allclose((moved.gini / record.gini - 1) / step, record.marginal[2], rtol=1e-4)


@pytest.mark.parametrize("weights", [None, "pop"])
def test_parts_of_china_add_up(weights):
    panel = tk.load("china").between(2000, 2022)
    sources = ["va_primary / pop", "va_secondary / pop", "va_tertiary / pop"]
    record = tk.gini_sources(panel, None, sources, weights=weights)
    np.testing.assert_allclose(record.contribution.sum(axis=0), record.gini, atol=1e-12)
    np.testing.assert_allclose(record.marginal.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(record.share.sum(axis=0), 1, atol=1e-12)
    total = panel.assign(y=sum(panel.values(v) for v in ("va_primary", "va_secondary", "va_tertiary")))
    same = tk.inequality(total, "y / pop", "gini", weights=weights).estimate[0]
    np.testing.assert_allclose(record.gini, same, rtol=1e-12)
    assert len(record.tidy()) == 3 * 23 and (np.abs(record.correlation) <= 1 + 1e-12).all()


def test_sources_must_add_up_to_the_total():
    panel = panel_of(y=[2, 4, 7], a=[2, 2, 2], b=[0, 2, 4])
    with pytest.raises(DataError, match="(?s)r02.*sum to 6.*total is 7.*source of its own"):
        tk.gini_sources(panel, "y", ["a", "b"])
    with pytest.raises(InputError, match="two or more"):
        tk.gini_sources(panel, "y", "a")
    with pytest.raises(DataError, match="no inequality"):
        tk.gini_sources(panel_of(a=[1, 2], b=[2, 1]), None, ["a", "b"])
    with pytest.warns(ToolkitWarning, match="r00"):
        tk.gini_sources(panel_of(a=[-3, 2], b=[2, 4]), None, ["a", "b"])
