"""What `toolkit.simulate` returns: a drawn panel and the parameters it was drawn with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from toolkit.models.dynamic import long_run
from toolkit.models.spec import SPECS

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.models.results import Fit
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["Simulation"]


@dataclass(frozen=True, eq=False, repr=False)
class Simulation:
    """A drawn panel and the parameters it was drawn with.

    Attributes
    ----------
    panel : Panel
        The outcome ``y`` and the regressors, with a map where there is one.
    W : SpatialWeights
    truth : mapping of str to float
        By the names of a fit: ``Intercept``, regressors ``x``, ``W x``, ``y(t-1)``, ``W y(t-1)``, ``rho``, ``lambda``,
        ``phi`` (variance of random effects over that of e), ``psi``, ``sigma2``.
    model, effects : str
    regressors : tuple of str
        Names, in the order of the formula.
    options : mapping
        What `fit` passes to `toolkit.fit` beside model and effects.
    seed : int
        Repeats the draw.
    hidden : mapping of str to ndarray
        What is not observed: ``entity`` (N,), ``time`` (T,), ``errors`` e (T, N) and ``mean`` (T, N), which is y without
        its errors of the period.
    """

    panel: Panel
    W: SpatialWeights
    truth: Mapping[str, float]
    model: str
    effects: str
    regressors: tuple[str, ...]
    options: Mapping[str, object]
    seed: int
    hidden: Mapping[str, np.ndarray] = field(repr=False)

    @property
    def formula(self) -> str:
        """The formula of the model, for `toolkit.fit`."""
        return "y ~ " + " + ".join(self.regressors)

    def fit(self, **options) -> Fit:
        """The model that drew the panel, estimated; `options` go to `toolkit.fit` and may override it.

        Examples
        --------
        >>> from toolkit.models.simulate import simulate
        >>> sim = simulate(model="sar", n=64, rho=0.5, seed=3)
        >>> sim.fit(model="ols").terms
        ('Intercept', 'x')
        """
        from toolkit.models.fit import fit

        given = {"W": self.W, "model": self.model, "effects": self.effects, **self.options, **options}
        return fit(self.formula, self.panel, **given)

    def impacts(self) -> pd.DataFrame:
        """The true direct, indirect and total impacts; ``short`` and ``long`` run where the model is dynamic.

        Returns
        -------
        DataFrame
            term, effect (, horizon), estimate: the columns of ``toolkit.impacts(fit).tidy()``.
        """
        import pandas as pd

        rho, tau, eta = (self.truth.get(k, 0.0) for k in ("rho", "y(t-1)", "W y(t-1)"))
        horizons = {"short": (rho, 1.0), "long": (long_run(rho, tau, eta), 1 - tau)} if tau or eta else {"": (rho, 1.0)}
        rows = []
        for horizon, (r, scale) in horizons.items():
            own, own_lagged, everyone, everyone_lagged = _averages(self.W.operator, r)
            for name in self.regressors:
                b, lagged = self.truth[name], self.truth.get(f"W {name}", 0.0)
                direct = (own * b + own_lagged * lagged) / scale
                total = (everyone * b + everyone_lagged * lagged) / scale
                for effect, value in (("direct", direct), ("indirect", total - direct), ("total", total)):
                    rows.append({"term": name, "effect": effect, "horizon": horizon, "estimate": value})
        table = pd.DataFrame(rows)
        return table if tau or eta else table.drop(columns="horizon")

    def compare(self, fit: Fit) -> pd.DataFrame:
        """Truth beside the estimates of a fit of `panel`: term, truth, estimate, std_error, inside.

        A parameter that the model fitted does not have is absent from it; one it has and the truth has not is 0 in truth.
        ``inside`` says whether the interval of `fit` (95 percent) covers the truth.
        """
        table = fit.tidy()
        out = table[["term", "estimate", "std_error"]].copy()
        out.insert(1, "truth", [self.truth.get(t, 0.0) for t in out["term"]])
        out["inside"] = (table["conf_low"] <= out["truth"]) & (out["truth"] <= table["conf_high"])
        return out

    def __repr__(self) -> str:
        truth = ", ".join(f"{k} {v:g}" for k, v in self.truth.items())
        return (
            f"Simulation: {SPECS[self.model].title}, effects {self.effects}, {self.panel.N} regions x {self.panel.T} "
            f"periods, seed {self.seed}\n{truth}"
        )


def _averages(operator, r: float) -> tuple[float, float, float, float]:
    """tr(S)/N, tr(S W)/N, 1'S1/N and 1'SW1/N of S = (I - r W)^-1."""
    ones = np.ones(operator.N)
    if not r:
        return 1.0, 0.0, 1.0, float(operator.lag(ones).mean())
    lagged = -float(operator.curve().refined(r).d1(r)) / operator.N
    sums = operator.solve(r, np.column_stack([ones, operator.lag(ones)])).mean(axis=0)
    return 1 + r * lagged, lagged, float(sums[0]), float(sums[1])
