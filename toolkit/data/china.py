"""China's 31 province-level units, 2000-2023: official statistics, map, codebook and registers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.data.codebook import Entry, as_codebook
from toolkit.data.panel import Panel
from toolkit.data.registers import Register
from toolkit.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["china", "china_codebook", "china_map", "china_registers"]

_TABLES = Path(__file__).parent / "tables"
#: the polygons: in the wheel, or in a checkout
_MAPS = (Path(__file__).parent / "map", Path(__file__).parents[2] / "shapefiles")
_LAST_FINAL = 2023


def china(preliminary: bool = False) -> Panel:
    """31 province-level units, 2000-2023, from official statistics; gaps are where nothing was published.

    Ids are adcodes as text ("110000"). ``area_km2`` is the official area: densities use it, never the
    area of the polygons, which take in the sea. Registers: blocks, coast, hu_line, north_south.

    Parameters
    ----------
    preliminary : bool
        Also 2024, for which only the preliminary regional product ``gdp_prelim`` exists.
    """
    table = pd.read_csv(_TABLES / "china.csv", dtype={"adcode": "str"})
    if not preliminary:
        table = table[table["year"] <= _LAST_FINAL].drop(columns="gdp_prelim")
    attributes = pd.read_csv(_TABLES / "provinces.csv", dtype={"adcode": "str"}).set_index("adcode")
    attributes = attributes.rename(columns={"name_en": "name"})
    table["area_km2"] = table["adcode"].map(attributes["area_km2"]).astype(float)
    return Panel(
        table.reset_index(drop=True),
        entity="adcode",
        time="year",
        geometry=china_map(),
        codebook=china_codebook(),
        attributes=attributes,
        registers=china_registers(),
        name="china",
    )


def china_codebook() -> Mapping[str, Entry]:
    """Label, unit, official source and warnings of every variable."""
    book = dict(as_codebook(_TABLES / "china.toml"))
    book["area_km2"] = Entry(
        label_en="Official area",
        label_zh="行政区域面积",
        unit_en="square kilometres",
        unit_zh="平方公里",
        source="Table of provinces that comes with the toolkit (provinces.csv); the publication it was taken from is not on record",
        warning="Constant over time; the polygons of the map are not a source of areas.",
    )
    return as_codebook(book)


def china_registers() -> tuple[Register, ...]:
    """The registers of provinces, in the order of registers.toml."""
    content = tomllib.loads((_TABLES / "registers.toml").read_text(encoding="utf-8"))
    out = []
    for name, entry in content.items():
        groups = {code: label for label, codes in entry.pop("groups").items() for code in codes}
        out.append(Register(name=name, groups=groups, **entry))
    return tuple(out)


def china_map() -> gpd.GeoDataFrame:
    """Polygons of the provinces, indexed by adcode: for statistics, not an authority on boundaries."""
    import geopandas as gpd

    for home in _MAPS:
        if (home / "provinces.shp").exists():
            shapes = gpd.read_file(home / "provinces.shp")
            return shapes.assign(adcode=shapes["adcode"].astype("str")).set_index("adcode")
    raise DataError(
        "The polygons of China's provinces are not installed.",
        fix="install the toolkit from its wheel or a checkout, or run shapefiles/make_provinces.py",
    )
