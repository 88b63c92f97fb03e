"""Location quotients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.explore.industry_matrix import cells, industry_matrix, quotients
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["LocationQuotients", "location_quotient"]


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
