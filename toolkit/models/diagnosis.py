"""What stands in the way of an equation: unknown variables, logarithms of zero, collinear regressors, few regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit.data.findings import Finding
from toolkit.errors import ToolkitError, listing

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["diagnose_formula", "diagnose_size"]

#: variance inflation beyond which a coefficient is hardly told from the others (Belsley, Kuh and Welsch 1980)
_INFLATED = 10.0


def diagnose_size(n: int, t: int, k: int = 0) -> list[Finding]:
    """Whether n regions and t periods carry a spatial, a panel, a dynamic model with k regressors."""
    found = []
    if n < 30:
        found.append(
            Finding(
                "warning" if n < 15 else "note", "few-regions", "table", f"{n} regions.",
                "Standard errors and tests of spatial models rest on many regions; clustered ones by region as well.",
                "Prefer few regressors; bootstrap: tk.wild_bootstrap(fit, x); say how many regions there are.",
            )
        )  # fmt: skip
    if 1 < t < 10:
        found.append(
            Finding(
                "note", "short-panel", "times", f"{t} periods.",
                "With region effects sigma2 (and with two-way effects rho) is biased by about 1/T; a lagged outcome is biased "
                "much more (Nickell 1981)" + (", and the correction needs at least 3 periods." if t < 3 else "."),
                'bias_correction="transformation" (Lee and Yu 2010); for dynamics method="gmm".',
            )
        )  # fmt: skip
    if k and n * t < 10 * k:
        found.append(
            Finding(
                "warning", "few-observations", "formula", f"{n * t} observations for {k} regressors.",
                "Fewer than ten for each.", "Use fewer regressors.",
            )
        )  # fmt: skip
    return found


def diagnose_formula(formula: str, panel: Panel, *, weighted: bool) -> list[Finding]:
    """Whether an equation can be computed on a panel, and its regressors told apart.

    Parameters
    ----------
    formula : str
    panel : Panel
    weighted : bool
        Whether weights were given, so that ``W(x)`` is no fault.
    """
    from toolkit.models.design import collinear_columns, design
    from toolkit.models.transform import demean

    try:
        built = design(
            formula, panel, lag_durbin=(lambda x: x) if weighted else None, effects="none", absent=not panel.balanced
        )
    except ToolkitError as error:
        return [
            Finding(
                "error", "formula", "formula", error.problem, "The equation cannot be computed.",
                error.fix or (f"Allowed: {error.allowed}." if error.allowed else "Correct the formula."),
            )
        ]  # fmt: skip
    z, names = built.X, built.terms
    t, n = built.y.shape
    flat = z.reshape(-1, z.shape[2])
    keep = np.isfinite(flat).all(axis=1)
    found = [
        Finding(
            "error", "collinear", "formula", f"{name} = {how}.", "It adds nothing to the others: there is no unique coefficient.",
            f"Leave out {name}.",
        )
        for name, how in collinear_columns(flat[keep], list(names))
    ]  # fmt: skip
    found += diagnose_size(n, t, z.shape[2])
    slopes = [j for j, name in enumerate(names) if name != "Intercept"]
    if not found or all(f.code != "collinear" for f in found):
        found += _inflation(flat[keep][:, slopes], [names[j] for j in slopes], "across all observations")
        if t > 1 and panel.balanced:
            found += _within(demean(z[:, :, slopes], "twoway"), z[:, :, slopes], [names[j] for j in slopes])
    return found


def _inflation(x: np.ndarray, names: list[str], where: str) -> list[Finding]:
    """Variance inflation factors: the diagonal of the inverse correlation matrix."""
    centred = x - x.mean(axis=0)
    scale = np.sqrt((centred**2).sum(axis=0))
    if x.shape[1] < 2 or not (scale > 0).all() or len(x) <= x.shape[1]:
        return []
    factors = np.diag(np.linalg.pinv((centred / scale).T @ (centred / scale)))
    high = [f"{name} ({f:.0f})" for name, f in zip(names, factors, strict=True) if f > _INFLATED]
    if not high:
        return []
    return [
        Finding(
            "warning", "inflation", "formula", f"Variance inflation factors beyond {_INFLATED:g} {where}: {listing(high)}.",
            "These regressors move together: each coefficient is imprecise and sensitive to the others.",
            "Use fewer of them, ratios or an index; report the joint test.",
        )
    ]  # fmt: skip


def _within(within: np.ndarray, raw: np.ndarray, names: list[str]) -> list[Finding]:
    shares = within.reshape(-1, within.shape[2]).var(axis=0) / np.maximum(
        raw.reshape(-1, raw.shape[2]).var(axis=0), 1e-300
    )
    little = [f"{name} ({s:.2%})" for name, s in zip(names, shares, strict=True) if s < 0.01]
    if not little:
        return []
    return [
        Finding(
            "note", "little-within", "formula",
            f"Little variation is left once region and year effects are out: {listing(little)} of the variance.",
            "With two-way effects its coefficient rests on that little, where measurement error weighs most.",
            "Look at the standard error; compare effects='mundlak'.",
        )
    ]  # fmt: skip
