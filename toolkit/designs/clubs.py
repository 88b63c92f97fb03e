"""Convergence clubs: regions sorted by log t regressions (Phillips and Sul 2007, 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.designs.log_t import LogT, check, check_size, observed, regress
from toolkit.errors import DataError, InputError
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["Clubs", "convergence_clubs"]

MERGES = ("phillips-sul", "von-lyncker-thoennessen", None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Clubs:
    """Convergence clubs of a panel.

    Attributes
    ----------
    variable, label, label_zh, unit : str
    times : tuple, length T
    regions, names : tuple, length N
    paths : ndarray, shape (T, N)
        Relative transition paths h: the value of the region over the mean of all regions.
    club : ndarray of int, shape (N,)
        1 for the first (highest) club, 0 for regions in none.
    whole : LogT
        Of all regions.
    tests : tuple of LogT, one a club
    initial : ndarray of int, shape (N,)
        Clubs before merging.
    initial_tests : tuple of LogT
    merges : tuple of (tuple of int, float)
        Initial clubs tried together, and their t.
    critical, sieve, trim : float
    hac, merge
        As used.
    notes : tuple of str
    """

    variable: str
    label: str
    label_zh: str
    unit: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    paths: np.ndarray
    club: np.ndarray
    whole: LogT
    tests: tuple[LogT, ...]
    initial: np.ndarray
    initial_tests: tuple[LogT, ...]
    merges: tuple[tuple[tuple[int, ...], float], ...]
    critical: float
    sieve: float
    trim: float
    hac: str
    merge: str | None
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """One row a region: region name club initial_club relative_first relative_last."""
        import pandas as pd

        return pd.DataFrame(
            {
                "region": list(self.regions),
                "name": list(self.names),
                "club": self.club,
                "initial_club": self.initial,
                "relative_first": self.paths[0],
                "relative_last": self.paths[-1],
            }
        )

    def table(self, initial: bool = False) -> pd.DataFrame:
        """One row a club: club n estimate std_error statistic p_value members; club 0 holds those in none."""
        import pandas as pd

        club, tests = (self.initial, self.initial_tests) if initial else (self.club, self.tests)
        rows = []
        for number, test in enumerate(tests, start=1):
            row = test.tidy().iloc[0][["n", "estimate", "std_error", "statistic", "p_value"]].to_dict()
            rows.append({"club": number, **row, "members": self._members(club, number)})
        if (club == 0).any():
            missing = dict.fromkeys(("estimate", "std_error", "statistic", "p_value"), float("nan"))
            rows.append({"club": 0, "n": int((club == 0).sum()), **missing, "members": self._members(club, 0)})
        return pd.DataFrame(rows)

    def members(self, club: int) -> tuple[object, ...]:
        """Ids of the regions in a club, in the panel's order; 0 for those in none."""
        if club not in range(len(self.tests) + 1):
            raise InputError(f"There is no club {club!r}.", allowed=f"0 to {len(self.tests)}")
        return tuple(r for r, c in zip(self.regions, self.club, strict=True) if c == club)

    def transition_paths(self, by: str = "region") -> pd.DataFrame:
        """Relative transition paths: time and h, a row for each region (or club: the mean of its members)."""
        import pandas as pd

        if by not in ("region", "club"):
            raise InputError(f"by={by!r} is not known.", allowed="region, club")
        if by == "region":
            columns = {"region": np.tile(np.array(self.regions, object), len(self.times))}
            columns["name"] = np.tile(np.array(self.names, object), len(self.times))
            columns["club"] = np.tile(self.club, len(self.times))
            columns["time"] = np.repeat(np.array(self.times, object), len(self.regions))
            return pd.DataFrame(columns | {"relative": self.paths.ravel()})
        rows = [
            {"club": int(c), "time": t, "relative": float(self.paths[i, self.club == c].mean())}
            for c in np.unique(self.club)
            for i, t in enumerate(self.times)
        ]
        return pd.DataFrame(rows)

    def glance(self) -> pd.DataFrame:
        """One row: regions, periods, clubs, regions in none, and the log t of all."""
        import pandas as pd

        row = {"variable": self.variable, "n": len(self.regions), "periods": len(self.times), "clubs": len(self.tests)}
        row |= {"in_none": int((self.club == 0).sum()), "beta": self.whole.beta, "statistic": self.whole.statistic}
        row |= {"critical": self.critical, "trim": self.trim, "sieve": self.sieve, "hac": self.hac}
        return pd.DataFrame([row | {"merge": self.merge or "none"}])

    def _members(self, club: np.ndarray, number: int) -> str:
        return ", ".join(n for n, c in zip(self.names, club, strict=True) if c == number)

    def __repr__(self) -> str:
        head = f"Convergence clubs of {self.variable}: {len(self.regions)} regions, {self.times[0]}-{self.times[-1]}"
        whole = f"log t of all regions: b = {self.whole.beta:.4f}, t = {self.whole.statistic:.2f}"
        notes = "".join(f"\n{n}" for n in self.notes)
        return f"{head}\n{whole}\n{self.table().to_string(index=False, float_format='%.4f', max_colwidth=70)}{notes}"

    def _repr_html_(self) -> str:
        return self.table().to_html(index=False, float_format="%.4f")


def convergence_clubs(
    panel: Panel,
    variable: str,
    *,
    trim: float = 0.3,
    hac: str = "phillips-sul",
    smooth: float | None = None,
    critical: float = -1.65,
    sieve: float = 0.0,
    merge: str | None = "phillips-sul",
    last: int = 1,
) -> Clubs:
    """Sort regions into convergence clubs.

    1. Order regions by the mean of their last `last` periods. 2. Core: the first pair in this order with t > critical, extended
    downwards as long as t > critical, and cut where t is largest. 3. Sieve: a region joins where the core and it have t
    > `sieve`; if the club they form fails (t <= critical), the weakest are left out until it passes. 4. Repeat on the
    rest, which are one club if they pass together. Neighbouring clubs are then merged.

    Parameters
    ----------
    panel, variable, trim, hac, smooth
        See `log_t`.
    critical : float
        t below which convergence is rejected.
    sieve : float
        c*: 0 for panels of up to 50 periods, more for a conservative choice.
    merge : {"phillips-sul", "von-lyncker-thoennessen", None}
        Merge neighbouring clubs as long as they pass together; or only where the pair fits better than the next pair.
    last : int
        Periods whose mean orders the regions: 1, or about half of T for volatile data.

    Returns
    -------
    Clubs

    Raises
    ------
    DataError
        Values that are missing or not positive, fewer than three regions, or too few periods.
    InputError
        An argument that is not allowed.

    References
    ----------
    Phillips, P. and Sul, D. (2007). Transition modeling and econometric convergence tests. Econometrica 75, 1771-1855.
    Phillips, P. and Sul, D. (2009). Economic transition and growth. Journal of Applied Econometrics 24, 1153-1185.
    von Lyncker, K. and Thoennessen, R. (2017). Regional club convergence in the EU. Empirical Economics 52, 525-553.

    Examples
    --------
    >>> import toolkit as tk
    >>> clubs = tk.convergence_clubs(tk.load("us_income").between(1960, 2009), "log(income)")
    >>> int(clubs.glance().loc[0, "n"])
    48
    """
    check(trim, hac)
    if merge not in MERGES:
        raise InputError(f"merge={merge!r} is unknown.", allowed=", ".join(map(repr, MERGES)))
    for name, value in (("critical", critical), ("sieve", sieve)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
            raise InputError(f"{name}={value!r} is not a number.")
    x, seen, times = observed(panel, variable, smooth)
    check_size(x, trim)
    t, n = x.shape
    if n < 3:
        raise DataError(f"Clubs need three regions or more; the panel has {n}.")
    if isinstance(last, bool) or not isinstance(last, int) or not 1 <= last <= t:
        raise InputError(f"last={last!r} is not a number of periods.", allowed=f"1 to {t}")

    def test(members):
        return regress(x[:, members], trim, hac)

    order = np.argsort(-x[-last:].mean(axis=0), kind="stable")
    found, notes = _find(order, test, critical, sieve)
    groups, merges = _merged(found, test, critical, merge)
    names = panel.names
    return Clubs(
        variable=seen.name,
        label=seen.label,
        label_zh=seen.label_zh,
        unit=seen.unit,
        times=times,
        regions=tuple(panel.entities),
        names=tuple(str(names[r]) for r in panel.entities),
        paths=frozen(x / x.mean(axis=1, keepdims=True)),
        club=frozen(_numbers(groups, n)),
        whole=test(np.arange(n)),
        tests=tuple(map(test, groups)),
        initial=frozen(_numbers(found, n)),
        initial_tests=tuple(map(test, found)),
        merges=tuple(merges),
        critical=float(critical),
        sieve=float(sieve),
        trim=float(trim),
        hac=hac,
        merge=merge,
        notes=tuple(notes),
    )


def _find(order: np.ndarray, test, critical: float, sieve: float) -> tuple[list[np.ndarray], list[str]]:
    """Clubs as positions of regions, before merging."""
    clubs, notes, rest = [], [], order
    while len(rest) > 1:
        if test(rest).statistic > critical:
            clubs.append(rest)
            break
        core = _core(rest, test, critical)
        if core is None:
            break
        others = np.setdiff1d(np.arange(len(rest)), core)
        joined = np.array([test(rest[np.append(core, k)]).statistic for k in others])
        ranked = others[np.argsort(-joined, kind="stable")][: int((joined > sieve).sum())]
        accepted = len(ranked)
        while accepted and test(rest[np.append(core, ranked[:accepted])]).statistic <= critical:
            accepted -= 1
        if accepted < len(ranked):
            notes.append(
                f"Club {len(clubs) + 1}: c* = {sieve:g} let in {len(ranked)} regions that do not converge together; "
                f"the {accepted} with the largest t were kept."
            )
        members = np.sort(np.append(core, ranked[:accepted]))
        clubs.append(rest[members])
        rest = np.delete(rest, members)
    return clubs, notes


def _core(rest: np.ndarray, test, critical: float) -> np.ndarray | None:
    """Positions in `rest` of the core group; None where no pair of neighbours converges."""
    for first in range(len(rest) - 1):
        best = test(rest[first : first + 2]).statistic
        if best > critical:
            break
    else:
        return None
    end = first + 2
    for k in range(first + 3, len(rest) + 1):
        t = test(rest[first:k]).statistic
        if t <= critical:
            break
        if t > best:
            best, end = t, k
    return np.arange(first, end)


def _merged(clubs: list[np.ndarray], test, critical: float, rule: str | None):
    """Neighbouring clubs merged, and what was tried with its t."""
    tried: list[tuple[tuple[int, ...], float]] = []
    if rule is None:
        return clubs, tried
    labels = [(i + 1,) for i in range(len(clubs))]
    groups, i = list(clubs), 0
    while i < len(groups) - 1:
        both = test(np.concatenate(groups[i : i + 2])).statistic
        tried.append((labels[i] + labels[i + 1], both))
        better = True
        if rule == "von-lyncker-thoennessen" and i + 2 < len(groups):
            better = both > test(np.concatenate(groups[i + 1 : i + 3])).statistic
        if both > critical and better:
            groups[i : i + 2] = [np.concatenate(groups[i : i + 2])]
            labels[i : i + 2] = [labels[i] + labels[i + 1]]
            i = 0 if rule == "von-lyncker-thoennessen" else i
        else:
            i += 1
    return groups, tried


def _numbers(groups: Sequence[np.ndarray], n: int) -> np.ndarray:
    out = np.zeros(n, dtype=int)
    for number, members in enumerate(groups, start=1):
        out[members] = number
    return out
