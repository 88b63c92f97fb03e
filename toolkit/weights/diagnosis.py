"""What is wrong with weights, beside the regions they are for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toolkit.data.findings import Finding
from toolkit.data.map_diagnosis import match_ids
from toolkit.errors import ToolkitError, listing

if TYPE_CHECKING:
    import geopandas as gpd

    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["diagnose_borders", "diagnose_weights", "read_or_find"]


def diagnose_borders(shapes: gpd.GeoDataFrame) -> list[Finding]:
    """Regions without a common border with any other (queen contiguity), and groups that do not touch.

    Parameters
    ----------
    shapes : GeoDataFrame
        Indexed by id. Shapes that are not polygons have no borders to look at: nothing is found.
    """
    from toolkit.weights.contiguity import queen

    if len(shapes) < 2 or not shapes.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        W = queen(shapes, islands="keep", normalize="none")
        strict = (
            queen(shapes, islands="keep", normalize="none", strict=True) if len(W.islands) and len(shapes) < 5000 else W
        )
    if len(strict.islands) < len(W.islands):
        found = [
            Finding(
                "warning", "map-vertices", "map",
                f"{len(W.islands) - len(strict.islands)} regions touch others without sharing corner points.",
                "Contiguity is read from common corner points, as in maps made by one agency; here it would miss neighbours.",
                "Build them by geometry: tk.weights.queen(panel, strict=True).",
            )
        ]  # fmt: skip
        W = strict
    else:
        found = []
    if len(W.islands) == W.N:
        return [
            *found,
            Finding(
                "error", "no-borders", "map", "No two regions touch.", "Contiguity weights cannot be built from this map.",
                "Use a map whose borders meet, or weights by distance: tk.weights.knn(panel, k=5).",
            ),
        ]  # fmt: skip
    return [*found, *_islands(W, "map", "warning"), *_parts(W, "map")]


def diagnose_weights(W: SpatialWeights, ids: Sequence[str]) -> list[Finding]:
    """Ids, islands, row sums, symmetry, density of weights for regions `ids` (as text)."""
    labels = [str(i) for i in W.ids]
    found = match_ids(ids, labels, "weights")
    found += _islands(W, "weights", "error")
    sums = W.row_sums[W.cardinalities > 0]
    if len(sums) and np.ptp(sums) > 1e-6:
        found.append(
            Finding(
                "warning", "not-row-standardised", "weights",
                f"Rows sum to between {sums.min():.4g} and {sums.max():.4g}.",
                "W y is then a sum, not a mean, of the neighbours: rho is not comparable between studies and has other bounds.",
                'Row-standardise, unless the sums mean something: W.normalize("row").',
            )
        )  # fmt: skip
    elif len(sums) and abs(sums.mean() - 1) > 1e-6:
        found.append(
            Finding(
                "note", "row-sums", "weights", f"All rows sum to {sums.mean():.4g}, not to 1.", "rho is scaled by that number.",
                'W.normalize("row") makes it 1.',
            )
        )  # fmt: skip
    pattern = W.sparse.astype(bool)
    one_way = int((pattern.astype(int) - pattern.T.astype(int) > 0).sum())
    if one_way:
        found.append(
            Finding(
                "note", "one-way", "weights", f"{one_way} of {W.nnz} links go one way only.",
                "Right for nearest neighbours and flows; for contiguity it is a slip.", "Compare with how W was made.",
            )
        )  # fmt: skip
    if W.density > 0.5 and W.N > 10:
        found.append(
            Finding(
                "note", "dense", "weights", f"{W.density:.0%} of all pairs of regions are linked.",
                "With nearly everyone a neighbour W y is nearly the mean of all: rho is poorly identified (Kelejian and Prucha 2002).",
                "Cut small weights, or use a cut-off distance; show the result with a sparser W too.",
            )
        )  # fmt: skip
    return found + _parts(W, "weights")


def read_or_find(path: object, ids: Sequence[str]) -> tuple[SpatialWeights | None, list[Finding]]:
    """Weights from a file, an object of this toolkit or of libpysal; or why there are none.

    Files without ids of their own (a bare matrix) are read as in the order of `ids`, and a note says so.
    """
    from toolkit.weights import SpatialWeights, from_graph, from_matrix, read

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if isinstance(path, SpatialWeights):
                return path, []
            if hasattr(path, "__fspath__") or isinstance(path, str):
                try:
                    return read(path, islands="keep"), []
                except ToolkitError as error:
                    if "ids=" not in str(error):
                        raise
                return read(path, ids=list(ids), islands="keep"), [_by_position()]
            if isinstance(path, np.ndarray):
                return from_matrix(path, ids=list(ids), islands="keep"), [_by_position()]
            if hasattr(path, "columns"):
                return from_matrix(path, islands="keep"), []
            return from_graph(path, islands="keep"), []
        except ToolkitError as error:
            return None, [
                Finding(
                    "error", "weights-unreadable", "weights", error.problem, "Without weights there is no spatial model.",
                    error.fix or f"Allowed: {error.allowed}" if error.fix or error.allowed else "Correct the file.",
                )
            ]  # fmt: skip


def _by_position() -> Finding:
    return Finding(
        "warning", "weights-by-position", "weights", "The matrix carries no ids.",
        "Its rows can only be taken to be in the sorted order of the regions; in another order every neighbour is wrong, silently.",
        "Write the ids into the first row and column, or pass them: tk.weights.read(path, ids=[...]).",
    )  # fmt: skip


def _islands(W: SpatialWeights, subject: str, severity: str) -> list[Finding]:
    if not W.islands:
        return []
    return [
        Finding(
            severity, f"{subject}-islands", subject, f"Regions without a neighbour: {listing(W.islands)}.",
            "They have no spillovers, and rows of W that sum to zero; most programs keep quiet about them.",
            f'Say what to do: link={{{W.islands[0]!r}: "a neighbour"}}, or islands="keep"; or use nearest neighbours.',
        )
    ]  # fmt: skip


def _parts(W: SpatialWeights, subject: str) -> list[Finding]:
    sizes = np.bincount(W.component_labels)
    sizes = np.sort(sizes[sizes > 1])[::-1]
    if len(sizes) < 2:
        return []
    return [
        Finding(
            "note", f"{subject}-parts", subject, f"Neighbours form {len(sizes)} unconnected groups of {listing(sizes, 6)} regions.",
            "Spillovers never cross from one to another.", "Link them by link=, if that is not meant.",
        )
    ]  # fmt: skip
