"""Fixed or random effects: Hausman's test, for spatial models too.

References
----------
Hausman, J. (1978). Specification tests in econometrics. Econometrica 46. Mutl, J. and Pfaffermayr, M. (2011). The Hausman
test in a Cliff and Ord panel model. Econometrics Journal 14, 48-76.
"""

from __future__ import annotations

import numpy as np

from toolkit.contracts import TestResult
from toolkit.errors import InputError
from toolkit.models.results import Fit
from toolkit.models.spec import EFFECTS, RANDOM

__all__ = ["hausman"]


def hausman(fixed: Fit, random: Fit) -> TestResult:
    r"""Test that region effects are uncorrelated with the regressors.

    .. math:: (b_F - b_R)' (V_F - V_R)^{-1} (b_F - b_R)

    over the coefficients of X and W X that both fits have. The theory makes :math:`V_F - V_R` positive semi-definite, a
    sample need not: ``reason`` then says so, there is no statistic when the form is negative, and the Mundlak test
    (``effects="mundlak"``) asks the same question without this fault.

    Parameters
    ----------
    fixed : Fit
        With entity or two-way effects.
    random : Fit
        Of the same model with ``effects="random"``. Spatial models: joint covariances of both (conditional ones, as
        splm's sphtest takes, give another, wrong number).

    Returns
    -------
    TestResult

    Raises
    ------
    InputError
        If the fits are not one of each kind, of the same outcome and data.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> formula = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"
    >>> tk.hausman(tk.fit(formula, panel, effects="entity"), tk.fit(formula, panel, effects="random")).df
    4
    """
    for name, f in (("fixed", fixed), ("random", random)):
        if not isinstance(f, Fit):
            raise InputError(f"{name} is a {type(f).__name__}, not a fit of tk.fit.")
    if "entity" not in EFFECTS[fixed.effects] or random.effects != "random":
        raise InputError(
            f"hausman compares effects='entity' or 'twoway' with effects='random'; {fixed.effects!r} and "
            f"{random.effects!r} were given.",
            fix="tk.hausman(tk.fit(..., effects='entity'), tk.fit(..., effects='random'))"
            if random.effects not in RANDOM[1:]
            else "effects='mundlak' has its own test: fit.solution.tests",
        )
    same = fixed.depvar == random.depvar and list(fixed.design.times) == list(random.design.times)
    if fixed.model != random.model or not same or list(fixed.design.entities) != list(random.design.entities):
        raise InputError(
            f"The fits differ in more than their effects: {fixed.model} of {fixed.depvar} and {random.model} of "
            f"{random.depvar}.",
            fix="fit the same model to the same observations with both kinds of effects",
        )
    blocks = dict(zip(fixed.terms, fixed.coefficients.blocks, strict=True))
    names = [t for t in fixed.terms if t in random.terms and blocks[t] in ("X", "WX")]
    f = [fixed.terms.index(t) for t in names]
    r = [random.terms.index(t) for t in names]
    gap = fixed.coefficients.estimate[f] - random.coefficients.estimate[r]
    difference = fixed.coefficients.cov[np.ix_(f, f)] - random.coefficients.cov[np.ix_(r, r)]
    title = "Hausman" if not fixed.spec.spatial else "spatial Hausman"
    reference = "Hausman (1978)" if not fixed.spec.spatial else "Mutl and Pfaffermayr (2011), section 4"
    null = "region effects are uncorrelated with the regressors"
    size = np.sqrt(np.abs(np.diag(difference)))
    balanced = difference / np.outer(size, size)
    eigen = np.linalg.eigvalsh(balanced) if np.isfinite(balanced).all() else np.array([np.nan])
    if not eigen.min() > 1e-10:
        raw = float(gap @ np.linalg.solve(difference, gap)) if np.isfinite(difference).all() else float("nan")
        weak = f"V_F - V_R is not positive definite (smallest balanced eigenvalue {eigen.min():.3g})"
        if raw > 0:
            reason = f"{weak}: the p-value is not to be relied on. effects='mundlak' has a test without this fault."
            return TestResult.chi2(title, null, raw, len(names), reference, reason)
        reason = (
            f"{weak} and the quadratic form is {raw:.4f}: the test has no meaning on these data. Use effects='mundlak' and "
            "its test."
        )
        return TestResult.chi2(title, null, float("nan"), len(names), reference, reason)
    return TestResult.chi2(title, null, float(gap @ np.linalg.solve(difference, gap)), len(names), reference)
