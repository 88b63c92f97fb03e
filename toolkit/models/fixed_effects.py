"""Estimates of the fixed effects of a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError
from toolkit.models.spec import EFFECTS

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.models.results import Fit

__all__ = ["FixedEffects", "fixed_effects"]


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


def fixed_effects(fit: Fit) -> FixedEffects:
    """Constant, entity effects mu_i and time effects xi_t of `fit`; see `Fit.fixed_effects`."""
    import pandas as pd

    kinds = EFFECTS[fit.effects]
    if not kinds:
        raise InputError(
            f"This model has no fixed effects (effects={fit.effects!r}).",
            fix="fit it with effects='entity', 'time' or 'twoway'",
        )
    if fit.solution.innovations.shape != fit.design.y.shape or not np.isfinite(fit.solution.innovations).all():
        raise InputError(
            "Fixed effects are recovered for balanced panels only; regions are absent from some periods.",
            fix="keep the periods that all regions have: panel.select(times=...)",
        )
    r = fit.design.y - fit._mean()
    if fit.spec.wy:
        r = r - fit.rho * fit.operator.lag(fit.design.y.T).T
    if fit.spec.wu:  # generalised least squares: off B 1, with B u white
        lag = fit.weights_error.operator.lag
        v = 1.0 - fit.lambda_ * np.asarray(lag(np.ones(r.shape[1]))).ravel()
        by_time = (r - fit.lambda_ * lag(r.T).T) @ v / (v @ v)
    else:
        by_time = r.mean(axis=1)
    constant = float(by_time.mean()) if "time" in kinds else float(r.mean())
    time = by_time - constant if "time" in kinds else np.zeros(len(r))
    entity = None
    if "entity" in kinds:
        entity = r.mean(axis=0) - constant
        constant += entity.mean()
        entity = pd.Series(entity - entity.mean(), index=fit.design.entities, name="mu")
    return FixedEffects(
        constant, entity, pd.Series(time, index=fit.design.times, name="xi") if "time" in kinds else None
    )
