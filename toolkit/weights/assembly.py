"""From raw weights to `SpatialWeights`: extra links, islands, components, normalisation."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
from scipy import sparse

from toolkit.errors import InputError, WeightsError, listing
from toolkit.weights.checks import as_ids, caution, check_matrix, label
from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["ISLANDS", "assemble", "check_islands"]

ISLANDS = ("error", "keep")


def assemble(
    ids: Iterable[Hashable],
    raw,
    *,
    builder: str,
    description: str,
    normalize: str = "row",
    link: Mapping | None = None,
    islands: str = "error",
    names: Mapping[Hashable, str] | None = None,
    recipe: Mapping[str, object] | None = None,
) -> SpatialWeights:
    """Check raw weights, add links, settle islands, normalise. Every builder ends here.

    Parameters
    ----------
    ids : iterable, length N
    raw : matrix, shape (N, N)
        Weights before normalisation.
    builder, description : str
        Name of the builder for the recipe; one line for table notes.
    normalize : {"row", "spectral", "minmax", "none"}
    link : mapping, optional
        Symmetric links to add, id or name -> id or name (or a list of them). The weight is the mean
        weight of the links that are there, 1 for contiguity.
    islands : {"error", "keep"}
        What to do with regions that still have no neighbour.
    names, recipe : mapping, optional

    Raises
    ------
    WeightsError
        See `SpatialWeights`; islands; a link to an unknown region or to itself.

    Warns
    -----
    ToolkitWarning
        Several connected components of two or more regions: spillovers never cross between them.
    """
    ids = as_ids(ids)
    names = dict(names or {})
    matrix = check_matrix(raw, ids)
    pairs = _pairs(link, ids, names)
    if pairs:
        matrix = _add_links(matrix, pairs)
        shown = "; ".join(f"{names.get(ids[a], ids[a])} linked to {names.get(ids[b], ids[b])}" for a, b in pairs)
        description = f"{description}, {shown}"
    out = SpatialWeights(
        ids,
        matrix,
        normalize,
        {
            "builder": builder,
            **(recipe or {}),
            "link": tuple((ids[a], ids[b]) for a, b in pairs),
            "islands": islands,
            "normalize": normalize,
        },
        description,
        names,
    )
    check_islands(out, islands)
    _warn_components(out)
    return out


def check_islands(weights: SpatialWeights, islands: str) -> None:
    """Refuse regions without a neighbour unless they are to be kept."""
    if islands not in ISLANDS:
        raise InputError(f"islands={islands!r} is not a choice.", allowed=", ".join(ISLANDS))
    if weights.islands and islands == "error":
        alone = [label(i, weights.names) for i in weights.islands]
        first = weights.names.get(weights.islands[0], weights.islands[0])
        raise WeightsError(
            f"Regions without a neighbour: {listing(alone)}.",
            allowed="regions that each have at least one neighbour, unless said otherwise",
            fix=f'name a neighbour, link={{{first!r}: "..."}}, or keep them without spillovers, islands="keep"',
        )


def _warn_components(weights: SpatialWeights) -> None:
    sizes = np.bincount(weights.component_labels)
    sizes = np.sort(sizes[sizes > 1])[::-1]
    if len(sizes) > 1:
        caution(
            f"The weights fall into {len(sizes)} unconnected parts of {listing(sizes)} regions: spillovers never cross "
            "between them. Next step: join them with link=, or leave it if that is meant."
        )


def _pairs(link: Mapping | None, ids: Sequence[Hashable], names: Mapping[Hashable, str]) -> list[tuple[int, int]]:
    if not link:
        return []
    if not isinstance(link, Mapping):
        raise InputError(f"link={link!r} is not a mapping.", allowed='a mapping, e.g. {"Hainan": "Guangdong"}')
    rows = {id_: i for i, id_ in enumerate(ids)}
    by_name: dict[str, list[int]] = {}
    for id_, name in names.items():
        if id_ in rows:
            by_name.setdefault(str(name), []).append(rows[id_])

    def row(key: Hashable) -> int:
        if key in rows:
            return rows[key]
        found = by_name.get(str(key), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise WeightsError(
                f"link: {key!r} is the name of {len(found)} regions.",
                fix=f"use an id: {listing(ids[i] for i in found)}",
            )
        raise WeightsError(
            f"link: {key!r} is neither an id nor a name.", allowed=listing((label(i, names) for i in ids), most=60)
        )

    pairs = []
    for a, many in link.items():
        for b in [many] if isinstance(many, str) or not isinstance(many, Iterable) else many:
            i, j = row(a), row(b)
            if i == j:
                raise WeightsError(f"link: {a!r} is linked to itself.", fix="name another region as its neighbour")
            pairs.append((i, j))
    return pairs


def _add_links(matrix: sparse.csr_array, pairs: Sequence[tuple[int, int]]) -> sparse.csr_array:
    weight = float(matrix.data.mean()) if matrix.nnz else 1.0
    new = sorted({p for i, j in pairs for p in ((i, j), (j, i)) if matrix[*p] == 0})
    if not new:
        return matrix
    i, j = np.array(new).T
    return sparse.csr_array(matrix + sparse.csr_array((np.full(len(new), weight), (i, j)), shape=matrix.shape))
