"""Charts of distribution dynamics: what they show is what the records say; both languages; bad input."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import toolkit as tk
from toolkit.errors import DataError, InputError


@lru_cache
def china():
    panel = tk.load("china").assign(income="gdp / pop")
    return panel, tk.weights.queen(panel, link={"Hainan": "Guangdong"})


def written(axes) -> list[str]:
    return [t.get_text() for t in axes.texts]


def test_cells_say_probability_and_count():
    record = tk.markov(china()[0], "income", 4, labels=["a", "b", "c", "d"])
    axes = tk.charts.transitions(record).axes[0]
    words = written(axes)
    for i in range(4):
        for j in range(4):
            p, n = record.chain.probabilities[i, j], record.chain.counts[i, j]
            assert words[4 * i + j] == (f"{p:.3f}\n({n})" if p else "0\n(0)")
    assert words[16:] == [f"{p:.3f}" if p else "0" for p in record.chain.ergodic]
    assert axes.get_yticklabels()[0].get_text() == f"a  ({record.chain.starts[0]})"
    assert written(tk.charts.transitions(record, show="count").axes[0])[0] == str(record.chain.counts[0, 0])


def test_small_multiples_of_a_spatial_chain():
    panel, w = china()
    record = tk.spatial_markov(panel, "income", w, 4)
    figure = tk.charts.transitions(record, lang="zh")
    assert len(figure.axes) == 5 and figure.axes[-1].get_title("left") == "全部地区 (n = 713)"
    hatched = [p for p in figure.axes[3].patches if isinstance(p, Rectangle) and p.get_hatch()]
    missing = np.isnan(record.chains[3].probabilities).sum() + np.isnan(record.chains[3].ergodic).sum()
    assert len(hatched) == missing == 8 and "不唯一或不可知" in written(figure.axes[3])


def test_small_multiples_by_group():
    figure = tk.charts.transitions(tk.markov(china()[0], "income", 3, register="blocks"), lang="zh")
    titles = [a.get_title("left") for a in figure.axes]
    assert titles[1].startswith("东部") and titles[-1].startswith("全部地区")


def test_lisa_chain_with_insignificant_regions():
    panel, w = china()
    record = tk.lisa_markov(panel.between(2015, 2023), "income", w, permutations=199, seed=1, p_adjust=None)
    labels = [t.get_text() for t in tk.charts.transitions(record, lang="zh").axes[0].get_xticklabels()]
    assert labels == ["HH", "LH", "LL", "HL", "不显著"]


def test_ridges_follow_the_densities():
    record = tk.densities(china()[0], "income")
    axes = tk.charts.ridges(record, [2000, 2023], overlap=1).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["2000", "2023"]
    curve = axes.lines[-1].get_xydata()
    peak = curve[curve[:, 1].argmax(), 0]
    assert peak == pytest.approx(record.grid[record.density[-1].argmax()])
    heights = [line.get_ydata() for line in axes.lines[1:]]
    both = record.density[[0, -1]]
    assert (heights[0].max() - 0) / (heights[1].max() + 1) == pytest.approx(both[0].max() / both[1].max())
    assert len(tk.charts.ridges(record).axes[0].get_yticks()) == 12


def test_the_surface_is_drawn_from_either_side():
    record = tk.densities(china()[0].between(2015, 2023), "income")
    for azimuth in (-60, 60):
        axes = tk.charts.density_surface(record, azimuth=azimuth, lang="zh").axes[0]
        assert len(axes.collections) == 8 and axes.get_zlabel() == "核密度"


def test_kernel_shows_the_diagonal_and_the_ergodic_density():
    record = tk.stochastic_kernel(china()[0], "income", 3)
    left, right = tk.charts.kernel_contour(record).axes[:2]
    diagonal, mean = left.lines[:2]
    assert (diagonal.get_xdata() == diagonal.get_ydata()).all()
    inside = (record.grid >= record.x.min()) & (record.grid <= record.x.max())
    np.testing.assert_allclose(mean.get_ydata(), record.conditional_mean[inside])
    assert any(len(line.get_ydata()) == 128 and (line.get_ydata() == record.ergodic).all() for line in right.lines)
    panel, w = china()
    alone = tk.charts.kernel_contour(tk.stochastic_kernel(panel, "income", 0, w), lang="zh")
    assert len(alone.axes) == 2  # the kernel and its colour bar
    assert alone.axes[0].get_xlabel().startswith("t 期邻区平均")


def test_rank_paths():
    record = tk.rank_mobility(china()[0], "income", permutations=0)
    axes = tk.charts.rank_paths(record, ["Tianjin"], ends_only=True).axes[0]
    thick = [line for line in axes.lines if line.get_linewidth() > 1]
    tianjin = record.names.index("Tianjin")
    assert len(thick) == 1 and thick[0].get_ydata().tolist() == record.ranks[[0, -1], tianjin].tolist()
    left = [t.get_text() for t in axes.get_yticklabels()]
    assert left[0] == "1  Shanghai" and len(left) == 31
    assert len(tk.charts.rank_paths(record, lang="zh").axes[0].lines) == 31


def test_centre_path_on_the_map():
    from pyproj import Transformer

    panel, _ = china()
    record = tk.centre_of_gravity(panel, "gdp")
    figure = tk.charts.centre_path(panel, record, [2000, 2010, 2023])
    left, right = figure.axes[:2]
    change = Transformer.from_crs("EPSG:4326", tk.maps.sheet(panel).crs, always_xy=True)
    x, y = change.transform(*record.centre.T)
    np.testing.assert_allclose(right.lines[0].get_xydata(), np.column_stack([x, y]), rtol=1e-9)
    assert sum(len(line.get_xdata()) == 181 for line in left.lines) == 3
    assert {"2000", "2023"} <= set(written(right))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda r: tk.charts.transitions(r["rank"]), "tk.markov"),
        (lambda r: tk.charts.transitions(r["markov"], show="all"), "probability"),
        (lambda r: tk.charts.ridges(r["kernel"]), "tk.densities"),
        (lambda r: tk.charts.ridges(r["density"], [1999]), "1999"),
        (lambda r: tk.charts.ridges(r["density"], overlap=0), "above 0"),
        (lambda r: tk.charts.density_surface(r["one"]), "two years"),
        (lambda r: tk.charts.kernel_contour(r["density"]), "tk.stochastic_kernel"),
        (lambda r: tk.charts.kernel_contour(r["kernel"], levels=1), "3 to 40"),
        (lambda r: tk.charts.rank_paths(r["markov"]), "tk.rank_mobility"),
        (lambda r: tk.charts.rank_paths(r["rank"], ["Atlantis"]), "Atlantis"),
        (lambda r: tk.charts.centre_path(china()[0], r["rank"]), "tk.centre_of_gravity"),
        (lambda r: tk.charts.centre_path(china()[0], r["centre"], [1999]), "1999"),
        (lambda r: tk.charts.centre_path(china()[0], r["centre"], labels=1), ">= 2"),
        (lambda r: tk.charts.centre_path(tk.load("mexico"), r["centre"]), "not the same"),
    ],
)
def test_bad_input(call, says):
    panel = china()[0]
    records = {
        "markov": tk.markov(panel, "income"),
        "density": tk.densities(panel, "income"),
        "one": tk.densities(panel, "income", [2000]),
        "kernel": tk.stochastic_kernel(panel, "income", grid=32),
        "rank": tk.rank_mobility(panel, "income", permutations=0),
        "centre": tk.centre_of_gravity(panel, "gdp"),
    }
    with pytest.raises((InputError, DataError), match=says):
        call(records)
