"""Data sets that come with the toolkit or with its dependencies: ``tk.load("munnell")``."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.data.panel import Panel
from toolkit.errors import DataError, listing

__all__ = ["load"]


def load(name: str, **options: object) -> Panel:
    """A data set by name.

    Parameters
    ----------
    name : str
        ``munnell``: 48 US states 1970-1986, output and public capital (Munnell 1990).
        ``columbus``: 49 neighbourhoods of Columbus, Ohio, 1980 (Anselin 1988).

        ``us_income``: 48 US states 1929-2009, personal income per head.
        ``mexico``: 32 Mexican states 1940-2000 by decade, product per head.
        ``cigar``: 46 US states 1963-1992, cigarette demand; downloaded once, or ``path=`` of a local copy.
        ``china``: 31 province-level units 2000-2023, official statistics, with map, codebook and registers;
        ``preliminary=True`` adds 2024.

    Raises
    ------
    DataError
        There is no such data set (lists those there are).

    Examples
    --------
    >>> load("columbus")
    Panel 'columbus': 49 regions, cross-section, with map; 19 variables: AREA, PERIMETER, COLUMBUS_, COLUMBUS_I, NEIG, HOVAL, INC, CRIME, ...
    """
    loaders = _loaders()
    if name not in loaders:
        raise DataError(f"There is no data set {name!r}.", allowed=listing(loaders))
    return loaders[name](**options)


def _loaders() -> dict[str, Callable[..., Panel]]:
    from toolkit.data import america, china
    from toolkit.data.cigar import cigar

    return {
        "munnell": america.munnell,
        "columbus": america.columbus,
        "us_income": america.us_income,
        "mexico": america.mexico,
        "cigar": cigar,
        "china": china.china,
    }
