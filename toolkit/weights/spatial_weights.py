"""`SpatialWeights`: an immutable matrix of weights that knows its regions, its recipe and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from toolkit.errors import WeightsError, listing
from toolkit.weights.checks import as_ids, caution, check_matrix, mismatch
from toolkit.weights.normalization import NORMALIZATIONS, check_normalization, normalize

if TYPE_CHECKING:
    import os

    import pandas as pd
    from libpysal.graph import Graph
    from libpysal.weights import W as LibpysalW

    from toolkit.weights.operator import Operator

__all__ = ["SpatialWeights"]


@dataclass(frozen=True, eq=False, repr=False)
class SpatialWeights:
    """Spatial weights: who is whose neighbour, and how much.

    Normally made by a builder (`queen`, `knn`, `from_matrix`, ...), which also settles islands and
    normalisation. Nothing can be changed in place: `normalize`, `reorder` and `subset` return new weights,
    buffers are read-only, and the matrix given is copied.

    Parameters
    ----------
    ids : sequence, length N
        Ids of the regions, in the order of rows and columns; unique, all text or all numbers.
    matrix : array_like or scipy sparse, shape (N, N)
        Weights before normalisation: non-negative, finite, zero diagonal. Row i holds the weights
        of i's neighbours.
    normalization : {"none", "row", "spectral", "minmax"}
        Applied to `matrix`.
    recipe : mapping, optional
        How the weights were built: builder, arguments, links, years.
    description : str
        One line for table notes, without the normalisation.
    names : mapping, optional
        Display names by id, used in messages and by ``link=``.

    Raises
    ------
    WeightsError
        Matrix not square, empty, negative, not finite, with a non-zero diagonal; ids duplicated, of
        mixed type or not one per row.

    Examples
    --------
    >>> W = SpatialWeights(["a", "b", "c"], [[0, 1, 1], [1, 0, 0], [1, 0, 0]], "row")
    >>> W.lag([3.0, 1.0, 2.0])
    array([1.5, 3. , 3. ])
    >>> W
    SpatialWeights: 3 regions, 4 links, matrix as given, row-standardised
    """

    ids: tuple[Hashable, ...]
    matrix: sparse.csr_array = field(repr=False)
    normalization: str = "none"
    recipe: Mapping[str, object] = field(default_factory=dict)
    description: str = "matrix as given"
    names: Mapping[Hashable, str] = field(default_factory=dict, repr=False)

    def __post_init__(self):
        check_normalization(self.normalization)
        ids = as_ids(self.ids)
        raw = check_matrix(self.matrix, ids)
        scaled = raw if self.normalization == "none" else _freeze(normalize(raw, self.normalization))
        put = object.__setattr__
        put(self, "ids", ids)
        put(self, "matrix", _freeze(raw))
        put(self, "sparse", scaled)
        put(self, "recipe", MappingProxyType(dict(self.recipe)))
        put(self, "names", MappingProxyType({i: str(n) for i, n in dict(self.names).items()}))

    sparse: sparse.csr_array = field(init=False)

    # ------------------------------------------------------------------ what it is

    @property
    def N(self) -> int:
        """Number of regions."""
        return len(self.ids)

    @property
    def nnz(self) -> int:
        """Number of directed links."""
        return int(self.sparse.nnz)

    @property
    def density(self) -> float:
        """Share of the N (N - 1) possible links that are there."""
        return self.nnz / (self.N * (self.N - 1)) if self.N > 1 else 0.0

    @cached_property
    def cardinalities(self) -> np.ndarray:
        """Number of neighbours of each region, shape (N,)."""
        return np.diff(self.sparse.indptr)

    @cached_property
    def row_sums(self) -> np.ndarray:
        """Row sums, shape (N,)."""
        return np.asarray(self.sparse.sum(axis=1)).ravel()

    @cached_property
    def row_sums_constant(self) -> bool:
        """Whether all rows sum to one number (to 1e-12 relative), so that W maps a constant to a constant."""
        return bool(np.ptp(self.row_sums) <= 1e-12 * max(self.row_sums.max(), 1e-300))

    @cached_property
    def islands(self) -> tuple[Hashable, ...]:
        """Ids of the regions without a neighbour."""
        return tuple(self.ids[i] for i in np.flatnonzero(self.cardinalities == 0))

    @cached_property
    def component_labels(self) -> np.ndarray:
        """Number of the connected component of each region (direction of links ignored), shape (N,)."""
        return csgraph.connected_components(self.sparse, directed=True, connection="weak")[1]

    @property
    def n_components(self) -> int:
        """Number of connected components; an island is one."""
        return int(self.component_labels.max()) + 1

    @cached_property
    def symmetric(self) -> bool:
        """Whether W equals its transpose (to 1e-12 relative)."""
        gap = abs(self.sparse - self.sparse.T)
        return gap.nnz == 0 or bool(gap.max() <= 1e-12 * self.sparse.max())

    @property
    def years(self) -> tuple:
        """Years of the data the weights are built from; empty for purely geographic weights."""
        return tuple(self.recipe.get("years", ()))  # type: ignore[arg-type]

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables the weights are built from; empty for purely geographic weights."""
        return tuple(self.recipe.get("variables", ()))  # type: ignore[arg-type]

    @cached_property
    def hash(self) -> str:
        """Content hash: sha256 over ids, the canonical sparse matrix and the normalisation.

        Recipe, names and description do not enter: weights with equal content have equal hashes.
        """
        digest = hashlib.sha256()
        digest.update("\x1f".join(f"{type(i).__name__}:{i}" for i in self.ids).encode())
        for part, dtype in ((self.sparse.indptr, "<i8"), (self.sparse.indices, "<i8"), (self.sparse.data, "<f8")):
            digest.update(np.ascontiguousarray(part, dtype=dtype).tobytes())
        digest.update(self.normalization.encode())
        return digest.hexdigest()

    @cached_property
    def operator(self) -> Operator:
        """Log-determinants, solves and traces of I - rho W; made once."""
        from toolkit.weights.operator import Operator

        return Operator(self.sparse)

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, SpatialWeights) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    # ------------------------------------------------------------------ what it does

    def lag(self, x) -> np.ndarray:
        """W x for `x` of shape (N,) or (N, m), in the order of `ids`."""
        return self.operator.lag(x)

    def normalize(self, how: str) -> SpatialWeights:
        """Weights with another normalisation, applied to the weights before any normalisation."""
        return self._derive(self.ids, self.matrix, normalization=how)

    def reorder(self, ids: Iterable[Hashable]) -> SpatialWeights:
        """Same weights, rows and columns in the order of `ids` (a permutation of the ids).

        Raises
        ------
        WeightsError
            `ids` are not the same set; both sides are listed.
        """
        wanted = as_ids(ids)
        if wanted == self.ids:
            return self
        mismatch(self.ids, wanted, self.names)
        rows = self._positions(wanted)
        return self._derive(wanted, self.matrix[rows][:, rows])

    match = reorder

    def subset(self, ids: Iterable[Hashable], *, islands: str = "error") -> SpatialWeights:
        """Weights among some regions: links to the others are dropped, then normalised again.

        Raises
        ------
        WeightsError
            Unknown ids, or (unless ``islands="keep"``) regions left without a neighbour.
        """
        from toolkit.weights.assembly import check_islands

        wanted = as_ids(ids)
        unknown = [i for i in wanted if i not in self._row]
        if unknown:
            raise WeightsError(f"No weights for: {listing(unknown)}.", allowed=listing(self.ids))
        rows = self._positions(wanted)
        out = self._derive(wanted, self.matrix[rows][:, rows], recipe={**self.recipe, "subset": wanted})
        check_islands(out, islands)
        return out

    def warn_overlap(self, years: Iterable) -> None:
        """Warn when the weights are built from data of years in which the outcome is observed."""
        both = sorted(set(self.years) & set(years))
        if both:
            caution(
                f"The weights ({self.description}) are built from {listing(self.variables)} in {listing(both)}, "
                "years in which the outcome is observed: W may then respond to the outcome, and estimates that take W as "
                "given are not consistent. Next step: build W from earlier years."
            )

    # ------------------------------------------------------------------ how it travels

    def to_graph(self) -> Graph:
        """As a `libpysal.graph.Graph`."""
        from toolkit.weights.interchange import to_graph

        return to_graph(self)

    def to_w(self) -> LibpysalW:
        """As an old `libpysal.weights.W`."""
        from toolkit.weights.interchange import to_w

        return to_w(self)

    def save(self, path: str | os.PathLike) -> None:
        """Write to .csv, .gal, .gwt or .mtx by suffix; see `files.write`."""
        from toolkit.weights.files import write

        write(self, path)

    # ------------------------------------------------------------------ how it is shown

    def tidy(self) -> pd.DataFrame:
        """One row a link: focal, neighbor, weight."""
        import pandas as pd

        coo = self.sparse.tocoo()
        labels = pd.Index(self.ids)
        return pd.DataFrame(
            {"focal": labels.take(coo.coords[0]), "neighbor": labels.take(coo.coords[1]), "weight": coo.data}
        )

    def glance(self) -> pd.DataFrame:
        """One row: regions, links, density, neighbours, islands, components, symmetry, hash."""
        import pandas as pd

        n = self.cardinalities
        return pd.DataFrame(
            [
                {
                    "regions": self.N,
                    "links": self.nnz,
                    "density": self.density,
                    "neighbours_min": int(n.min()),
                    "neighbours_mean": float(n.mean()),
                    "neighbours_max": int(n.max()),
                    "islands": len(self.islands),
                    "components": self.n_components,
                    "symmetric": self.symmetric,
                    "normalization": self.normalization,
                    "description": self.description,
                    "hash": self.hash,
                }
            ]
        )

    def summary(self) -> pd.Series:
        """`glance`, read downwards."""
        return self.glance().iloc[0].rename("weights")

    @property
    def note(self) -> str:
        """Description with the normalisation, for the notes of a table."""
        sums = np.asarray(self.sparse.sum(axis=1)).ravel()
        given = self.normalization == "none" and self.N and np.abs(sums - 1).max() < 1e-12
        return f"{self.description}, {'rows sum to one' if given else NORMALIZATIONS[self.normalization]}"

    def __repr__(self) -> str:
        islands = f", {len(self.islands)} without a neighbour" if self.islands else ""
        return f"SpatialWeights: {self.N} regions, {self.nnz} links{islands}, {self.note}"

    # ------------------------------------------------------------------ private

    @cached_property
    def _row(self) -> dict[Hashable, int]:
        return {id_: i for i, id_ in enumerate(self.ids)}

    def _positions(self, ids: Iterable[Hashable]) -> np.ndarray:
        return np.array([self._row[i] for i in ids], dtype=np.intp)

    def _derive(self, ids, matrix, *, normalization=None, recipe=None) -> SpatialWeights:
        return SpatialWeights(
            ids,
            matrix,
            normalization or self.normalization,
            self.recipe if recipe is None else recipe,
            self.description,
            self.names,
        )

    def __getstate__(self) -> dict:
        return {
            "ids": self.ids,
            "matrix": self.matrix,
            "normalization": self.normalization,
            "recipe": dict(self.recipe),
            "description": self.description,
            "names": dict(self.names),
        }

    def __setstate__(self, state: dict) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _freeze(matrix: sparse.csr_array) -> sparse.csr_array:
    for buffer in (matrix.data, matrix.indices, matrix.indptr):
        buffer.flags.writeable = False
    return matrix
