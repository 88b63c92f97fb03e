"""Specialisation of regions: how far their structure is from that of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError
from toolkit.explore.industry_matrix import industry_matrix
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["Specialisation", "distances", "krugman"]


def krugman(data: Table, industries: Sequence[str] | None = None, *, reference: str = "rest") -> Specialisation:
    """Krugman's index K_r = sum_i |s_ri - s_i|, s_ri the share of industry i in region r, s_i in the reference.

    Parameters
    ----------
    data, industries
        See `toolkit.explore.industry_matrix.industry_matrix`.
    reference : {"rest", "total", "mean"}
        All other regions together; all regions together; the unweighted mean of the other regions' shares.

    Returns
    -------
    Specialisation
        0: the same structure; 2: no industry in common.

    Raises
    ------
    DataError
        Values that are missing or negative, an empty region or industry.
    InputError
        An unknown reference.

    References
    ----------
    Krugman (1991), Geography and Trade, p. 76; against the rest: Midelfart-Knarvik et al. (2000).

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame({"steel": [30, 10], "tea": [10, 50]}, index=["a", "b"])
    >>> tk.krugman(table).values.round(4).tolist()
    [[1.1667, 1.1667]]
    """
    matrix = industry_matrix(data, industries)
    x, s = matrix.values, matrix.shares()
    match reference:
        case "rest":
            rest = x.sum(axis=1, keepdims=True) - x
            other = rest / rest.sum(axis=2, keepdims=True)
        case "total":
            other = (x.sum(axis=1) / x.sum(axis=(1, 2))[:, None])[:, None, :]
        case "mean":
            other = (s.sum(axis=1, keepdims=True) - s) / (s.shape[1] - 1)
        case _:
            raise InputError(f"reference={reference!r} is unknown.", allowed='"rest", "total", "mean"')
    return Specialisation(
        values=frozen(np.abs(s - other).sum(axis=2)),
        pairs=frozen(distances(s)),
        reference=reference,
        **matrix.places,
    )


def distances(shares: np.ndarray) -> np.ndarray:
    """Sums over industries of |share in r - share in q|, shape (T, R, R), a region at a time."""
    columns = [np.abs(shares - shares[:, r : r + 1]).sum(axis=2) for r in range(shares.shape[1])]
    return np.stack(columns, axis=2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Specialisation:
    """Krugman's index of every region and the dissimilarity of every pair.

    Attributes
    ----------
    values : ndarray, shape (T, R)
        Against the reference, in [0, 2].
    pairs : ndarray, shape (T, R, R)
        Sum over industries of |share in r - share in q|.
    reference : str
    times, regions, names, names_zh, industries : tuple
    labels : mapping
    """

    values: np.ndarray
    pairs: np.ndarray
    reference: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    industries: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]

    def tidy(self) -> pd.DataFrame:
        """One row a period and region: time region name krugman."""
        import pandas as pd

        count = len(self.regions)
        return pd.DataFrame(
            {
                "time": [t for t in self.times for _ in range(count)],
                "region": list(self.regions) * len(self.times),
                "name": list(self.names) * len(self.times),
                "krugman": self.values.ravel(),
            }
        )

    def pairs_table(self) -> pd.DataFrame:
        """One row a period and pair of regions, each pair once: time region_1 region_2 krugman."""
        import pandas as pd

        i, j = np.triu_indices(len(self.regions), 1)
        return pd.DataFrame(
            {
                "time": [t for t in self.times for _ in i],
                "region_1": [self.regions[a] for a in i] * len(self.times),
                "region_2": [self.regions[b] for b in j] * len(self.times),
                "krugman": self.pairs[:, i, j].ravel(),
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: regions, industries, periods, reference, mean index of the first and last period."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "regions": len(self.regions),
                    "industries": len(self.industries),
                    "periods": len(self.times),
                    "reference": self.reference,
                    "first": self.values[0].mean(),
                    "last": self.values[-1].mean(),
                }
            ]
        )

    def __repr__(self) -> str:
        head = f"Krugman specialisation of {len(self.regions)} regions against the {self.reference}"
        return f"{head}\n{self.tidy().to_string(index=False, float_format='%.4f', max_rows=40)}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")
