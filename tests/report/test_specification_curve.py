"""The specification curve: sorted estimates, every choice marked once, words in both languages."""

from __future__ import annotations

import numpy as np
import pytest
from cases import munnell

import toolkit as tk
from toolkit.errors import InputError


@pytest.fixture(scope="module")
def grid():
    panel, w = munnell()
    other = tk.weights.from_matrix((w.sparse.toarray() > 0).astype(float), ids=list(w.ids), normalize="spectral")
    return tk.grid(
        "log(gsp) ~ log(pcap) + log(emp)",
        panel,
        {"queen, row": w, "queen, spectral": other},
        models=["sar", "sdm"],
        effects=["entity", "twoway"],
    )


def test_estimates_are_sorted_and_every_choice_marked(grid):
    figure = tk.charts.specification_curve(grid, "log(pcap)", "total")
    upper, lower = figure.axes
    points = np.concatenate(
        [c.get_offsets() for c in upper.collections if len(c.get_offsets()) and c.get_label()[:1] == "p"]
    )
    points = points[points[:, 0].argsort()]
    want = grid.tidy().query("term == 'log(pcap)' and effect == 'total'")["estimate"].sort_values()
    np.testing.assert_allclose(points[:, 1], want)
    marks = sum(len(c.get_offsets()) for c in lower.collections)
    assert marks == 8 * 3  # three choices differ, each made once by each fit
    labels = {t.get_text() for t in lower.get_yticklabels()}
    assert labels == {"sar", "sdm", "queen, row", "queen, spectral", "entity", "twoway"}
    assert upper.get_ylabel() == "Total impact of log(pcap)" and lower.get_xlabel()


def test_it_is_saved_whole(grid, tmp_path):
    path = tk.charts.specification_curve(grid, "log(emp)", "indirect", name="employment", width="one").save(
        tmp_path / "c.pdf"
    )
    assert path.read_bytes()[:4] == b"%PDF"


@pytest.mark.parametrize(
    ("term", "kw", "message"),
    [
        ("pcap", {}, r"no 'total' of 'pcap'(.|\n)*log\(pcap\)"),
        ("log(pcap)", {"effect": "long"}, "no 'long'"),
        ("log(pcap)", {"lang": "fr"}, "en, zh"),
    ],
)
def test_refusals(grid, term, kw, message):
    with pytest.raises(InputError, match=message):
        tk.charts.specification_curve(grid, term, **kw)


def test_other_records_are_refused():
    panel, w = munnell()
    with pytest.raises(InputError, match="a Grid from tk.grid"):
        tk.charts.specification_curve(tk.fit("log(gsp) ~ log(pcap)", panel, w), "log(pcap)")
