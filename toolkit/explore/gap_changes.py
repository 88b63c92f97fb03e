"""How gaps change between two periods, and what forbids to say it in one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.gap_account import GapAccount

__all__ = ["changes"]

_STILL = 1e-12  # a gap that moves by less than this share of itself does not move


def changes(account: GapAccount, first: int, last: int) -> pd.DataFrame:
    """The gaps of an account at two positions in time; see `GapAccount.changes`."""
    import pandas as pd

    rows = [
        _row(account, v, pair, first, last) for v in range(len(account.variants)) for pair in range(len(account.pairs))
    ]
    table = pd.DataFrame(rows)
    for column, flag in (("weighting", "depends on weighting"), ("basis", "depends on prices")):
        other = "basis" if column == "weighting" else "weighting"
        for _, same in table.groupby([other, "group", "base"], sort=False):
            moves = {_verdict(row) for _, row in same.iterrows()} - {"unchanged"}
            if len(moves) > 1:
                for at in same.index:
                    table.at[at, "flags"] = [*table.at[at, "flags"], flag]
    table["flags"] = ["; ".join(f) for f in table["flags"]]
    return table


def _row(account: GapAccount, v: int, pair: int, first: int, last: int) -> dict[str, object]:
    j, h = account.pairs[pair]
    basis, weighting = account.variants[v]
    span = slice(first, last + 1)
    a, b = account.values[v, span, j], account.values[v, span, h]
    scale = account.scales[v, span]
    gap = a - b
    refused = [account.flags_of(a[t], b[t], scale[t]) for t in (0, -1)]
    ratio = [np.nan if f else a[t] / b[t] for t, f in zip((0, -1), refused, strict=True)]
    flags = list(dict.fromkeys(f for f in refused if f))
    small = abs(gap[0]) < account.near_zero * scale[0]
    reversed_ = gap[0] * gap[-1] < 0
    flags += ["near-zero first gap"] if small else []
    flags += ["ranking reversed"] if reversed_ else []
    flags += ["sign change"] if a[0] * a[-1] < 0 or b[0] * b[-1] < 0 else []
    times = account.times[span]
    lead = np.sign(gap)
    passes = [times[t] for t in range(1, len(lead)) if lead[t] != 0 and lead[t] * _before(lead, t) < 0]
    flags += ["reversed on the way"] if passes and not reversed_ else []
    absolute = _direction(abs(gap[0]), abs(gap[-1]))
    relative = ""
    # without a positive ratio at both ends there is no relative gap; a ratio of zero is infinitely far from one
    if not any(refused) and min(ratio) > 0:
        relative = _direction(*np.abs(np.log(ratio)))
        flags += ["absolute and relative disagree"] if {absolute, relative} == {"wider", "narrower"} else []
    return {
        "basis": basis,
        "weighting": weighting,
        "group": account.names[j],
        "base": account.names[h],
        "first": times[0],
        "last": times[-1],
        "difference_first": gap[0],
        "difference_last": gap[-1],
        "change": gap[-1] - gap[0],
        "growth": np.nan if small or reversed_ or gap[0] == 0 else gap[-1] / gap[0] - 1,
        "ratio_first": ratio[0],
        "ratio_last": ratio[1],
        "ratio_change": ratio[1] - ratio[0],
        "direction_absolute": absolute,
        "direction_relative": relative,
        "reversals": ", ".join(str(t) for t in passes),
        "flags": flags,
    }


def _before(lead: np.ndarray, t: int) -> float:
    """The last lead before t that was one: a year of equality does not hide a reversal."""
    earlier = lead[:t][lead[:t] != 0]
    return float(earlier[-1]) if earlier.size else 0.0


def _direction(first: float, last: float) -> str:
    if abs(last - first) <= _STILL * max(first, last):
        return "unchanged"
    return "wider" if last > first else "narrower"


def _verdict(row) -> str:
    return row["direction_relative"] or row["direction_absolute"]
