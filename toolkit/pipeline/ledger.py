"""How a notebook decides a claim: by numbers it has computed, never by a verdict it types.

In a notebook::

    from toolkit.pipeline import ledger

    ledger.figures("P1-C12", {"as printed": [0.53, 1.12], "first release": [0.51, 1.08]}, data="gdp, 2000-2022")
    ledger.holds("P1-C20", {"21 clusters listed": len(listed) == 21}, data="table 2 of the paper")
    ledger.estimates("P1-C45", rows, expects="negative", data="31 provinces, 2011-2022")

Each call shows its decision and notes it beside the notebook's artefacts; `toolkit replicate` gathers them in
``claims.csv`` and a page of the site. Claims that no notebook decides are listed with the data they lack.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from toolkit.data.claims import Claim, inventory
from toolkit.errors import InputError, ReplicationError, listing
from toolkit.pipeline.artefacts import directory

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CLAIMS_FILE", "EXPECTED", "Decision", "drift", "estimates", "figures", "holds", "lacks", "ledger_rows"]

#: File in a notebook's folder that holds its decisions; the runner takes it away.
CLAIMS_FILE = ".claims.json"
#: Beside the notebooks: id, verdict and computed numbers that a full run must give again.
EXPECTED = "ledger.csv"
EXPECTS = ("positive", "negative", "zero")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a notebook found about a claim.

    Attributes
    ----------
    id, verdict : str
        A key of the inventory and of `toolkit.data.claims.VERDICTS`.
    stated, computed : str
        What the paper gives and what the data give, item by item.
    reading : str
        Under which of the readings tried the stated figures appear; all are listed.
    method, data, evidence, note : str
        Rule of the decision; data with vintage; artefact that shows it; limits.
    random : bool
        Whether the computed numbers hang on random draws.
    """

    id: str
    verdict: str
    stated: str
    computed: str
    reading: str = ""
    method: str = ""
    data: str = ""
    evidence: str = ""
    note: str = ""
    random: bool = False

    def _repr_html_(self) -> str:
        from html import escape

        names = ("verdict", "stated", "computed", "reading", "method", "data", "note")
        rows = [(k, getattr(self, k)) for k in names]
        body = "".join(
            f"<tr><th scope=row>{k}</th><td style='text-align:left'>{escape(v)}</td></tr>" for k, v in rows if v
        )
        claim = inventory()[self.id]
        head = f"{self.id}: {escape(claim.statement)} <span lang='zh'>{escape(claim.phrase_zh)}</span>"
        return f"<table class='tk-claim' id='{self.id}'><caption style='text-align:left'>{head}</caption>{body}</table>"


def figures(
    claim: str,
    readings: Mapping[str, Sequence[float | None] | Mapping[str, float]],
    *,
    within: float | str | Sequence[float | str | None] | None = None,
    data: str = "",
    evidence: str = "",
    note: str = "",
    random: bool = False,
) -> Decision:
    """Compare the figures a claim states with computed ones, under one reading or several.

    ``reproduced`` where all of them appear under the first reading, which is what the words of the paper say;
    ``ambiguous`` where they appear under another one only (or in part); ``contradicted`` where under none.

    Parameters
    ----------
    claim : str
        Id.
    readings : mapping
        Label of a reading -> computed values: one for each stated figure in order (None where a figure cannot be computed), or a
        mapping from items. The first reading is the paper's own wording; every reading tried is to be listed.
    within : float, "x%" or a sequence of them, optional
        How far off still counts: absolute or relative; by default half a unit of the last digit stated.
    data, evidence, note : str
    random : bool

    Returns
    -------
    Decision

    Raises
    ------
    InputError
        An unknown claim, a claim without figures, values that do not fit them.

    Examples
    --------
    >>> import os, tempfile
    >>> os.environ["TOOLKIT_REPLICATION_DIR"] = tempfile.mkdtemp()
    >>> figures("P0-C41", {"shares of 2023": [19.7]}, within=0.5).verdict
    'reproduced'
    >>> del os.environ["TOOLKIT_REPLICATION_DIR"]
    """
    about = _claim(claim)
    stated = [f for f in about.figures if not isinstance(f["value"], str)]
    if not stated:
        raise InputError(f"{claim} states no number.", fix="decide it with ledger.holds or ledger.estimates")
    if not readings:
        raise InputError(f"{claim}: no reading was given.")
    limits, targets = _limits(within, stated), [float(str(f["value"])) for f in stated]
    values = {label: _aligned(claim, stated, given) for label, given in readings.items()}
    hits = {
        label: [None if v is None else abs(v - f) <= limit for v, f, limit in zip(got, targets, limits, strict=True)]
        for label, got in values.items()
    }
    if all(all(h is None for h in row) for row in hits.values()):
        raise InputError(f"{claim}: no value was computed.", fix="use ledger.lacks to say what is missing")
    full = [label for label, row in hits.items() if all(h is not False for h in row)]
    some = any(h for row in hits.values() for h in row)
    first, number = next(iter(readings)), len(readings)
    if first in full:
        verdict = "reproduced"
    elif full or (some and sum(h is not None for h in hits[first]) > 1):
        verdict = "ambiguous"
    else:
        verdict = "contradicted"
    where = full[0] if full else first
    reading = (
        f"{where} (reading {list(readings).index(where) + 1} of {number}: {'; '.join(readings)})"
        if number > 1
        else where
    )
    left = [_item(f) for f, h in zip(stated, hits[where], strict=True) if h is None]
    wrong = [_item(f) for f, h in zip(stated, hits[where], strict=True) if h is False]
    remarks = [note] if note else []
    if wrong:
        remarks.append(f"differs: {', '.join(wrong)}")
    if left:
        remarks.append(f"not computed: {', '.join(left)}")
    return _note(
        Decision(
            id=claim,
            verdict=verdict,
            stated="; ".join(f"{_item(f)} {_short(f['value'])} {f['unit']}".strip() for f in stated),
            computed="; ".join(
                f"{_item(f)} {_short(v)}" for f, v in zip(stated, values[where], strict=True) if v is not None
            ),
            reading=reading,
            method=f"figures to within {_within(within)}",
            data=data,
            evidence=evidence,
            note="; ".join(remarks),
            random=random,
        )
    )


def holds(
    claim: str, checks: Mapping[str, bool], *, computed: str = "", data: str = "", evidence: str = "", note: str = ""
) -> Decision:
    """Check statements that are true or false of the paper or of a census of regions.

    ``reproduced`` where all hold, ``contradicted`` where none does, ``ambiguous`` between.

    Parameters
    ----------
    claim : str
    checks : mapping of str to bool
        What is checked, in words, and the outcome of a comparison.
    computed : str
        The numbers the checks were made on.
    data, evidence, note : str

    Raises
    ------
    InputError
        An unknown claim, no checks, or one that is no truth value.
    """
    _claim(claim)
    wrong = [k for k, v in checks.items() if not (isinstance(v, bool) or type(v).__name__ in ("bool", "bool_"))]
    if not checks or wrong:
        raise InputError(
            f"{claim}: {wrong[0] if wrong else 'checks'} is not a comparison.", allowed="True or False, computed"
        )
    outcome = [bool(v) for v in checks.values()]
    verdict = "reproduced" if all(outcome) else "ambiguous" if any(outcome) else "contradicted"
    said = "; ".join(f"{k}: {'yes' if v else 'no'}" for k, v in zip(checks, outcome, strict=True))
    return _note(
        Decision(
            id=claim,
            verdict=verdict,
            stated=_statement(claim),
            computed="; ".join(x for x in (computed, said) if x),
            method=f"{sum(outcome)} of {len(outcome)} checks hold",
            data=data,
            evidence=evidence,
            note=note,
        )
    )


def estimates(
    claim: str,
    rows: pd.DataFrame | Sequence[tuple[str, float, float, float]],
    *,
    expects: str,
    share: float = 2 / 3,
    smallest: float | None = None,
    data: str = "",
    evidence: str = "",
    note: str = "",
    random: bool = False,
) -> Decision:
    """Weigh estimates with their intervals over the specifications fixed beforehand.

    A specification speaks for the claim where its interval lies on the expected side of zero, against it where it lies on the
    other. ``supported`` where at least `share` of them speak for it and none against; ``not supported`` where at least `share` speak
    against it, or (with `smallest`) exclude an effect of that size; else ``inconclusive``. For ``expects="zero"`` an
    interval inside (-smallest, smallest) speaks for it.

    Parameters
    ----------
    claim : str
    rows : DataFrame or sequence of (label, estimate, conf_low, conf_high)
        A DataFrame needs these columns.
    expects : {"positive", "negative", "zero"}
    share : float
    smallest : float, optional
        The smallest effect of interest, in the units of the estimates.
    data, evidence, note : str
    random : bool

    Raises
    ------
    InputError
        An unknown claim or expectation, no rows, intervals that are not ordered.
    """
    _claim(claim)
    if expects not in EXPECTS:
        raise InputError(f"expects={expects!r} is unknown.", allowed=", ".join(EXPECTS))
    if expects == "zero" and smallest is None:
        raise InputError("expects='zero' needs smallest=: an estimate cannot show an effect to be exactly zero.")
    if not 0.5 < share <= 1:
        raise InputError(f"share={share!r} is not a majority.", allowed="above 0.5, up to 1")
    table = _rows(claim, rows)
    sign = -1.0 if expects == "negative" else 1.0
    ends = [sorted((sign * low, sign * high)) for _, _, low, high in table]
    if expects == "zero" and smallest is not None:
        inside = [-smallest < low and high < smallest for low, high in ends]
        outside = [low > smallest or high < -smallest for low, high in ends]
        speak_for, against, excluded = sum(inside), sum(outside), 0
    else:
        speak_for, against = sum(low > 0 for low, _ in ends), sum(high < 0 for _, high in ends)
        excluded = sum(high < smallest for _, high in ends) if smallest is not None else 0
    k = len(table)
    if speak_for >= share * k and not against:
        verdict = "supported"
    elif max(against, excluded) >= share * k:
        verdict = "not supported"
    else:
        verdict = "inconclusive"
    middle = sorted(e for _, e, _, _ in table)
    shown = "; ".join(f"{label} {_short(e)} [{_short(low)}, {_short(high)}]" for label, e, low, high in table[:4])
    more = f"; {k - 4} more, from {_short(middle[0])} to {_short(middle[-1])}" if k > 4 else ""
    rule = f"{expects} in {speak_for} of {k} specifications, the opposite in {against}; needed {share:.0%}"
    return _note(
        Decision(
            id=claim,
            verdict=verdict,
            stated=_statement(claim),
            computed=shown + more,
            method=rule + (f"; smallest effect of interest {_short(smallest)}" if smallest is not None else ""),
            data=data,
            evidence=evidence,
            note=note,
            random=random,
        )
    )


def lacks(claim: str, needs: str = "", note: str = "") -> Decision:
    """Say that a claim cannot be tested with the data at hand, and what it would need (by default, as in the inventory)."""
    about = _claim(claim)
    return _note(
        Decision(
            id=claim,
            verdict="not testable",
            stated=_statement(claim),
            computed="",
            method=", ".join(about.methods),
            data=f"needs: {needs or about.data_needed or about.reason}",
            note=note or about.reason,
        )
    )


def _claim(claim: str) -> Claim:
    known = inventory()
    if claim not in known:
        raise InputError(f"There is no claim {claim!r}.", allowed="P0-C01 to P4-C61, as in tk.claims()")
    return known[claim]


def _statement(claim: str) -> str:
    return "; ".join(f"{_item(f)} {_short(f['value'])} {f['unit']}".strip() for f in inventory()[claim].figures)


def _aligned(claim: str, stated: list, given) -> list[float | None]:
    if isinstance(given, Mapping):
        items = [str(f["item"]) for f in stated]
        unknown = [k for k in given if k not in items]
        if unknown or len(set(items)) < len(items):
            raise InputError(
                f"{claim}: {unknown[0] if unknown else 'items'} cannot be matched by name.", allowed=listing(items, 40)
            )
        given = [given.get(i) for i in items]
    values = list(given)
    if len(values) != len(stated):
        raise InputError(
            f"{claim} states {len(stated)} figures; {len(values)} were computed.", fix="None for a missing one"
        )
    return [None if v is None or math.isnan(v) else float(v) for v in values]


def _limits(within, stated: list) -> list[float]:
    each = list(within) if isinstance(within, (list, tuple)) else [within] * len(stated)
    if len(each) != len(stated):
        raise InputError(f"within has {len(each)} entries for {len(stated)} figures.")
    return [_limit(w, f["value"]) for w, f in zip(each, stated, strict=True)]


def _limit(within, value) -> float:
    if within is None:
        text = repr(value)
        digits = len(text.split(".")[1]) if "." in text and "e" not in text else 0
        return 0.5 * 10.0**-digits * (1 + 1e-9)
    if isinstance(within, str):
        return abs(float(within.rstrip("%")) / 100 * float(value))
    return float(within)


def _within(within) -> str:
    if within is None:
        return "half a unit of the last digit"
    return ", ".join(map(str, within)) if isinstance(within, (list, tuple)) else str(within)


def _rows(claim: str, rows) -> list[tuple[str, float, float, float]]:
    if hasattr(rows, "itertuples"):
        rows = list(rows[["label", "estimate", "conf_low", "conf_high"]].itertuples(index=False, name=None))
    table = [(str(a), float(b), float(c), float(d)) for a, b, c, d in rows]
    if not table or any(not (c <= b <= d) for _, b, c, d in table):
        raise InputError(
            f"{claim}: an estimate lies outside its interval, or there is none.",
            allowed="conf_low <= estimate <= conf_high",
        )
    return table


def _item(figure: Mapping) -> str:
    year = str(figure["year"])
    return f"{figure['item']} ({year})" if year and year not in str(figure["item"]) else str(figure["item"])


def _short(value) -> str:
    return value if isinstance(value, str) else f"{float(value):.6g}"


def _note(decision: Decision) -> Decision:
    """Keep the decision in the notebook's folder; a later one on the same claim takes its place."""
    path = directory() / CLAIMS_FILE
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    known = [d for d in known if d["id"] != decision.id] + [asdict(decision)]
    path.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
    return decision


# -- gathering --------------------------------------------------------------------------------------


def ledger_rows(decided: Mapping[str, Sequence[Mapping]]) -> list[dict[str, str]]:
    """The whole ledger: every claim once, with the decision of a notebook, or as undecided or not testable.

    Parameters
    ----------
    decided : mapping of notebook to its decisions (as dicts, with ``cell``)

    Returns
    -------
    list of dict
        id paper section line kind statement phrase_zh testability data_needed verdict stated computed reading method data
        notebook cell evidence note random.

    Raises
    ------
    ReplicationError
        Two notebooks decide one claim.
    """
    by_id: dict[str, dict] = {}
    for notebook, decisions in decided.items():
        for d in decisions:
            if d["id"] in by_id:
                raise ReplicationError(
                    f"{d['id']} is decided by two notebooks, {by_id[d['id']]['notebook']} and {notebook}.",
                    fix="decide each claim in one place",
                )
            by_id[d["id"]] = {**d, "notebook": notebook}
    rows = []
    for claim in inventory().values():
        fields = ("id", "paper", "section", "line", "kind", "statement", "phrase_zh", "testability", "data_needed")
        row = {k: str(getattr(claim, k)) for k in fields}
        found = by_id.get(claim.id)
        if found is None:
            open_ = claim.testability in ("internal", "provincial-panel")
            found = {"verdict": "undecided" if open_ else "not testable", "method": ", ".join(claim.methods)}
            found["data"] = f"needs: {claim.data_needed or claim.reason}"
            found["note"] = claim.reason
        names = (
            "verdict",
            "stated",
            "computed",
            "reading",
            "method",
            "data",
            "notebook",
            "cell",
            "evidence",
            "note",
            "random",
        )
        rows.append(row | {k: str(found.get(k, "")) for k in names})
    return rows


def drift(rows: Sequence[Mapping[str, str]], expected: Sequence[Mapping[str, str]], *, quick: bool) -> list[str]:
    """What differs from the ledger that was accepted: one line a claim, old and new.

    Numbers agree when all in the text of ``computed`` do to four digits. In a reduced run claims that hang on random draws are
    left out.
    """
    old = {r["id"]: r for r in expected}
    new = {r["id"]: r for r in rows if r["notebook"]}
    found = []
    for name in sorted(old.keys() | new.keys()):
        a, b = old.get(name), new.get(name)
        if a is None or b is None:
            side = "is not in the accepted ledger" if a is None else "is decided by no notebook any more"
            found.append(f"{name} {side}")
        elif not (quick and b["random"] == "True"):
            if a["verdict"] != b["verdict"]:
                found.append(f"{name}: {a['verdict']} -> {b['verdict']}")
            elif not _same(a["computed"], b["computed"]):
                found.append(f"{name}: {a['computed']} -> {b['computed']}")
    return found


def _same(one: str, other: str) -> bool:
    number = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")
    if number.sub("#", one) != number.sub("#", other):
        return False
    pairs = zip(map(float, number.findall(one)), map(float, number.findall(other)), strict=True)
    return all(math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-9) for a, b in pairs)
