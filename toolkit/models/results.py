"""The frozen result of `toolkit.fit`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import CoefTable, ModelRecord, TestResult
from toolkit.errors import InputError
from toolkit.models.spec import EFFECTS, RANDOM, Spec
from toolkit.models.transform import demean

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.models.covariance import Estimated
    from toolkit.models.design import Design
    from toolkit.models.fixed_effects import FixedEffects
    from toolkit.models.options import Options
    from toolkit.models.solution import Solution
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["Fit", "Summary"]


class Summary(str):
    """Text that a console prints as it stands and a notebook shows in a fixed-width block."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from html import escape

        return f'<pre style="line-height:1.25">{escape(self)}</pre>'


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """An estimated model. Made by `toolkit.fit`; never changed.

    Attributes
    ----------
    formula : str
    spec : Spec
        Which of Wy, WX, Wu the model has.
    effects : str
        none, entity, time, twoway, random or mundlak.
    design : Design
        Outcome and regressors as used.
    weights : SpatialWeights or None
        W of W y; `weights_durbin` of W X and `weights_error` of W u.
    solution : Solution
        What the estimator found.
    options : Options
        How it was estimated: method, bias correction, covariance ...
    estimated : Estimated or None
        Likelihood and optimum of maximum likelihood with fixed effects or none; None for other estimators.
    labels : dict
        Label of each term, from the codebook.
    panel : Panel
        The data it was estimated on.
    periods : dict of str to PeriodWeights, or None
        The weights among those present, where they differ by period.
    """

    formula: str
    spec: Spec
    effects: str
    design: Design
    weights: SpatialWeights | None
    weights_durbin: SpatialWeights | None
    weights_error: SpatialWeights | None
    solution: Solution
    options: Options
    estimated: Estimated | None = None
    labels: dict[str, str] = field(default_factory=dict)
    panel: Panel | None = None
    periods: dict | None = None

    # -- what was estimated -------------------------------------------------------------------------

    @property
    def model(self) -> str:
        """Name of the model, e.g. ``"sdm"``."""
        return self.spec.name

    @property
    def depvar(self) -> str:
        """The outcome as written in the formula."""
        return self.design.depvar

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the parameters: regressors, lags ``W x``, ``y(t-1)``, rho and lambda, variance components."""
        return self.solution.terms

    @property
    def coefficients(self) -> CoefTable:
        """Estimates with their joint covariance."""
        return self.solution.coefficients

    @property
    def params(self) -> pd.Series:
        """Estimates by term."""
        return self._series(self.coefficients.estimate, "parameter")

    @property
    def std_errors(self) -> pd.Series:
        """Standard errors by term."""
        return self._series(self.coefficients.std_error, "std_error")

    @property
    def tstats(self) -> pd.Series:
        """Estimate over standard error: t for OLS and SLX, z for maximum likelihood."""
        return self._series(self.coefficients.statistic, "tstat")

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values by term."""
        return self._series(self.coefficients.p_value, "pvalue")

    @property
    def cov(self) -> pd.DataFrame:
        """Joint covariance of the estimates, shape (k, k)."""
        import pandas as pd

        return pd.DataFrame(self.coefficients.cov, index=list(self.terms), columns=list(self.terms))

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals, columns lower and upper."""
        import pandas as pd

        return pd.DataFrame(self.coefficients.interval(level), index=list(self.terms), columns=["lower", "upper"])

    @property
    def rho(self) -> float | None:
        """Coefficient of W y; None when the model has none."""
        return self.solution.value("rho") if self.spec.wy else None

    @property
    def lambda_(self) -> float | None:
        """Coefficient of W u; None when the model has none."""
        return self.solution.value("lambda") if self.spec.wu else None

    @property
    def sigma2(self) -> float:
        """Variance of the innovations; what the sum of squares is divided by is in ``glance()``."""
        return self.solution.sigma2

    @property
    def loglik(self) -> float:
        """Log-likelihood at the estimates, constants included; NaN for estimators without a likelihood."""
        return self.solution.loglik

    @property
    def operator(self):
        """Lags, log-determinant and solves of W."""
        return getattr(self.weights, "operator", None)  # weights that differ by period have none

    @cached_property
    def curve(self):
        """log|I - rho W| around the estimate."""
        if self.estimated is not None and self.estimated.likelihood.curve is not None:
            curve = self.estimated.likelihood.curve
            return getattr(curve, "base", curve)
        return self.operator.curve().refined(self.rho)

    @property
    def nobs(self) -> int:
        """Observations with an innovation: N T for balanced panels in levels."""
        return int(np.isfinite(self.solution.innovations).sum())

    @property
    def n_params(self) -> int:
        """Parameters counted by AIC and BIC: coefficients, rho, lambda, sigma2 and the fixed effects."""
        return self.solution.n_params

    @property
    def aic(self) -> float:
        """2 `n_params` - 2 `loglik`."""
        return 2 * self.n_params - 2 * self.loglik

    @property
    def bic(self) -> float:
        """log(NT) `n_params` - 2 `loglik`."""
        return np.log(self.nobs) * self.n_params - 2 * self.loglik

    @property
    def df_resid(self) -> float:
        """NT less coefficients, spatial parameters and effects."""
        return self.nobs - self.n_params + 1

    @property
    def resids(self) -> pd.Series:
        """Innovations e = B (A y - Z b - effects), indexed by time and region."""
        return self._observations(self.solution.innovations, "resid")

    @property
    def fitted_values(self) -> pd.Series:
        """Outcome less innovation, y - e: the prediction given the neighbours' outcomes and errors, indexed by time and region."""
        return self._observations(self.design.y - self.solution.innovations, "fitted")

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader must know: periods used up, bounds, rival optima, approximations, W and outcome."""
        return (*self.design.notes, *self.solution.notes)

    # -- questions answered from the fit alone ------------------------------------------------------

    @cached_property
    def r2(self) -> dict[str, float]:
        """R2 by kind.

        ``r2_overall``: 1 - e'e / sum (y - mean y)^2, the effects counted as explanation. ``r2_within``:
        1 - e'e / (Qy)'(Qy), Q off the effects (equal to the first without effects and with a constant).
        ``r2_corr``: squared correlation of Qy with Q A^-1 Z b, the reduced form without the effects
        (Elhorst 2014, section 3.3.4).
        """
        y, e = self.design.y, self.solution.innovations
        if y.shape != e.shape or not np.isfinite(e).all():  # absent regions, first differences, region means
            present = np.isfinite(e) if y.shape == e.shape else np.ones_like(y, bool)
            centred = y[present] - y[present].mean()
            overall = 1 - float((e[present] ** 2).sum() / (centred**2).sum()) if y.shape == e.shape else float("nan")
            return {"r2_overall": overall, "r2_within": float("nan"), "r2_corr": float("nan")}
        sse = float((e**2).sum())
        within = demean(y, self.effects)
        prediction = self._reduced_form()
        corr = (
            np.corrcoef(within.ravel(), demean(prediction, self.effects).ravel())[0, 1] if np.ptp(prediction) else 0.0
        )
        centred = within if EFFECTS[self.effects] else within - within.mean()
        return {
            "r2_overall": 1 - sse / float(((y - y.mean()) ** 2).sum()),
            "r2_within": 1 - sse / float((centred**2).sum()),
            "r2_corr": float(corr**2),
        }

    def with_cov(self, cov: str, **options) -> Fit:
        """The same estimates with another covariance, e.g. ``fit.with_cov("conley", cutoff=500)``.

        Raises
        ------
        InputError
            For a covariance or option that does not go with the model.
        """
        from toolkit.models.solve import Problem, solve

        chosen = replace(self.options, cov=cov, cov_options=MappingProxyType(options))
        problem = Problem(
            self.design,
            self.spec,
            self.effects,
            chosen,
            self.panel,
            self.weights,
            self.weights_durbin,
            self.weights_error,
        )
        solution, estimated = solve(problem)
        return replace(self, solution=solution, options=chosen, estimated=estimated)

    def fixed_effects(self) -> FixedEffects:
        """Constant, entity effects mu_i and time effects xi_t, each set summing to zero.

        Raises
        ------
        InputError
            If the model has no fixed effects.
        """
        from toolkit.models.fixed_effects import fixed_effects

        return fixed_effects(self)

    def random_effects(self) -> pd.Series:
        """Predicted random effects by region: the best linear unbiased predictor.

        With ``components="kkp"`` the filtered effect B^-1 mu, which is what enters the equation.

        Raises
        ------
        InputError
            If the model has no random effects.
        """
        import pandas as pd

        if self.solution.region_effects is None:
            raise InputError(
                f"This model has no predicted random effects (effects={self.effects!r}).",
                fix="fit it with effects='random'",
            )
        return pd.Series(self.solution.region_effects, index=self.design.entities, name="mu")

    def slopes(self) -> pd.DataFrame:
        """Coefficients of each region: rows are regions (``method="mg"``, ``"ccemg"``, ``"ccep"``)."""
        import pandas as pd

        if self.solution.slopes is None:
            raise InputError(
                "This model has the same coefficients in every region.",
                fix="fit it with method='mg' or 'ccemg' and effects='entity'",
            )
        return pd.DataFrame(self.solution.slopes, index=self.design.entities, columns=list(self.terms))

    def test(self, restrictions: str) -> TestResult:
        """Wald test of linear restrictions on the parameters, e.g. ``fit.test("log(pc) = log(emp), rho = 0")``.

        Raises
        ------
        FormulaError
            If a name is unknown, an expression is not linear, or restrictions are redundant.
        """
        from toolkit.models.restrictions import linear_restrictions

        r, q, written = linear_restrictions(restrictions, self.terms)
        gap = r @ self.coefficients.estimate - q
        statistic = float(gap @ np.linalg.solve(r @ self.coefficients.cov @ r.T, gap))
        return TestResult.chi2("Wald", ", ".join(written), statistic, len(q), "Greene (2018), eq. 5-16")

    def nlcom(self, expressions: str) -> CoefTable:
        """Nonlinear functions of the parameters by the delta method, e.g. ``fit.nlcom("log(pcap) / (1 - rho)")``.

        Returns
        -------
        CoefTable
            ``estimate``, ``std_error``, ``p_value``, ``interval()``, ``tidy()``; several expressions, separated by
            commas, come with their joint covariance.

        Raises
        ------
        FormulaError
            For an unknown name, something that is not arithmetic, or a value that does not exist.
        """
        from toolkit.models.nonlinear import delta_method

        return delta_method(expressions, self.coefficients)

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row a term: term estimate std_error statistic p_value conf_low conf_high block."""
        return self.coefficients.tidy(level)

    def glance(self) -> pd.DataFrame:
        """One row about the whole fit; columns ending in ``_formula``, ``_divisor`` and ``_counts`` define the others."""
        import pandas as pd

        t, n = self.design.y.shape
        likelihood = self.estimated.likelihood if self.estimated is not None else None
        c = (likelihood.curve or likelihood.curve_error) if likelihood is not None else None
        row = {
            "model": self.model,
            "depvar": self.depvar,
            "effects": self.effects,
            "estimator": self.solution.estimator,
            "nobs": self.nobs,
            "n_entities": n,
            "n_times": t,
            "loglik": self.loglik,
            "aic": self.aic,
            "bic": self.bic,
            "aic_counts": self._counts(),
            "sigma2": self.sigma2,
            "sigma2_divisor": self.solution.sigma2_divisor,
            "df_resid": self.df_resid,
            **self.r2,
            "r2_overall_formula": "1 - e'e / sum (y - mean y)^2; effects count as explanation",
            "r2_within_formula": "1 - e'e / y'Qy, Q removes the effects (the mean, without effects)",
            "r2_corr_formula": "corr^2 of Qy and Q(I - rho W)^-1 Zb, effects left out",
            "vcov": self.solution.cov_title,
            "weights": self._weights_line(),
            **{f"detail_{key}": value for key, value in self.solution.details.items()},
            "logdet": c.route if c is not None else "",
            "logdet_error": c.error if c is not None else 0.0,
            "notes": "; ".join(self.notes),
        }
        return pd.DataFrame([row])

    def record(self) -> ModelRecord:
        """The fit as a column of a regression table (`toolkit.table`)."""
        t, n = self.design.y.shape
        stats = {
            "nobs": self.nobs,
            "n_entities": n,
            "n_times": t,
            "loglik": self.loglik,
            "aic": self.aic,
            "bic": self.bic,
            "sigma2": self.sigma2,
            **{key: value for key, value in self.r2.items() if key != "r2_within" or EFFECTS[self.effects]},
        }
        stats = {key: value for key, value in stats.items() if not (isinstance(value, float) and np.isnan(value))}
        return ModelRecord(
            name=self.model.upper(),
            depvar=self.depvar,
            coefficients=self.coefficients,
            stats=stats,
            fixed_effects=EFFECTS[self.effects],
            random_effects=("entity",) if self.effects in RANDOM else (),
            vcov=self.solution.cov_title,
            weights=self._weights_line(),
            labels=dict(self.labels),
            notes=self.notes,
        )

    @property
    def summary(self) -> Summary:
        """The fit as text."""
        from toolkit.models.summary import summary_text

        return Summary(summary_text(self))

    def __repr__(self) -> str:
        return str(self.summary)

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()

    # -- maketables hooks, so that other tables can read a fit --------------------------------------

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        """Coefficients as maketables expects them."""
        tidy = self.tidy().set_index("term")
        names = {
            "estimate": "b",
            "std_error": "se",
            "statistic": "t",
            "p_value": "p",
            "conf_low": "ci95l",
            "conf_high": "ci95u",
        }
        out = tidy[list(names)].rename(columns=names)
        out.index.name = "Coefficient"
        return out

    def __maketables_stat__(self, key: str):
        """One fit statistic for maketables; None when it has another meaning here."""
        own = {"N": self.nobs, "aic": self.aic, "bic": self.bic, "ll": self.loglik, "r2_within": self.r2["r2_within"]}
        own["se_type"] = self.solution.cov_title
        return own.get(key, self.record().stats.get(key))

    @property
    def __maketables_depvar__(self) -> str:
        """Name of the outcome."""
        return self.depvar

    @property
    def __maketables_fixef_string__(self) -> str | None:
        """Fixed effects joined by a plus sign without spaces."""
        return "+".join(EFFECTS[self.effects]) or None

    @property
    def __maketables_vcov_info__(self) -> dict[str, str]:
        """Covariance estimator."""
        return {"vcov_type": self.solution.cov_title, "vcov_type_detail": "", "clustervar": ""}

    @property
    def __maketables_var_labels__(self) -> dict[str, str]:
        """Labels of terms, from the codebook."""
        return dict(self.labels)

    # -- private ------------------------------------------------------------------------------------

    def _dynamic_part(self) -> np.ndarray:
        """The part of the lags, tau y(t-1) + eta W y(t-1), shape (T, N), or 0."""
        out = 0.0
        for term, values in self.design.lagged(self.weights).items():
            out = out + self.solution.value(term) * values
        return out

    def _mean(self) -> np.ndarray:
        """Z b with the lags of the outcome, effects left out, shape (T, N)."""
        z, names = self.design.regressors()
        return z @ np.array([self.solution.value(name) for name in names]) + self._dynamic_part()

    def _reduced_form(self) -> np.ndarray:
        """A^-1 Z b, shape (T, N)."""
        mean = self._mean()
        return self.operator.solve(self.rho, np.ascontiguousarray(mean.T)).T if self.spec.wy else mean

    def _series(self, values: np.ndarray, name: str) -> pd.Series:
        import pandas as pd

        return pd.Series(values, index=list(self.terms), name=name)

    def _observations(self, values: np.ndarray, name: str) -> pd.Series:
        import pandas as pd

        times = self.design.times if len(values) == len(self.design.times) else ["mean"]
        index = pd.MultiIndex.from_product([times, self.design.entities], names=["time", "entity"])
        return pd.Series(values.ravel(), index=index, name=name).dropna()

    def _counts(self) -> str:
        blocks = self.coefficients.blocks
        parts = [f"{sum(b in ('X', 'WX', 'dynamic') for b in blocks)} coefficients"]
        parts += [t for t, b in zip(self.terms, blocks, strict=True) if b in ("spatial", "variance")] + ["sigma2"]
        if left := self.n_params - len(self.terms) - 1:
            parts.append(f"{left} {self.effects} effects")
        return " + ".join(parts)

    def _weights_line(self) -> str:
        used = {
            "Wy": self.weights if self.spec.wy else None,
            "WX": self.weights_durbin if self.spec.wx else None,
            "Wu": self.weights_error if self.spec.wu else None,
        }
        by_hash: dict[str, tuple[str, list[str]]] = {}
        for where, w in used.items():
            if w is not None:
                by_hash.setdefault(w.hash, (w.note, []))[1].append(where)
        if len(by_hash) == 1:
            return next(iter(by_hash.values()))[0]
        return "; ".join(f"{'/'.join(where)}: {line}" for line, where in by_hash.values())
