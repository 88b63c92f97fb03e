"""The table and the numbers of the README are what the code gives."""

from __future__ import annotations

from cases import ROOT

import toolkit as tk


def test_the_table_is_the_one_the_code_makes():
    panel = tk.load("munnell")
    model = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"
    sdm = tk.fit(model, panel, tk.weights.queen(panel), model="sdm", effects="twoway")
    made = tk.table(tk.impacts(sdm), titles=["Spatial Durbin model"]).to_markdown().strip()
    assert made in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_figure_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docs/images/output_per_worker.png" in text
    assert (ROOT / "docs" / "images" / "output_per_worker.png").stat().st_size > 10_000
    assert "slot:" not in text
