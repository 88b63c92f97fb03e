"""Direct, indirect and total impacts of every model, with standard errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import CoefTable, Impacts
from toolkit.errors import EstimationError, InputError
from toolkit.models.results import Fit
from toolkit.postestimation.multipliers import Multipliers, multipliers, multipliers_at

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["impacts", "impacts_over"]

_EFFECTS = ("direct", "indirect", "total")


def impacts(
    fit: Fit,
    method: str = "delta",
    draws: int = 1000,
    seed: int | None = None,
    level: float = 0.95,
    *,
    of: str | Sequence[str] | None = None,
    at: Mapping[str, float] | None = None,
) -> Impacts:
    r"""Average direct, indirect (spillover) and total impacts of the regressors.

    With :math:`S = (I - \rho W)^{-1}` the effect of x on E(y) is the matrix :math:`S (I b + W_d \theta)`;

    .. math:: \text{direct} = \tfrac{1}{N} tr(S)\, b + \tfrac{1}{N} tr(S W_d)\, \theta, \qquad
              \text{total} = \tfrac{1}{N} 1'S1\, b + \tfrac{1}{N} 1'S W_d 1\, \theta,

    and indirect is their difference. This holds for every W, row-standardised or not, and for every model:
    without rho S is I, without W X theta is 0. Dynamic models have these in the period itself (horizon ``short``) and
    once the outcome has settled (``long``), with :math:`S = [(1 - \tau) I - (\rho + \eta) W]^{-1}`.

    Parameters
    ----------
    fit : Fit
    method : {"delta", "simulation"}
        Standard errors from the gradient and the joint covariance of (b, theta, rho), or from draws of these
        parameters (LeSage and Pace 2009, section 2.7.2): then ``std_error`` is the standard deviation over draws,
        ``conf_low`` and ``conf_high`` their percentiles; the estimate is the same.
    draws : int
        Draws of the simulation. Draws with rho outside its interval, or explosive ones, are left out and counted.
    seed : int, optional
        Seed of the simulation; the same seed gives the same numbers.
    level : float
        Confidence level.
    of : str or sequence of str, optional
        Variables of the panel, where the formula holds functions of them (``log(x)``, ``I(x**2)``, ``x:z``): their
        impacts add up those of the terms, each times its derivative. Without it, impacts of the terms.
    at : mapping of str to float, optional
        Values at which these derivatives are taken; means for variables left out.

    Returns
    -------
    Impacts
        ``tidy()`` has term effect (horizon) estimate std_error statistic p_value conf_low conf_high.

    Raises
    ------
    InputError
        For something that is not a fit, an unknown method, too few draws or a level outside (0, 1).
    EstimationError
        If the covariance of the parameters is not available or all draws are inadmissible.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics, section 2.7.
    Elhorst, J. P. (2014). Spatial Econometrics, section 2.7.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> f = tk.fit("log(gsp) ~ log(pcap) + unemp", panel, tk.weights.queen(panel), model="sdm", effects="twoway")
    >>> tk.impacts(f).wide().columns.tolist()
    ['direct', 'indirect', 'total']
    """
    import pandas as pd

    if not isinstance(fit, Fit):
        raise InputError(
            f"impacts needs a fit of tk.fit; a {type(fit).__name__} was given.",
            fix="estimate the model with tk.fit(formula, panel, W, model=...)",
        )
    if method not in ("delta", "simulation"):
        raise InputError(f"method={method!r} is not known.", allowed="delta, simulation")
    if method == "simulation" and (not isinstance(draws, int) or draws < 100):
        raise InputError(f"draws={draws!r} is too few for a standard error.", allowed="an integer of 100 or more")
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not a confidence level.", allowed="a number between 0 and 1, e.g. 0.95")
    pairs = _pairs(fit)
    if not pairs:
        raise InputError("The model has no regressor but the constant: there are no impacts.")
    names, mix = _mix(fit, [name for name, _, _ in pairs], of, at)
    horizons = ("short", "long") if fit.design.dynamic else ("",)
    sample, discarded, notes = None, 0, []
    if method == "simulation":
        sample, discarded, notes = _draws(fit, draws, seed)
    tables = []
    for horizon in horizons:
        if horizon == "long" and fit.solution.details.get("spectral_radius", 0.0) >= 1:
            table = _absent(3 * len(names))
            notes.append("long-run impacts do not exist: the estimates are explosive")
        else:
            rows, note = _delta(fit, pairs, horizon, mix)
            notes.append(note)
            table = rows.tidy(level).drop(columns=["term", "block"])
            if method == "simulation":
                table = _simulated(fit, pairs, horizon, mix, sample, rows.estimate, level)
        table.insert(0, "effect", list(_EFFECTS) * len(names))
        table.insert(0, "term", np.repeat(names, 3))
        if horizon:
            table.insert(2, "horizon", horizon)
        tables.append(table)
    return Impacts(
        table=pd.concat(tables, ignore_index=True),
        method=method,
        model=fit.model,
        depvar=fit.depvar,
        draws=draws - discarded if method == "simulation" else 0,
        discarded=discarded,
        level=level,
        note="; ".join(dict.fromkeys(n for n in notes if n)),
        labels=MappingProxyType(dict(fit.labels)),
    )


def impacts_over(fit: Fit, slopes: Sequence[Mapping[str, float]], level: float = 0.95) -> pd.DataFrame:
    """Impacts of sums of terms, one for each row of `slopes`: delta method, one set of traces for all rows.

    Parameters
    ----------
    fit : Fit
    slopes : sequence of mappings from term to float
        For each row the weight of every term in it, e.g. from `toolkit.postestimation.marginal.term_slopes`.
    level : float

    Returns
    -------
    DataFrame
        Columns row (position in `slopes`) effect (horizon) estimate std_error statistic p_value conf_low conf_high.
    """
    import pandas as pd

    pairs = _pairs(fit)
    terms = [name for name, _, _ in pairs]
    mix = np.zeros((len(slopes), len(terms)))
    for i, row in enumerate(slopes):
        for term, slope in row.items():
            mix[i, terms.index(term)] = slope
    tables = []
    for horizon in ("short", "long") if fit.design.dynamic else ("",):
        if horizon == "long" and fit.solution.details.get("spectral_radius", 0.0) >= 1:
            table = _absent(3 * len(slopes))
        else:
            rows, _ = _delta(fit, pairs, horizon, np.kron(mix, np.eye(3)))
            table = rows.tidy(level).drop(columns=["term", "block"])
        table.insert(0, "effect", list(_EFFECTS) * len(slopes))
        table.insert(0, "row", np.repeat(np.arange(len(slopes)), 3))
        if horizon:
            table.insert(2, "horizon", horizon)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _pairs(fit: Fit) -> list[tuple[str, int | None, int | None]]:
    """(variable, position of b, position of theta) of every regressor but the constant."""
    design, k = fit.design, len(fit.design.terms)
    lagged = {}
    loose = []
    if fit.spec.wx:
        for j, (own, term) in enumerate(zip(design.pairs, design.wx_terms, strict=True)):
            if own is None:
                loose.append((term.removeprefix("W "), None, k + j))
            else:
                lagged[own] = k + j
    return [(t, i, lagged.get(i)) for i, t in enumerate(design.terms) if i != design.constant] + loose


def _coefficients(fit: Fit, draws: np.ndarray, pairs) -> tuple[np.ndarray, np.ndarray]:
    """Arrays b and theta, each (R, V), from parameter vectors (R, k)."""
    zero = np.zeros(len(draws))
    b = np.column_stack([zero if i is None else draws[:, i] for _, i, _ in pairs])
    theta = np.column_stack([zero if j is None else draws[:, j] for _, _, j in pairs])
    return b, theta


def _stack(b: np.ndarray, theta: np.ndarray, m: Multipliers) -> np.ndarray:
    """(R, 3 V): direct, indirect, total of the first variable, then of the next."""
    direct = m.own[:, None] * b + m.own_lagged[:, None] * theta
    total = m.sum[:, None] * b + m.sum_lagged[:, None] * theta
    return np.stack([direct, total - direct, total], axis=2).reshape(len(b), -1)


def _mix(fit: Fit, terms: list[str], of, at) -> tuple[list[str], np.ndarray | None]:
    """Names of what is asked for, and the matrix (3 V', 3 V) that makes their impacts from those of the terms."""
    if of is None:
        if at is not None:
            raise InputError("at= was given without the variables whose impacts are wanted.", fix='say of="x"')
        return terms, None
    from toolkit.postestimation.marginal import term_slopes

    wanted = [of] if isinstance(of, str) else list(of)
    mix = np.zeros((len(wanted), len(terms)))
    for i, variable in enumerate(wanted):
        for term, slope in term_slopes(fit, variable, at or {}).items():
            mix[i, terms.index(term)] = slope
    return wanted, np.kron(mix, np.eye(3))


def _feedback(fit: Fit, draws: np.ndarray, horizon: str) -> tuple[np.ndarray, np.ndarray]:
    """The r and c with S = c (I - r W)^-1, each (R,): (rho, 1), in the long run ((rho + eta)/(1 - tau), 1/(1 - tau))."""

    def column(term):
        return draws[:, fit.terms.index(term)] if term in fit.terms else np.zeros(len(draws))

    if horizon != "long":
        return column("rho"), np.ones(len(draws))
    tau = column("y(t-1)")
    return (column("rho") + column("W y(t-1)")) / (1 - tau), 1 / (1 - tau)


def _multipliers(fit: Fit, r: np.ndarray, horizon: str, derivative: bool = False) -> Multipliers:
    if horizon != "long":
        return multipliers(fit, r, derivative)
    w = fit.weights if fit.spec.wy or "W y(t-1)" in fit.design.dynamic else None
    return multipliers_at(w, fit.weights_durbin, len(fit.design.entities), r, derivative)


def _delta(fit: Fit, pairs, horizon: str, mix) -> tuple[CoefTable, str]:
    """Impacts at the estimates with their covariance, and a note on how the traces were found."""
    use = [i for i, block in enumerate(fit.coefficients.blocks) if block != "variance"]
    params = fit.coefficients.estimate[None, :]
    (b, theta), (r, scale) = _coefficients(fit, params, pairs), _feedback(fit, params, horizon)
    at, c = _multipliers(fit, r, horizon), float(scale[0])
    estimate = c * _stack(b, theta, at)[0]
    jacobian = np.zeros((3 * len(pairs), len(fit.terms)))
    on_b = c * np.array([at.own[0], at.sum[0] - at.own[0], at.sum[0]])
    on_theta = c * np.array([at.own_lagged[0], at.sum_lagged[0] - at.own_lagged[0], at.sum_lagged[0]])
    for v, (_, i, j) in enumerate(pairs):
        rows = slice(3 * v, 3 * v + 3)
        if i is not None:
            jacobian[rows, i] = on_b
        if j is not None:
            jacobian[rows, j] = on_theta
    if fit.spec.wy or horizon == "long":
        on_r = c**2 * _stack(b, theta, _multipliers(fit, r, horizon, derivative=True))[0]
        slopes = {"rho": on_r}
        if horizon == "long":
            slopes |= {"W y(t-1)": on_r, "y(t-1)": c * estimate + float(r[0]) * on_r}
        for term, slope in slopes.items():
            if term in fit.terms:
                jacobian[:, fit.terms.index(term)] = slope
    if mix is not None:
        jacobian, estimate = mix @ jacobian, mix @ estimate
    cov = jacobian[:, use] @ fit.coefficients.cov[np.ix_(use, use)] @ jacobian[:, use].T
    names = tuple(map(str, range(len(estimate))))
    return CoefTable(names, estimate, cov, ("X",) * len(names), df=fit.coefficients.df), at.note


def _draws(fit: Fit, draws: int, seed: int | None) -> tuple[np.ndarray, int, list[str]]:
    """Admissible draws of the parameters (R, k), how many were not, and why."""
    use = [i for i, block in enumerate(fit.coefficients.blocks) if block != "variance"]
    cov = fit.coefficients.cov[np.ix_(use, use)]
    if not np.isfinite(cov).all():
        raise EstimationError(
            "The covariance of the parameters is not available, so nothing can be simulated.", fix="see fit.notes"
        )
    sample = np.tile(fit.coefficients.estimate, (draws, 1))
    rng = np.random.default_rng(seed)
    sample[:, use] = rng.multivariate_normal(fit.coefficients.estimate[use], cov, size=draws, method="eigh")
    admissible, notes = np.ones(draws, bool), []
    if fit.spec.wy:
        low, high = fit.operator.interval
        rho = sample[:, fit.terms.index("rho")]
        admissible = (rho > low) & (rho < high)
        if not admissible.all():
            notes.append(f"{(~admissible).sum()} of {draws} draws had rho outside {(low, high)} and were left out")
    if fit.design.dynamic and fit.solution.details.get("spectral_radius", 0.0) < 1:
        from toolkit.models.dynamic import stability

        rho, tau, eta = (
            sample[:, fit.terms.index(t)] if t in fit.terms else np.zeros(draws) for t in ("rho", "y(t-1)", "W y(t-1)")
        )
        needs_w = fit.spec.wy or "W y(t-1)" in fit.design.dynamic
        inside = np.where(admissible, rho, 0.0)
        explosive = admissible & (stability(fit.operator if needs_w else None, inside, tau, eta) >= 1)
        if explosive.any():
            notes.append(f"{explosive.sum()} of {draws} draws were explosive and were left out")
        admissible &= ~explosive
    if admissible.sum() < 2:
        raise EstimationError(f"All {draws} draws are outside the admissible set.", fix="see fit.notes")
    return sample[admissible], int((~admissible).sum()), notes


def _simulated(fit: Fit, pairs, horizon: str, mix, sample: np.ndarray, estimate: np.ndarray, level: float):
    import pandas as pd
    from scipy import stats

    r, scale = _feedback(fit, sample, horizon)
    values = scale[:, None] * _stack(*_coefficients(fit, sample, pairs), _multipliers(fit, r, horizon))
    if mix is not None:
        values = values @ mix.T
    low, high = np.percentile(values, [50 * (1 - level), 50 * (1 + level)], axis=0)
    se = values.std(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = estimate / se
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": se,
            "statistic": z,
            "p_value": 2 * stats.norm.sf(np.abs(z)),
            "conf_low": low,
            "conf_high": high,
        }
    )


def _absent(rows: int):
    import pandas as pd

    columns = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")
    return pd.DataFrame(np.nan, index=range(rows), columns=list(columns))
