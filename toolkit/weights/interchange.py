"""Weights from and to other objects: arrays, DataFrames, libpysal's `Graph` and `W`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from toolkit.errors import WeightsError, listing
from toolkit.weights.assembly import assemble
from toolkit.weights.checks import as_ids
from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["from_matrix"]


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
