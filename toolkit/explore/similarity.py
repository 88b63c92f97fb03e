"""How alike the industrial structures of regions are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.explore.industry_matrix import IndustryMatrix, industry_matrix, refuse_empty
from toolkit.explore.observations import frozen
from toolkit.explore.specialisation import distances

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["KINDS", "SimilarityMatrix", "similarities", "similarity"]

KINDS = ("jaccard", "cosine", "krugman")


def similarity(data: Table, industries: Sequence[str] | None = None, *, kind: str = "cosine") -> SimilarityMatrix:
    """Similarity of the industrial structures of every pair of regions.

    ``jaccard``: industries both have over industries either has, "has" meaning a value above zero; ``cosine``: of the
    vectors of shares; ``krugman``: 1 - K / 2, K = sum_i |s_ri - s_qi|.

    Parameters
    ----------
    data, industries
        See `toolkit.explore.industry_matrix.industry_matrix`. An industry that no region has counts for nothing.
    kind : {"jaccard", "cosine", "krugman"}

    Returns
    -------
    SimilarityMatrix

    Raises
    ------
    DataError
        Values that are missing or negative, a region without industries.
    InputError
        An unknown kind.

    References
    ----------
    Jaccard (1901); Krugman (1991), Geography and Trade, p. 76. The "coefficient of structural similarity" of Chinese
    studies (UNIDO) is the cosine.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame([[1, 1, 0], [1, 1, 1]], index=["a", "b"], columns=["chips", "cars", "tea"])
    >>> float(tk.similarity(table, kind="jaccard").values[0, 0, 1].round(3))
    0.667
    """
    matrix = industry_matrix(data, industries, empty="keep")
    return SimilarityMatrix(values=frozen(similarities(matrix, kind)), kind=kind, **matrix.places)


@dataclass(frozen=True, kw_only=True, eq=False)
class SimilarityMatrix:
    """Similarity of every pair of regions, in [0, 1].

    Attributes
    ----------
    values : ndarray, shape (T, R, R)
        Symmetric, ones on the diagonal.
    kind : str
    times, regions, names, names_zh, industries : tuple
    labels : mapping
    """

    values: np.ndarray
    kind: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    industries: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]

    def tidy(self) -> pd.DataFrame:
        """One row a period and pair, each pair once: time region_1 region_2 similarity."""
        import pandas as pd

        i, j = np.triu_indices(len(self.regions), 1)
        return pd.DataFrame(
            {
                "time": [t for t in self.times for _ in i],
                "region_1": [self.regions[a] for a in i] * len(self.times),
                "region_2": [self.regions[b] for b in j] * len(self.times),
                "similarity": self.values[:, i, j].ravel(),
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: kind, regions, industries, periods, mean similarity of pairs in the first and last period."""
        import pandas as pd

        means = self.tidy().groupby("time", sort=False)["similarity"].mean()
        row = {"kind": self.kind, "regions": len(self.regions), "industries": len(self.industries)}
        return pd.DataFrame([row | {"periods": len(means), "first": means.iloc[0], "last": means.iloc[-1]}])

    def __repr__(self) -> str:
        import pandas as pd

        frame = pd.DataFrame(self.values[-1], index=list(self.names), columns=list(self.names))
        return f"{self.kind} similarity, {self.times[-1]}\n{frame.to_string(float_format='%.2f', max_rows=20, max_cols=12)}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.3f")


def similarities(matrix: IndustryMatrix, kind: str) -> np.ndarray:
    """Similarities (T, R, R)."""
    if kind not in KINDS:
        raise InputError(f"kind={kind!r} is unknown.", allowed=listing(KINDS))
    refuse_empty(matrix, axes=(2,))
    if kind == "jaccard":
        has = (matrix.values > 0).astype(float)
        both = has @ has.transpose(0, 2, 1)
        count = has.sum(axis=2)
        return both / (count[:, :, None] + count[:, None, :] - both)
    shares = matrix.shares()
    if kind == "krugman":
        return 1 - distances(shares) / 2
    unit = shares / np.sqrt((shares**2).sum(axis=2, keepdims=True))
    return np.minimum(unit @ unit.transpose(0, 2, 1), 1.0)
