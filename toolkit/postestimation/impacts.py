"""Direct, indirect and total impacts of every model, with standard errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from toolkit.contracts import CoefTable, Impacts
from toolkit.errors import EstimationError, InputError
from toolkit.models.results import Fit
from toolkit.postestimation.multipliers import Multipliers, multipliers

__all__ = ["impacts"]

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
    without rho S is I, without W X theta is 0.

    Parameters
    ----------
    fit : Fit
    method : {"delta", "simulation"}
        Standard errors from the gradient and the joint covariance of (b, theta, rho), or from draws of these
        parameters (LeSage and Pace 2009, section 2.7.2): then ``std_error`` is the standard deviation over draws,
        ``conf_low`` and ``conf_high`` their percentiles; the estimate is the same.
    draws : int
        Draws of the simulation. Draws of rho outside the admissible interval are left out and counted.
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
        ``tidy()`` has term effect estimate std_error statistic p_value conf_low conf_high.

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
    b, theta = _coefficients(fit, fit.coefficients.estimate[None, :], pairs)
    rho = np.array([fit.rho or 0.0])
    here = multipliers(fit, rho)
    names, mix = _mix(fit, [name for name, _, _ in pairs], of, at)
    estimate = _stack(b, theta, here)[0]
    if method == "delta":
        table, discarded = _delta(fit, pairs, b[0], theta[0], here, estimate, mix).tidy(level), 0
    else:
        table, discarded = _simulated(fit, pairs, estimate, draws, seed, level, mix)
    table.insert(0, "effect", list(_EFFECTS) * len(names))
    table["term"] = np.repeat(names, 3)
    table = table[["term", "effect", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]]
    notes = [here.note]
    if discarded:
        notes.append(f"{discarded} of {draws} draws had rho outside {fit.operator.interval} and were left out")
    return Impacts(
        table=table,
        method=method,
        model=fit.model,
        depvar=fit.depvar,
        draws=draws - discarded if method == "simulation" else 0,
        discarded=discarded,
        level=level,
        note="; ".join(n for n in notes if n),
        labels=MappingProxyType(dict(fit.labels)),
    )


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


def _delta(fit: Fit, pairs, b: np.ndarray, theta: np.ndarray, at: Multipliers, estimate: np.ndarray, mix) -> CoefTable:
    jacobian = np.zeros((3 * len(pairs), len(fit.terms)))
    on_b = np.array([at.own[0], at.sum[0] - at.own[0], at.sum[0]])
    on_theta = np.array([at.own_lagged[0], at.sum_lagged[0] - at.own_lagged[0], at.sum_lagged[0]])
    for v, (_, i, j) in enumerate(pairs):
        rows = slice(3 * v, 3 * v + 3)
        if i is not None:
            jacobian[rows, i] = on_b
        if j is not None:
            jacobian[rows, j] = on_theta
    if fit.spec.wy:
        slope = multipliers(fit, np.array([fit.rho]), derivative=True)
        jacobian[:, fit.terms.index("rho")] = _stack(b[None], theta[None], slope)[0]
    if mix is not None:
        jacobian, estimate = mix @ jacobian, mix @ estimate
    cov = jacobian @ fit.coefficients.cov @ jacobian.T
    names = tuple(map(str, range(len(estimate))))
    return CoefTable(names, estimate, cov, ("X",) * len(names), df=fit.coefficients.df)


def _simulated(fit: Fit, pairs, estimate: np.ndarray, draws: int, seed: int | None, level: float, mix):
    import pandas as pd
    from scipy import stats

    cov = fit.coefficients.cov
    if not np.isfinite(cov).all():
        raise EstimationError(
            "The covariance of the parameters is not available, so nothing can be simulated.", fix="see fit.notes"
        )
    sample = np.random.default_rng(seed).multivariate_normal(fit.coefficients.estimate, cov, size=draws, method="eigh")
    rho = np.zeros(draws)
    if fit.spec.wy:
        low, high = fit.operator.interval
        rho = sample[:, fit.terms.index("rho")]
        admissible = (rho > low) & (rho < high)
        sample, rho = sample[admissible], rho[admissible]
    if len(sample) < 2:
        raise EstimationError(f"All {draws} draws of rho are outside the admissible interval.", fix="see fit.notes")
    values = _stack(*_coefficients(fit, sample, pairs), multipliers(fit, rho))
    if mix is not None:
        values, estimate = values @ mix.T, mix @ estimate
    low, high = np.percentile(values, [50 * (1 - level), 50 * (1 + level)], axis=0)
    se = values.std(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = estimate / se
    table = pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": se,
            "statistic": z,
            "p_value": 2 * stats.norm.sf(np.abs(z)),
            "conf_low": low,
            "conf_high": high,
        }
    )
    return table, draws - len(sample)
