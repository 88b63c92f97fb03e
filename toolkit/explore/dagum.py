"""Dagum's decomposition of the Gini coefficient by groups: within, net between and transvariation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.explore.amounts import Grouping, grouping, observe_amounts, refuse_below, weighting
from toolkit.explore.inequality import refuse_mean
from toolkit.explore.inequality_measures import gini
from toolkit.explore.observations import frozen
from toolkit.explore.region_bootstrap import zeroed

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["DagumTable", "dagum"]

_PARTS = ("within", "net between", "transvariation")


def dagum(panel: Panel, variable: str, groups: object, *, weights: str | None = None) -> DagumTable:
    r"""Gini coefficient of all regions split by Dagum (1997), for every period.

    Group j has the share p_j of the weight (of the regions, without weights), the mean mu_j and the share
    s_j = p_j mu_j / mu of the amount. With i in j and r in h, weighted inside the groups:

    .. math::
        \Delta_{jh} = E|x_{ji} - x_{hr}|, \qquad G_{jh} = \frac{\Delta_{jh}}{\mu_j + \mu_h}, \qquad
        G = \sum_j \sum_h G_{jh}\, p_j s_h,

        G_w = \sum_j G_{jj} p_j s_j, \quad
        G_{nb} = \sum_{j>h} G_{jh} D_{jh} (p_j s_h + p_h s_j), \quad
        G_t = \sum_{j>h} G_{jh} (1 - D_{jh}) (p_j s_h + p_h s_j),

    with the relative economic affluence D_jh = (d_jh - q_jh) / (d_jh + q_jh), where for mu_j >= mu_h the gross affluence
    d_jh = E max(x_j - x_h, 0) and the transvariation q_jh = E max(x_h - x_j, 0); so D_jh = \|mu_j - mu_h\| / Delta_jh, from
    0 (equal means) to 1 (no overlap). The three parts add up to G.

    Written out, the net part is the Gini coefficient of the group means (every region at the mean of its group), so within
    and net between are those of the classic decomposition (Mookherjee and Shorrocks 1982) and the transvariation is
    its overlap term; what Dagum adds is the split by pairs.

    Conventions: in a group of one region G_jj = 0. Where all values of two groups are equal (Delta_jh = 0) D_jh is 0 by
    convention and nothing hangs on it, since G_jh = 0. Two groups of zeros only have G_jh = 0.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column or expression of at least zero, e.g. ``"gdp / pop"``.
    groups : register or mapping
        A register of the panel by name, or a mapping of region to group.
    weights : str, optional
        A column or expression above zero, e.g. ``"pop"``: regions, means and shares are all weighted by it. Dagum's
        article and most applications to provinces are unweighted: p_j = n_j / N.

    Returns
    -------
    DagumTable

    Raises
    ------
    DataError
        Missing cells, negative values (named by region and period), a mean of zero, a single group.
    InputError, FormulaError
        Groups that are no division of the regions; an expression that cannot be read.

    References
    ----------
    Dagum (1997), A new approach to the decomposition of the Gini income inequality ratio, Empirical Economics 22,
    515-531; Mookherjee and Shorrocks (1982), Economic Journal 92, 886-902.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.dagum(tk.load("china"), "gdp / pop", "blocks")
    >>> parts = record.tidy().pivot(index="time", columns="component", values="estimate")
    >>> rest = parts["within"] + parts["net between"] + parts["transvariation"] - parts["total"]
    >>> bool(abs(rest).max() < 1e-12)
    True
    """
    division = grouping(panel, groups)
    amounts = observe_amounts(panel, variable, weights)
    why = "shares of groups and G_jh are not defined with them"
    refuse_below(amounts.values, repr(amounts.name), amounts.times, panel, zero=True, why=why)
    refuse_mean(amounts)
    p = amounts.shares @ division.members  # (T, K)
    mean = (amounts.shares * amounts.values) @ division.members / p
    s = p * mean / amounts.mean[:, None]
    difference = _mean_differences(amounts.values, amounts.shares, division)
    # equal means leave a trace of rounding, which is nothing beside the values
    gap = np.abs(mean[:, :, None] - mean[:, None, :])
    gap[gap <= 1e-14 * amounts.values.max(axis=1)[:, None, None]] = 0
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(difference > 0, difference / (mean[:, :, None] + mean[:, None, :]), 0.0)
        affluence = np.where(difference > 0, np.minimum(gap / difference, 1.0), 0.0)
    weight = p[:, :, None] * s[:, None, :]
    pair = ratio * (weight + weight.transpose(0, 2, 1))  # both orders; the diagonal counts twice
    j, h = (np.array(k) for k in zip(*combinations(range(len(division.labels)), 2), strict=True))
    within = np.einsum("tjj,tjj->tj", ratio, weight)
    net = pair[:, j, h] * affluence[:, j, h]
    across = pair[:, j, h] * (1 - affluence[:, j, h])
    return DagumTable(
        times=amounts.times,
        total=frozen(zeroed(gini(amounts.values, amounts.shares))),
        parts=frozen(np.stack([within.sum(axis=1), net.sum(axis=1), across.sum(axis=1)])),
        ratio=frozen(ratio),
        affluence=frozen(affluence),
        weight_share=frozen(p),
        amount_share=frozen(s),
        means=frozen(mean),
        within=frozen(within),
        division=division,
        variable=amounts.name,
        labels=amounts.labels,
        weights=amounts.weights,
        n=panel.N,
        source=amounts.source,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class DagumTable:
    """Dagum's decomposition by period (T periods, K groups).

    Attributes
    ----------
    times : tuple, length T
    total : ndarray, shape (T,)
        The Gini coefficient, computed by sorting, apart from its parts.
    parts : ndarray, shape (3, T)
        Within, net between, transvariation.
    ratio, affluence : ndarray, shape (T, K, K)
        G_jh (the Gini coefficients of the groups on the diagonal) and D_jh (zero on the diagonal).
    weight_share, amount_share, means, within : ndarray, shape (T, K)
        p_j, s_j, mu_j and G_jj p_j s_j.
    division : Grouping
    variable, labels, weights, n, source, panel, panel_hash
        What it was computed from.
    """

    times: tuple[object, ...]
    total: np.ndarray
    parts: np.ndarray
    ratio: np.ndarray
    affluence: np.ndarray
    weight_share: np.ndarray
    amount_share: np.ndarray
    means: np.ndarray
    within: np.ndarray
    division: Grouping
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
                "component": ["total", *_PARTS] * len(self.times),
                "estimate": rows.T.ravel(),
                "share": share.T.ravel(),
            }
        ).infer_objects()

    def pairs(self) -> pd.DataFrame:
        """One row a period and pair of groups.

        Columns: time group other gini affluence (D_jh) weight (p_j s_h + p_h s_j) net_between transvariation.
        """
        import pandas as pd

        j, h = (np.array(k) for k in zip(*combinations(range(len(self.division.labels)), 2), strict=True))
        p, s, names = self.weight_share, self.amount_share, np.array(self.division.labels)
        weight = p[:, j] * s[:, h] + p[:, h] * s[:, j]
        g, d = self.ratio[:, j, h], self.affluence[:, j, h]
        return pd.DataFrame(
            {
                "time": np.repeat(np.array(self.times, dtype=object), len(j)),
                "group": np.tile(names[j], len(self.times)),
                "other": np.tile(names[h], len(self.times)),
                "gini": g.ravel(),
                "affluence": d.ravel(),
                "weight": weight.ravel(),
                "net_between": (g * d * weight).ravel(),
                "transvariation": (g * (1 - d) * weight).ravel(),
            }
        ).infer_objects()

    def groups(self) -> pd.DataFrame:
        """One row a period and group: time group group_zh n weight_share amount_share mean gini within (G_jj p_j s_j)."""
        import pandas as pd

        k, t = len(self.division.labels), len(self.times)
        return pd.DataFrame(
            {
                "time": np.repeat(np.array(self.times, dtype=object), k),
                "group": list(self.division.labels) * t,
                "group_zh": list(self.division.labels_zh) * t,
                "n": np.tile(np.bincount(self.division.codes, minlength=k), t),
                "weight_share": self.weight_share.ravel(),
                "amount_share": self.amount_share.ravel(),
                "mean": self.means.ravel(),
                "gini": np.einsum("tjj->tj", self.ratio).ravel(),
                "within": self.within.ravel(),
            }
        ).infer_objects()

    def matrix(self, time: object = None, which: str = "gini") -> pd.DataFrame:
        """G_jh (``which="gini"``) or D_jh (``"affluence"``) of one period, the last by default; groups x groups."""
        import pandas as pd

        if which not in ("gini", "affluence"):
            raise InputError(f"which={which!r} is unknown.", allowed="gini, affluence")
        time = self.times[-1] if time is None else time
        if time not in self.times:
            raise InputError(f"The record has no period {time!r}.", allowed=listing(self.times, 40))
        values = (self.ratio if which == "gini" else self.affluence)[self.times.index(time)]
        return pd.DataFrame(values, index=list(self.division.labels), columns=list(self.division.labels))

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, groups, weights, and total and shares of the last period."""
        import pandas as pd

        row = {"variable": self.variable, "n": self.n, "periods": len(self.times), "groups": self.division.name}
        last = self.tidy().iloc[-4:]
        shares = dict(zip((p.replace(" ", "_") for p in _PARTS), last["share"].iloc[1:], strict=True))
        return pd.DataFrame([row | {"weights": self.weights, "gini": self.total[-1]} | shares])

    def __repr__(self) -> str:
        shown = self.tidy().pivot(index="time", columns="component", values="estimate")[["total", *_PARTS]]
        head = f"Gini coefficient of {self.variable} by {self.division.name} (Dagum 1997)"
        head += f", {self.n} regions, {weighting(self.weights)}"
        return f"{head}\n{shown.to_string(float_format='%.5f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.5f")


def _mean_differences(x: np.ndarray, shares: np.ndarray, division: Grouping) -> np.ndarray:
    """E|x_j - x_h| for members of each two groups, shape (T, K, K)."""
    size = shares @ division.members
    out = np.empty((len(x), size.shape[1], size.shape[1]))
    for t in range(len(x)):  # N x N at a time
        inside = division.members * shares[t][:, None] / size[t]
        out[t] = inside.T @ np.abs(x[t][:, None] - x[t][None, :]) @ inside
    return (out + out.transpose(0, 2, 1)) / 2
