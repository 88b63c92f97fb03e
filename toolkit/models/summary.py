"""The text of `Fit.summary`."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from toolkit.models.results import Fit

__all__ = ["summary_text"]

_EFFECTS = {"none": "none", "entity": "entity", "time": "time", "twoway": "entity and time"}
_RANDOM = {"random": "random (entity)", "mundlak": "random (entity), with the regressors' means"}


def summary_text(fit: Fit) -> str:
    """Header, coefficients by block, and notes, as fixed-width text."""
    t, n = fit.design.y.shape
    width = max(24, *(len(term) for term in fit.terms)) + 2
    line = width + 62
    rows = [
        fit.spec.title.center(line).rstrip(),
        fit.solution.estimator.center(line).rstrip(),
        "=" * line,
        *_pairs(
            [
                ("Dependent variable", fit.depvar),
                ("Observations", f"{fit.nobs:,} ({n:,} regions x {t:,} periods)"),
                ("Effects", _RANDOM[fit.effects])
                if fit.effects in _RANDOM
                else ("Fixed effects", _EFFECTS[fit.effects]),
                ("Log-likelihood", f"{fit.loglik:,.4f}" if np.isfinite(fit.loglik) else "--"),
                ("Covariance", fit.solution.cov_title),
                ("AIC / BIC", f"{fit.aic:,.2f} / {fit.bic:,.2f}" if np.isfinite(fit.aic) else "--"),
                (f"sigma2 (e'e / {fit.solution.sigma2_divisor.split(' =')[0]})", f"{fit.sigma2:.6g}"),
                ("R2 overall / within / corr2", " / ".join(_number(v) for v in fit.r2.values())),
            ]
        ),
    ]
    if fit._weights_line():
        rows.append(f"W: {fit._weights_line()}")
    head = ("estimate", "std. error", "t" if fit.coefficients.df else "z", "P > |.|", "[0.025", "0.975]")
    rows += ["-" * line, " " * width + "".join(h.rjust(11) for h in head[:3]) + "".join(h.rjust(9) for h in head[3:])]
    table = fit.tidy()
    block = None
    for r in table.itertuples():
        if r.block != block and block is not None:
            rows.append("")
        block = r.block
        cells = (r.estimate, r.std_error, r.statistic)
        rows.append(
            r.term.ljust(width)
            + "".join(_number(c).rjust(11) for c in cells)
            + f"{r.p_value:.3f}".rjust(9)
            + "".join(_number(c).rjust(9 if len(_number(c)) < 9 else 11) for c in (r.conf_low, r.conf_high))
        )
    if fit.solution.uncorrected:
        rows += ["-" * line, *_correction(fit, width)]
    rows.append("=" * line)
    for test in fit.solution.tests:
        rows += textwrap.wrap(repr(test).replace("\n", " "), line, subsequent_indent="      ")
    if fit.spec.wy and fit.spec.wx:
        rows.append("Coefficients of WX are not spillovers: see tk.impacts(fit).")
    elif fit.spec.wy:
        rows.append("Coefficients are not marginal effects: see tk.impacts(fit).")
    for note in fit.notes:
        rows += textwrap.wrap(f"Note: {note}", line, subsequent_indent="      ")
    return "\n".join(rows)


def _correction(fit: Fit, width: int) -> list[str]:
    """What the bias correction changed."""
    after = {**fit.params.to_dict(), "sigma2": fit.sigma2}
    rows = ["Bias correction".ljust(width) + "".join(h.rjust(14) for h in ("uncorrected", "corrected", "difference"))]
    for term, before in fit.solution.uncorrected.items():
        cells = (before, after[term], after[term] - before)
        rows.append(term.ljust(width) + "".join(_number(c).rjust(14) for c in cells))
    return rows


def _pairs(items: list[tuple[str, str]]) -> list[str]:
    name = max(len(k) for k, _ in items) + 2
    return [f"{k}:".ljust(name) + v for k, v in items]


def _number(x: float) -> str:
    if not np.isfinite(x):
        return "--"
    return f"{x:.4f}" if 1e-3 <= abs(x) < 1e5 or x == 0 else f"{x:.3g}"
