"""``tk.compare_estimates``: what another program found, beside ours."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, listing

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.models.results import Fit

__all__ = ["Comparison", "compare_estimates"]

_NUMBERS = ("estimate", "std_error")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Two programs' estimates of one model.

    Attributes
    ----------
    source : str
        File of the other program.
    table : DataFrame
        One row a term: term estimate other difference std_error other_std_error std_error_ratio.
    only_ours, only_theirs : tuple of str
        Terms that one side alone has.
    """

    source: str
    table: pd.DataFrame
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]

    @property
    def largest(self) -> float:
        """Largest absolute difference of an estimate, in our standard errors (terms without one are left out)."""
        gaps = (self.table["difference"] / self.table["std_error"]).abs()
        return float(gaps.max())

    def agrees(self, tolerance: float = 0.01) -> bool:
        """Whether every estimate is within `tolerance` of its standard error of the other, and no term is missing."""
        return self.largest <= tolerance and not self.only_ours and not self.only_theirs

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """One row: file, terms compared, largest difference in standard errors, terms without a partner."""
        import pandas as pd

        row = {"source": self.source, "terms": len(self.table), "largest_in_std_errors": self.largest}
        return pd.DataFrame(
            [row | {"only_ours": ", ".join(self.only_ours), "only_theirs": ", ".join(self.only_theirs)}]
        )

    def __repr__(self) -> str:
        lines = [self.table.to_string(index=False, float_format=lambda v: f"{v:.6g}")]
        lines.append(f"{self.source}: the largest difference is {self.largest:.2g} standard errors.")
        for whose, terms in (("us", self.only_ours), ("them", self.only_theirs)):
            if terms:
                lines.append(f"Only with {whose}: {listing(terms)}.")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, border=0, float_format=lambda v: f"{v:.6g}", na_rep="")
        return f"{table}<p>{repr(self).splitlines()[-1]}</p>"


def compare_estimates(fit: Fit, path: str | PathLike, terms: Mapping[str, str] | None = None) -> Comparison:
    r"""Put another program's estimates beside those of a fit.

    Parameters
    ----------
    fit : Fit
    path : path
        A .csv with columns ``estimate``, ``std_error`` and ``term`` (our names) or ``name`` (the other program's, as
        Stata's ``eq:name``). ``terms.csv`` beside it, written by `crosscheck`, says which is which.
    terms : mapping, optional
        Further names: the other program's to ours, ``{"lnk": "log(k)"}``.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        The file is absent, has other columns or cells that are no numbers, or shares no term with the fit.

    Examples
    --------
    >>> import tempfile, toolkit as tk
    >>> fit = tk.fit("CRIME ~ INC + HOVAL", tk.load("columbus"))
    >>> with tempfile.TemporaryDirectory() as here:
    ...     _ = Path(here, "r.csv").write_text("term,estimate,std_error\nIntercept,68.619,4.735\nINC,-1.597,.334\nHOVAL,-.274,.103\n")
    ...     compare_estimates(fit, f"{here}/r.csv").agrees(0.02)
    True
    """
    import pandas as pd

    path = Path(path)
    theirs = _read(path, fit, dict(terms or {}))
    ours = {t: (float(b), float(s)) for t, b, s in zip(fit.terms, fit.params, fit.std_errors, strict=True)}
    if np.isfinite(fit.loglik):
        ours["loglik"] = (fit.loglik, np.nan)
    common = [t for t in ours if t in theirs]
    if not [t for t in common if t != "loglik"]:
        raise DataError(
            f"{path.name} and the fit share no term; the file has {listing(theirs)}.",
            allowed=listing(ours),
            fix="say which is which: terms={'their name': 'our term'}",
        )
    rows = [(t, ours[t][0], theirs[t][0], theirs[t][0] - ours[t][0], ours[t][1], theirs[t][1]) for t in common]
    table = pd.DataFrame(rows, columns=["term", "estimate", "other", "difference", "std_error", "other_std_error"])
    table["std_error_ratio"] = table["other_std_error"] / table["std_error"]
    only_ours = tuple(t for t in ours if t not in theirs and t != "loglik" and not t.startswith("sigma"))
    return Comparison(path.name, table, only_ours, tuple(t for t in theirs if t not in ours and t != "loglik"))


def _read(path: Path, fit: Fit, terms: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    """Estimate and standard error by our term; a name nobody knows stays as it is."""
    if not path.is_file():
        raise DataError(f"There is no file {str(path)!r}.", fix="run crosscheck.R or crosscheck.do in its folder first")
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    if not rows or not {*_NUMBERS} <= set(rows[0]) or not {"term", "name"} & set(rows[0]):
        have = listing(rows[0]) if rows else "no rows"
        raise DataError(
            f"{path.name} is not a file of estimates: {have}.", allowed="columns term (or name), estimate, std_error"
        )
    columns = _columns(path.with_name("terms.csv"))
    out = {}
    for row in rows:
        name = (row.get("term") or row.get("name") or "").strip()
        estimate, error = (_number(row[k], path, name) for k in _NUMBERS)
        term = terms.get(name) or (name if "term" in row else _term(name, columns, fit.design.depvar))
        if term is not None and not (row.get("name") and estimate == 0 and error == 0):  # Stata's omitted dummies
            out[term] = (estimate, error)
    return out


def _columns(path: Path) -> dict[str, str]:
    """Our term by column name, as `crosscheck` has written them."""
    if not path.is_file():
        return {}
    with open(path, encoding="utf-8", newline="") as file:
        return {row["name"]: row["term"] for row in csv.DictReader(file)}


def _term(name: str, columns: Mapping[str, str], outcome: str) -> str | None:
    """Our term for a coefficient of Stata; None for dummies and variances."""
    equation, _, variable = name.rpartition(":")
    if variable == "_cons":
        return "Intercept"
    if "." in variable and not variable.startswith("e."):  # 3.region
        return None
    if variable in ("rho", "lambda") and equation == "Spatial":  # xsmle
        return variable
    if equation == "Wx" and variable in columns:
        return f"W {columns[variable]}"
    if variable.startswith("e.") or columns.get(variable) == outcome:
        return "lambda" if variable.startswith("e.") else "rho"
    if variable.startswith(("sigma", "var", "theta", "lgt_", "ln_")) or equation in (
        "Variance",
        "LR_Direct",
        "LR_Indirect",
        "LR_Total",
    ):
        return None
    return columns.get(variable, name)


def _number(text: str | None, path: Path, name: str) -> float:
    text = (text or "").strip()
    if text in ("", "NA", "NaN", "."):
        return np.nan
    try:
        return float(text)
    except ValueError:
        raise DataError(
            f"{path.name}: {text!r} ({name}) is not a number.", fix="write numbers with a decimal point"
        ) from None
