"""Theil's indices within and between groups of regions, nested to any depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.amounts import Grouping, grouping, observe_amounts, refuse_below, weighting
from toolkit.explore.observations import frozen
from toolkit.explore.region_bootstrap import zeroed

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["TheilTable", "theil"]


def theil(
    panel: Panel,
    variable: str,
    groups: object,
    *,
    weights: str | None = None,
    index: str = "T",
) -> TheilTable:
    """Theil's T or L split into inequality between groups and within them, for every period.

    With p the shares of weight, s = p x / mu the shares of the amount, and groups g:

    T = sum s_i ln(s_i / p_i) = sum_g s_g ln(s_g / p_g) + sum_g s_g T_g,
    L = sum p_i ln(p_i / s_i) = sum_g p_g ln(p_g / s_g) + sum_g p_g L_g.

    The first part is between groups (every region at the mean of its group), the second within: group indices weighted
    by shares of the amount in T, by shares of weight in L. With nested groups the part within the coarse ones is split
    again: between the fine groups inside each coarse one, and within the fine ones. The parts add up to the index.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column or expression, above zero, e.g. ``"gdp / pop"``.
    groups : register, mapping, or list of these
        A register of the panel by name, a mapping of region to group; or several from coarse to fine, each group of
        a later one inside one group of the one before.
    weights : str, optional
        A column or expression above zero. ``theil(panel, "gdp / pop", ..., weights="pop")`` is the usual index of
        shares of product over shares of population; without weights p_i = 1 / N.
    index : {"T", "L"}

    Returns
    -------
    TheilTable

    Raises
    ------
    DataError
        Missing cells, values of zero or below (named by region and period), groups that are not nested, a single group.
    InputError, FormulaError
        An unknown index; groups that are no division; an expression that cannot be read.

    References
    ----------
    Theil (1967), Economics and Information Theory, chapter 4; Shorrocks (1980), Econometrica 48, 613-625; nested:
    Akita (2003), Annals of Regional Science 37, 55-77.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.theil(tk.load("china"), "gdp / pop", "blocks", weights="pop")
    >>> parts = record.tidy().pivot(index="time", columns="component", values="estimate")
    >>> bool(abs(parts["between blocks"] + parts["within blocks"] - parts["total"]).max() < 1e-12)
    True
    """
    if index not in ("T", "L"):
        raise InputError(f"index={index!r} is unknown.", allowed='"T" (shares of the amount), "L" (mean log deviation)')
    given = list(groups) if isinstance(groups, (list, tuple)) else [groups]
    levels = _nested(panel, given)
    amounts = observe_amounts(panel, variable, weights)
    why = "Theil's indices rest on logarithms"
    refuse_below(amounts.values, repr(amounts.name), amounts.times, panel, zero=False, why=why)
    p, mean = amounts.shares, amounts.mean[:, None]
    s = p * amounts.values / mean
    details = [_by_group(p, s, level, index) for level in levels]
    total = zeroed(_index(p, s, index))
    # what is left within the groups of each level, from none (the whole) to the finest
    left = np.stack([total, *(d["contribution"].sum(axis=1) for d in details)])  # (levels + 1, T)
    parts = zeroed(np.concatenate([left[:-1] - left[1:], left[-1:]]))
    names = [f"between {levels[0].name}"]
    names += [f"between {b.name} within {a.name}" for a, b in pairwise(levels)]
    return TheilTable(
        index=index,
        times=amounts.times,
        total=frozen(total),
        components=(*names, f"within {levels[-1].name}"),
        parts=frozen(parts),
        levels=tuple(levels),
        by_group=tuple(MappingProxyType({k: frozen(v) for k, v in d.items()}) for d in details),
        means=tuple(frozen(mean * d["amount_share"] / d["weight_share"]) for d in details),
        variable=amounts.name,
        labels=amounts.labels,
        weights=amounts.weights,
        n=panel.N,
        source=amounts.source,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class TheilTable:
    """Theil's index by period and its parts (T periods, L levels of groups).

    Attributes
    ----------
    index : {"T", "L"}
    times : tuple, length T
    total : ndarray, shape (T,)
    components : tuple of str, length L + 1
        "between A", "between B within A", ..., "within B".
    parts : ndarray, shape (L + 1, T)
        The components; they add up to `total`.
    levels : tuple of Grouping, length L
    by_group : tuple of mapping, length L
        For the K groups of each level arrays of shape (T, K): weight_share, amount_share, index (inside the
        group), contribution (to the part within), between (the group's term of the part between; terms can be negative).
    means : tuple of ndarray, shape (T, K)
    variable, labels, weights, n, source, panel, panel_hash
        What it was computed from.
    """

    index: str
    times: tuple[object, ...]
    total: np.ndarray
    components: tuple[str, ...]
    parts: np.ndarray
    levels: tuple[Grouping, ...]
    by_group: tuple[Mapping[str, np.ndarray], ...]
    means: tuple[np.ndarray, ...]
    variable: str
    labels: Mapping[str, tuple[str, str, str]]
    weights: str
    n: int
    source: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period and component, total first: time component estimate share (of the total, NaN where it is 0)."""
        import pandas as pd

        rows = np.vstack([self.total, self.parts])
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(self.total > 0, rows / self.total, np.nan)
        return pd.DataFrame(
            {
                "time": np.repeat(np.array(self.times, dtype=object), len(rows)),
                "component": ["total", *self.components] * len(self.times),
                "estimate": rows.T.ravel(),
                "share": share.T.ravel(),
            }
        ).infer_objects()

    def groups(self, level: int = -1) -> pd.DataFrame:
        """One row a period and group of one level (the finest by default).

        Columns: time group group_zh n weight_share amount_share mean index between contribution share, where
        `contribution` is the group's part of inequality within and `share` its share of the total.
        """
        import pandas as pd

        kept, values = self.levels[level], self.by_group[level]
        k = len(kept.labels)
        table = {
            "time": np.repeat(np.array(self.times, dtype=object), k),
            "group": list(kept.labels) * len(self.times),
            "group_zh": list(kept.labels_zh) * len(self.times),
            "n": np.tile(np.bincount(kept.codes, minlength=k), len(self.times)),
            "weight_share": values["weight_share"].ravel(),
            "amount_share": values["amount_share"].ravel(),
            "mean": self.means[level].ravel(),
            "index": values["index"].ravel(),
            "between": values["between"].ravel(),
            "contribution": values["contribution"].ravel(),
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            total = self.total[:, None]
            table["share"] = np.where(total > 0, values["contribution"] / total, np.nan).ravel()
        return pd.DataFrame(table).infer_objects()

    def glance(self) -> pd.DataFrame:
        """One row: index, variable, n, periods, groups, weights, total and share of the first component at both ends."""
        import pandas as pd

        table = self.tidy()
        first = table[table["component"] == self.components[0]]["share"].to_numpy()
        return pd.DataFrame(
            [
                {
                    "index": self.index,
                    "variable": self.variable,
                    "n": self.n,
                    "periods": len(self.times),
                    "groups": " > ".join(g.name for g in self.levels),
                    "weights": self.weights,
                    "first": self.total[0],
                    "last": self.total[-1],
                    "between_first": first[0],
                    "between_last": first[-1],
                }
            ]
        )

    def __repr__(self) -> str:
        shown = self.tidy().pivot(index="time", columns="component", values="estimate")[["total", *self.components]]
        head = f"Theil's {self.index} of {self.variable}, {self.n} regions, {weighting(self.weights)}"
        return f"{head}\n{shown.to_string(float_format='%.5f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.5f")


def _nested(panel: Panel, given: Sequence[object]) -> list[Grouping]:
    """The divisions, coarse to fine, refused where one group lies in several."""
    if not given:
        raise InputError("groups=[] names no division of the regions.", allowed="one register or mapping, or several")
    levels = [grouping(panel, g) for g in given]
    if len(levels) > 1 and len({g.name for g in levels}) < len(levels):
        numbered = [f"groups {k + 1}" if g.name == "groups" else g.name for k, g in enumerate(levels)]
        if len(set(numbered)) < len(numbered):
            raise InputError(f"groups= names the same division twice: {listing(numbered)}.", allowed="each once")
        levels = [
            Grouping(name=n, note=g.note, labels=g.labels, labels_zh=g.labels_zh, codes=g.codes)
            for n, g in zip(numbered, levels, strict=True)
        ]
    for coarse, fine in pairwise(levels):
        torn = [k for k in range(len(fine.labels)) if len(set(coarse.codes[fine.codes == k])) > 1]
        if torn:
            where = listing(
                f"{fine.labels[k]} in {' and '.join(coarse.labels[c] for c in sorted(set(coarse.codes[fine.codes == k])))}"
                for k in torn
            )
            raise DataError(
                f"{fine.name} is not nested in {coarse.name}: {where}.",
                fix="name divisions from coarse to fine, each group inside one group of the division before",
            )
    return levels


def _index(p: np.ndarray, s: np.ndarray, index: str) -> np.ndarray:
    """T or L from shares of weight and of the amount along the last axis."""
    return (s * np.log(s / p)).sum(axis=-1) if index == "T" else (p * np.log(p / s)).sum(axis=-1)


def _by_group(p: np.ndarray, s: np.ndarray, level: Grouping, index: str) -> dict[str, np.ndarray]:
    """Shares, index inside, contribution to within and term of between; each of shape (T, K)."""
    weight, amount = p @ level.members, s @ level.members
    inside = np.stack(
        [
            _index(p[:, at] / weight[:, [k]], s[:, at] / amount[:, [k]], index)
            for k in range(len(level.labels))
            for at in [level.codes == k]
        ],
        axis=1,
    )
    lead = amount if index == "T" else weight
    between = amount * np.log(amount / weight) if index == "T" else weight * np.log(weight / amount)
    return {
        "weight_share": weight,
        "amount_share": amount,
        "index": inside,
        "contribution": lead * inside,
        "between": between,
    }
