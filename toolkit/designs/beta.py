r"""Beta convergence: do regions that start behind grow faster, how fast, and through whom.

Over a span of T years g_i = (ln y_i,T - ln y_i,0) / T is regressed on ln y_i,0:

    g = a + q ln y_0 (+ controls) (+ rho W g + theta W ln y_0 + ...) + e,    speed = -ln(1 + q T) / T, half-life = ln 2 / speed.

In models with W growth depends on everybody's initial level, so that q is one of three things: the coefficient; the direct
impact tr(S (q I + theta W))/N, with feedback; or the total impact, of a difference in level shared by all. Each
gives a speed of its own, and the record has all three.

Panels cut into spans with region effects are dynamic models, ln y_t = (1 + q T) ln y_(t-1) + ... + mu_i, whose least squares
are biased (Nickell 1981): they are estimated as such, with the bias corrected. There y_t, not growth, carries rho, and

    direct = (tr(A^-1 (tau I + eta W))/N - 1) / T,    total = (1'A^-1 (tau I + eta W) 1/N - 1) / T,    A = I - rho W.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.designs.speed import Speed, convergence_speed
from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import frozen, observe
from toolkit.models.fit import fit as estimate
from toolkit.models.results import Fit
from toolkit.models.spec import EFFECTS, effects_named, spec_named
from toolkit.models.transform import demean
from toolkit.postestimation.impacts import impacts
from toolkit.postestimation.multipliers import multipliers

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["BetaBlocks", "BetaConvergence", "beta_convergence"]


@dataclass(frozen=True, kw_only=True, eq=False)
class BetaConvergence:
    """Beta convergence of one set of regions.

    Attributes
    ----------
    fit : Fit
        The regression: growth on the initial level, or, with region effects, the dynamic model of the level.
    speeds : mapping of str to Speed
        By ``coefficient``, ``direct``, ``total`` (the last two in models with W).
    scale : float
        Slope of the regression over q: T where growth is total (``annual=False``), 1 else.
    variable, label, label_zh, unit : str
    first, last : object
        Ends of the whole period.
    years : float
        Length of one span.
    initial, growth : ndarray, shape (spans, N)
        Log level at the start of each span, and mean annual growth over it.
    regions, names : tuple, length N
    conditional : bool
        Whether there are controls or effects of regions.
    effects : str
    level : float
        Of the intervals.
    notes : tuple of str
    names_zh : tuple, length N
        Chinese names.
    """

    fit: Fit
    speeds: Mapping[str, Speed]
    scale: float
    variable: str
    label: str
    label_zh: str
    unit: str
    first: object
    last: object
    years: float
    initial: np.ndarray
    growth: np.ndarray
    regions: tuple[object, ...]
    names: tuple[str, ...]
    conditional: bool
    effects: str = "none"
    level: float = 0.95
    notes: tuple[str, ...] = ()
    names_zh: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """One row an effect: effect estimate std_error statistic p_value conf_low conf_high, speed and half-life.

        ``estimate`` is q, the slope of mean annual growth; columns of the speed: speed speed_se speed_low speed_high
        half_life half_life_low half_life_high reason.
        """
        import pandas as pd
        from scipy.stats import norm

        z = norm.ppf((1 + self.level) / 2)
        rows = []
        for effect, s in self.speeds.items():
            t = s.q / s.std_error
            row = {"effect": effect, "estimate": s.q, "std_error": s.std_error, "statistic": t}
            row |= {
                "p_value": 2 * norm.sf(abs(t)),
                "conf_low": s.q - z * s.std_error,
                "conf_high": s.q + z * s.std_error,
            }
            names = ("speed", "speed_se", "speed_low", "speed_high", "half_life", "half_life_low", "half_life_high")
            rows.append(row | {k: getattr(s, k) for k in (*names, "reason")})
        return pd.DataFrame(rows)

    def glance(self) -> pd.DataFrame:
        """One row: the regression and its period."""
        row = self.fit.glance()
        extra = {"variable": self.variable, "first": self.first, "last": self.last, "years": self.years}
        extra |= {"spans": len(self.initial), "conditional": self.conditional}
        return row.assign(**extra)

    def points(self) -> pd.DataFrame:
        """The scatter: region name span initial growth; and both less the means that the effects take out."""
        import pandas as pd

        spans, n = self.initial.shape
        off = [demean(a[:, :, None], self.effects)[:, :, 0] for a in (self.initial, self.growth)]
        return pd.DataFrame(
            {
                "region": list(self.regions) * spans,
                "name": list(self.names) * spans,
                "span": np.repeat(np.arange(1, spans + 1), n),
                "initial": self.initial.ravel(),
                "growth": self.growth.ravel(),
                "initial_within": off[0].ravel(),
                "growth_within": off[1].ravel(),
            }
        )

    def __repr__(self) -> str:
        what = "Conditional" if self.conditional else "Absolute"
        head = f"{what} beta convergence of {self.variable}, {self.first}-{self.last}, spans of {self.years:g} years"
        shown = self.tidy()[["effect", "estimate", "std_error", "p_value", "speed", "speed_se", "half_life"]]
        body = f"{self.fit.solution.estimator}: {self.fit.model}, effects {self.fit.effects}, N = {len(self.regions)}"
        notes = "".join(
            f"\n{n}" for n in (*self.notes, *dict.fromkeys(s.reason for s in self.speeds.values() if s.reason))
        )
        return f"{head}\n{body}\n{shown.to_string(index=False, float_format='%.5f')}{notes}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.5f")


@dataclass(frozen=True, kw_only=True, eq=False)
class BetaBlocks:
    """Beta convergence within each group of regions.

    Attributes
    ----------
    parts : mapping of str to BetaConvergence
    register : str
    left_out : mapping of str to str
        Groups without estimates, and why.
    """

    parts: Mapping[str, BetaConvergence]
    register: str
    left_out: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def tidy(self) -> pd.DataFrame:
        """The rows of each group, with ``group`` first; a group left out has one row with its ``reason``."""
        import pandas as pd

        tables = [p.tidy().assign(n=len(p.regions)) for p in self.parts.values()]
        out = pd.concat(tables, keys=list(self.parts), names=["group"]).reset_index(level=0)
        rows = [{"group": g, "reason": why} for g, why in self.left_out.items()]
        return pd.concat([out, pd.DataFrame(rows)], ignore_index=True) if rows else out.reset_index(drop=True)

    def glance(self) -> pd.DataFrame:
        """One row a group."""
        import pandas as pd

        return pd.concat([p.glance().assign(group=g) for g, p in self.parts.items()], ignore_index=True)

    def __repr__(self) -> str:
        shown = self.tidy()[["group", "n", "effect", "estimate", "std_error", "p_value", "speed", "half_life"]]
        return f"Beta convergence within {self.register}\n{shown.to_string(index=False, float_format='%.5f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.5f")


def beta_convergence(
    panel: Panel,
    variable: str,
    W: SpatialWeights | None = None,
    *,
    model: str = "ols",
    controls: str | None = None,
    controls_at: str = "first",
    first: object = None,
    last: object = None,
    span: int | None = None,
    effects: str | None = None,
    annual: bool = True,
    by: str | None = None,
    level: float = 0.95,
    **options,
) -> BetaConvergence | BetaBlocks:
    """Beta convergence in a cross-section or a panel, absolute or conditional, with or without space.

    Parameters
    ----------
    panel : Panel
        With whole-numbered periods (years).
    variable : str
        The level, positive: a column or an expression such as ``"gdp / emp"``. Its logarithm is taken here.
    W : SpatialWeights, optional
        For models with space.
    model : str
        ``ols slx sar sem sdm sdem sac gns``: what W enters.
    controls : str, optional
        Further terms of the formula, e.g. ``"log(schooling) + road"``.
    controls_at : {"first", "mean"}
        Controls at the start of each span, or their mean over it (which lets growth act on them).
    first, last : optional
        Ends of the period; those of the panel by default.
    span : int, optional
        Years of a span, which must divide the period. By default one span: a cross-section.
    effects : {"none", "entity", "time", "twoway"}, optional
        For several spans; two-way by default. Entity effects make each region converge to its own path (conditional
        convergence) and the model dynamic: it is estimated by `toolkit.fit` with ``dynamic=`` (lags of own outcome, and of the
        neighbours' in slx, sdm, sdem and gns) and the corrected estimator.
    annual : bool
        Regress mean annual growth, or (False) total growth over the span, as Rey and Montouri (1999) do. Speeds do not change.
    by : str, optional
        A register of the panel: convergence within each of its groups (W among the regions of the group). Groups of fewer
        than four regions have no estimate and say so.
    level : float
        Of the intervals.
    **options
        Passed to `toolkit.fit`, e.g. ``cov="hc1"``, ``method="het"``.

    Returns
    -------
    BetaConvergence, or BetaBlocks with ``by=``

    Raises
    ------
    DataError
        Values that are missing or not positive; no group large enough for a regression.
    InputError
        Periods the panel does not have, a span that does not divide them, an unknown argument.

    References
    ----------
    Barro, R. and Sala-i-Martin, X. (1992). Convergence. Journal of Political Economy 100, 223-251.
    Rey, S. and Montouri, B. (1999). US regional income convergence: a spatial econometric perspective. Regional Studies 33,
    143-156.
    Islam, N. (1995). Growth empirics: a panel data approach. Quarterly Journal of Economics 110, 1127-1170.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("us_income")
    >>> record = tk.beta_convergence(panel, "income", first=1929, last=1994, annual=False)
    >>> round(float(record.fit.params["initial"]), 4), round(record.speeds["coefficient"].speed, 4)
    (-0.7187, 0.0195)
    """
    if by is not None:
        groups = panel.register(by)
        given = {
            "model": model,
            "controls": controls,
            "controls_at": controls_at,
            "first": first,
            "last": last,
            "span": span,
        }
        given |= {"effects": effects, "annual": annual, "level": level} | options
        parts, left_out = {}, {}
        for group in dict.fromkeys(groups):
            ids = [i for i in panel.entities if groups[i] == group]
            if len(ids) < 4:
                left_out[str(group)] = f"{len(ids)} regions are too few for a regression"
                continue
            near = None if W is None else W.subset(ids, islands="keep")
            parts[str(group)] = beta_convergence(panel.select(entities=ids), variable, near, **given)
        if not parts:
            raise DataError(
                f"No group of {by!r} has the 4 regions that a regression needs.", fix="use another register"
            )
        return BetaBlocks(parts=MappingProxyType(parts), register=by, left_out=MappingProxyType(left_out))
    spec = spec_named(model)
    if (spec.spatial or spec.wx) and W is None:
        raise InputError(f"model={spec.name!r} needs W.", fix="pass W=tk.weights.queen(panel), or model='ols'")
    if controls_at not in ("first", "mean"):
        raise InputError(f"controls_at={controls_at!r} is unknown.", allowed="first, mean")
    _check_names(panel, variable)
    times = _times(panel, first, last, span)
    years = float(times[1] - times[0])
    observed = observe(panel.select(times=times), variable)
    y = _log(observed, panel)
    effects = effects_named(effects or ("none" if len(times) == 2 else "twoway"))
    dynamic = "entity" in EFFECTS.get(effects, ())
    if dynamic and len(times) < 4:
        raise InputError(
            f"effects={effects!r} need three spans or more; {len(times) - 1} of {years:g} years were given.",
            fix="choose a shorter span=, or effects='none'",
        )
    scale = 1.0 if annual else years
    growth = np.diff(y, axis=0) / years
    if dynamic:
        made = _shifted(panel, times, controls_at, y)
        lags = "both" if spec.wx else "y(t-1)"
        fit = estimate(f"level ~ {controls or 1}", made, W, model=spec.name, effects=effects, dynamic=lags, **options)
        rows, scale = _dynamic_slopes(fit, years), 1.0
    else:
        made = _spans(panel, times, controls_at, y[:-1], growth * scale)
        fit = estimate(
            "growth ~ initial" + (f" + {controls}" if controls else ""),
            made,
            W,
            model=spec.name,
            effects=effects,
            **options,
        )
        rows = _static_slopes(fit, scale)
    regions = panel.names
    return BetaConvergence(
        fit=fit,
        speeds=MappingProxyType({k: convergence_speed(q, years, se, level) for k, (q, se) in rows.items()}),
        scale=scale,
        variable=observed.name,
        label=observed.label,
        label_zh=observed.label_zh,
        unit=observed.unit,
        first=times[0],
        last=times[-1],
        years=years,
        initial=frozen(y[:-1].copy()),
        growth=frozen(growth),
        regions=tuple(panel.entities),
        names=tuple(str(regions[r]) for r in panel.entities),
        names_zh=tuple(map(str, panel.names_in("zh"))),
        conditional=bool(controls) or dynamic,
        effects=effects,
        level=level,
        notes=tuple(fit.notes),
    )


# -- slopes -----------------------------------------------------------------------------------------


def _static_slopes(fit: Fit, scale: float) -> dict[str, tuple[float, float]]:
    out = {"coefficient": (float(fit.params["initial"]) / scale, float(fit.std_errors["initial"]) / scale)}
    if fit.spec.wy or fit.spec.wx:
        table = impacts(fit).tidy().set_index(["term", "effect"])
        for effect in ("direct", "total"):
            row = table.loc[("initial", effect)]
            out[effect] = (float(row["estimate"]) / scale, float(row["std_error"]) / scale)
    return out


def _dynamic_slopes(fit: Fit, years: float) -> dict[str, tuple[float, float]]:
    """(tau - 1)/T, and the impacts of the level before on growth, by the delta method in (tau, eta, rho)."""
    names = list(fit.params.index)
    where = {k: names.index(k) for k in ("y(t-1)", "W y(t-1)", "rho") if k in names}
    value = {k: float(fit.params.iloc[i]) for k, i in where.items()}
    tau, eta, rho = (value.get(k, 0.0) for k in ("y(t-1)", "W y(t-1)", "rho"))
    cov = np.asarray(fit.cov)
    out = {"coefficient": ((tau - 1) / years, float(fit.std_errors["y(t-1)"]) / years)}
    if not (fit.spec.wy or "W y(t-1)" in value):
        return out
    at, slope = (multipliers(fit, np.array([rho]), d) for d in (False, True))
    for effect, own, lagged in (("direct", "own", "own_lagged"), ("total", "sum", "sum_lagged")):
        a, b = float(getattr(at, own)[0]), float(getattr(at, lagged)[0])
        da, db = (float(getattr(slope, name)[0]) for name in (own, lagged)) if "rho" in value else (0.0, 0.0)
        gradient = np.zeros(len(names))
        for k, g in (("y(t-1)", a), ("W y(t-1)", b), ("rho", da * tau + db * eta)):
            if k in where:
                gradient[where[k]] = g
        out[effect] = ((a * tau + b * eta - 1) / years, float(np.sqrt(gradient @ cov @ gradient)) / years)
    return out


# -- data -------------------------------------------------------------------------------------------


def _times(panel: Panel, first: object, last: object, span: int | None) -> list:
    known = list(panel.times)
    if len(known) < 2:
        raise InputError("Convergence needs two periods or more; the panel is a cross-section.")
    first, last = known[0] if first is None else first, known[-1] if last is None else last
    for name, t in (("first", first), ("last", last)):
        if t not in known:
            raise InputError(f"{name}={t!r} is not a period of the panel.", allowed=listing(known, 40))
    try:
        length = int(last - first)
    except (TypeError, ValueError):
        raise InputError(f"Periods such as {first!r} have no distance in years.", allowed="whole numbers") from None
    if length <= 0:
        raise InputError(f"last={last!r} does not come after first={first!r}.")
    if span is None:
        return [first, last]
    if isinstance(span, bool) or not isinstance(span, int) or span < 1:
        raise InputError(
            f"span={span!r} is not a number of years.", allowed="a whole number, e.g. 5, or None for one span"
        )
    times = list(range(int(first), int(last) + 1, span))
    absent = [t for t in times if t not in known]
    if length % span or absent:
        fits = [
            s
            for s in range(1, length + 1)
            if not length % s and all(t in known for t in range(int(first), int(last) + 1, s))
        ]
        raise InputError(
            f"Spans of {span} years do not cut {first}-{last}"
            + (f"; there is no {listing(absent)}." if absent else "."),
            allowed=f"span={listing(fits, 40)}",
            fix="choose first= and last= so that the span divides the years between",
        )
    return times


def _log(observed, panel: Panel) -> np.ndarray:
    low = np.argwhere(observed.values <= 0)
    if len(low):
        names = panel.names
        where = listing((f"{names[panel.entities[i]]} {observed.times[t]}" for t, i in low), 6)
        raise DataError(
            f"{observed.name!r} is not positive in: {where}.", allowed="positive levels; the logarithm is taken"
        )
    return np.log(observed.values)


def _check_names(panel: Panel, variable: str) -> None:
    taken = [n for n in ("growth", "initial", "level") if n in panel.variables]
    if taken:
        raise InputError(f"The panel has columns named {listing(taken)}, which the regression uses.", fix="rename them")
    text = variable.strip() if isinstance(variable, str) else ""
    if text.startswith("log(") and text.endswith(")"):
        raise InputError(
            f"variable={variable!r} is a logarithm already.",
            fix=f"name the level, {text[4:-1]!r}: its logarithm is taken",
        )


def _spans(panel: Panel, times: Sequence, controls_at: str, initial: np.ndarray, growth: np.ndarray) -> Panel:
    """A row for each region and span, stamped with the start of the span."""
    means = _means(panel, times) if controls_at == "mean" else {}
    return panel.select(times=times[:-1]).assign(**means).assign(initial=initial, growth=growth)


def _shifted(panel: Panel, times: Sequence, controls_at: str, level: np.ndarray) -> Panel:
    """The log level at the end of each span beside controls of the span; the first row only lends its level."""
    chosen = panel.select(times=times)
    if controls_at == "mean":
        before = _means(panel, times)
    else:
        before = {v: chosen.values(v)[:-1] for v in _numeric(panel)}
    return chosen.assign(**{v: np.vstack([x[:1], x]) for v, x in before.items()}).assign(level=level)


def _means(panel: Panel, times: Sequence) -> dict[str, np.ndarray]:
    """Each variable's mean over every span, its end left out, shape (spans, N)."""
    known = list(panel.times)
    ends = [known.index(t) for t in times]
    pairs = list(itertools.pairwise(ends))
    return {v: np.array([panel.values(v)[a:b].mean(axis=0) for a, b in pairs]) for v in _numeric(panel)}


def _numeric(panel: Panel) -> list[str]:
    from pandas.api.types import is_numeric_dtype

    return [v for v in panel.variables if is_numeric_dtype(panel.frame[v])]
