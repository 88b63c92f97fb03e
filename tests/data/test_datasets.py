"""What is said of the data sets: every one that can be loaded, in the same order, with source and terms."""

from __future__ import annotations

import pytest

from toolkit.data.datasets import DATASETS
from toolkit.data.loaders import _loaders


def test_every_data_set_is_described():
    assert list(DATASETS) == ["munnell", "columbus", "us_income", "mexico", "cigar", "china"]
    assert set(DATASETS) == set(_loaders())


@pytest.mark.parametrize("name", DATASETS)
def test_nothing_is_left_empty(name):
    about = DATASETS[name]
    assert all((about.title, about.about, about.source, about.licence, about.shipped))
