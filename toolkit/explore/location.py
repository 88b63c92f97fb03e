"""Location quotients, specialisation of regions and concentration of industries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.explore.industry_matrix import IndustryMatrix, industry_matrix, quotients
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["Concentration", "LocationQuotients", "Specialisation", "concentration", "krugman", "location_quotient"]


@dataclass(frozen=True, kw_only=True, eq=False)
class LocationQuotients:
    """Location quotients of every industry in every region.

    Attributes
    ----------
    values, shares : ndarray, shape (T, R, I)
        Quotients; shares of the industries in the region.
    times, regions, names, names_zh, industries : tuple
    labels : mapping
        Industry -> (English label, Chinese label).
    """

    values: np.ndarray
    shares: np.ndarray
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    industries: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]

    def tidy(self) -> pd.DataFrame:
        """One row a period, region and industry: time region name industry share lq."""
        frame = cells(self)
        return frame.assign(share=self.shares.ravel(), lq=self.values.ravel())

    def glance(self) -> pd.DataFrame:
        """One row: regions, industries, periods, share of quotients of at least 1, and the highest with its place."""
        import pandas as pd

        top = self.tidy().loc[lambda f: f["lq"].idxmax()]
        return pd.DataFrame(
            [
                {
                    "regions": len(self.regions),
                    "industries": len(self.industries),
                    "periods": len(self.times),
                    "specialised": (self.values >= 1).mean(),
                    "highest": top["lq"],
                    "where": f"{top['industry']} of {top['name']}",
                }
            ]
        )

    def __repr__(self) -> str:
        import pandas as pd

        frame = pd.DataFrame(self.values[-1], index=list(self.names), columns=list(self.industries))
        return f"Location quotients, {self.times[-1]}\n{frame.to_string(float_format='%.2f', max_rows=40, max_cols=12)}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.3f")


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


def location_quotient(data: Table, industries: Sequence[str] | None = None) -> LocationQuotients:
    """Location quotients LQ_ri = (x_ri / x_r) / (x_i / x): above 1 the region has more of it than the regions together.

    Parameters
    ----------
    data, industries
        See `toolkit.explore.industry_matrix.industry_matrix`. "The regions together" are those of the table.

    Returns
    -------
    LocationQuotients
        Means weighted by the regions' shares of the total are 1 for every industry.

    Raises
    ------
    DataError
        Values that are missing or negative, an empty region or industry.

    References
    ----------
    Florence (1939); as revealed comparative advantage: Balassa (1965), Manchester School 33, 99-123.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame({"steel": [30, 10], "tea": [10, 50]}, index=["a", "b"])
    >>> tk.location_quotient(table).values[0].round(3).tolist()
    [[1.875, 0.417], [0.417, 1.389]]
    """
    matrix = industry_matrix(data, industries)
    return LocationQuotients(values=frozen(quotients(matrix.values)), shares=frozen(matrix.shares()), **matrix.places)


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
    Krugman (1991), Geography and Trade, pp. 75-79; against the rest: Midelfart-Knarvik et al. (2000).

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
    Hirschman (1945), Herfindahl (1950); Ellison and Glaeser (1997), Journal of Political Economy 105, 889-927, equation 5.

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


def cells(record) -> pd.DataFrame:
    """Time region name industry of every cell (T, R, I)."""
    import pandas as pd

    t, r, i = len(record.times), len(record.regions), len(record.industries)
    return pd.DataFrame(
        {
            "time": [time for time in record.times for _ in range(r * i)],
            "region": [region for region in record.regions for _ in range(i)] * t,
            "name": [name for name in record.names for _ in range(i)] * t,
            "industry": list(record.industries) * (t * r),
        }
    )
