"""The data sets: shapes, ids, known numbers; the cigarette panel checked, cached and refused."""

from __future__ import annotations

import urllib.error

import libpysal
import numpy as np
import pandas as pd
import pytest
from cases import CIGAR, FORMULAS

import toolkit as tk
from toolkit.data import cigar as module
from toolkit.errors import DataError


def test_us_income():
    panel = tk.load("us_income")
    assert (panel.N, panel.T, panel.times[0], panel.times[-1]) == (48, 81, 1929, 2009)
    source = pd.read_csv(libpysal.examples.get_path("usjoin.csv")).set_index("Name")
    np.testing.assert_array_equal(panel.wide("income").loc[1929], source.loc[panel.names, "1929"])
    assert tk.weights.queen(panel).sparse.nnz == 214


def test_mexico():
    panel = tk.load("mexico")
    assert (panel.N, panel.T) == (32, 7)
    assert list(panel.times) == list(range(1940, 2001, 10))
    source = pd.read_csv(libpysal.examples.get_path("mexico.csv")).set_index("State")
    shared = [i for i, name in panel.names.items() if name in source.index]
    assert len(shared) == 27  # the others are spelt differently in the two files
    for i in shared:
        assert panel.wide("pcgdp").loc[2000, i] == source.loc[panel.names[i], "pcgdp2000"]


needs_cigar = pytest.mark.skipif(
    not CIGAR.exists(), reason="the cigarette panel is not shipped: it may not be redistributed"
)


@needs_cigar
def test_cigar_gives_the_published_model():
    panel = tk.load("cigar", path=CIGAR)
    assert (panel.N, panel.T, panel.times[0]) == (46, 30, 1963)
    assert {"AK", "CO", "HI", "NC", "OR"}.isdisjoint(panel.entities) and "DC" in panel.entities
    full = libpysal.io.open(libpysal.examples.get_path("spat-sym-us.mat")).read().full()[0]
    ids = panel.attributes.sort_values("state_number").index
    w = tk.weights.from_matrix(full, ids=ids, normalize="row")
    names = pd.read_csv(CIGAR.with_name("usa46.csv"), nrows=0).columns
    assert list(panel.attributes.loc[ids, "name"]) == list(names)
    fit = tk.fit(FORMULAS["cigar"], panel, w, model="sdm", effects="twoway")
    assert fit.rho == pytest.approx(0.2292, abs=5e-5)
    assert fit.loglik == pytest.approx(1691.538, abs=5e-4)


@needs_cigar
def test_cigar_with_other_numbers_is_refused(tmp_path):
    table = pd.read_csv(CIGAR)
    table.loc[0, "sales"] += 0.1
    table.to_csv(tmp_path / "c.csv")
    with pytest.raises(DataError, match="another hash"):
        tk.load("cigar", path=tmp_path / "c.csv")
    table.drop(columns="cpi").to_csv(tmp_path / "d.csv")
    with pytest.raises(DataError, match="cpi"):
        tk.load("cigar", path=tmp_path / "d.csv")


@needs_cigar
def test_cigar_is_downloaded_once_and_checked(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls = []

    def fetch(url, timeout):
        calls.append(url)
        return CIGAR.open("rb")

    monkeypatch.setattr(module.urllib.request, "urlopen", fetch)
    assert tk.load("cigar").hash == tk.load("cigar").hash
    assert len(calls) == 1
    assert [p.name for p in (tmp_path / "regional-toolkit").iterdir()] == ["cigar.csv"]


def test_cigar_without_network_says_where_to_put_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def refuse(url, timeout):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(module.urllib.request, "urlopen", refuse)
    with pytest.raises(DataError, match=r"(?s)cigar\.csv.*no route.*path="):
        tk.load("cigar")
    assert not list(tmp_path.rglob("*.csv"))
