"""Figures of convergence: what they show, in both languages, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.errors import DataError, InputError


@pytest.fixture(scope="module")
def us():
    return tk.load("us_income")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_scatter_shows_every_region_and_the_slope(us, lang, tmp_path):
    record = tk.beta_convergence(us, "income", first=1929, last=1994)
    figure = tk.charts.convergence_scatter(record, lang=lang)
    axes = figure.axes[0]
    assert len(axes.collections[0].get_offsets()) == 48
    (x0, x1), (y0, y1) = axes.lines[-1].get_data()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(100 * record.speeds["coefficient"].q)
    assert "1.95" in axes.get_title("left") + axes.get_title()
    assert figure.save(tmp_path / "a.pdf").stat().st_size > 5000


def test_scatter_of_spans_is_within(us):
    record = tk.beta_convergence(us, "income", span=10, effects="time")
    points = tk.charts.convergence_scatter(record).axes[0].collections[0].get_offsets()
    assert len(points) == 48 * 8
    np.testing.assert_allclose(np.asarray(points).reshape(8, 48, 2).mean(axis=1), 0, atol=1e-9)


def test_dispersion_has_a_line_for_each_group():
    record = tk.sigma_convergence(tk.load("china"), "gdp / pop", by="blocks")
    axes = tk.charts.dispersion(record, lang="zh").axes[0]
    assert len(axes.lines) == 10  # a line and its trend
    np.testing.assert_allclose(axes.lines[0].get_ydata(), record.dispersion[0])
    assert axes.lines[2].get_label() in ("东部", "中部", "西部", "东北")


def test_paths_of_clubs(us):
    record = tk.convergence_clubs(us.between(1960, 2009), "log(income)")
    axes = tk.charts.transition_paths(record, regions=False).axes[0]
    clubs = [line for line in axes.lines if line.get_label().startswith("Club")]
    np.testing.assert_allclose(clubs[0].get_ydata(), record.paths[:, record.club == 1].mean(axis=1))


def test_map_of_clubs_and_registers():
    us = tk.load("us_income").between(1960, 2009)
    record = tk.convergence_clubs(us, "log(income)")
    figure = tk.maps.groups(us, record)
    assert next(t.get_text() for t in figure.legends[0].get_texts()) == f"Club 1 ({record.tests[0].n} regions)"
    china = tk.load("china")
    figure = tk.maps.groups(china, "blocks", lang="zh")
    assert {t.get_text() for t in figure.legends[0].get_texts()} == {"东部", "中部", "西部", "东北"}
    with pytest.raises(DataError, match="no group"):
        tk.maps.groups(china, {"110000": "a"})
    with pytest.raises(InputError, match="too many"):
        tk.maps.groups(us, {r: str(i) for i, r in enumerate(us.entities)})
    with pytest.raises(InputError, match="cannot draw"):
        tk.maps.groups(us, 3)


def test_regional_unit_roots(us):
    record = tk.stochastic_convergence(us, "log(income)", draws=99, seed=1)
    for test in ("IPS", "CIPS"):
        axes = tk.charts.regional_unit_roots(record, test=test).axes[0]
        shown = np.sort(axes.lines[0].get_xdata())
        np.testing.assert_allclose(shown, np.sort(record.ips_t if test == "IPS" else record.cips_t))
        assert axes.lines[1].get_xdata()[0] == pytest.approx(record.tests[test].statistic)
    with pytest.raises(InputError, match="test='ADF'"):
        tk.charts.regional_unit_roots(record, test="ADF")


def test_regions_have_their_chinese_names():
    china = tk.load("china")
    record = tk.beta_convergence(china, "gdp / pop")
    texts = {t.get_text() for t in tk.charts.convergence_scatter(record, label="all", lang="zh").axes[0].texts}
    assert {"北京", "贵州"} <= texts


def test_refusals(us):
    record = tk.beta_convergence(us, "income")
    for chart in (tk.charts.dispersion, tk.charts.transition_paths):
        with pytest.raises(InputError, match="cannot draw"):
            chart(record)
    with pytest.raises(InputError, match="cannot draw"):
        tk.charts.convergence_scatter(us)
    with pytest.raises(InputError, match="effect='total'"):
        tk.charts.convergence_scatter(record, effect="total")
    with pytest.raises(InputError, match="Atlantis"):
        tk.charts.convergence_scatter(record, label=["Atlantis"])
