"""Concentration of industries on regions, and of regions on industries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.explore.industry_matrix import IndustryMatrix, industry_matrix

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["Concentration", "concentration"]


def concentration(
    data: Table,
    industries: Sequence[str] | None = None,
    *,
    by: str = "industry",
    largest: Sequence[int] = (1, 4),
    plant_herfindahl: Mapping[str, float] | None = None,
) -> Concentration:
    """Herfindahl index, shares of the n largest, and the index of Ellison and Glaeser.

    With shares s of the unit: H = sum s^2; normalised (H - 1/m) / (1 - 1/m), m the number of regions (or industries);
    effective number 1 / H; CRn the sum of the n largest shares. Ellison-Glaeser, by industry: G = sum_r (s_r - x_r)^2, x_r
    the region's share of all industries; gamma = (G / (1 - sum x^2) - P) / (1 - P), P the Herfindahl index of plant sizes.

    Parameters
    ----------
    data, industries
        See `toolkit.explore.industry_matrix.industry_matrix`.
    by : {"industry", "region"}
        Shares of regions in an industry, or of industries in a region.
    largest : sequence of int
        The n of CRn.
    plant_herfindahl : mapping of industry to number, optional
        P of every industry, in [0, 1), for the index of Ellison and Glaeser.

    Returns
    -------
    Concentration

    Raises
    ------
    DataError
        Values that are missing or negative, an empty region or industry.
    InputError
        An n above the number of shares, P that does not fit.

    References
    ----------
    Hirschman (1945), Herfindahl (1950); Ellison and Glaeser (1997), Journal of Political Economy 105, 889-927.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame({"steel": [30, 10], "tea": [10, 50]}, index=["a", "b"])
    >>> tk.concentration(table, largest=[1]).tidy()["herfindahl"].round(4).tolist()
    [0.625, 0.7222]
    """
    import pandas as pd

    matrix = industry_matrix(data, industries)
    x = matrix.values
    if by == "industry":
        shares, units = (x / x.sum(axis=1, keepdims=True)).transpose(0, 2, 1), matrix.industries
    elif by == "region":
        shares, units = matrix.shares(), matrix.regions
    else:
        raise InputError(f"by={by!r} is unknown.", allowed='"industry", "region"')
    m = shares.shape[2]
    bad = [n for n in largest if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= m]
    if bad:
        raise InputError(f"largest={listing(bad)} does not fit {m} shares.", allowed=f"whole numbers from 1 to {m}")
    h = (shares**2).sum(axis=2)
    descending = np.sort(shares, axis=2)[:, :, ::-1].cumsum(axis=2)
    table = pd.DataFrame(
        {
            "time": [t for t in matrix.times for _ in units],
            "unit": list(units) * len(matrix.times),
            "herfindahl": h.ravel(),
            "normalised": ((h - 1 / m) / (1 - 1 / m)).ravel(),
            "effective": (1 / h).ravel(),
            **{f"cr{n}": descending[:, :, n - 1].ravel() for n in largest},
        }
    )
    if plant_herfindahl is not None:
        table["ellison_glaeser"] = _ellison_glaeser(matrix, by, plant_herfindahl).ravel()
    return Concentration(table=table, by=by)


@dataclass(frozen=True, kw_only=True, eq=False)
class Concentration:
    """How few regions hold an industry, or how few industries make up a region.

    Attributes
    ----------
    table : DataFrame
        As `tidy` returns it.
    by : {"industry", "region"}
    """

    table: pd.DataFrame
    by: str

    def tidy(self) -> pd.DataFrame:
        """One row a period and unit: time unit herfindahl normalised effective cr1 ..., and ellison_glaeser if asked."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """One row: by, units, periods, mean Herfindahl of the first and last period."""
        import pandas as pd

        means = self.table.groupby("time", sort=False)["herfindahl"].mean()
        row = {"by": self.by, "units": self.table["unit"].nunique(), "periods": len(means)}
        return pd.DataFrame([row | {"first": means.iloc[0], "last": means.iloc[-1]}])

    def __repr__(self) -> str:
        return f"Concentration by {self.by}\n{self.table.to_string(index=False, float_format='%.4f', max_rows=40)}"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.4f")


def _ellison_glaeser(matrix: IndustryMatrix, by: str, plants: Mapping[str, float]) -> np.ndarray:
    given = {str(k): float(v) for k, v in plants.items()}
    if by != "industry" or set(given) != set(matrix.industries) or not all(0 <= v < 1 for v in given.values()):
        raise InputError(
            f"plant_herfindahl={given!r} does not fit.",
            allowed=f'with by="industry": a number in [0, 1) for each of {listing(matrix.industries)}',
        )
    p = np.array([given[i] for i in matrix.industries])
    x = matrix.values
    s = x / x.sum(axis=1, keepdims=True)
    total = x.sum(axis=2, keepdims=True) / x.sum(axis=(1, 2), keepdims=True)
    raw = ((s - total) ** 2).sum(axis=1) / (1 - (total**2).sum(axis=1))
    return (raw - p) / (1 - p)
