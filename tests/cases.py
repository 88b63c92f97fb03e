"""The two textbook panels and the cross-section every estimator is checked on."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit as tk

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
CIGAR = ROOT.parent / "shared" / "data" / "cigar.csv"
FILTERED = ROOT.parent / "shared" / "data" / "filteredGDP.csv"

FORMULAS = {
    "munnell": "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp",
    "cigar": "log(sales) ~ log(price / cpi) + log(ndi / cpi)",
}


def golden(name: str) -> dict:
    return json.loads((GOLDEN / name).read_text())


@lru_cache
def munnell():
    panel = tk.load("munnell")
    return panel, tk.weights.queen(panel)


@lru_cache
def cigar():
    if not CIGAR.exists():
        pytest.skip("the cigarette panel is not shipped: it may not be redistributed")
    import libpysal

    frame = pd.read_csv(CIGAR)
    panel = tk.Panel(frame, entity="state", time="year")
    full = libpysal.io.open(libpysal.examples.get_path("spat-sym-us.mat")).read().full()[0].astype(float)
    return panel, tk.weights.from_matrix(full, ids=panel.entities, normalize="row")


@lru_cache
def columbus():
    panel = tk.load("columbus")
    return panel, tk.weights.queen(panel)


PANELS = {"munnell": munnell, "cigar": cigar}


def small_panel(seed: int, n: int = 12, t: int = 4, k: int = 2, kind: str = "knn"):
    """A panel with an asymmetric or a not row-standardised W, drawn at random."""
    rng = np.random.default_rng(seed)
    ids = [f"r{i:02d}" for i in range(n)]
    points = rng.normal(size=(n, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    matrix = (distance <= np.sort(distance, axis=1)[:, 2][:, None]).astype(float)
    if kind == "knn":
        matrix /= matrix.sum(1, keepdims=True)
    else:  # uneven rows: inverse distance over the largest row sum
        matrix = 1 / distance
        matrix /= matrix.sum(1).max()
    frame = pd.DataFrame({"id": np.tile(ids, t), "year": np.repeat(np.arange(2000, 2000 + t), n)})
    for j in range(k):
        frame[f"x{j + 1}"] = rng.normal(size=n * t)
    noise = rng.normal(size=(t, n)) + rng.normal(size=n)
    mean = frame[[f"x{j + 1}" for j in range(k)]].sum(axis=1).to_numpy().reshape(t, n) + noise
    frame["y"] = np.linalg.solve(np.eye(n) - 0.4 * matrix, mean.T).T.ravel()
    panel = tk.Panel(frame, entity="id", time="year")
    return panel, tk.weights.from_matrix(matrix, ids=ids), matrix
