"""Relatedness of industries and its density around regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.explore.industry_matrix import cells, industry_matrix
from toolkit.explore.industry_matrix import presence as present_by
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["Relatedness", "proximity", "relatedness"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Relatedness:
    """Proximity of industries, and how much of what is near an industry a region already has.

    Attributes
    ----------
    present : ndarray, shape (T, R, I)
        1 where the region has the industry.
    proximity : ndarray, shape (T, I, I)
        min of the two conditional probabilities; zero on the diagonal.
    density : ndarray, shape (T, R, I)
        In [0, 1]; NaN for an industry that is near no other.
    rule : {"lq", "positive"}
    times, regions, names, names_zh, industries : tuple
    labels : mapping
    """

    present: np.ndarray
    proximity: np.ndarray
    density: np.ndarray
    rule: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    industries: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]

    def tidy(self) -> pd.DataFrame:
        """One row a period, region and industry: time region name industry present density."""
        return cells(self).assign(present=self.present.ravel().astype(int), density=self.density.ravel())

    def proximity_table(self) -> pd.DataFrame:
        """One row a period and pair of industries, each pair once: time industry_1 industry_2 proximity."""
        import pandas as pd

        i, j = np.triu_indices(len(self.industries), 1)
        return pd.DataFrame(
            {
                "time": [t for t in self.times for _ in i],
                "industry_1": [self.industries[a] for a in i] * len(self.times),
                "industry_2": [self.industries[b] for b in j] * len(self.times),
                "proximity": self.proximity[:, i, j].ravel(),
            }
        )

    def entries(self) -> pd.DataFrame:
        """Industries each region does not have, the densest first within a region: time region name industry density."""
        frame = self.tidy()
        frame = frame[frame["present"] == 0].drop(columns="present")
        return frame.sort_values(["time", "region", "density"], ascending=[True, True, False]).reset_index(drop=True)

    def glance(self) -> pd.DataFrame:
        """One row: regions, industries, periods, rule, share of cells present, mean proximity, isolated industries."""
        import pandas as pd

        i, j = np.triu_indices(len(self.industries), 1)
        return pd.DataFrame(
            [
                {
                    "regions": len(self.regions),
                    "industries": len(self.industries),
                    "periods": len(self.times),
                    "rule": self.rule,
                    "present": self.present.mean(),
                    "mean_proximity": self.proximity[:, i, j].mean(),
                    "isolated": int(np.isnan(self.density[:, 0]).sum()),
                }
            ]
        )

    def __repr__(self) -> str:
        closest = self.proximity_table().sort_values("proximity", ascending=False).head(10)
        return f"Relatedness of {len(self.industries)} industries in {len(self.regions)} regions\n" + closest.to_string(
            index=False, float_format="%.3f"
        )

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.3f")


def relatedness(data: Table, industries: Sequence[str] | None = None, *, presence: str | None = None) -> Relatedness:
    """Proximity of industries and relatedness density of regions.

    phi_ij = min(P(i | j), P(j | i)) = regions with both / max(regions with i, regions with j); density of industry i around
    region r = sum_j M_rj phi_ij / sum_j phi_ij, M the presence. An industry is not near itself: phi_ii = 0, so the density
    does not count whether the region has the industry already.

    Parameters
    ----------
    data, industries
        See `toolkit.explore.industry_matrix.industry_matrix`.
    presence : {"lq", "positive"}, optional
        A region has an industry by a location quotient of at least 1, or by a value above zero; by default the second for
        a table of zeros and ones, the first for any other.

    Returns
    -------
    Relatedness

    Raises
    ------
    DataError
        Values that are missing or negative, an empty region or industry.

    References
    ----------
    Hidalgo, Klinger, Barabasi and Hausmann (2007), Science 317, 482-487.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame([[1, 1, 1], [1, 1, 0], [0, 0, 1]], index=list("abc"), columns=["chips", "cars", "tea"])
    >>> tk.relatedness(table).density[0].round(3).tolist()
    [[1.0, 1.0, 1.0], [0.667, 0.667, 1.0], [0.333, 0.333, 0.0]]
    """
    matrix = industry_matrix(data, industries)
    present, rule = present_by(matrix, presence)
    phi = proximity(present)
    total = phi.sum(axis=1)[:, None, :]
    density = np.divide(present @ phi, total, out=np.full_like(present, np.nan), where=total > 0)
    return Relatedness(
        present=frozen(present), proximity=frozen(phi), density=frozen(density), rule=rule, **matrix.places
    )


def proximity(present: np.ndarray) -> np.ndarray:
    """Proximities (T, I, I) of presences (T, R, I), zero on the diagonal and for industries without regions."""
    both = present.transpose(0, 2, 1) @ present
    count = present.sum(axis=1)
    most = np.maximum(count[:, :, None], count[:, None, :])
    phi = np.divide(both, most, out=np.zeros_like(both), where=most > 0)
    phi[:, np.arange(phi.shape[1]), np.arange(phi.shape[1])] = 0
    return phi
