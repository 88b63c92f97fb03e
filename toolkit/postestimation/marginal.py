"""Derivatives of a formula's terms with respect to a variable: impacts of x where x enters as log(x), x^2 or x:z."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.models.design import design
from toolkit.models.formula import read
from toolkit.models.results import Fit

__all__ = ["term_slopes"]

#: functions whose value rests on other cells, so that they have no derivative at a point
_OTHER_CELLS = ("lag", "lead", "diff", "growth", "center", "scale", "poly", "C", "W")


def term_slopes(fit: Fit, variable: str, at: Mapping[str, float]) -> dict[str, float]:
    """Derivative in `variable` of every term of the formula that holds it, at one point.

    Parameters
    ----------
    fit : Fit
    variable : str
        A numeric column of the panel.
    at : mapping of str to float
        Values of the variables; the mean over the observations used for those left out.

    Returns
    -------
    dict of term to float
        By central differences with Richardson extrapolation, relative error about 1e-9.

    Raises
    ------
    InputError
        If the variable is not in the formula, or stands inside a function of other cells (lag, center, poly ...).
    """
    import pandas as pd

    from toolkit.data.panel import Panel

    text = read(fit.formula)
    holding = [term for term in text.terms if any(variable in text.factors[j].names for j in term)]
    columns = sorted({name for f in text.factors for name in f.names})
    if not holding:
        raise InputError(f"{variable!r} is in no term of the formula.", allowed=listing(columns, 40))
    for term in holding:
        for factor in (text.factors[j] for j in term):
            blocked = sorted(set(_OTHER_CELLS) & factor.calls)
            if blocked:
                raise InputError(
                    f"The term {text.term_name(term)!r} has no derivative at a point: {blocked[0]}() rests on other cells.",
                    allowed="log, exp, sqrt, powers, products and interactions of numeric variables",
                    fix="compute the variable first: panel.assign(...), and use it in the formula",
                )
    needed = sorted({name for term in holding for j in term for name in text.factors[j].names})
    point = {name: _value(fit, name, at) for name in needed}
    step = 1e-3 * max(1e-3, abs(point[variable]))
    shifts = np.array([-1.0, -0.5, 0.5, 1.0]) * step
    frame = pd.DataFrame({"point": [f"p{i}" for i in range(4)], **{n: np.full(4, v) for n, v in point.items()}})
    frame[variable] = point[variable] + shifts
    right = " + ".join(":".join(text.factors[j].text for j in term) for term in holding)
    built = design(f"nothing ~ 0 + {right}", Panel(frame, entity="point"), outcome=False)
    x = built.X[0]
    wide, narrow = (x[3] - x[0]) / (2 * step), (x[2] - x[1]) / step
    return dict(zip(built.terms, map(float, (4 * narrow - wide) / 3), strict=True))


def _value(fit: Fit, name: str, at: Mapping[str, float]) -> float:
    if name in at:
        value = at[name]
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
            raise InputError(f"at[{name!r}] = {value!r} is not a number.", allowed="a finite number")
        return float(value)
    frame = fit.panel.frame
    if fit.panel.time is not None:
        frame = frame[frame[fit.panel.time].isin(fit.design.times)]
    return float(frame[name].astype(float).mean())
