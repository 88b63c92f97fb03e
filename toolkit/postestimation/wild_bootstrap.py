"""The wild cluster bootstrap: tests and intervals for few clusters (31 provinces, 9 census divisions)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from toolkit.contracts import TestResult
from toolkit.errors import InputError, listing
from toolkit.models.results import Fit
from toolkit.models.transform import demean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WildBootstrap", "wild_bootstrap"]

WEIGHTS = ("rademacher", "webb", "mammen")
_WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))


@dataclass(frozen=True)
class WildBootstrap:
    """A test with an interval, both by the wild cluster bootstrap.

    Attributes
    ----------
    test : TestResult
        The clustered t statistic with the bootstrap p-value.
    estimate : float
    conf_low, conf_high : float
        The values that the bootstrap test does not reject at `level`; NaN when not asked for.
    term : str
    clusters : int
        G.
    draws : int
        Bootstrap samples; all 2^G sign patterns when these are fewer than asked for.
    """

    test: TestResult
    estimate: float
    conf_low: float
    conf_high: float
    term: str
    clusters: int
    draws: int
    level: float

    def tidy(self) -> pd.DataFrame:
        """One row: term estimate statistic p_value conf_low conf_high clusters draws."""
        import pandas as pd

        row = {
            "term": self.term,
            "estimate": self.estimate,
            "statistic": self.test.statistic,
            "p_value": self.test.p_value,
            "conf_low": self.conf_low,
            "conf_high": self.conf_high,
            "clusters": self.clusters,
            "draws": self.draws,
        }
        return pd.DataFrame([row])

    glance = tidy

    def __repr__(self) -> str:
        return (
            f"{self.test!r}\n  {self.term} = {self.estimate:.4g}, {self.level:.0%} interval "
            f"[{self.conf_low:.4g}, {self.conf_high:.4g}]"
        )


def wild_bootstrap(
    fit: Fit,
    term: str,
    value: float = 0.0,
    clusters=None,
    weights: str = "rademacher",
    draws: int = 9999,
    seed: int | None = None,
    level: float = 0.95,
    interval: bool = True,
    impose_null: bool = True,
) -> WildBootstrap:
    r"""Test `term` = `value` by the wild cluster bootstrap.

    Residuals are multiplied by one random weight a cluster; the t statistic of each sample is set against that of the
    data. The p-value is symmetric: the share of samples with a t as large as the data's, the data counted among random
    samples (so that it is never zero). The interval inverts the test.

    Parameters
    ----------
    fit : Fit
        Least squares: ols or slx with any fixed effects.
    term : str
    value : float
        Value under the null.
    clusters : Series, mapping or sequence, optional
        Group of each region; the regions themselves by default.
    weights : {"rademacher", "webb", "mammen"}
        Signs; Webb's six points, for fewer than about 12 clusters; Mammen's two points.
    draws : int
        With Rademacher weights and 2^G patterns or more than that, random; otherwise every pattern once.
    seed : int, optional
    level : float
        Of the interval.
    interval : bool
        False saves the time of the inversion.
    impose_null : bool
        Resample the residuals of the model under the null (recommended: few clusters reject at the right rate), or,
        with False, those of the estimated model.

    Returns
    -------
    WildBootstrap

    Raises
    ------
    InputError
        For a model with rho or lambda, an unbalanced panel, an unknown term or weights, or too few draws.

    References
    ----------
    Cameron, C., Gelbach, J. and Miller, D. (2008). Bootstrap-based improvements for inference with clustered errors.
    REStat 90. Roodman, D., MacKinnon, J., Nielsen, M. and Webb, M. (2019). Fast and wild. Stata Journal 19.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> f = tk.fit("log(gsp) ~ log(pcap) + unemp", panel, effects="entity", cov="cluster-entity")
    >>> tk.wild_bootstrap(f, "unemp", draws=999, seed=1, interval=False).clusters
    48
    """
    if not isinstance(fit, Fit) or fit.spec.spatial or fit.estimated is None:
        what = f"the {fit.model.upper()}" if isinstance(fit, Fit) else f"a {type(fit).__name__}"
        if isinstance(fit, Fit) and not fit.spec.spatial:
            what = f"a fit by {fit.solution.estimator} on other than a balanced panel with fixed effects or none"
        raise InputError(
            f"The wild cluster bootstrap is for least squares; {what} was given.",
            allowed="fits of model='ols' or 'slx' with effects none, entity, time or twoway",
        )
    if term not in fit.terms:
        raise InputError(f"{term!r} is not a term of this fit.", allowed=listing(fit.terms, 40))
    if weights not in WEIGHTS:
        raise InputError(f"weights={weights!r} is not known.", allowed=", ".join(WEIGHTS))
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise InputError(f"draws={draws!r} is too few for a p-value.", allowed="a whole number of 99 or more")
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0 < level < 1:
        raise InputError(f"level={level!r} is not a probability.", allowed="above 0 and below 1, e.g. 0.95")
    if not np.isfinite(value):
        raise InputError(f"value={value!r} cannot be tested.", allowed="a finite number")
    codes = _codes(clusters, list(fit.design.entities))
    groups = int(codes.max()) + 1
    if groups < 2:
        raise InputError("There is one cluster.", allowed="two clusters or more")
    v = _signs(groups, weights, draws, np.random.default_rng(seed))
    problem = _Problem.of(fit, fit.terms.index(term), codes, v, impose_null)
    statistic, p = problem.test(value)
    low = high = float("nan")
    if interval:
        low, high = (problem.end(side, 1 - level) for side in (-1, 1))
    test = TestResult(
        name="wild cluster bootstrap",
        null=f"{term} = {value:g}",
        statistic=statistic,
        p_value=p,
        distribution="permutation",
        reference="Cameron, Gelbach and Miller (2008); Roodman et al. (2019)",
        reason=f"{groups} clusters, {len(v.T)} samples, {weights} weights, null {'imposed' if impose_null else 'not imposed'}",
    )
    return WildBootstrap(test, problem.estimate, low, high, term, groups, len(v.T), level)


@dataclass(frozen=True, eq=False)
class _Problem:
    """One coefficient's clustered t statistic as a function of the cluster weights.

    The score of cluster g along the coefficient is, in a bootstrap sample with weights v, (diag(c) - K) v: linear.
    """

    y: np.ndarray  # (T, N), off the effects
    z: np.ndarray  # (T, N, k), off the effects
    at: int
    codes: np.ndarray  # (N,)
    v: np.ndarray  # (G, R)
    effects: str
    factor: float
    imposed: bool

    @property
    def enumerated(self) -> bool:
        """Whether the first sample is the data itself: every pattern of signs, not random ones."""
        return bool((self.v[:, 0] == 1).all())

    @classmethod
    def of(cls, fit: Fit, at: int, codes: np.ndarray, v: np.ndarray, imposed: bool = True) -> _Problem:
        y, z = demean(fit.design.y, fit.effects), demean(fit.estimated.z, fit.effects)
        groups = len(v)
        return cls(y, z, at, codes, v, fit.effects, groups / (groups - 1), imposed)

    @property
    def estimate(self) -> float:
        return float(self._solve(self.y, list(range(self.z.shape[2])))[self.at])

    @cached_property
    def gram_inverse(self) -> np.ndarray:
        return np.linalg.inv(np.einsum("tnk,tnl->kl", self.z, self.z))

    def _solve(self, left: np.ndarray, columns: list[int]) -> np.ndarray:
        """Least squares of `left` on some of the regressors; empty for none."""
        if not columns:
            return np.zeros(0)
        return np.linalg.lstsq(self.z[:, :, columns].reshape(-1, len(columns)), left.ravel(), rcond=None)[0]

    def _by_cluster(self, a: np.ndarray) -> np.ndarray:
        out = np.zeros((len(self.v), *a.shape[1:]))
        np.add.at(out, self.codes, a)
        return out

    def test(self, value: float) -> tuple[float, float]:
        """The t statistic of `value` and its bootstrap p-value."""
        others = [j for j in range(self.z.shape[2]) if j != self.at]
        left = self.y - value * self.z[:, :, self.at]
        u = left - self.z[:, :, others] @ self._solve(left, others)  # residuals under the null, (T, N)
        shift, matrix = self._linear(u)
        ones = np.ones(len(self.v))
        observed = float(shift @ ones / np.sqrt(self.factor * ((matrix @ ones) ** 2).sum()))
        if not self.imposed:
            shift, matrix = self._free
        sample = shift @ self.v / np.sqrt(self.factor * ((matrix @ self.v) ** 2).sum(axis=0))
        # ties with the data's own pattern count as not smaller
        as_large = int((np.abs(sample) >= np.abs(observed) * (1 - 1e-10)).sum())
        own = not self.enumerated
        return observed, (as_large + own) / (len(sample) + own)

    @cached_property
    def _free(self) -> tuple[np.ndarray, np.ndarray]:
        """`_linear` of the residuals of the estimated model."""
        every = list(range(self.z.shape[2]))
        return self._linear(self.y - self.z @ self._solve(self.y, every))

    def _linear(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the samples of residuals `u` (T, N) do, as linear functions of the weights.

        Returns
        -------
        ndarray, shape (G,)
            Times v: the coefficient less its value in the model that made `u`.
        ndarray, shape (G, G)
            Times v: the scores of the clusters along the coefficient.
        """
        inverse = self.gram_inverse
        q = self.z @ inverse[:, self.at]  # (T, N): the coefficient is q'y
        c = self._by_cluster(np.einsum("tn,tn->n", q, u))  # q_g'u_g
        zu = self._by_cluster(np.einsum("tnk,tn->nk", self.z, u))  # Z_g'u_g, (G, k)
        qz = self._by_cluster(np.einsum("tn,tnk->nk", q, self.z))  # q_g'Z_g, (G, k)
        spread = qz @ inverse @ zu.T  # (G, G)
        if self.effects in ("time", "twoway"):  # weights undo the demeaning over regions: take the time means out again
            spread = spread + self._by_cluster(q.T) @ self._by_cluster(u.T).T / self.y.shape[1]
        return c, np.diag(c) - spread

    def end(self, side: int, alpha: float) -> float:
        """The end of the set of values that are not rejected at `alpha`, by bisection outward from the estimate."""
        _, matrix = self._free
        step = 2 * np.sqrt(self.factor * (matrix.sum(axis=1) ** 2).sum())  # two standard errors
        inside = self.estimate
        outside = inside + side * step
        for _ in range(60):
            if self.test(outside)[1] < alpha:
                break
            inside, outside = outside, outside + side * step
            step *= 1.5
        else:
            return float(side * np.inf)
        for _ in range(60):
            middle = (inside + outside) / 2
            if self.test(middle)[1] < alpha:
                outside = middle
            else:
                inside = middle
            if abs(outside - inside) < 1e-6 * abs(outside - self.estimate):
                break
        return float((inside + outside) / 2)


def _codes(clusters, ids: list) -> np.ndarray:
    if clusters is None:
        return np.arange(len(ids))
    from toolkit.postestimation.impact_detail import _groups

    return np.unique(_groups(clusters, ids), return_inverse=True)[1]


def _signs(groups: int, weights: str, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Weights of the clusters, shape (G, R)."""
    if weights == "rademacher":
        if groups <= 30 and 2**groups <= draws:
            patterns = (np.arange(2**groups)[None, :] >> np.arange(groups)[:, None]) & 1
            return 1.0 - 2.0 * patterns
        return rng.choice([-1.0, 1.0], size=(groups, draws))
    if weights == "webb":
        return rng.choice(np.concatenate([-_WEBB, _WEBB]), size=(groups, draws))
    golden = np.sqrt(5)
    low, high = (1 - golden) / 2, (1 + golden) / 2
    return np.where(rng.random((groups, draws)) < (golden + 1) / (2 * golden), low, high)
