"""Weights from what regions are like: `economic`, `gravity`, and `nested` in geography."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist

from toolkit.errors import InputError, WeightsError, listing
from toolkit.weights.assembly import assemble
from toolkit.weights.checks import as_ids, check_positive, label
from toolkit.weights.points import ALL_PAIRS, locate
from toolkit.weights.regions import by_id
from toolkit.weights.spatial_weights import SpatialWeights

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["economic", "gravity", "nested"]


def economic(
    panel: Panel,
    variable: str | Sequence[str],
    years: int | Iterable | None = None,
    *,
    link: Mapping | None = None,
    islands: str = "error",
    normalize: str = "row",
) -> SpatialWeights:
    """Regions with similar means are near: w_ij = 1 / |x_i - x_j|, x the mean over `years`.

    With several variables |x_i - x_j| is the Euclidean distance between their standardised means (mean 0,
    standard deviation 1 over regions).

    Parameters
    ----------
    panel : Panel
    variable : str or sequence of str
        Variables or expressions, e.g. ``"gdp / pop"`` (evaluated, then averaged).
    years : int or iterable of int
        Years averaged, e.g. ``range(2005, 2011)``: best years before those of the outcome, since weights made of the
        outcome's own years respond to it (`SpatialWeights.warn_overlap`). May be left out for a cross-section.
    link, islands, normalize
        As for `queen`.

    Raises
    ------
    InputError
        No `years` for a panel of several; years the panel does not have.
    WeightsError
        Regions with equal means (named in pairs): their weight would be infinite.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.data.panel import Panel
    >>> panel = Panel(pd.DataFrame({"id": ["a", "b", "c"], "income": [1.0, 2.0, 4.0]}), entity="id")
    >>> economic(panel, "income", normalize="none").sparse.toarray().round(3)[0]
    array([0.   , 1.   , 0.333])
    """
    variables = (variable,) if isinstance(variable, str) else tuple(variable)
    ids, names = as_ids(panel.entities), _names(panel)
    _check_size(len(ids))
    means, used = _means(panel, variables, years)
    if len(variables) > 1:
        spread = means.std(axis=1, keepdims=True)
        if not spread.all():
            flat = [v for v, s in zip(variables, spread.ravel(), strict=True) if s == 0]
            raise WeightsError(f"The same in all regions: {listing(flat)}.", fix="leave it out")
        means = (means - means.mean(axis=1, keepdims=True)) / spread
    gap = cdist(means.T, means.T)
    np.fill_diagonal(gap, np.inf)
    same = np.argwhere(np.triu(gap <= 1e-14 * np.abs(means).max()))
    if len(same):
        pairs = [f"{label(ids[i], names)} and {label(ids[j], names)}" for i, j in same]
        raise WeightsError(
            f"Regions with equal {listing(variables)}: {listing(pairs)}; 1 / |x_i - x_j| is infinite.",
            fix="other years, another variable, or weights of your own by from_matrix",
        )
    return assemble(
        ids,
        1 / gap,
        builder="economic",
        description=f"economic distance in {', '.join(variables)}{_when(used)}",
        normalize=normalize,
        link=by_id(panel, link),
        islands=islands,
        names=names,
        recipe={"variables": variables, "years": used},
    )


def gravity(
    panel: Panel,
    variable: str,
    years: int | Iterable | None = None,
    *,
    power: float = 2.0,
    km: float | None = None,
    link: Mapping | None = None,
    islands: str = "error",
    normalize: str = "row",
) -> SpatialWeights:
    """Weights of the gravity model: w_ij = x_i x_j / d_ij ** power, x the mean over `years`, d in km.

    Parameters
    ----------
    panel : Panel
        With geometry.
    variable : str
        Mass of a region: a positive variable or expression.
    years : int or iterable of int
        As for `economic`.
    power, km
        As for `inverse_distance`.
    link, islands, normalize
        As for `queen`. Row-standardised, the region's own mass x_i cancels.

    Raises
    ------
    InputError, WeightsError
        As for `economic` and `inverse_distance`; masses that are not positive (named).

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from toolkit.data.panel import Panel
    >>> towns = gpd.GeoSeries.from_xy([0, 1, 3], [0, 0, 0], index=list("abc"), crs=4326)
    >>> panel = Panel(pd.DataFrame({"id": list("abc"), "pop": [1.0, 2.0, 6.0]}), entity="id", geometry=towns)
    >>> gravity(panel, "pop", power=1).sparse.toarray().round(3)[0]
    array([0. , 0.5, 0.5])
    """
    power = check_positive(power, "power", ", e.g. 2")
    (mass,), used = _means(panel, (variable,), years)
    points = locate(panel)
    light = [label(i, points.names) for i, m in zip(points.ids, mass, strict=True) if m <= 0]
    if light:
        raise WeightsError(f"{variable} is not positive in: {listing(light)}.", fix="take a positive mass")
    i, j, d = points.within(km)
    return assemble(
        points.ids,
        sparse.csr_array((mass[i] * mass[j] / d**power, (i, j)), shape=(points.N, points.N)),
        builder="gravity",
        description=f"gravity: {variable}{_when(used)} over distance to the power {power:g} ({points.measure})",
        normalize=normalize,
        link=by_id(panel, link),
        islands=islands,
        names=points.names,
        recipe={"variables": (variable,), "years": used, "power": power, "km": km},
    )


def nested(
    geographic: SpatialWeights,
    other: SpatialWeights,
    alpha: float = 0.5,
    *,
    how: str = "sum",
    normalize: str = "row",
    link: Mapping | None = None,
    islands: str = "error",
) -> SpatialWeights:
    """Two kinds of nearness in one matrix.

    ``how="sum"``: W = alpha W_1 + (1 - alpha) W_2, both as they are normalised. ``how="product"``: w_ij = w1_ij w2_ij
    of the weights before normalisation, so that links are those both have. Normalised again at the end.

    Parameters
    ----------
    geographic, other : SpatialWeights
        Of the same regions, matched by id; the result has the order of the first.
    alpha : float
        Share of the first in a sum, from 0 to 1.
    how : {"sum", "product"}
    normalize, link, islands
        As for `queen`.

    Raises
    ------
    InputError
        Unknown `how`; `alpha` outside 0-1; a sum of weights that are normalised in different ways.
    WeightsError
        Different regions; islands.

    Examples
    --------
    >>> from toolkit.weights.interchange import from_matrix
    >>> near = from_matrix([[0, 1, 0], [1, 0, 1], [0, 1, 0]], list("abc"), normalize="row")
    >>> alike = from_matrix([[0, 1, 3], [1, 0, 1], [3, 1, 0]], list("abc"), normalize="row")
    >>> nested(near, alike, 0.5).sparse.toarray()[0]
    array([0.   , 0.625, 0.375])
    """
    if how not in ("sum", "product"):
        raise InputError(f"how={how!r}.", allowed="sum, product")
    second = other.match(geographic.ids)
    if how == "product":
        raw, words = geographic.matrix.multiply(second.matrix), "times"
    else:
        if not 0 <= alpha <= 1:
            raise InputError(f"alpha={alpha!r}.", allowed="a number from 0 to 1")
        if geographic.normalization != other.normalization:
            raise InputError(
                f"A sum of weights normalised as {geographic.normalization!r} and {other.normalization!r}: "
                "their scales differ.",
                fix='normalise both alike first, e.g. W.normalize("row")',
            )
        raw, words = alpha * geographic.sparse + (1 - alpha) * second.sparse, "plus"
    share = ("", "") if how == "product" else (f"{alpha:g} ", f"{1 - alpha:g} ")
    return assemble(
        geographic.ids,
        raw,
        builder="nested",
        description=f"{share[0]}{geographic.description} {words} {share[1]}{other.description}",
        normalize=normalize,
        link=link,
        islands=islands,
        names=geographic.names,
        recipe={
            "how": how,
            "alpha": float(alpha) if how == "sum" else None,
            "parts": (dict(geographic.recipe), dict(other.recipe)),
            "variables": (*geographic.variables, *other.variables),
            "years": tuple(sorted({*geographic.years, *other.years})),
        },
    )


def _means(panel: Panel, variables: Sequence[str], years) -> tuple[np.ndarray, tuple]:
    """Means over the years, shape (len(variables), N), and the years; none for a cross-section."""
    from toolkit.data.expressions import evaluate

    if panel.T == 1 and years is None:
        chosen, used = panel, ()
    else:
        wanted = [years] if np.ndim(years) == 0 else list(years)
        have = set(panel.times.tolist())
        if years is None or not wanted or not set(wanted) <= have:
            lost = "no years" if years is None or not wanted else f"years {listing(y for y in wanted if y not in have)}"
            raise InputError(
                f"Weights from {listing(variables)} with {lost}.",
                allowed=f"years of the panel: {listing(panel.times, 40)}",
                fix="name the years, e.g. years=range(2005, 2011), best before those of the outcome",
            )
        used = tuple(sorted(y.item() if isinstance(y, np.generic) else y for y in set(wanted)))
        chosen = panel.select(times=list(used))
    return np.array([evaluate(v, chosen).values.mean(axis=0) for v in variables]), used


def _names(panel: Panel) -> dict[Hashable, str]:
    return dict(panel.names) if getattr(panel, "names", None) is not None else {}


def _when(years: tuple) -> str:
    if not years:
        return ""
    if len(years) == 1:
        return f" in {years[0]}"
    run = all(isinstance(y, int) for y in years) and years[-1] - years[0] == len(years) - 1
    return f" averaged over {years[0]}-{years[-1]}" if run else f" averaged over {listing(years)}"


def _check_size(n: int) -> None:
    if n > ALL_PAIRS:
        raise InputError(
            f"Economic weights join all pairs of {n} regions.",
            allowed=f"at most {ALL_PAIRS} regions",
            fix="give weights for fewer pairs by from_matrix, or nest in contiguity",
        )
