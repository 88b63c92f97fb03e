"""Polarisation: whether regions gather at poles, which inequality does not see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.amounts import Amounts, grouping, observe_amounts, refuse_below, weighting
from toolkit.explore.inequality import refuse_mean
from toolkit.explore.inequality_measures import wolfson
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["PolarisationTable", "polarisation"]

_MEASURES = ("wolfson", "esteban-ray", "zhang-kanbur")


def polarisation(
    panel: Panel,
    variable: str,
    groups: object = None,
    *,
    measure: str = "wolfson",
    weights: str | None = None,
    alpha: float = 1.3,
    index: str = "L",
) -> PolarisationTable:
    """Polarisation of regions, by period.

    ``wolfson`` (no groups): 2 (2 T - G) mu / m, T = 1/2 - L(1/2) the share that the poorer half lacks, G the Gini
    coefficient, m the median: from 0 (equality) to 1 (one half has nothing, the other all). PySAL's
    `inequality.wolfson` leaves out the factor of two. Bipolarisation: how thin the middle is.

    ``esteban-ray``: sum over groups j, h of p_j^(1 + alpha) p_h |mu_j - mu_h| / mu; 2^(-alpha) for two groups of equal
    size of which one has all. Groups are the poles: what is unequal inside them is not seen. Divided by the mean, so that
    units play no role (Esteban and Ray leave the constant open; Stata's `er` divides by the mean on request).

    ``zhang-kanbur``: inequality between groups over inequality within them, of Theil's L or T. It has no upper bound, and
    grows without limit as groups become homogeneous.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column or expression, at least zero (above zero for ``zhang-kanbur``).
    groups : register or mapping
        Needed by ``esteban-ray`` and ``zhang-kanbur``; refused by ``wolfson``.
    measure : {"wolfson", "esteban-ray", "zhang-kanbur"}
    weights : str, optional
        A column or expression above zero, e.g. ``"pop"``.
    alpha : float
        Sensitivity to polarisation of ``esteban-ray``, from 1 to 1.6 (Esteban and Ray's axioms; 0 gives twice the Gini
        coefficient of the group means and is inequality, not polarisation).
    index : {"L", "T"}
        Of ``zhang-kanbur``.

    Returns
    -------
    PolarisationTable

    Raises
    ------
    DataError
        Missing cells, negative values (named), a mean or median of zero, groups without inequality within.
    InputError, FormulaError
        An argument that is not allowed or does not belong to the measure.

    References
    ----------
    Wolfson (1994), American Economic Review 84(2), 353-358; Esteban and Ray (1994), Econometrica 62, 819-851;
    Zhang and Kanbur (2001), Journal of Development Studies 37(3), 85-98.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("china").between(2020, 2023)
    >>> tk.polarisation(panel, "gdp / pop", "blocks", measure="esteban-ray", weights="pop").estimate.shape
    (4,)
    """
    _check(measure, groups, alpha, index)
    amounts = observe_amounts(panel, variable, weights)
    log = measure == "zhang-kanbur"
    why = "the index rests on logarithms" if log else "shares of the total are not defined with them"
    refuse_below(amounts.values, repr(amounts.name), amounts.times, panel, zero=not log, why=why)
    refuse_mean(amounts)
    division = None if groups is None else grouping(panel, groups)
    if measure == "wolfson":
        estimate = _wolfson(amounts)
    elif measure == "esteban-ray":
        p = amounts.shares @ division.members
        y = (amounts.shares * amounts.values) @ division.members / p / amounts.mean[:, None]
        distance = np.abs(y[:, :, None] - y[:, None, :])
        estimate = np.einsum("tj,th,tjh->t", p ** (1 + alpha), p, distance)
    else:
        from toolkit.explore.theil import theil

        parts = theil(panel, variable, groups, weights=weights, index=index).parts
        flat = parts[1] <= 1e-14
        if flat.any():
            raise DataError(
                f"There is no inequality within groups in {listing(np.array(amounts.times, dtype=object)[flat])}: the "
                "ratio of between to within has no finite value.",
                fix='use coarser groups, or measure="esteban-ray"',
            )
        estimate = parts[0] / parts[1]
    return PolarisationTable(
        measure=measure,
        times=amounts.times,
        estimate=frozen(estimate),
        parameter=f"alpha = {alpha:g}" if measure == "esteban-ray" else f"Theil's {index}" if log else "",
        groups=division.name if division else "",
        variable=amounts.name,
        labels=amounts.labels,
        weights=amounts.weights,
        n=panel.N,
        source=amounts.source,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class PolarisationTable:
    """A measure of polarisation by period.

    Attributes
    ----------
    measure, parameter, groups : str
        Which one, its parameter in words, and the division of the regions (empty without).
    times : tuple, length T
    estimate : ndarray, shape (T,)
    variable, labels, weights, n, source, panel, panel_hash
        What it was computed from.
    """

    measure: str
    parameter: str
    groups: str
    times: tuple[object, ...]
    estimate: np.ndarray
    variable: str
    labels: Mapping[str, tuple[str, str, str]]
    weights: str
    n: int
    source: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period: measure time estimate n weights."""
        import pandas as pd

        return pd.DataFrame(
            {
                "measure": self.measure,
                "time": list(self.times),
                "estimate": self.estimate,
                "n": self.n,
                "weights": self.weights,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: measure, parameter, groups, variable, n, periods, weights, first and last value."""
        import pandas as pd

        names = ("measure", "parameter", "groups", "variable", "n", "weights")
        row = {name: getattr(self, name) for name in names}
        ends = {"first": self.estimate[0], "last": self.estimate[-1]}
        return pd.DataFrame([row | {"periods": len(self.times)} | ends])

    def __repr__(self) -> str:
        said = ", ".join(s for s in (self.measure, self.parameter, self.groups and f"groups: {self.groups}") if s)
        head = f"Polarisation of {self.variable} ({said}), {self.n} regions, {weighting(self.weights)}"
        return f"{head}\n{self.tidy()[['time', 'estimate']].to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def _check(measure: str, groups: object, alpha: float, index: str) -> None:
    if measure not in _MEASURES:
        raise InputError(f"measure={measure!r} is unknown.", allowed=listing(_MEASURES))
    if (groups is None) != (measure == "wolfson"):
        needs = "is between all regions and takes no groups" if measure == "wolfson" else "needs groups="
        fix = "leave out groups=, or choose another measure" if measure == "wolfson" else "name a register or a mapping"
        raise InputError(f"measure={measure!r} {needs}.", fix=fix)
    if isinstance(alpha, bool) or not isinstance(alpha, Real) or not 0 <= alpha <= 1.6:
        raise InputError(f"alpha={alpha!r} is no sensitivity to polarisation.", allowed="1 to 1.6 (0: inequality)")
    if index not in ("L", "T"):
        raise InputError(f"index={index!r} is unknown.", allowed='"L", "T"')


def _wolfson(amounts: Amounts) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = wolfson(amounts.values, amounts.shares)
    bad = ~np.isfinite(estimate)
    if bad.any():
        raise DataError(
            f"The median of {amounts.name!r} is zero in {listing(np.array(amounts.times, dtype=object)[bad])}.",
            fix='use measure="esteban-ray" with groups',
        )
    return estimate
