"""The claims ledger: what five papers on regional coordination state, and what the data say.

The inventory (390 statements with place, figures, named source and the data a test needs) is packaged. Verdicts are not: they are
computed by the notebooks in ``analyses/`` and read from the ``claims.csv`` that ``toolkit replicate`` writes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from toolkit.errors import DataError, InputError, listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PAPERS", "VERDICTS", "Claim", "Claims", "claims", "inventory"]

#: Verdicts a run can reach, with what they mean.
VERDICTS = MappingProxyType(
    {
        "reproduced": "the data, or the paper's own figures, give what it states",
        "contradicted": "they give something else",
        "ambiguous": "a definition, vintage or unit decides",
        "supported": "estimates and their intervals speak for it",
        "not supported": "estimates and their intervals speak against it",
        "inconclusive": "estimates leave it open",
        "not testable": "data are lacking",
        "undecided": "the data could reach it, and no notebook does yet",
    }
)
PAPERS = MappingProxyType(
    {
        "P0": "An (2025)",
        "P1": "Zhong and Wu (2024)",
        "P2": "Jia, Wang and Dou (2024)",
        "P3": "Xu, Zheng and Cheng (2023)",
        "P4": "Zhang and Ma (2024)",
    }
)
_COLUMNS = ("verdict", "stated", "computed", "reading", "method", "data", "notebook", "cell", "evidence", "note")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement of a paper.

    Attributes
    ----------
    id, paper, section : str
        E.g. ``"P1-C45"``; a key of `PAPERS`; heading it stands under.
    line : int
        Of the paper's text.
    kind : str
        arithmetic, causal, comparison, convergence, figure, mechanism, policy, ranking, spatial, trend or typology.
    statement, phrase_zh : str
        In English, and the Chinese words it rests on.
    figures : tuple of mapping
        Stated figures: item value unit year.
    source : str
        As the paper names it.
    methods : tuple of str
    detail, data_needed, testability, data_level, reason : str
        How it can be tested, with what data, and why it cannot where it cannot.
    """

    id: str
    paper: str
    section: str
    line: int
    kind: str
    statement: str
    phrase_zh: str
    figures: tuple[Mapping[str, object], ...]
    source: str
    methods: tuple[str, ...]
    detail: str
    data_needed: str
    testability: str
    data_level: str
    reason: str = ""

    def stated(self, item: str) -> object:
        """The stated value of one item."""
        found = [f["value"] for f in self.figures if f["item"] == item]
        if not found:
            raise InputError(
                f"{self.id} states no {item!r}.",
                allowed=listing((str(f["item"]) for f in self.figures), 40) or "no figure",
            )
        return found[0]


@dataclass(frozen=True, eq=False)
class Claims:
    """Statements with their verdicts, where a run has reached one.

    Attributes
    ----------
    table : DataFrame
        id paper section line kind statement phrase_zh testability data_needed, then, from a run: verdict stated computed
        reading method data notebook cell evidence note.
    """

    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)

    def tidy(self) -> pd.DataFrame:
        """One row a claim."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Claims by paper and verdict."""
        import pandas as pd

        verdict = pd.Categorical(self.table["verdict"].replace("", "no run"), [*VERDICTS, "no run"])
        return pd.crosstab(self.table["paper"], verdict, dropna=True).rename_axis(columns=None)

    def __repr__(self) -> str:
        return f"{len(self)} claims\n{self.glance().to_string()}"

    def _repr_html_(self) -> str:
        shown = self.table[["id", "statement", "verdict", "stated", "computed", "reading"]]
        return shown.to_html(index=False)


@cache
def inventory() -> Mapping[str, Claim]:
    """The packaged inventory: id -> `Claim`, in the order of the papers.

    Examples
    --------
    >>> len(inventory())
    390
    """
    text = files("toolkit.data").joinpath("tables", "claims.json").read_text(encoding="utf-8")
    return MappingProxyType({c["id"]: _claim(c) for c in json.loads(text)["claims"]})


def claims(
    paper: str | Sequence[str] | None = None,
    verdict: str | Sequence[str] | None = None,
    *,
    kind: str | Sequence[str] | None = None,
    testability: str | Sequence[str] | None = None,
    results: str | os.PathLike[str] | None = None,
) -> Claims:
    """The claims of the papers, with the verdicts of the last replication.

    Parameters
    ----------
    paper : str or list of str, optional
        ``"P0"`` to ``"P4"``.
    verdict : str or list of str, optional
        Of `VERDICTS`; ``""`` for claims that no run has reached.
    kind, testability : str or list of str, optional
    results : path, optional
        ``claims.csv`` of a replication; by default ``build/claims.csv`` under the working directory, if there is one.

    Returns
    -------
    Claims

    Raises
    ------
    InputError
        A paper, verdict, kind or testability that does not exist.
    DataError
        `results` names no file, or one that is not a ledger.

    Examples
    --------
    >>> import toolkit as tk
    >>> len(tk.claims("P1"))
    108
    """
    import pandas as pd

    fields = ("id", "paper", "section", "line", "kind", "statement", "phrase_zh", "testability", "data_needed")
    table = pd.DataFrame([{k: getattr(c, k) for k in fields} for c in inventory().values()])
    found = _results(results)
    for column in _COLUMNS:
        table[column] = table["id"].map(found[column]).fillna("") if found is not None else ""
    wanted = (("paper", paper, PAPERS), ("verdict", verdict, ("", *VERDICTS)))
    wanted += (
        ("kind", kind, sorted(set(table["kind"]))),
        ("testability", testability, sorted(set(table["testability"]))),
    )
    for column, given, allowed in wanted:
        if given is None:
            continue
        values = [given] if isinstance(given, str) else list(given)
        unknown = [v for v in values if v not in allowed]
        if unknown:
            raise InputError(f"{column}={unknown[0]!r} does not exist.", allowed=", ".join(map(repr, allowed)))
        table = table[table[column].isin(values)]
    return Claims(table.reset_index(drop=True))


def _results(given: str | os.PathLike[str] | None) -> pd.DataFrame | None:
    import pandas as pd

    path = Path("build/claims.csv") if given is None else Path(given)
    if not path.is_file():
        if given is None:
            return None
        raise DataError(f"There is no file {str(path)!r}.", fix="run `make replicate`, which writes build/claims.csv")
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = {"id", *_COLUMNS} - set(frame.columns)
    if missing:
        raise DataError(f"{str(path)!r} is not a ledger: it has no column {listing(sorted(missing))}.")
    return frame.set_index("id")


def _claim(c: Mapping) -> Claim:
    return Claim(
        **{k: c[k] for k in ("id", "paper", "section", "line", "kind", "statement", "phrase_zh", "source")},
        figures=tuple(MappingProxyType(f) for f in c["figures"]),
        methods=tuple(c["test"]["methods"]),
        detail=c["test"]["detail"],
        data_needed=c["data_needed"],
        testability=c["testability"],
        data_level=c["data_level"],
        reason=c.get("reason_not_testable", ""),
    )
