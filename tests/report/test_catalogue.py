"""The catalogue: every variable once, counts that are those of the data, links that resolve, hostile text."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import InputError
from toolkit.report.catalogue import catalogue_body

NAMES = ("munnell", "columbus", "us_income", "mexico", "china")


@pytest.fixture(scope="module")
def panels():
    return {name: tk.load(name) for name in NAMES}


@pytest.fixture(scope="module")
def page(panels):
    return catalogue_body(panels)


def section(page, name):
    return re.search(rf'<section class="dataset" id="data-{name}">.*?</section>', page, re.S)[0]


def test_links_resolve_and_ids_are_unique(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert "http" not in page and "src=" not in page
    assert page.startswith("<h1>Data catalogue</h1>")


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_has_label_unit_and_source(page, panels, name):
    body = section(page, name)
    rows = re.findall(r"<tr id=.*?</tr>", body)
    assert len(rows) == len(panels[name].variables)
    for v, row in zip(panels[name].variables, rows, strict=True):
        entry = panels[name].codebook[v]
        assert entry.label_en and entry.unit_en and entry.source, v
        assert f"<code>{v}</code>" in row and "not in the codebook" not in row
    assert panels[name].hash in body and "Licence" in body and f'tk.load("{name}")' in body.replace("&quot;", '"')


def test_counts_are_those_of_the_data(page, panels):
    body = section(page, "china")
    for v in ("gdp", "tech_market", "schooling", "electricity"):
        row = re.search(rf'<tr data-variable="china-{v}">.*?</tr>', body)[0]
        shown = [0 if c == "·" else int(c) for c in re.findall(r"<td[^>]*>([^<]+)</td>", row)]
        np.testing.assert_array_equal(shown, (~np.isnan(panels["china"].values(v))).sum(axis=1))
    assert 'title="tech_market 2011: 30 of 31 regions"' in body
    assert "技术市场成交额" in body and "<div lang=zh>" in body
    assert "never all regions" in re.search(r'<tr id="china-electricity".*?</tr>', body)[0]
    assert "Level breaks at the censuses" in body


def test_a_cross_section_has_no_years(page):
    body = section(page, "columbus")
    assert "49 of 49 regions" in body and 'class="coverage"' not in body and "no coordinate reference system" in body


def test_registers_are_listed_with_their_source(page):
    assert "Four economic regions" in section(page, "china") and "2011-06-13" in section(page, "china")


def test_what_is_downloaded_is_named(page):
    assert "tk.load(&quot;cigar&quot;)" in page or 'tk.load("cigar")' in page


def test_data_of_ones_own_without_a_codebook():
    frame = pd.DataFrame({"code": ["A", "B"] * 2, "year": [1, 1, 2, 2], "x<y>": [1.0, np.nan, np.nan, np.nan]})
    page = catalogue_body({"mine": tk.Panel(frame, entity="code", time="year")})
    assert "not in the codebook" in page and "x&lt;y&gt;" in page and "x<y>" not in page
    assert "cigar" not in page and "1 data set, 1 variable. " in page
    assert ">1</td>" in page and ">·</td>" in page


def test_a_variable_that_is_nowhere_observed():
    frame = pd.DataFrame({"code": ["A", "B"], "year": [1, 1], "x": [np.nan, np.nan], "z": [1.0, 2.0]})
    assert "nowhere" in catalogue_body({"mine": tk.Panel(frame, entity="code", time="year")})


def test_no_panel_is_refused():
    with pytest.raises(InputError, match="at least one panel"):
        catalogue_body({})
