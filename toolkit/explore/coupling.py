"""Coupling and coordination of two or more systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.composite_record import CompositeIndex, cells, period_of
from toolkit.explore.observations import frozen, refuse_gaps

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["CLASSES", "CouplingCoordination", "coupling_coordination", "coupling_degree"]

#: Ten classes of D by steps of 0.1, from below: the usual scale of Chinese studies, in English and Chinese.
CLASSES = (
    ("extreme disorder", "极度失调"),
    ("serious disorder", "严重失调"),
    ("moderate disorder", "中度失调"),
    ("mild disorder", "轻度失调"),
    ("near disorder", "濒临失调"),
    ("bare coordination", "勉强协调"),
    ("primary coordination", "初级协调"),
    ("intermediate coordination", "中级协调"),
    ("good coordination", "良好协调"),
    ("quality coordination", "优质协调"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class CouplingCoordination:
    """Coupling C, development T and coordination D by period and region.

    Attributes
    ----------
    coupling, development, coordination : ndarray, shape (T, N)
        C, T and D = sqrt(C T), each in [0, 1]. Where every system is zero C is 0 / 0: NaN, and D is 0.
    levels : ndarray, shape (k, T, N)
        The systems U.
    systems : tuple of str, length k
    weights : ndarray, shape (k,)
    form : str
    times, regions, names, names_zh : tuple
    """

    coupling: np.ndarray
    development: np.ndarray
    coordination: np.ndarray
    levels: np.ndarray
    systems: tuple[str, ...]
    weights: np.ndarray
    form: str
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]

    def classes(self, lang: str = "en") -> np.ndarray:
        """Class of D of every cell, shape (T, N): [0, 0.1) the first, [0.9, 1] the last of `CLASSES`."""
        if lang not in ("en", "zh"):
            raise InputError(f"lang={lang!r} is unknown.", allowed='"en", "zh"')
        step = np.minimum(np.floor(self.coordination * 10 + 1e-9).astype(int), 9)
        return np.array([c[lang == "zh"] for c in CLASSES], dtype=object)[step]

    def tidy(self) -> pd.DataFrame:
        """One row a period and region: time region name, U_system for each, coupling development coordination class."""
        frame = cells(self)
        for system, level in zip(self.systems, self.levels, strict=True):
            frame[f"U_{system}"] = level.ravel()
        frame["coupling"], frame["development"] = self.coupling.ravel(), self.development.ravel()
        return frame.assign(coordination=self.coordination.ravel(), **{"class": self.classes().ravel()})

    def by_class(self, time: object = None) -> pd.DataFrame:
        """How many regions are in each class in a period (the last by default): class regions."""
        import pandas as pd

        at = self.times.index(period_of(self.times, time))
        found = list(self.classes()[at])
        return pd.DataFrame({"class": [c for c, _ in CLASSES], "regions": [found.count(c) for c, _ in CLASSES]})

    def glance(self) -> pd.DataFrame:
        """One row: systems, regions, periods, form, and mean D of the first and last period."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "systems": ", ".join(self.systems),
                    "n": len(self.regions),
                    "periods": len(self.times),
                    "form": self.form,
                    "first": self.coordination[0].mean(),
                    "last": self.coordination[-1].mean(),
                }
            ]
        )

    def __repr__(self) -> str:
        frame = self.tidy()
        means = frame.groupby("time", sort=False)[["coupling", "development", "coordination"]].mean()
        head = f"Coupling coordination of {', '.join(self.systems)}, means over {len(self.regions)} regions"
        return f"{head}\n{means.to_string(float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def coupling_coordination(
    given: CompositeIndex | Mapping[str, CompositeIndex] | Panel,
    systems: Sequence[str] | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    form: str = "standard",
) -> CouplingCoordination:
    """Coupling-coordination degree of k systems.

    ``standard``: C = [prod_i U_i / (mean_i U_i)^k]^(1/k), the geometric over the arithmetic mean of the systems; T =
    sum_i a_i U_i; D = sqrt(C T). For two systems C = 2 sqrt(U1 U2) / (U1 + U2).

    Parameters
    ----------
    given : CompositeIndex, mapping of name to CompositeIndex, or Panel
        One index with at least two dimensions; or an index for each system; or a panel with a column for each.
    systems : sequence of str, optional
        Dimensions or columns to take; all dimensions by default; needed for a panel.
    weights : mapping of system to number, optional
        a_i, divided by their sum; equal by default. They enter T only: C has no weights.
    form : {"standard", "wang"}
        ``wang``: C = sqrt([1 - mean_{i<j} |U_i - U_j|] [prod_i U_i / max U]^(1/(k-1))), which uses the range from 0 to 1
        more evenly (Wang et al. 2021).

    Returns
    -------
    CouplingCoordination

    Raises
    ------
    InputError
        Fewer than two systems, unknown ones, other regions or periods among the indices, weights that do not fit.
    DataError
        A value outside [0, 1] or missing, located.

    Notes
    -----
    Misprints found in many published papers (Wang et al. 2021 count four kinds), none of which is offered:
    sqrt(U1 U2 / (U1 + U2)^2), without the factor 2, is at most 1/2; U1 U2 / (U1 + U2)^2 at most 1/4;
    [prod U / (sum U)^k]^(1/k), the sum in place of the mean, at most 1/k; for three systems
    [prod U / prod_{i<j} (U_i + U_j)]^(1/3), at most 1/2; weights inside C. The first four put regions into lower classes.
    The classes of D are a convention, not a test. U comes from the same index in all years (base pooled) or D of
    different years cannot be compared.

    References
    ----------
    Wang, S., Kong, W., Ren, L., Zhi, D. and Dai, B. (2021). Research on misuses and modification of coupling coordination
    degree model in China. Journal of Natural Resources 36, 793-810.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> panel = tk.Panel(pd.DataFrame({"id": ["a", "b"], "u": [0.8, 0.5], "v": [0.2, 0.5]}), entity="id")
    >>> tk.coupling_coordination(panel, ["u", "v"]).coordination.round(4).tolist()
    [[0.6325, 0.7071]]
    """
    names, levels, places = _levels(given, systems)
    k = len(names)
    if k < 2:
        raise InputError(
            f"Coupling needs at least two systems; {listing(names)} is one.",
            fix='name the system of every indicator: {"direction": "+", "system": "..."}, or give several indices',
        )
    wanted = dict.fromkeys(names, 1.0) if weights is None else {str(n): float(v) for n, v in weights.items()}
    if set(wanted) != set(names) or min(wanted.values()) < 0 or not 0 < sum(wanted.values()) < np.inf:
        raise InputError(f"weights={wanted!r} do not fit.", allowed=f"a number >= 0 for each of {listing(names)}")
    a = np.array([wanted[n] for n in names]) / sum(wanted.values())
    _refuse_outside(levels, names, places)
    coupling = coupling_degree(levels, form)
    development = np.tensordot(a, levels, axes=1)
    coordination = np.sqrt(np.where(development > 0, np.nan_to_num(coupling), 0) * development)
    return CouplingCoordination(
        coupling=frozen(coupling),
        development=frozen(development),
        coordination=frozen(coordination),
        levels=frozen(levels),
        systems=names,
        weights=frozen(a),
        form=form,
        **places,
    )


def coupling_degree(u: np.ndarray, form: str = "standard") -> np.ndarray:
    """C of systems `u` (k, ...) along the first axis; NaN where all are zero.

    Examples
    --------
    >>> coupling_degree(np.array([[0.8], [0.2]])).tolist()
    [0.8]
    """
    k = len(u)
    with np.errstate(divide="ignore", invalid="ignore"):
        if form == "standard":
            # products of shares of the mean: no underflow for many systems
            return np.prod((u / u.mean(axis=0)) ** (1 / k), axis=0)
        if form == "wang":
            pairs = [np.abs(u[i] - u[j]) for i in range(k) for j in range(i)]
            return np.sqrt((1 - np.mean(pairs, axis=0)) * np.prod(u / u.max(axis=0), axis=0) ** (1 / (k - 1)))
    raise InputError(f"form={form!r} is unknown.", allowed='"standard", "wang"')


def _levels(given, systems) -> tuple[tuple[str, ...], np.ndarray, dict]:
    """Names, levels (k, T, N), and where they are observed."""
    if isinstance(given, CompositeIndex):
        known = given.system.dimensions
        names = known if systems is None else tuple(systems)
        _refuse_unknown(names, known, "dimension")
        return names, given.dimension_scores[[known.index(n) for n in names]], _places(given)
    if isinstance(given, Mapping) and given and all(isinstance(v, CompositeIndex) for v in given.values()):
        names = tuple(map(str, given)) if systems is None else tuple(systems)
        _refuse_unknown(names, tuple(map(str, given)), "index")
        chosen = [{str(k): v for k, v in given.items()}[n] for n in names]
        first = chosen[0]
        if any(c.regions != first.regions or c.times != first.times for c in chosen):
            raise InputError("The indices cover other regions or periods.", fix="make them from one panel")
        return names, np.stack([c.scores for c in chosen]), _places(first)
    if hasattr(given, "entities") and hasattr(given, "values"):
        if systems is None or isinstance(systems, str):
            raise InputError("A panel needs systems=, the columns to couple.", allowed=listing(given.variables, 40))
        names = tuple(systems)
        _refuse_unknown(names, given.variables, "variable")
        levels = np.stack([np.asarray(given.values(n), float) for n in names])
        for name, level in zip(names, levels, strict=True):
            refuse_gaps(name, level, given.times, given)
        english, chinese = given.names_in("en"), given.names_in("zh")
        return (
            names,
            levels,
            {
                "times": tuple(given.times),
                "regions": tuple(given.entities),
                "names": tuple(str(english[r]) for r in given.entities),
                "names_zh": tuple(str(chinese[r]) for r in given.entities),
            },
        )
    raise InputError(
        f"given is a {type(given).__name__}.",
        allowed="the record of tk.composite_index, a mapping of name to such records, or a Panel with systems=",
    )


def _places(index: CompositeIndex) -> dict:
    return {"times": index.times, "regions": index.regions, "names": index.names, "names_zh": index.names_zh}


def _refuse_unknown(names: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
    unknown = [n for n in names if n not in known]
    if unknown or len(set(names)) < len(names):
        raise InputError(
            f"systems={list(names)!r}: unknown or twice.", allowed=f"each {what} once: {listing(known, 40)}"
        )


def _refuse_outside(levels: np.ndarray, names: tuple[str, ...], places: dict) -> None:
    bad = np.argwhere((levels < 0) | (levels > 1 + 1e-9))
    if len(bad):
        where = listing((f"{names[k]} of {places['names'][i]} {places['times'][t]}" for k, t, i in bad), 6)
        raise DataError(
            f"Systems must lie in [0, 1]; outside: {where}.",
            fix='standardise by "minmax" or "rank", or make each system an index by tk.composite_index',
        )
