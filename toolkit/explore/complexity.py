"""Economic complexity of regions and industries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, listing
from toolkit.explore.industry_matrix import IndustryMatrix, industry_matrix
from toolkit.explore.industry_matrix import presence as present_by
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["Complexity", "complexity", "reflections"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Complexity:
    """Complexity of regions (ECI) and of industries (PCI).

    Attributes
    ----------
    eci : ndarray, shape (T, R)
        Mean 0, standard deviation 1 (divisor R) in every period.
    pci : ndarray, shape (T, I)
        Mean 0, standard deviation 1 (divisor I).
    diversity : ndarray, shape (T, R)
        Industries of the region.
    ubiquity : ndarray, shape (T, I)
        Regions of the industry.
    eigenvalues : ndarray, shape (T, 3)
        The three largest; the first is 1. A third one near the second means that ECI hangs by little.
    rule : {"lq", "positive"}
    times, regions, names, names_zh, industries : tuple
    labels : mapping
    """

    eci: np.ndarray
    pci: np.ndarray
    diversity: np.ndarray
    ubiquity: np.ndarray
    eigenvalues: np.ndarray
    rule: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    industries: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]

    def tidy(self) -> pd.DataFrame:
        """One row a period and region: time region name eci diversity."""
        import pandas as pd

        count = len(self.regions)
        return pd.DataFrame(
            {
                "time": [t for t in self.times for _ in range(count)],
                "region": list(self.regions) * len(self.times),
                "name": list(self.names) * len(self.times),
                "eci": self.eci.ravel(),
                "diversity": self.diversity.ravel(),
            }
        )

    def products(self) -> pd.DataFrame:
        """One row a period and industry: time industry pci ubiquity."""
        import pandas as pd

        return pd.DataFrame(
            {
                "time": [t for t in self.times for _ in self.industries],
                "industry": list(self.industries) * len(self.times),
                "pci": self.pci.ravel(),
                "ubiquity": self.ubiquity.ravel(),
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: regions, industries, periods, rule, the most complex region and industry of the last period."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "regions": len(self.regions),
                    "industries": len(self.industries),
                    "periods": len(self.times),
                    "rule": self.rule,
                    "most_complex_region": self.names[int(self.eci[-1].argmax())],
                    "most_complex_industry": self.industries[int(self.pci[-1].argmax())],
                    "second_eigenvalue": self.eigenvalues[-1, 1],
                    "third_eigenvalue": self.eigenvalues[-1, 2],
                }
            ]
        )

    def __repr__(self) -> str:
        frame = self.tidy()
        frame = frame[frame["time"] == self.times[-1]].sort_values("eci", ascending=False).drop(columns="time")
        return (
            f"Economic complexity, {self.times[-1]}\n{frame.to_string(index=False, float_format='%.3f', max_rows=40)}"
        )

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.3f")


def complexity(data: Table, industries: Sequence[str] | None = None, *, presence: str | None = None) -> Complexity:
    """Economic complexity by eigenvectors.

    With presence M, diversity d and ubiquity u: ECI is the eigenvector of D^-1 M U^-1 M' for its second largest
    eigenvalue, PCI that of U^-1 M' D^-1 M, both standardised. Sign: ECI correlates positively with diversity (where they
    are uncorrelated, the most diverse region, the first of them in the table, is positive); PCI goes with the mean ECI of
    the regions that have the industry.

    Parameters
    ----------
    data, industries
        See `toolkit.explore.industry_matrix.industry_matrix`.
    presence : {"lq", "positive"}, optional
        As in `relatedness`.

    Returns
    -------
    Complexity

    Raises
    ------
    DataError
        A region without industries (or the reverse); a table that falls into unconnected parts, where the second
        eigenvector says only who belongs to which part; a second eigenvalue that is double or zero.

    References
    ----------
    Hidalgo and Hausmann (2009), PNAS 106, 10570-10575; Hausmann et al. (2014), The Atlas of Economic Complexity, technical
    box 2.1.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> rows = [[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]]
    >>> table = pd.DataFrame(rows, index=list("abcd"), columns=["chips", "cars", "cloth", "tea"])
    >>> tk.complexity(table).eci[0].round(2).tolist()
    [1.34, 0.45, -0.45, -1.34]
    """
    matrix = industry_matrix(data, industries)
    present, rule = present_by(matrix, presence)
    found = [_period(m, matrix, t) for m, t in zip(present, matrix.times, strict=True)]
    return Complexity(
        eci=frozen(np.stack([f[0] for f in found])),
        pci=frozen(np.stack([f[1] for f in found])),
        diversity=frozen(present.sum(axis=2).astype(int)),
        ubiquity=frozen(present.sum(axis=1).astype(int)),
        eigenvalues=frozen(np.stack([f[2] for f in found])),
        rule=rule,
        **matrix.places,
    )


def reflections(present: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The method of reflections: k_r,n = mean of k_i,n-1 over the industries of r, and the reverse.

    Parameters
    ----------
    present : ndarray, shape (R, I)
    steps : int
        Even steps of regions approach ECI, and even ones of industries PCI, once standardised (up to sign).

    Returns
    -------
    regions, industries : ndarray, shapes (R,) and (I,)
    """
    d, u = present.sum(axis=1), present.sum(axis=0)
    regions, industries = d.copy(), u.copy()
    for _ in range(steps):
        regions, industries = present @ industries / d, present.T @ regions / u
    return regions, industries


def _period(m: np.ndarray, matrix: IndustryMatrix, time: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ECI, PCI and three eigenvalues of one presence matrix (R, I)."""
    d, u = m.sum(axis=1), m.sum(axis=0)
    for count, known, what in (
        (d, matrix.names, "Regions without any industry"),
        (u, matrix.industries, "Industries without any region"),
    ):
        if (count == 0).any():
            names = listing(n for n, c in zip(known, count, strict=True) if c == 0)
            raise DataError(f"{what} in {time}: {names}.", fix="leave them out, or use presence='positive'")
    if min(m.shape) < 3:
        raise DataError(f"Complexity needs three regions and industries; the table has {m.shape}.")
    # singular values of D^-1/2 M U^-1/2: the eigenvalues of both matrices are their squares
    left, singular, right = np.linalg.svd(m / np.sqrt(np.outer(d, u)))
    values = singular[:3] ** 2
    if values[1] > 1 - 1e-9:
        raise DataError(
            f"In {time} the regions fall into parts that share no industry.",
            fix="take the largest connected part, or broader industries",
        )
    if values[1] < 1e-12 or values[1] - values[2] < 1e-10:
        raise DataError(
            f"In {time} the second eigenvalue is {values[1]:.3g}, the third {values[2]:.3g}: complexity is not identified.",
            fix="all regions have the same industries, or the table is symmetric: use more regions or finer industries",
        )
    eci, pci = left[:, 1] / np.sqrt(d), right[1] / np.sqrt(u)
    eci, pci = ((v - v.mean()) / v.std() for v in (eci, pci))
    lean = np.dot(eci, d - d.mean())
    if lean < -1e-9 or (abs(lean) <= 1e-9 and eci[d.argmax()] < 0):
        eci = -eci
    if np.dot(m.T @ eci / u, pci) < 0:
        pci = -pci
    return eci, pci, values
