"""Data sets bundled with linearmodels and libpysal, with ids, names and maps put right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.data.panel import Panel
from toolkit.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["columbus", "mexico", "munnell", "us_income"]

_MUNNELL = {
    "gsp": ("Gross state product", "million 1982 dollars"),
    "pcap": ("Public capital", "million 1982 dollars"),
    "hwy": ("Highways and streets", "million 1982 dollars"),
    "water": ("Water and sewer facilities", "million 1982 dollars"),
    "util": ("Other public buildings and structures", "million 1982 dollars"),
    "pc": ("Private capital stock", "million 1982 dollars"),
    "emp": ("Non-agricultural payroll employment", "thousand persons"),
    "unemp": ("Unemployment rate", "percent"),
}
_COLUMBUS = {
    "CRIME": ("Residential burglaries and vehicle thefts", "per thousand households"),
    "INC": ("Household income", "thousand dollars"),
    "HOVAL": ("Housing value", "thousand dollars"),
    "OPEN": ("Open space", "area, unit not stated"),
    "PLUMB": ("Housing units without plumbing", "percent"),
    "DISCBD": ("Distance to the central business district", "unit not stated"),
    "AREA": ("Area of the polygon", "square digitizing units"),
    "PERIMETER": ("Perimeter of the polygon", "digitizing units"),
    "X": ("Centroid, x", "digitizing units"),
    "Y": ("Centroid, y", "digitizing units"),
    "NSA": ("North", "1 north, 0 south"),
    "NSB": ("North, another division", "1 north, 0 south"),
    "EW": ("East", "1 east, 0 west"),
    "CP": ("Core", "1 core, 0 periphery"),
    "THOUS": ("Constant", "1000 everywhere"),
    "NEIG": ("Number of the neighbourhood in Anselin (1988)", "identifier"),
    "NEIGNO": ("NEIG + 1000", "identifier"),
    "COLUMBUS_": ("Number of the polygon", "identifier"),
    "COLUMBUS_I": ("Number of the polygon", "identifier"),
}


def munnell() -> Panel:
    """48 US states, 1970-1986: output, public and private capital, employment (Munnell 1990).

    Ids are postal codes: the state names of the source are cut at eleven letters. The order of ids
    is that of postal codes, not of the source.
    """
    from linearmodels.datasets import munnell as source

    table = source.load().rename(columns={"ST_ABB": "state", "YR": "year", "P_CAP": "pcap"}).drop(columns="STATE")
    table.columns = table.columns.str.lower()
    table["state"] = table["state"].str.strip()
    shapes = us_states()
    codebook = {
        v: {"label_en": label, "unit_en": unit, "source": "Munnell (1990), as distributed with linearmodels"}
        for v, (label, unit) in _MUNNELL.items()
    }
    return Panel(
        table[["state", "year", *_MUNNELL]],
        entity="state",
        time="year",
        geometry=shapes.geometry,
        attributes=shapes[["name"]],
        codebook=codebook,
        name="munnell",
    )


def columbus() -> Panel:
    """49 neighbourhoods of Columbus, Ohio, 1980: crime, income, house values (Anselin 1988, table 12.1).

    The map has arbitrary planar coordinates and no reference system. Names of variables are upper
    case, as in the source: ``CRIME ~ INC + HOVAL``.
    """
    table = example("columbus.shp")
    table["POLYID"] = table["POLYID"].astype(int)
    return Panel(
        table,
        entity="POLYID",
        codebook={
            v: {
                "label_en": label,
                "unit_en": unit,
                "source": "Anselin (1988, table 12.1), as distributed with libpysal",
            }
            for v, (label, unit) in _COLUMBUS.items()
        },
        name="columbus",
    )


def us_income() -> Panel:
    """48 contiguous US states, 1929-2009: personal income per head, current dollars (Rey and Montouri 1999).

    Ids are postal codes, as in `munnell`.
    """
    shapes = us_states()
    by_name = pd.Series(shapes.index, index=shapes["name"])
    wide = example("usjoin.csv").drop(columns="STATE_FIPS").rename(columns={"Name": "state"})
    table = wide.melt(id_vars="state", var_name="year", value_name="income")
    table = table.assign(
        state=table["state"].map(by_name), year=table["year"].astype(int), income=table["income"].astype(float)
    )
    return Panel(
        table,
        entity="state",
        time="year",
        geometry=shapes.geometry,
        attributes=shapes[["name"]],
        codebook={
            "income": {
                "label_en": "Personal income per head",
                "unit_en": "US dollars, current prices",
                "source": "US Bureau of Economic Analysis, as distributed with libpysal",
                "warning": "Not deflated: compare states within a year, or deflate first.",
            }
        },
        name="us_income",
    )


def mexico() -> Panel:
    """32 Mexican states, 1940-2000 by decade: gross domestic product per head (Rey and Sastre-Gutierrez 2010).

    Ids are the codes of the source (MX01 ...); polygons are in degrees.
    """
    source = example("mexicojoin.shp").rename(columns={"NAME": "name"})
    shapes = source.set_index("CODE").rename_axis("state")[["name", "geometry"]].set_crs(4326)
    decades = [c for c in source.columns if c.startswith("PCGDP")]
    table = pd.DataFrame(source[["CODE", *decades]]).melt(id_vars="CODE", var_name="year", value_name="pcgdp")
    table = table.rename(columns={"CODE": "state"}).assign(year=lambda t: t["year"].str[5:].astype(int))
    return Panel(
        table,
        entity="state",
        time="year",
        geometry=shapes.geometry,
        attributes=shapes[["name"]],
        codebook={
            "pcgdp": {
                "label_en": "Gross domestic product per head",
                "unit_en": "pesos, price basis as in the source",
                "source": "Rey and Sastre-Gutierrez (2010), as distributed with libpysal",
            }
        },
        name="mexico",
    )


def us_states() -> gpd.GeoDataFrame:
    """The 48 contiguous states, indexed by postal code, with name and fips; degrees on WGS84.

    The source has no reference system; its coordinates are longitudes and latitudes.
    """
    shapes = example("us48.shp").rename(columns={"STATE_NAME": "name", "STATE_FIPS": "fips"})
    return shapes.set_index("STATE_ABBR").rename_axis("state")[["name", "fips", "geometry"]].set_crs(4326)


def example(file: str) -> gpd.GeoDataFrame | pd.DataFrame:
    """A file among libpysal's bundled examples."""
    from libpysal import examples

    path = examples.get_path(file)
    if path is None:
        raise DataError(f"libpysal has no example {file!r}.", fix="reinstall libpysal from the pinned requirements")
    if Path(path).suffix == ".csv":
        return pd.read_csv(path)
    import geopandas as gpd

    return gpd.read_file(path)
