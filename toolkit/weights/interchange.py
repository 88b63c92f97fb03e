"""Weights from and to other objects: arrays, DataFrames, libpysal's `Graph` and `W`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from toolkit.errors import InputError, WeightsError, listing
from toolkit.weights.assembly import assemble
from toolkit.weights.checks import as_ids
from toolkit.weights.spatial_weights import SpatialWeights

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from libpysal.weights import W

__all__ = ["from_graph", "from_matrix", "to_graph", "to_w"]


def from_matrix(
    matrix,
    ids: Iterable[Hashable] | None = None,
    *,
    normalize: str = "none",
    link: Mapping | None = None,
    islands: str = "error",
    names: Mapping[Hashable, str] | None = None,
    description: str = "matrix as given",
) -> SpatialWeights:
    """Weights from a matrix; its values are kept unless `normalize` says otherwise.

    Parameters
    ----------
    matrix : ndarray, scipy sparse or DataFrame, shape (N, N)
        Row i holds the weights of the neighbours of region i. Copied, cast to float.
    ids : iterable, optional
        Ids of the rows. A DataFrame brings its own: index and columns hold the same ids, in any order.
    normalize : {"none", "row", "spectral", "minmax"}
    link, islands
        As for `queen`.
    names : mapping, optional
        Display names by id.
    description : str
        One line for table notes.

    Raises
    ------
    WeightsError
        Not square, empty, negative or infinite values, non-zero diagonal, ids that do not fit.

    Examples
    --------
    >>> W = from_matrix([[0, 2], [1, 0]], ["a", "b"], normalize="row")
    >>> W.sparse.toarray()
    array([[0., 1.],
           [1., 0.]])
    """
    import pandas as pd

    if isinstance(matrix, pd.DataFrame):
        rows, columns = as_ids(matrix.index), as_ids(matrix.columns)
        if set(rows) != set(columns):
            odd = set(rows) ^ set(columns)
            raise WeightsError(
                f"Index and columns of the DataFrame hold different ids: {listing(sorted(odd, key=str))}.",
                fix="use the region ids as index and as columns (as text on both sides)",
            )
        if ids is not None and as_ids(ids) != rows:
            raise WeightsError(
                "ids= differs from the index of the DataFrame.", fix="leave ids= out, or use W.reorder(ids)"
            )
        matrix, ids = matrix.loc[matrix.index, list(matrix.index)].to_numpy(dtype=float, copy=True), rows
    elif ids is None:
        raise WeightsError("A matrix without ids.", fix="give ids=, one per row, so that regions are matched by id")
    return assemble(
        ids,
        matrix,
        builder="from_matrix",
        description=description,
        normalize=normalize,
        link=link,
        islands=islands,
        names=names,
    )


def from_graph(
    graph: Graph | W,
    *,
    normalize: str = "none",
    link: Mapping | None = None,
    islands: str = "error",
    names: Mapping[Hashable, str] | None = None,
    description: str = "graph as given",
) -> SpatialWeights:
    """Weights from a libpysal `Graph` or an old `W`, in its order of ids, with its weights as they stand.

    Parameters
    ----------
    graph : libpysal.graph.Graph or libpysal.weights.W
        Not modified; a `W` is read with its present transformation.
    normalize, link, islands, names, description
        As for `from_matrix`.

    Raises
    ------
    InputError
        Neither a `Graph` nor a `W`.
    WeightsError
        As for `from_matrix`.

    Examples
    --------
    >>> from libpysal.graph import Graph
    >>> graph = Graph.from_arrays(["a", "a", "b", "c"], ["b", "c", "a", "a"], [1, 1, 1, 1])
    >>> from_graph(graph, normalize="row").lag([0.0, 2.0, 4.0])
    array([3., 0., 0.])
    """
    from libpysal.graph import Graph
    from libpysal.weights import W

    if isinstance(graph, Graph):
        ids = as_ids(graph.unique_ids)
        pairs = graph.adjacency
        rows = {id_: i for i, id_ in enumerate(ids)}
        i, j = ([rows[id_] for id_ in pairs.index.get_level_values(level)] for level in ("focal", "neighbor"))
        matrix = sparse.csr_array((pairs.to_numpy(dtype=float), (i, j)), shape=(len(ids),) * 2)
    elif isinstance(graph, W):
        ids = as_ids(graph.id_order)
        matrix = graph.sparse
    else:
        raise InputError(
            f"A {type(graph).__name__} is not a graph.",
            allowed="a libpysal Graph or W",
            fix="for arrays use from_matrix",
        )
    return assemble(
        ids,
        matrix,
        builder="from_graph",
        description=description,
        normalize=normalize,
        link=link,
        islands=islands,
        names=names,
    )


def to_graph(weights: SpatialWeights) -> Graph:
    """Libpysal `Graph` with the same order of ids and the normalised weights; islands as it writes them."""
    import pandas as pd
    from libpysal.graph import Graph

    i, j, value = with_islands(weights)
    ids = pd.Index(weights.ids)
    return Graph.from_arrays(ids.take(i), ids.take(j), value)


def to_w(weights: SpatialWeights) -> W:
    """Old libpysal `W` with the same order of ids and the normalised weights, for packages that ask for one."""
    from libpysal.weights import W

    matrix, ids = weights.sparse, weights.ids
    bounds = list(zip(matrix.indptr[:-1].tolist(), matrix.indptr[1:].tolist(), strict=True))
    columns, values = matrix.indices.tolist(), matrix.data.tolist()
    return W(
        {id_: [ids[c] for c in columns[a:b]] for id_, (a, b) in zip(ids, bounds, strict=True)},
        {id_: values[a:b] for id_, (a, b) in zip(ids, bounds, strict=True)},
        id_order=list(ids),
        silence_warnings=True,
    )


def with_islands(weights: SpatialWeights) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Links i, j, weight in the order of rows, an island as a link of weight 0 to itself."""
    coo = weights.sparse.tocoo()
    alone = np.flatnonzero(weights.cardinalities == 0)
    i = np.concatenate([coo.coords[0], alone])
    j = np.concatenate([coo.coords[1], alone])
    value = np.concatenate([coo.data, np.zeros(len(alone))])
    order = np.argsort(i, kind="stable")
    return i[order], j[order], value[order]
