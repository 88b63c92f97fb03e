"""What is wrong with a map: ids that do not match, invalid polygons, no reference system."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toolkit.data.findings import Finding
from toolkit.errors import listing

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["diagnose_map", "match_ids", "plain"]

_SUFFIXES = r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|地区|盟|省|市|县|区)$"


def diagnose_map(
    shapes: gpd.GeoDataFrame, ids: Sequence[str], key: str | None
) -> tuple[gpd.GeoDataFrame | None, list[Finding]]:
    """Look at a map beside the ids of a table.

    Parameters
    ----------
    shapes : GeoDataFrame
    ids : sequence of str
        Ids of the table.
    key : str or None
        Column of the map with the ids; its index if None.

    Returns
    -------
    matched : GeoDataFrame or None
        The shapes of the table's regions, indexed by id; None if they cannot be matched.
    findings : list of Finding
    """
    found = _reference(shapes)
    if key is not None and key not in shapes.columns:
        columns = [str(c) for c in shapes.columns if c != shapes.geometry.name]
        best = max(columns, key=lambda c: _agreement(shapes[c], ids), default=None)
        agreed = _agreement(shapes[best], ids) if best else 0
        hint = (
            f"Name the column {best!r}: {agreed} of {len(ids)} ids agree."
            if agreed
            else "Name the column with the ids: key=..."
        )
        found.append(
            Finding(
                "error", "map-key", "map", f"The map has no column {key!r}; it has {listing(columns, 20)}.",
                "Regions are matched to the map by id, never by position.", hint,
            )
        )  # fmt: skip
        return None, found
    labels = [_spelled(v) for v in (shapes.index if key is None else shapes[key])]
    match = match_ids(ids, labels, "map", _names(shapes, labels))
    found += match
    twice = sorted({v for v in labels if labels.count(v) > 1}) if len(labels) < 20_000 else []
    if twice:
        found.append(
            Finding(
                "error", "map-duplicates", "map", f"More than one shape for {listing(twice)}.",
                "Islands and exclaves of one region belong in one shape.", f"Merge them: gdf.dissolve({key!r}).",
            )
        )  # fmt: skip
    mine = shapes.set_axis(labels)[[v in set(ids) for v in labels]]
    found += _shapes(mine)
    usable = (
        not any(f.severity == "error" for f in match)
        and not twice
        and not (mine.geometry.isna() | mine.geometry.is_empty).any()
    )
    return (mine.loc[list(ids)] if usable else None), found


def match_ids(
    ids: Sequence[str], others: Sequence[str], what: str, names: dict[str, str] | None = None
) -> list[Finding]:
    """Findings about two sets of ids, with likely partners by spelling for those that have none.

    Parameters
    ----------
    ids, others : sequence of str
        Of the table; of the map or the weights.
    what : str
        ``"map"`` or ``"weights"``.
    names : dict, optional
        Ids of `others` by further names they have.
    """
    have, want = set(others), list(dict.fromkeys(ids))
    absent = [i for i in want if i not in have]
    more = [o for o in dict.fromkeys(others) if o not in set(want)]
    if not absent:
        if not more:
            return []
        return [
            Finding(
                "warning", f"{what}-extra", what, f"{len(more)} regions of the {what} are not in the table: {listing(more)}.",
                "A region left out is nobody's neighbour: spillovers through it are lost.",
                'Leave them out on purpose: extra="drop".' if what == "map" else "Leave them out on purpose: W.subset(ids).",
            )
        ]  # fmt: skip
    why, fix = (
        "They have no neighbours: no weights can be made for them.",
        "Correct the ids, or use a complete " + what + ".",
    )
    padded = {o.lstrip("0"): o for o in more if o.startswith("0")}
    zeros = [i for i in absent if i in padded]
    pairs = _partners(absent, more, names or {})
    if len(zeros) >= 0.5 * len(absent):
        width = len(padded[zeros[0]])
        fix = f'Leading zeros were lost ({zeros[0]} is {padded[zeros[0]]}): read with ids="text" from the source, or .str.zfill({width}).'
    elif pairs:
        fix = f"Likely partners: {listing((f'{a!r} is {b!r}' for a, b in pairs.items()), 8)}."
    elif len(absent) == len(want):
        fix = "Not one id agrees: name the column that holds the same codes (key=...), or add the codes to the table."
    return [
        Finding(
            "error", f"{what}-ids", what,
            f"{len(absent)} of {len(want)} regions of the table are not in the {what}: {listing(absent, 8)}. "
            f"Only in the {what} ({len(more)}): {listing(more, 8) or 'none'}.",
            why, fix,
        )
    ]  # fmt: skip


def plain(name: str) -> str:
    """A name without case, accents, blanks, punctuation and kind of region, to be compared.

    Examples
    --------
    >>> plain("Île-de-France"), plain("北京市"), plain("Hebei Province")
    ('iledefrance', '北京', 'hebei')
    """
    text = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"\b(province|state|county|region|city|municipality|prefecture|shi|sheng)\b", "", text)
    text = re.sub(r"[\W_]+", "", text)
    return re.sub(_SUFFIXES, "", text) if len(text) > 2 else text


def _partners(absent: Sequence[str], more: Sequence[str], names: dict[str, str]) -> dict[str, str]:
    """For ids without a match the likely one: the same name written otherwise, or nearly so."""
    known = {plain(o): o for o in more if plain(o)}
    known |= {plain(n): o for n, o in names.items() if o in set(more) and plain(n)}
    out = {}
    for i in absent[:200]:
        near = difflib.get_close_matches(plain(i), known, n=1, cutoff=0.8) if not i.isdigit() else []
        if near:
            out[i] = known[near[0]]
    return out


def _names(shapes: gpd.GeoDataFrame, labels: Sequence[str]) -> dict[str, str]:
    """What else the map calls its regions: every text in its columns that belongs to one shape only, with the id."""
    out: dict[str, str] = {}
    for column in shapes.columns.drop(shapes.geometry.name):
        words = [v if isinstance(v, str) else "" for v in shapes[column]]
        if len(set(words)) == len(words):
            out |= dict(zip(words, labels, strict=True))
    return out


def _agreement(column: pd.Series, ids: Sequence[str]) -> int:
    return len({_spelled(v) for v in column} & set(ids))


def _reference(shapes: gpd.GeoDataFrame) -> list[Finding]:
    if shapes.crs is None:
        bounds = np.asarray(shapes.total_bounds, dtype=float)
        degrees = (
            np.isfinite(bounds).all() and np.abs(bounds[[0, 2]]).max() <= 180 and np.abs(bounds[[1, 3]]).max() <= 90
        )
        return [
            Finding(
                "warning", "no-crs", "map", "The map says nothing of its coordinate system (no .prj file, no CRS).",
                "Distances and areas cannot be computed from it, and it cannot be drawn in a good projection.",
                "The coordinates look like longitude and latitude: gdf.set_crs(4326)." if degrees
                else "Ask its source for the system, then gdf.set_crs(...).",
            )
        ]  # fmt: skip
    if shapes.crs.is_geographic:
        return [
            Finding(
                "note", "degrees", "map", f"The map is in degrees ({shapes.crs.name}).",
                "Degrees are no distances: east-west ones shrink towards the poles. The toolkit measures on the sphere, in km.",
                "Nothing for this toolkit; for areas and buffers elsewhere, gdf.to_crs(...) an equal-area projection first.",
            )
        ]  # fmt: skip
    return []


def _shapes(shapes: gpd.GeoDataFrame) -> list[Finding]:
    found = []
    geometry = shapes.geometry
    empty = geometry.isna() | geometry.is_empty
    if empty.any():
        found.append(
            Finding(
                "error", "map-empty", "map", f"Regions with an empty shape: {listing(shapes.index[empty])}.",
                "They have no neighbours.", "Complete the map.",
            )
        )  # fmt: skip
    kept = geometry[~empty]
    invalid = kept.index[~kept.is_valid.to_numpy()]
    if len(invalid):
        reasons = kept[~kept.is_valid.to_numpy()].is_valid_reason()
        found.append(
            Finding(
                "warning", "map-invalid", "map",
                f"{len(invalid)} shapes are not valid: {listing((f'{i} ({r})' for i, r in reasons.items()), 4)}.",
                "Borders that cross themselves give wrong areas and may lose neighbours.", "Repair them: gdf.geometry = gdf.make_valid().",
            )
        )  # fmt: skip
    kinds = set(kept.geom_type)
    other = kinds - {"Polygon", "MultiPolygon"}
    if other:
        found.append(
            Finding(
                "note" if other == kinds else "warning", "map-kinds", "map", f"Shapes are {listing(sorted(kinds))}, not only polygons.",
                "Shared borders (queen, rook) need polygons.", "For points use knn, distance_band, inverse_distance or kernel.",
            )
        )  # fmt: skip
    return found


def _spelled(cell: object) -> str:
    if isinstance(cell, (int, float, np.number)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()
