"""Impacts in depth: the whole matrix, by order of neighbour, from block to block, and at chosen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import CoefTable
from toolkit.errors import InputError, listing
from toolkit.models.results import Fit

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BlockImpacts", "OrderImpacts", "impact_matrix", "impacts_between", "impacts_by_order"]

#: above this number of regions the matrix of impacts is refused (N x N numbers)
LARGEST = 5000


@dataclass(frozen=True)
class OrderImpacts:
    """Impacts split by the power of W they travel through.

    Attributes
    ----------
    table : DataFrame
        term order effect estimate std_error statistic p_value conf_low conf_high; order is 0, 1, ..., then
        ``"rest"`` and ``"all"``.
    term, model, depvar : str
    """

    table: pd.DataFrame
    term: str
    model: str
    depvar: str

    def tidy(self) -> pd.DataFrame:
        """One row an order and effect."""
        return self.table.copy()

    def wide(self, value: str = "estimate") -> pd.DataFrame:
        """Rows are orders; columns direct, indirect, total."""
        order = list(dict.fromkeys(self.table["order"]))
        return self.table.pivot(index="order", columns="effect", values=value).loc[
            order, ["direct", "indirect", "total"]
        ]

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.4f")

    def __repr__(self) -> str:
        return f"Impacts of {self.term} by order of neighbour ({self.model.upper()} of {self.depvar})\n{self.wide()}"


@dataclass(frozen=True)
class BlockImpacts:
    """Impacts of a variable in one block of regions on the outcome in another.

    Attributes
    ----------
    table : DataFrame
        One row a pair: term to from estimate std_error statistic p_value conf_low conf_high.
    term, model, depvar, per : str
    """

    table: pd.DataFrame
    term: str
    model: str
    depvar: str
    per: str

    def tidy(self) -> pd.DataFrame:
        """One row a pair of blocks."""
        return self.table.copy()

    def wide(self, value: str = "estimate") -> pd.DataFrame:
        """Rows: the block in which the outcome changes; columns: the block in which the variable changes."""
        blocks = list(dict.fromkeys(self.table["to"]))
        return self.table.pivot(index="to", columns="from", values=value).loc[blocks, blocks]

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.4f")

    def __repr__(self) -> str:
        return f"Impacts of {self.term} from block (column) to block (row), {self.per}\n{self.wide()}"


def impact_matrix(fit: Fit, term: str, horizon: str = "short") -> pd.DataFrame:
    r"""The N x N matrix of partial derivatives of E(y) in each region with respect to `term` in each region.

    .. math:: \partial E(y) / \partial x' = (I - \rho W)^{-1} (I b + W_d \theta)

    Parameters
    ----------
    fit : Fit
    term : str
        A regressor, e.g. ``"log(pcap)"``.
    horizon : {"short", "long"}
        Of a dynamic model: within the period, or once the outcome has settled.

    Returns
    -------
    DataFrame, shape (N, N)
        Rows: region in which the outcome changes. Columns: region in which the variable changes. The mean of the
        diagonal is the direct impact, the mean of the row sums the total.

    Raises
    ------
    InputError
        For an unknown term, or more than 5,000 regions.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics, eq. 2.39.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> f = tk.fit("log(gsp) ~ log(pcap) + unemp", panel, tk.weights.queen(panel), model="sar", effects="entity")
    >>> m = tk.impact_matrix(f, "unemp")
    >>> m.shape
    (48, 48)
    """
    import pandas as pd

    s = _System(fit, term, horizon)
    n = len(fit.design.entities)
    if n > LARGEST:
        raise InputError(
            f"The matrix of impacts of {n:,} regions has {n * n:,} cells.",
            allowed=f"up to {LARGEST:,} regions",
            fix="tk.impacts_between(fit, term, groups) sums it over blocks without forming it",
        )
    return pd.DataFrame(s.apply(np.eye(n)), index=fit.design.entities, columns=fit.design.entities)


def impacts_by_order(fit: Fit, term: str, orders: int = 4, horizon: str = "short") -> OrderImpacts:
    r"""Impacts split by the power of W: own region, neighbours, neighbours of neighbours ...

    With one W, the impacts are :math:`\sum_q (\rho^q b + \rho^{q-1} \theta) W^q`; each order's average diagonal is its
    direct part (feedback through neighbours from order 2 on).

    Parameters
    ----------
    fit : Fit
    term : str
    orders : int
        Highest order shown; what lies beyond is the row ``"rest"``.
    horizon : {"short", "long"}

    Returns
    -------
    OrderImpacts
        Standard errors by the delta method.

    Raises
    ------
    InputError
        For an unknown term, a bad number of orders, or weights of W X other than those of W y.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics, section 2.7.3.
    """
    import pandas as pd

    if isinstance(orders, bool) or not isinstance(orders, int) or orders < 0:
        raise InputError(f"orders={orders!r} is not a number of orders.", allowed="a whole number of 0 or more")
    s = _System(fit, term, horizon)
    w, wd = s.w, s.wd
    if w is not None and wd is not None and w.hash != wd.hash:
        raise InputError("Impacts by order need one W for W y and W X; this fit has two.")
    one = w if w is not None else wd
    n = len(fit.design.entities)
    diagonal, total = _powers(one, n, orders)
    weight = np.stack([diagonal, total - diagonal, total], axis=1)  # (orders + 1, 3)

    def split(b, theta, r):
        factor = np.array([b if q == 0 else r**q * b + r ** (q - 1) * theta for q in range(orders + 1)])
        return factor[:, None] * weight

    def split_r(b, theta, r):
        factor = [
            0.0 if q == 0 else q * r ** (q - 1) * b + (q - 1) * r ** max(q - 2, 0) * theta for q in range(orders + 1)
        ]
        return np.array(factor)[:, None] * weight

    everything = s.averages()
    value = split(s.b, s.theta, s.r)
    value = np.vstack([value, everything.value - value.sum(axis=0), everything.value])
    slopes = {}
    for name, part, whole in (
        ("b", split(1.0, 0.0, s.r), everything.on_b),
        ("theta", split(0.0, 1.0, s.r), everything.on_theta),
        ("r", split_r(s.b, s.theta, s.r), everything.on_r),
    ):
        slopes[name] = np.vstack([part, whole - part.sum(axis=0), whole])
    table = s.table(value.ravel(), {k: v.ravel() for k, v in slopes.items()})
    labels = [*range(orders + 1), "rest", "all"]
    table.insert(0, "effect", ["direct", "indirect", "total"] * len(labels))
    table.insert(0, "order", np.repeat(np.array(labels, dtype=object), 3))
    table.insert(0, "term", term)
    return OrderImpacts(pd.DataFrame(table), term, fit.model, fit.depvar)


def impacts_between(
    fit: Fit,
    term: str,
    groups: Mapping[object, str] | pd.Series | Sequence[str],
    per: str = "block",
    horizon: str = "short",
) -> BlockImpacts:
    r"""Whose change helps whom: impacts of `term` from block to block of regions.

    The cell (A, B) is the mean over regions i in A of :math:`\sum_{j \in B} \partial E(y_i) / \partial x_j`: what
    happens in a region of A when x rises by one in every region of B. Rows sum to the total impact on A.

    Parameters
    ----------
    fit : Fit
    term : str
    groups : mapping or Series of region id to block, or sequence in the order of the regions
        E.g. ``panel.register("blocks")``.
    per : {"block", "region"}
        ``"region"`` divides by the number of regions in B: the effect of one region of B, on average.
    horizon : {"short", "long"}

    Returns
    -------
    BlockImpacts
        Standard errors by the delta method.

    Raises
    ------
    InputError
        If regions lack a block, or for an unknown term.
    """
    import pandas as pd

    if per not in ("block", "region"):
        raise InputError(f"per={per!r} is not known.", allowed="block, region")
    s = _System(fit, term, horizon)
    ids = list(fit.design.entities)
    of = _groups(groups, ids)
    names = sorted(set(of), key=str)
    member = np.array([[g == name for name in names] for g in of], float)  # (N, G)
    rows = member / member.sum(axis=0)
    columns = member / member.sum(axis=0) if per == "region" else member
    parts = s.bilinear(rows, columns)
    table = s.table(
        parts.value.ravel(), {"b": parts.on_b.ravel(), "theta": parts.on_theta.ravel(), "r": parts.on_r.ravel()}
    )
    table.insert(0, "from", names * len(names))
    table.insert(0, "to", np.repeat(names, len(names)))
    table.insert(0, "term", term)
    unit = "change in every region of the block" if per == "block" else "change in one region of the block"
    return BlockImpacts(pd.DataFrame(table), term, fit.model, fit.depvar, unit)


@dataclass(frozen=True)
class _Parts:
    """A linear function of the impact matrix, with its derivatives in b, theta and r (the multiplier's rho)."""

    value: np.ndarray
    on_b: np.ndarray
    on_theta: np.ndarray
    on_r: np.ndarray


class _System:
    """S (I b + W_d theta) of one term at the estimates, S = (I - r W)^-1, times 1/(1 - tau) in the long run."""

    def __init__(self, fit: Fit, term: str, horizon: str):
        if not isinstance(fit, Fit):
            raise InputError(f"impacts need a fit of tk.fit; a {type(fit).__name__} was given.")
        if horizon not in ("short", "long"):
            raise InputError(f"horizon={horizon!r} is not known.", allowed="short, long")
        if horizon == "long" and not fit.design.dynamic:
            raise InputError("The model is static: it has one horizon.", fix='leave horizon at "short"')
        self.fit = fit
        self.own, self.lagged = _positions(fit, term)
        values = fit.coefficients.estimate
        self.b = 0.0 if self.own is None else float(values[self.own])
        self.theta = 0.0 if self.lagged is None else float(values[self.lagged])
        self.rho, value = fit.rho or 0.0, fit.solution.value
        self.tau, self.eta = (value("y(t-1)"), value("W y(t-1)")) if horizon == "long" else (0.0, 0.0)
        self.r = (self.rho + self.eta) / (1 - self.tau)
        feeds = fit.spec.wy or self.eta != 0
        self.w = fit.weights if feeds else None
        self.wd = fit.weights_durbin if self.lagged is not None else None

    def solve(self, a: np.ndarray, transpose: bool = False) -> np.ndarray:
        return a if self.w is None else self.w.operator.solve(self.r, a, transpose=transpose)

    def right(self, a: np.ndarray) -> np.ndarray:
        """(I b + W_d theta) a."""
        return self.b * a + (self.theta * self.wd.lag(a) if self.wd is not None else 0.0)

    def apply(self, a: np.ndarray) -> np.ndarray:
        """The impact matrix times `a` (N, m)."""
        return self.solve(self.right(a)) / (1 - self.tau)

    def bilinear(self, rows: np.ndarray, columns: np.ndarray) -> _Parts:
        """The products rows' M columns of the impact matrix M, rows (N, p), columns (N, q)."""
        left = self.solve(rows, transpose=True)  # S' rows
        lagged = self.wd.lag(columns) if self.wd is not None else np.zeros_like(columns)
        on_b, on_theta = left.T @ columns, left.T @ lagged
        m = self.solve(self.right(columns))
        on_r = left.T @ self.w.lag(m) if self.w is not None else np.zeros_like(on_b)
        return _Parts(*(a / (1 - self.tau) for a in (rows.T @ m, on_b, on_theta, on_r)))

    def averages(self) -> _Parts:
        """Average direct, indirect and total, each array (3,)."""
        from toolkit.postestimation.multipliers import multipliers_at

        at, slope = (
            multipliers_at(self.w, self.fit.weights_durbin, len(self.fit.design.entities), self.r, d)
            for d in (False, True)
        )

        def three(m, b, theta):
            direct, total = m.own[0] * b + m.own_lagged[0] * theta, m.sum[0] * b + m.sum_lagged[0] * theta
            return np.array([direct, total - direct, total]) / (1 - self.tau)

        return _Parts(three(at, self.b, self.theta), three(at, 1, 0), three(at, 0, 1), three(slope, self.b, self.theta))

    def table(self, value: np.ndarray, slopes: Mapping[str, np.ndarray]):
        """Delta method: rows estimate std_error statistic p_value conf_low conf_high."""
        terms = self.fit.terms
        jacobian = np.zeros((value.size, len(terms)))
        if self.own is not None:
            jacobian[:, self.own] = slopes["b"]
        if self.lagged is not None:
            jacobian[:, self.lagged] = slopes["theta"]
        on_r = slopes["r"] / (1 - self.tau)
        if self.fit.spec.wy:
            jacobian[:, terms.index("rho")] = on_r
        if self.tau or self.eta:
            if "W y(t-1)" in terms:
                jacobian[:, terms.index("W y(t-1)")] = on_r
            if "y(t-1)" in terms:
                jacobian[:, terms.index("y(t-1)")] = value / (1 - self.tau) + on_r * self.r
        cov = jacobian @ self.fit.coefficients.cov @ jacobian.T
        size = value.size
        rows = CoefTable(tuple(map(str, range(size))), value, cov, ("X",) * size, df=self.fit.coefficients.df)
        return rows.tidy().drop(columns=["term", "block"])


def _positions(fit: Fit, term: str) -> tuple[int | None, int | None]:
    """Positions of b and theta of `term` among the parameters."""
    design, k = fit.design, len(fit.design.terms)
    lagged = {}
    for j, (own, name) in enumerate(zip(design.pairs, design.wx_terms, strict=True)):
        lagged[name.removeprefix("W ") if own is None else design.terms[own]] = k + j
    own = design.terms.index(term) if term in design.terms else None
    if own is None and term not in lagged:
        known = [t for i, t in enumerate(design.terms) if i != design.constant] + [
            t for t in lagged if t not in design.terms
        ]
        raise InputError(f"{term!r} is not a regressor of this fit.", allowed=listing(known, 40))
    return own, lagged.get(term)


def _powers(w, n: int, orders: int) -> tuple[np.ndarray, np.ndarray]:
    """tr(W^q)/N and 1'W^q 1/N for q = 0..orders."""
    diagonal, total = np.zeros(orders + 1), np.zeros(orders + 1)
    diagonal[0] = total[0] = 1.0
    if w is None:
        return diagonal, total
    diagonal = np.asarray(w.operator.traces(orders), float)
    ones = np.ones(n)
    for q in range(1, orders + 1):
        ones = w.lag(ones)
        total[q] = ones.mean()
    return diagonal, total


def _groups(groups, ids: list) -> list[str]:
    import pandas as pd

    if isinstance(groups, pd.Series):
        groups = groups.to_dict()
    if isinstance(groups, Mapping):
        missing = [i for i in ids if i not in groups or pd.isna(groups[i])]
        if missing:
            raise InputError(
                f"{len(missing)} regions have no block: {listing(map(str, missing))}.", fix="give every region a block"
            )
        return [str(groups[i]) for i in ids]
    groups = list(groups)
    if len(groups) != len(ids):
        raise InputError(
            f"groups has {len(groups)} entries for {len(ids)} regions.",
            allowed="one block a region, in the panel's order, or a mapping of id to block",
        )
    return [str(g) for g in groups]
