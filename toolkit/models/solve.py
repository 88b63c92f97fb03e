"""From a problem (design, model, weights, options) to a `Solution`: which estimator, with which arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import CoefTable
from toolkit.data.syntax import canonical
from toolkit.errors import InputError, listing
from toolkit.models.covariance import Estimated, covariance, covariance_named
from toolkit.models.options import Options
from toolkit.models.solution import Solution
from toolkit.models.spec import RANDOM, Spec
from toolkit.models.transform import effects_df

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.models.design import Design
    from toolkit.weights.by_period import PeriodWeights
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["Problem", "ml_solution", "solve"]


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be estimated: the arguments of `toolkit.fit`, matched and evaluated."""

    design: Design
    spec: Spec
    effects: str
    options: Options
    panel: Panel
    weights: SpatialWeights | None
    weights_durbin: SpatialWeights | None
    weights_error: SpatialWeights | None
    periods: dict[str, PeriodWeights] | None = None

    def equation(self) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
        """All columns of the right-hand side, lags of the outcome last: (T, N, k), names and blocks."""
        z, terms = self.design.regressors()
        lags = self.design.lagged(self.weights)
        if not lags:
            return z, terms, self.design.blocks
        z = np.concatenate([z, *(a[:, :, None] for a in lags.values())], axis=2)
        return z, (*terms, *lags), self.design.blocks + ("dynamic",) * len(lags)

    @property
    def operator(self):
        """Of W y; None without rho."""
        return self.weights.operator if self.spec.wy else None

    @property
    def operator_error(self):
        """Of W u; None without lambda."""
        return self.weights_error.operator if self.spec.wu else None


def solve(p: Problem) -> tuple[Solution, Estimated | None]:
    """Estimate `p` by its method; the second item holds the likelihood where later questions need it."""
    solution, estimated = _ESTIMATORS[p.options.method](p)
    if p.effects == "mundlak":
        from toolkit.models.mundlak import mundlak_test

        solution = replace(solution, tests=(*solution.tests, mundlak_test(solution.coefficients)))
    return solution, estimated


def _ml(p: Problem) -> tuple[Solution, Estimated | None]:
    if p.periods is not None:
        return _unbalanced(p), None
    if p.effects in RANDOM:
        return _random(p), None
    from toolkit.models.estimate import estimate
    from toolkit.models.lee_yu import corrected

    z, terms, _ = p.equation()
    way = p.options.bias_correction or "none"
    lags = {name: terms.index(name) for name in p.design.dynamic}
    name = covariance_named(p.options.cov, spatial=bool(p.spec.spatial) or bool(lags))

    def run(transformation: bool) -> Estimated:
        return estimate(
            p.design.y, z, terms, p.spec, p.effects, p.operator, p.operator_error, transformation=transformation
        )

    if lags:
        return _dynamic_ml(p, run(False), lags, name)
    if way == "none":
        estimated = run(False)
        return ml_solution(estimated, name, p), estimated
    direct = run(False)
    if way == "transformation":
        estimated = run(True)
    else:
        estimated = corrected(direct, p.design.y)
        if p.options.cov is None and p.spec.spatial:
            name = "expected"
    return _with_uncorrected(ml_solution(estimated, name, p), direct), estimated


def _dynamic_ml(p: Problem, direct: Estimated, lags: dict[str, int], cov: str) -> tuple[Solution, Estimated]:
    """Quasi-maximum likelihood given the first outcome, corrected unless told otherwise."""
    from toolkit.models.dynamic import corrected_dynamic, stability_note

    operator = p.weights.operator if p.spec.wy or "W y(t-1)" in lags else None
    way = p.options.bias_correction or "none"
    if way == "transformation":
        raise InputError(
            "bias_correction='transformation' does not remove the bias of a lagged outcome.",
            allowed="correction (Yu, de Jong and Lee 2008; Lee and Yu 2010), none",
        )
    if way == "none" or p.effects == "none":
        estimated, solution = direct, ml_solution(direct, cov, p)
    else:
        estimated, slope = corrected_dynamic(direct, p.design.y, lags, operator)
        solution = ml_solution(estimated, "expected" if p.options.cov is None else cov, p)
        c, slope = solution.coefficients, slope[:-1, :-1]
        table = replace(c, cov=slope @ c.cov @ slope.T)
        solution = _with_uncorrected(
            replace(
                solution,
                coefficients=table,
                cov_title=f"{solution.cov_title}, with the slope of the correction",
                estimator="quasi-maximum likelihood given the first outcome, corrected (Yu, de Jong and Lee 2008; "
                "Lee and Yu 2010)",
            ),
            direct,
        )
    value = solution.value
    radius, notes = stability_note(operator, value("rho"), value("y(t-1)"), value("W y(t-1)"))
    if way == "none" and p.effects in ("entity", "twoway"):
        notes += ("The estimates are biased of order 1/T (Nickell 1981) and not corrected.",)
    details = {**solution.details, "spectral_radius": radius}
    return replace(solution, details=MappingProxyType(details), notes=(*solution.notes, *notes)), estimated


def _with_uncorrected(solution: Solution, direct: Estimated) -> Solution:
    """`solution` with the estimates before the correction beside it."""
    o, spec = direct.optimum, direct.likelihood.spec
    before = [*o.beta, *[o.rho] * spec.wy, *[o.lam] * spec.wu, o.sigma2]
    names = (*solution.terms, "sigma2")
    return replace(solution, uncorrected=MappingProxyType(dict(zip(names, map(float, before), strict=True))))


def _unbalanced(p: Problem) -> Solution:
    from toolkit.models.unbalanced import estimate_unbalanced

    cov = _only(p, "hessian") if p.spec.spatial else _only_of(p, "classical", "hessian")
    z, terms = p.design.regressors()
    m, free, notes = estimate_unbalanced(
        p.design.y, z, terms, p.spec, p.effects, p.periods.get("W"), p.periods.get("W_error")
    )
    o, n = m.optimum, m.innovations.size
    c = covariance("hessian", m)
    matrix, df, title = c.matrix[:-1, :-1].copy(), None, c.title
    if cov == "classical":
        df = float(n - len(terms) - free)
        matrix, title = matrix * n / df, "classical"
    present = np.isfinite(p.design.y)
    innovations = np.full(p.design.y.shape, np.nan)
    innovations[present] = m.innovations.ravel()
    names = (*terms, *p.spec.spatial)
    values = np.concatenate([o.beta, [o.rho] * p.spec.wy, [o.lam] * p.spec.wu])
    absent = int((~present).sum())
    more = ()
    if absent:
        how = "re-normalised over the regions present" if p.options.renormalize else "not re-normalised"
        more = (
            f"{absent} of {present.size} cells are absent (W {how}): the likelihood is that of the submodel of those present.",
        )
    isolated = dict.fromkeys(note for w in p.periods.values() if w is not None for note in w.notes)
    return Solution(
        estimator="exact maximum likelihood" if p.spec.spatial else "least squares",
        coefficients=CoefTable(names, values, matrix, p.design.blocks + ("spatial",) * len(p.spec.spatial), df=df),
        cov_title=title,
        innovations=innovations,
        sigma2=o.sigma2,
        sigma2_divisor=f"observations = {n}",
        n_params=len(names) + 1 + free,
        loglik=o.loglik,
        notes=(*o.notes, *c.notes, *more, *isolated, *notes),
    )


def _only_of(p: Problem, *names: str) -> str:
    return _only(replace(p, options=replace(p.options, cov=p.options.cov or names[0])), *names)


def _random(p: Problem) -> Solution:
    from toolkit.models.random_effects import random_effects

    _only(p, "hessian")
    z, terms = p.design.regressors()
    return random_effects(
        p.design.y,
        z,
        terms,
        p.design.blocks,
        p.spec,
        p.operator,
        p.operator_error,
        components=p.options.components,
        serial=p.options.serial,
    )


def _cov_options(p: Problem, cov: str) -> dict[str, object]:
    """The options of the covariance; places of regions and groups are matched to the regions by id."""
    out = dict(p.options.cov_options)
    ids = list(p.design.entities)
    for key in ("clusters", "coordinates"):
        given = out.get(key)
        if hasattr(given, "loc"):  # a Series or DataFrame by region
            missing = [i for i in ids if i not in given.index]
            if missing:
                raise InputError(f"{key} lacks {len(missing)} regions: {listing(map(str, missing))}.")
            out[key] = given.loc[ids].to_numpy()
    if cov == "conley" and out.get("coordinates") is None:
        from toolkit.models.robust import coordinates_of

        out["coordinates"] = coordinates_of(p.panel)
    return out


def _only(p: Problem, *names: str) -> str:
    """The covariance asked for, the first of `names` by default; InputError for another."""
    name = p.options.cov or names[0]
    if name not in names:
        raise InputError(
            f"cov={name!r} is not a covariance of method={p.options.method!r} with effects={p.effects!r}.",
            allowed=", ".join(names),
        )
    if p.options.cov_options:
        raise InputError(f"cov={name!r} takes no options; {dict(p.options.cov_options)!r} was given.")
    return name


def ml_solution(m: Estimated, cov: str, p: Problem) -> Solution:
    """The solution of maximum likelihood with fixed effects or none."""
    o, spec, like = m.optimum, m.likelihood.spec, m.likelihood
    t, n = m.innovations.shape
    c = covariance(cov, m, **_cov_options(p, cov))
    _, terms, kinds = p.equation()
    values = np.concatenate([o.beta, [o.rho] * spec.wy, [o.lam] * spec.wu])
    names = (*terms, *spec.spatial)
    blocks = kinds + ("spatial",) * len(spec.spatial)
    routes = (
        f"log-determinant by {curve.route}, error at most {curve.error:.1e}"
        for curve in (like.curve, like.curve_error)
        if curve is not None and curve.error
    )
    free, divisor = effects_df(p.effects, n, t), "N T"
    estimator = "exact maximum likelihood" if spec.spatial else "least squares"
    notes: tuple[str, ...] = ()
    if (way := p.options.bias_correction) in ("transformation", "correction"):
        divisor = {"entity": "N (T-1)", "time": "N T", "twoway": "N (T-1)"}[p.effects]
        if way == "transformation":
            divisor, free = {"entity": "N (T-1)", "time": "(N-1) T", "twoway": "(N-1) (T-1)"}[p.effects], 0
            notes += (f"The log-likelihood is that of the {divisor} = {like.data.n} transformed observations.",)
        else:
            notes += ("The log-likelihood is the maximum before the correction.",)
        estimator += f", {way} of Lee and Yu (2010)"
    return Solution(
        estimator=estimator,
        coefficients=CoefTable(names, values, c.matrix[:-1, :-1].copy(), blocks, df=c.df),
        cov_title=c.title,
        innovations=m.innovations,
        sigma2=o.sigma2,
        sigma2_divisor=f"{divisor} = {like.data.n}",
        n_params=len(names) + 1 + free,
        loglik=o.loglik,
        notes=(*o.notes, *c.notes, *notes, *dict.fromkeys(routes)),
    )


def _gm(p: Problem) -> tuple[Solution, None]:
    from toolkit.models.kkp import kkp_gm

    _only(p, "classical")
    z, terms = p.design.regressors()
    effects = "random" if p.effects in RANDOM else p.effects
    return kkp_gm(p.design.y, z, terms, p.design.blocks, p.operator_error, effects=effects), None


def _gmm(p: Problem) -> tuple[Solution, None]:
    from toolkit.models.dynamic_gmm import dynamic_gmm

    _only(p, "windmeijer")
    z, terms = p.design.regressors()
    needs_w = p.spec.wy or "W y(t-1)" in p.options.lags
    solution = dynamic_gmm(
        p.design.y,
        z,
        terms,
        p.design.blocks,
        p.design.y_lag,
        p.spec,
        p.effects,
        p.weights.operator if needs_w else None,
        lags=p.options.lags,
        depth=3 if p.options.gmm_lags is None else p.options.gmm_lags,
        endogenous=_positions(p, terms),
        outside=p.design.instruments,
        outside_terms=p.design.instrument_terms,
    )
    return solution, None


def _nonspatial(p: Problem) -> tuple[Solution, None]:
    from toolkit.models.nonspatial import nonspatial

    z, terms = p.design.regressors()
    bandwidth = p.options.cov_options.get("bandwidth")
    unknown = [k for k in p.options.cov_options if k != "bandwidth"]
    if unknown:
        raise InputError(f"cov_options {unknown!r} are not known here.", allowed="bandwidth, for driscoll-kraay")
    cov = p.options.cov or "classical"
    return nonspatial(p.design.y, z, terms, p.design.blocks, p.options.method, cov, bandwidth), None


def _cce(p: Problem) -> tuple[Solution, None]:
    from toolkit.models.cce import common_correlated_effects

    _only(p, "nonparametric")
    z, terms = p.design.regressors()
    solution = common_correlated_effects(
        p.design.y, z, terms, p.design.blocks, p.options.method, p.options.cr_lags or 0
    )
    return solution, None


def _iv(p: Problem) -> tuple[Solution, None]:
    from toolkit.models.two_stage import two_stage

    own_cov = p.options.method == "2sls"
    cov = _only_named(p, ("classical", "hc0", "hc1", "cluster-entity")) if own_cov else _only(p, "gmm")
    if p.options.method == "2sls" and not p.spec.wy and not p.options.endog:
        raise InputError(
            f"method='2sls' with model={p.spec.name!r} needs an endogenous regressor.",
            fix="name it: endog=[...], and its instruments: instruments=[...]; or use method='ml'",
        )
    z, terms = p.design.regressors()
    constant = p.design.constant
    own = [j for j in range(len(p.design.terms)) if j != constant and np.ptp(z[:, :, j], axis=1).max() > 0]
    solution = two_stage(
        p.design.y,
        z,
        terms,
        p.design.blocks,
        p.spec,
        p.effects,
        p.options.method,
        p.weights.operator if p.weights is not None else None,  # lags of instruments for W x of an endogenous x, too
        p.operator_error,
        x_columns=own,
        endogenous=_positions(p, terms),
        outside=p.design.instruments,
        outside_terms=p.design.instrument_terms,
        cov=cov,
        clusters=_cov_options(p, cov).get("clusters"),
    )
    return solution, None


def _only_named(p: Problem, names: tuple[str, ...]) -> str:
    name = p.options.cov or names[0]
    if name not in names:
        raise InputError(f"cov={name!r} is not a covariance of method={p.options.method!r}.", allowed=", ".join(names))
    unknown = [k for k in p.options.cov_options if not (k == "clusters" and name == "cluster-entity")]
    if unknown:
        raise InputError(f"cov={name!r} does not take {unknown!r}.", allowed="clusters, for cluster-entity")
    return name


def _positions(p: Problem, terms: tuple[str, ...]) -> list[int]:
    """Columns of the regressors named in endog=."""
    out = []
    for name in p.options.endog:
        wanted = canonical(name)
        if wanted not in terms:
            raise InputError(
                f"endog names {name!r}, which is not a regressor of the formula.", allowed=listing(terms, 40)
            )
        out.append(terms.index(wanted))
    return out


_ESTIMATORS = {
    "ml": _ml,
    "gm": _gm,
    "gmm": _gmm,
    **dict.fromkeys(("gls", "between", "fd"), _nonspatial),
    **dict.fromkeys(("2sls", "gs2sls", "het"), _iv),
    **dict.fromkeys(("mg", "ccemg", "ccep"), _cce),
}
