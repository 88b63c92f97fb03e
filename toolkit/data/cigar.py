"""The cigarette panel: downloaded once, its content checked, never shipped."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from os import PathLike
from pathlib import Path

import pandas as pd

from toolkit.data.panel import Panel
from toolkit.errors import DataError

__all__ = ["cigar"]

#: Public copy of the data set `Cigar` of the R package plm.
URL = "https://vincentarelbundock.github.io/Rdatasets/csv/plm/Cigar.csv"
#: SHA-256 of the columns below, sorted by state and year, each number with six decimals.
SHA256 = "3e3d42004dc6d132b10e9afa10aa9c30a55ce6782585fb3805b294b04679aad6"
COLUMNS = ("state", "year", "price", "pop", "pop16", "cpi", "ndi", "sales", "pimin")

#: States in the alphabetical order of their names, numbered from 1 as in the source; those without data left out.
_STATES = (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,"
    "DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,"
    "KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,"
    "MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,"
    "NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,"
    "SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,"
    "WV West Virginia,WI Wisconsin,WY Wyoming"
)
_CODEBOOK = {
    "price": ("Price of cigarettes", "US cents a pack"),
    "pop": ("Population", "thousand persons"),
    "pop16": ("Population above the age of 16", "thousand persons"),
    "cpi": ("Consumer price index", "1983 = 100"),
    "ndi": ("Disposable income per head", "US dollars"),
    "sales": ("Cigarette sales per head", "packs"),
    "pimin": ("Lowest price in adjoining states", "US cents a pack"),
}


def cigar(path: str | PathLike | None = None) -> Panel:
    """46 US states, 1963-1992: cigarette demand (Baltagi and Levin 1992; Elhorst 2014, chapter 3).

    Parameters
    ----------
    path : path, optional
        A local copy (csv with the columns state, year 63-92, price, pop, pop16, cpi, ndi, sales, pimin). Without it
        the copy in the user's cache is read, or downloaded once. Whatever its origin, the content is checked.

    Raises
    ------
    DataError
        No copy and no network, or a copy with other numbers.

    Notes
    -----
    Ids are postal codes. The contiguity matrix of the published studies is libpysal's ``spat-sym-us.mat``; its rows
    are in the order of the attribute ``state_number``::

        full = libpysal.io.open(libpysal.examples.get_path("spat-sym-us.mat")).read().full()[0]
        ids = panel.attributes.sort_values("state_number").index
        W = tk.weights.from_matrix(full, ids=ids, normalize="row")
    """
    table = _checked(Path(path)) if path is not None else _cached()
    states = pd.Series(_STATES.split(","), index=range(1, 52))
    attributes = pd.DataFrame({"name": states.str[3:], "state_number": states.index})
    attributes.index = states.str[:2]
    table["year"] += 1900
    table["state"] = table["state"].map(states.str[:2])
    return Panel(
        table,
        entity="state",
        time="year",
        attributes=attributes.loc[sorted(table["state"].unique())],
        codebook={
            v: {
                "label_en": label,
                "unit_en": unit,
                "source": "Baltagi and Levin (1992), data set Cigar of the R package plm",
            }
            for v, (label, unit) in _CODEBOOK.items()
        },
        name="cigar",
    )


def _cached() -> pd.DataFrame:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regional-toolkit"
    target = home / "cigar.csv"
    if target.exists():
        return _checked(target)
    try:
        with urllib.request.urlopen(URL, timeout=30) as answer:
            content = answer.read(2_000_000)
    except (urllib.error.URLError, OSError) as cause:
        raise DataError(
            f"The cigarette panel is not in {target} and cannot be downloaded: {cause}.",
            fix=f"get {URL} by other means and save it there, or give tk.load('cigar', path=...)",
        ) from cause
    home.mkdir(parents=True, exist_ok=True)
    partial = home / f".cigar-{os.getpid()}.csv"
    partial.write_bytes(content)
    try:
        table = _checked(partial)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return table


def _checked(path: Path) -> pd.DataFrame:
    """The columns of the panel, if they are the published numbers."""
    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise DataError(f"There is no file {str(path)!r}.", fix="check the path") from None
    except (ValueError, UnicodeDecodeError) as cause:
        raise DataError(f"{path.name} cannot be read as csv: {cause}.") from cause
    absent = [c for c in COLUMNS if c not in table]
    if absent:
        raise DataError(f"{path.name} lacks the columns {', '.join(absent)}.", allowed=", ".join(COLUMNS))
    table = table[list(COLUMNS)].sort_values(["state", "year"], ignore_index=True)
    if fingerprint(table) != SHA256:
        raise DataError(
            f"{path.name} does not hold the published cigarette panel: its content has another hash.",
            fix=f"remove it and load again, or get it from {URL}",
        )
    return table


def fingerprint(table: pd.DataFrame) -> str:
    """SHA-256 of the numbers, whatever way they were written."""
    lines = ("\n".join(",".join(f"{float(v):.6f}" for v in row) for row in table.itertuples(index=False))).encode()
    return hashlib.sha256(lines).hexdigest()
