"""The Gini coefficient by income source: what each source adds to inequality, and what more of it would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.amounts import Amounts, observe_amounts, weighting
from toolkit.explore.inequality import refuse_mean, warn_negative
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["SourcesTable", "gini_sources"]


def gini_sources(
    panel: Panel, total: str | None, sources: Sequence[str], *, weights: str | None = None, tolerance: float = 1e-9
) -> SourcesTable:
    """Decomposition of the Gini coefficient by sources whose sum is the total (Lerman and Yitzhaki 1985), by period.

    G = sum_k S_k G_k R_k, with the share S_k = mu_k / mu of source k, its own Gini coefficient G_k, and the Gini
    correlation R_k = cov(x_k, F(x)) / cov(x_k, F(x_k)) between the source and the rank of the total. The term
    2 cov(x_k, F(x)) / mu is the contribution of the source; a marginal percentage change of the source everywhere
    changes G by (contribution / G - S_k) percent, its marginal effect: positive raises inequality, and they add up to zero.

    F is the mid-interval distribution function (average ranks for ties), so that 2 cov(x, F) / mu is the Gini
    coefficient of `tk.inequality` exactly, with weights too. `descogini` of Stata ranks ties in the order of the
    file. For a constant source G_k is 0 and R_k is not defined (NaN); its contribution is 0. For a source with mean zero
    G_k and R_k are not defined. With negative values (taxes) G_k may exceed one and be negative where mu_k is.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    total : str or None
        A column or expression; None takes the sum of the sources.
    sources : sequence of str
        Two or more columns or expressions, per head where the total is: ``["va_primary / pop", ...]``.
    weights : str, optional
        A column or expression above zero, e.g. ``"pop"``.
    tolerance : float
        Largest distance allowed between the total and the sum of sources, relative to the mean of the total. What is
        left over is in no source: the contributions miss G by as much.

    Returns
    -------
    SourcesTable

    Raises
    ------
    DataError
        Missing cells, sources that do not add up to the total (the largest gap is named), a mean of zero or below, a
        total that is equal everywhere in a period.
    InputError, FormulaError
        Fewer than two sources, or one twice; an expression that cannot be read.

    References
    ----------
    Lerman and Yitzhaki (1985), Review of Economics and Statistics 67, 151-156; marginal effects: Stark, Taylor and
    Yitzhaki (1986), Economic Journal 96, 722-740; Lopez-Feldman (2006), Stata Journal 6, 106-111.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("china").between(2010, 2022)
    >>> sources = ["va_primary / pop", "va_secondary / pop", "va_tertiary / pop"]
    >>> record = tk.gini_sources(panel, None, sources, weights="pop")
    >>> bool(abs(record.contribution.sum(axis=0) - record.gini).max() < 1e-12)
    True
    """
    names = [sources] if isinstance(sources, str) else list(sources)
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(f"sources={sources!r} are not several sources.", allowed="two or more, each once")
    parts = [observe_amounts(panel, name, weights) for name in names]
    whole = _whole(panel, total, parts, weights, tolerance)
    refuse_mean(whole)
    warn_negative(whole, panel)
    x, p = whole.values, whole.shares
    spread = np.ptp(x, axis=1) <= 1e-13 * np.abs(x).max(axis=1)
    if spread.any():
        raise DataError(
            f"The total is the same everywhere in {listing(np.array(whole.times, dtype=object)[spread])}: "
            "there is no inequality to decompose.",
            fix="choose other periods by panel.between(first, last)",
        )
    mean = whole.mean
    rank = _centred_rank(x, p)
    values = np.stack([a.values for a in parts])  # (K, T, N)
    means = (p * values).sum(axis=-1)  # (K, T)
    contribution = 2 * (p * values * rank).sum(axis=-1) / mean
    own = 2 * (p * values * np.stack([_centred_rank(v, p) for v in values])).sum(axis=-1)
    scale = np.abs(values).max(axis=-1)
    own[own <= 1e-14 * scale] = 0
    with np.errstate(divide="ignore", invalid="ignore"):
        own_gini = np.where(np.abs(means) > 1e-14 * scale, own / means, np.nan)
        correlation = np.where(own > 0, contribution * mean / own, np.nan)
    contribution = np.where(own > 0, contribution, 0.0)
    gini = 2 * (p * x * rank).sum(axis=-1) / mean
    share = means / mean
    return SourcesTable(
        times=whole.times,
        sources=tuple(names),
        gini=frozen(gini),
        share=frozen(share),
        own_gini=frozen(own_gini),
        correlation=frozen(correlation),
        contribution=frozen(contribution),
        marginal=frozen(contribution / gini - share),
        total=whole.name,
        labels=MappingProxyType({k: v for a in (whole, *parts) for k, v in a.labels.items()}),
        weights=whole.weights,
        n=panel.N,
        source=whole.source,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SourcesTable:
    """The Gini coefficient by source and period (K sources, T periods).

    Attributes
    ----------
    times, sources : tuple, length T and K
    gini : ndarray, shape (T,)
    share, own_gini, correlation, contribution, marginal : ndarray, shape (K, T)
        S_k, G_k, R_k, S_k G_k R_k and S_k G_k R_k / G - S_k.
    total, labels, weights, n, source, panel, panel_hash
        What it was computed from.
    """

    times: tuple[object, ...]
    sources: tuple[str, ...]
    gini: np.ndarray
    share: np.ndarray
    own_gini: np.ndarray
    correlation: np.ndarray
    contribution: np.ndarray
    marginal: np.ndarray
    total: str
    labels: Mapping[str, tuple[str, str, str]]
    weights: str
    n: int
    source: str
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period and source: time source share gini correlation contribution inequality_share marginal."""
        import pandas as pd

        k = len(self.sources)
        return pd.DataFrame(
            {
                "time": np.repeat(np.array(self.times, dtype=object), k),
                "source": list(self.sources) * len(self.times),
                "share": self.share.T.ravel(),
                "gini": self.own_gini.T.ravel(),
                "correlation": self.correlation.T.ravel(),
                "contribution": self.contribution.T.ravel(),
                "inequality_share": (self.contribution / self.gini).T.ravel(),
                "marginal": self.marginal.T.ravel(),
            }
        ).infer_objects()

    def glance(self) -> pd.DataFrame:
        """One row: total, sources, n, periods, weights, Gini coefficient of the first and last period."""
        import pandas as pd

        row = {"total": self.total, "sources": ", ".join(self.sources), "n": self.n, "periods": len(self.times)}
        return pd.DataFrame([row | {"weights": self.weights, "first": self.gini[0], "last": self.gini[-1]}])

    def __repr__(self) -> str:
        head = f"Gini coefficient of {self.total} by source, {self.n} regions, {weighting(self.weights)}"
        return f"{head}\n{self.tidy().to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def _whole(panel: Panel, total: str | None, parts: list[Amounts], weights: str | None, tolerance: float) -> Amounts:
    """The total, which the sources must add up to."""
    if len({a.times for a in parts}) > 1:
        raise DataError("The sources do not exist in the same periods.", fix="use panel.between(first, last)")
    added = np.sum([a.values for a in parts], axis=0)
    first = parts[0]
    if total is None:
        name = " + ".join(a.name for a in parts)
        notes = " | ".join(dict.fromkeys(piece for a in parts for piece in a.source.split(" | ") if piece))
        return Amounts(
            name=name,
            source=notes,
            times=first.times,
            values=added,
            shares=first.shares,
            weights=first.weights,
            labels=MappingProxyType(
                {**first.labels, name: ("Sum of the sources", "各来源之和", first.labels[first.name][2])}
            ),
        )
    whole = observe_amounts(panel, total, weights)
    if whole.times != first.times:
        raise DataError(
            "The total and the sources do not exist in the same periods.", fix="use panel.between(first, last)"
        )
    gap = np.abs(whole.values - added)
    if (gap > tolerance * np.abs(whole.mean)[:, None]).any():
        t, i = np.unravel_index(gap.argmax(), gap.shape)
        raise DataError(
            f"The sources do not add up to {total!r}: in {panel.names[panel.entities[i]]} {whole.times[t]} they sum to "
            f"{added[t, i]:.10g}, the total is {whole.values[t, i]:.10g}.",
            fix="take their sum by total=None, or give what is missing as a source of its own",
        )
    return whole


def _centred_rank(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Mid-interval distribution function less its mean of 1/2, ties at their average; shape (T, N) in and out."""
    out = np.empty(x.shape)
    for t in range(len(x)):
        _, at = np.unique(x[t], return_inverse=True)
        mass = np.bincount(at, weights=p[t])
        out[t] = (np.cumsum(mass) - mass / 2)[at]
    return out - (p * out).sum(axis=1, keepdims=True)
