"""The frozen result of `toolkit.fit`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import CoefTable, ModelRecord, TestResult
from toolkit.errors import InputError
from toolkit.models.covariance import Covariance, Estimated
from toolkit.models.spec import EFFECTS, Spec
from toolkit.models.transform import demean, effects_df

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.models.design import Design
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["Fit", "FixedEffects", "Summary"]


@dataclass(frozen=True)
class FixedEffects:
    """Estimated fixed effects: outcome = constant + entity effect + time effect + the rest.

    Attributes
    ----------
    constant : float
    entity : Series or None
        mu_i by region, summing to zero; None when the model has none.
    time : Series or None
        xi_t by period, summing to zero (weighted by B 1 under an error filter whose rows do not sum
        to a constant).
    """

    constant: float
    entity: pd.Series | None
    time: pd.Series | None

    def tidy(self) -> pd.DataFrame:
        """One row an effect: kind, id, estimate."""
        import pandas as pd

        rows = [("constant", "", self.constant)]
        for kind, series in (("entity", self.entity), ("time", self.time)):
            if series is not None:
                rows += [(kind, i, v) for i, v in series.items()]
        return pd.DataFrame(rows, columns=["kind", "id", "estimate"])


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
        Fixed effects: none, entity, time or twoway.
    design : Design
        Outcome and regressors as used.
    weights : SpatialWeights or None
        W of W y; `weights_durbin` of W X and `weights_error` of W u.
    estimated : Estimated
        The optimum and what it was found from.
    covariance : Covariance
        Joint covariance of (b, rho, lambda, sigma2).
    labels : dict
        Label of each term, from the codebook.
    """

    formula: str
    spec: Spec
    effects: str
    design: Design
    weights: SpatialWeights | None
    weights_durbin: SpatialWeights | None
    weights_error: SpatialWeights | None
    estimated: Estimated
    covariance: Covariance
    labels: dict[str, str] = field(default_factory=dict)

    # -- what was estimated -------------------------------------------------------------------------

    @property
    def model(self) -> str:
        """Name of the model, e.g. ``"sdm"``."""
        return self.spec.name

    @property
    def depvar(self) -> str:
        """The outcome as written in the formula."""
        return self.design.depvar

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Names of the parameters: regressors, their lags ``W x``, then rho and lambda."""
        return (*self.design.terms, *(self.design.wx_terms if self.spec.wx else ()), *self.spec.spatial)

    @cached_property
    def coefficients(self) -> CoefTable:
        """Estimates with their joint covariance (sigma2 left out)."""
        k, q = len(self.design.terms), len(self.design.wx_terms) if self.spec.wx else 0
        blocks = ("X",) * k + ("WX",) * q + ("spatial",) * len(self.spec.spatial)
        return CoefTable(
            self.terms, self._estimates, self.covariance.matrix[:-1, :-1].copy(), blocks, df=self.covariance.df
        )

    @property
    def params(self) -> pd.Series:
        """Estimates by term."""
        return self._series(self._estimates, "parameter")

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
        return self.estimated.optimum.rho if self.spec.wy else None

    @property
    def lambda_(self) -> float | None:
        """Coefficient of W u; None when the model has none."""
        return self.estimated.optimum.lam if self.spec.wu else None

    @property
    def sigma2(self) -> float:
        """Variance of the innovations: sum of squares over N T."""
        return self.estimated.optimum.sigma2

    @property
    def loglik(self) -> float:
        """Log-likelihood at the estimates, constants included."""
        return self.estimated.optimum.loglik

    @property
    def nobs(self) -> int:
        """N T."""
        return self.design.y.size

    @property
    def n_params(self) -> int:
        """Parameters counted by AIC and BIC: coefficients, rho, lambda, sigma2 and the fixed effects."""
        t, n = self.design.y.shape
        return len(self.terms) + 1 + effects_df(self.effects, n, t)

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
        return self._observations(self.estimated.innovations, "resid")

    @property
    def fitted_values(self) -> pd.Series:
        """Outcome less innovation, y - e: the prediction given the neighbours' outcomes and errors, indexed by time and region."""
        return self._observations(self.design.y - self.estimated.innovations, "fitted")

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader must know: periods used up, bounds, rival optima, approximations, W and outcome."""
        routes = (
            f"log-determinant by {c.route}, error at most {c.error:.1e}"
            for c in (self.estimated.likelihood.curve, self.estimated.likelihood.curve_error)
            if c is not None and c.error
        )
        return (*self.design.notes, *self.estimated.optimum.notes, *self.covariance.notes, *dict.fromkeys(routes))

    # -- questions answered from the fit alone ------------------------------------------------------

    @cached_property
    def r2(self) -> dict[str, float]:
        """R2 by kind.

        ``r2_overall``: 1 - e'e / sum (y - mean y)^2, the effects counted as explanation. ``r2_within``:
        1 - e'e / (Qy)'(Qy), Q off the effects (equal to the first without effects and with a constant).
        ``r2_corr``: squared correlation of Qy with Q A^-1 Z b, the reduced form without the effects
        (Elhorst 2014, section 3.3.4).
        """
        y, e = self.design.y, self.estimated.innovations
        sse = float((e**2).sum())
        within = demean(y, self.effects)
        prediction = self._reduced_form()
        corr = (
            np.corrcoef(within.ravel(), demean(prediction, self.effects).ravel())[0, 1] if np.ptp(prediction) else 0.0
        )
        centred = within if self.effects != "none" else within - within.mean()
        return {
            "r2_overall": 1 - sse / float(((y - y.mean()) ** 2).sum()),
            "r2_within": 1 - sse / float((centred**2).sum()),
            "r2_corr": float(corr**2),
        }

    def fixed_effects(self) -> FixedEffects:
        """Constant, entity effects mu_i and time effects xi_t, each set summing to zero.

        Raises
        ------
        InputError
            If the model has no fixed effects.
        """
        import pandas as pd

        if self.effects == "none":
            raise InputError(
                "This model has no fixed effects (effects='none').",
                fix="fit it with effects='entity', 'time' or 'twoway'",
            )
        est = self.estimated
        opt = est.optimum
        r = self.design.y - est.z @ opt.beta
        if self.spec.wy:
            r = r - opt.rho * est.wy
        if self.spec.wu:  # generalised least squares: off B 1, with B u white
            v = 1.0 - opt.lam * np.asarray(est.operator_error.lag(np.ones(r.shape[1]))).ravel()
            by_time = (r - opt.lam * est.operator_error.lag(r.T).T) @ v / (v @ v)
        else:
            by_time = r.mean(axis=1)
        constant = float(by_time.mean()) if "time" in EFFECTS[self.effects] else float(r.mean())
        time = by_time - constant if "time" in EFFECTS[self.effects] else np.zeros(len(r))
        entity = None
        if "entity" in EFFECTS[self.effects]:
            entity = r.mean(axis=0) - constant
            constant += entity.mean()
            entity = pd.Series(entity - entity.mean(), index=self.design.entities, name="mu")
        return FixedEffects(
            constant,
            entity,
            pd.Series(time, index=self.design.times, name="xi") if "time" in EFFECTS[self.effects] else None,
        )

    def test(self, restrictions: str) -> TestResult:
        """Wald test of linear restrictions on the parameters, e.g. ``fit.test("log(pc) = log(emp), rho = 0")``.

        Raises
        ------
        FormulaError
            If a name is unknown, an expression is not linear, or restrictions are redundant.
        """
        from toolkit.models.restrictions import linear_restrictions

        r, q, written = linear_restrictions(restrictions, self.terms)
        gap = r @ self._estimates - q
        statistic = float(gap @ np.linalg.solve(r @ self.coefficients.cov @ r.T, gap))
        return TestResult.chi2("Wald", ", ".join(written), statistic, len(q), "Greene (2018), eq. 5-16")

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row a term: term estimate std_error statistic p_value conf_low conf_high block."""
        return self.coefficients.tidy(level)

    def glance(self) -> pd.DataFrame:
        """One row about the whole fit; columns ending in ``_formula``, ``_divisor`` and ``_counts`` define the others."""
        import pandas as pd

        t, n = self.design.y.shape
        c = self.estimated.likelihood.curve or self.estimated.likelihood.curve_error
        row = {
            "model": self.model,
            "depvar": self.depvar,
            "effects": self.effects,
            "nobs": self.nobs,
            "n_entities": n,
            "n_times": t,
            "loglik": self.loglik,
            "aic": self.aic,
            "bic": self.bic,
            "aic_counts": self._counts(),
            "sigma2": self.sigma2,
            "sigma2_divisor": f"N T = {self.nobs}",
            "df_resid": self.df_resid,
            **self.r2,
            "r2_overall_formula": "1 - e'e / sum (y - mean y)^2; effects count as explanation",
            "r2_within_formula": "1 - e'e / y'Qy, Q removes the effects (the mean, without effects)",
            "r2_corr_formula": "corr^2 of Qy and Q(I - rho W)^-1 Zb, effects left out",
            "vcov": self.covariance.title,
            "weights": self._weights_line(),
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
            **{key: value for key, value in self.r2.items() if key != "r2_within" or self.effects != "none"},
        }
        return ModelRecord(
            name=self.model.upper(),
            depvar=self.depvar,
            coefficients=self.coefficients,
            stats=stats,
            fixed_effects=EFFECTS[self.effects],
            vcov=self.covariance.title,
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
        own["se_type"] = self.covariance.title
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
        return {"vcov_type": self.covariance.title, "vcov_type_detail": "", "clustervar": ""}

    @property
    def __maketables_var_labels__(self) -> dict[str, str]:
        """Labels of terms, from the codebook."""
        return dict(self.labels)

    # -- private ------------------------------------------------------------------------------------

    @property
    def _estimates(self) -> np.ndarray:
        o = self.estimated.optimum
        return np.concatenate([o.beta, [o.rho] * self.spec.wy, [o.lam] * self.spec.wu])

    def _reduced_form(self) -> np.ndarray:
        """A^-1 Z b, shape (T, N)."""
        mean = self.estimated.z @ self.estimated.optimum.beta
        return self.estimated.operator.solve(self.rho, np.ascontiguousarray(mean.T)).T if self.spec.wy else mean

    def _series(self, values: np.ndarray, name: str) -> pd.Series:
        import pandas as pd

        return pd.Series(values, index=list(self.terms), name=name)

    def _observations(self, values: np.ndarray, name: str) -> pd.Series:
        import pandas as pd

        index = pd.MultiIndex.from_product([self.design.times, self.design.entities], names=["time", "entity"])
        return pd.Series(values.ravel(), index=index, name=name)

    def _counts(self) -> str:
        t, n = self.design.y.shape
        k = len(self.terms) - len(self.spec.spatial)
        parts = [f"{k} coefficients", *self.spec.spatial, "sigma2"]
        if self.effects != "none":
            parts.append(f"{effects_df(self.effects, n, t)} {self.effects} effects")
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
