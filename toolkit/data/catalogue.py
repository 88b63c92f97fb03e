"""What data come with the toolkit: a row a data set, known without loading any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import DataError, listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dataset", "dataset_named", "datasets"]


@dataclass(frozen=True)
class Dataset:
    """A packaged data set, as it is before it is loaded.

    Attributes
    ----------
    name : str
        For `toolkit.load`.
    title : str
    regions, periods, variables : int
        How many; one period is a cross-section.
    years : str
    map : bool
        Whether polygons come with it.
    source, licence : str
    comes : str
        Where the files are: with the toolkit, with a package it needs, or downloaded.
    """

    name: str
    title: str
    regions: int
    periods: int
    years: str
    variables: int
    map: bool
    source: str
    licence: str
    comes: str


_ROWS = (
    Dataset(
        "china", "China's province-level units", 31, 24, "2000-2023", 38, True,
        "National Bureau of Statistics of China and ministries",
        "official statistics; the polygons have terms of their own: shapefiles/README.md", "with the toolkit",
    ),
    Dataset(
        "munnell", "Output and public capital of US states", 48, 17, "1970-1986", 8, True,
        "Munnell (1990)", "as distributed with linearmodels (data) and libpysal (map)", "with linearmodels and libpysal",
    ),
    Dataset(
        "us_income", "Personal income per head of US states", 48, 81, "1929-2009", 1, True,
        "US Bureau of Economic Analysis", "as distributed with libpysal", "with libpysal",
    ),
    Dataset(
        "mexico", "Product per head of Mexican states", 32, 7, "1940-2000, by decade", 1, True,
        "Rey and Sastre-Gutierrez (2010)", "as distributed with libpysal", "with libpysal",
    ),
    Dataset(
        "columbus", "Crime in neighbourhoods of Columbus, Ohio", 49, 1, "1980", 19, True,
        "Anselin (1988), table 12.1", "as distributed with libpysal", "with libpysal",
    ),
    Dataset(
        "cigar", "Cigarette demand of US states", 46, 30, "1963-1992", 7, False,
        "Baltagi and Levin (1992)", "not stated: it may not be passed on", "downloaded once, when it is loaded",
    ),
)  # fmt: skip


def datasets() -> pd.DataFrame:
    """The data sets `toolkit.load` knows, a row each: name title regions periods years variables map source licence comes.

    Examples
    --------
    >>> datasets()[["regions", "years"]].loc["munnell"].tolist()
    [48, '1970-1986']
    """
    import pandas as pd

    return pd.DataFrame([vars(d) for d in _ROWS]).set_index("name")


def dataset_named(name: str) -> Dataset:
    """The row called `name`; DataError lists the names otherwise."""
    for row in _ROWS:
        if row.name == name:
            return row
    raise DataError(f"There is no data set {name!r}.", allowed=listing(row.name for row in _ROWS))
