"""Tables and maps from files; the suffix decides how, and nothing that can run code is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.errors import DataError, listing

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["MISSING", "SUFFIXES", "read_map", "read_table"]

#: Kinds of file that `Panel.read` reads.
SUFFIXES = (".csv", ".xlsx", ".dta", ".parquet", ".gpkg", ".shp", ".geojson")
_MAPS = (".gpkg", ".shp", ".geojson")
#: What stands for a missing value in text; in key columns only an empty cell does ("NA" is Namibia).
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", ".")


def read_table(
    path: str | PathLike,
    *,
    keys: Sequence[str | None] = (),
    sheet: str | int | None = None,
    ids: str | None = None,
    missing: Sequence[str] = (),
    thousands: str | None = None,
    encoding: str = "utf-8",
) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """The table in a file, and the labels of its variables where the file has them (.dta).

    Rows of .csv and .xlsx are numbered as a spreadsheet shows them (the first one below the header is 2).

    Raises
    ------
    DataError
        Absent, of another kind, or not readable.
    """
    path = _local(path, SUFFIXES)
    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            options = {"encoding": "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding}
            return _numbered(_text_table(pd.read_csv, path, keys, ids, missing, thousands, options)), {}
        if suffix == ".xlsx":
            options = {"sheet_name": 0 if sheet is None else sheet, "engine": "openpyxl"}
            return _numbered(_text_table(pd.read_excel, path, keys, ids, missing, thousands, options)), {}
        if suffix == ".dta":
            with pd.io.stata.StataReader(path, convert_categoricals=False) as reader:
                frame = reader.read()
                return frame, {k: v for k, v in reader.variable_labels().items() if v}
        if suffix == ".parquet":
            return _parquet(path), {}
        return read_map(path, layer=sheet), {}
    except UnicodeDecodeError as cause:
        raise DataError(
            f"{path.name} is not written in {encoding} (byte {cause.start}).",
            fix='name its encoding, e.g. encoding="gb18030" for Chinese or encoding="latin-1" for Western files',
        ) from cause
    except DataError:
        raise
    except Exception as cause:  # whatever the readers raise on a damaged file
        raise DataError(f"{path.name} cannot be read: {cause}", fix="open it in the program it comes from") from cause


def read_map(path: str | PathLike, layer: str | int | None = None) -> gpd.GeoDataFrame:
    """The polygons in a .gpkg, .shp or .geojson file."""
    import geopandas as gpd

    path = _local(path, _MAPS)
    try:
        return gpd.read_file(path, **({} if layer is None else {"layer": layer}))
    except Exception as cause:  # whatever the drivers raise on a damaged file
        raise DataError(
            f"{path.name} cannot be read: {cause}", fix="a .shp needs its .shx and .dbf beside it"
        ) from cause


def _local(path: str | PathLike, suffixes: Sequence[str]) -> Path:
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise DataError(
            f"{path.name!r} is of a kind that is not read here.",
            allowed=listing(suffixes),
            fix="save the table as one of these"
            + ("; pickled files are refused since opening one can run code" if "pkl" in path.suffix.lower() else ""),
        )
    if not path.is_file():
        raise DataError(
            f"There is no file {str(path)!r}.", fix="check the path; files are read from this computer only"
        )
    return path


def _text_table(read, path, keys, ids, missing, thousands, options) -> pd.DataFrame:
    header = read(path, nrows=0, **options).columns
    signs = [*MISSING, *missing]
    return read(
        path,
        keep_default_na=False,
        na_values={c: [""] if c in keys else signs for c in header},
        dtype={c: "str" for c in header if ids == "text" and c == keys[0]} or None,
        thousands=thousands,
        **options,
    )


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis(range(2, len(frame) + 2))


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as parquet

    if b"geo" in (parquet.read_schema(path).metadata or {}):
        import geopandas as gpd

        return gpd.read_parquet(path)
    return pd.read_parquet(path)
