"""From standardised indicators and weights to one number: sum, geometric mean, TOPSIS, grey relation."""

from __future__ import annotations

import numpy as np

from toolkit.errors import DataError, InputError, listing

__all__ = ["AGGREGATES", "aggregate"]

AGGREGATES = ("sum", "geometric", "topsis", "grey")


def aggregate(z: np.ndarray, w: np.ndarray, method: str, base: str, distinguishing: float = 0.5) -> np.ndarray:
    """Scores (T, N) from standardised values (K, T, N) and weights (T, K) that sum to one in each period.

    ``sum``: sum_j w_j z_j. ``geometric``: prod_j z_j^w_j, z > 0. ``topsis`` (Hwang and Yoon 1981):
    v = w z, d+ and d- the Euclidean distances from the best and the worst of each indicator, d- / (d+ + d-).
    ``grey`` (Deng 1989): D = |best_j - z_j|, xi = (min D + rho max D) / (D + rho max D), extremes over all indicators
    and cells, sum_j w_j xi_j; rho = `distinguishing`. Best and worst are taken over the cells of the base.

    Examples
    --------
    >>> z = np.array([[[0.0, 1.0]], [[0.0, 1.0]]])
    >>> aggregate(z, np.array([[0.5, 0.5]]), "topsis", "pooled").tolist()
    [[0.0, 1.0]]
    """
    if method not in AGGREGATES:
        raise InputError(f"aggregate={method!r} is unknown.", allowed=listing(AGGREGATES))
    if not 0 < distinguishing <= 1:
        raise InputError(
            f"distinguishing={distinguishing!r} is no coefficient.", allowed="a number in (0, 1], e.g. 0.5"
        )
    weight = w.T[:, :, None]
    if method == "sum":
        return (weight * z).sum(axis=0)
    if method == "geometric":
        if (z <= 0).any():
            raise DataError(
                f"A geometric mean needs positive values; {int((z <= 0).sum())} standardised values are zero or less.",
                fix='use standardise="max" for positive data, or state a shift=, e.g. shift=0.01',
            )
        return np.exp((weight * np.log(z)).sum(axis=0))
    over = (1, 2) if base == "pooled" else (2,)
    if method == "topsis":
        v = weight * z
        to_best = np.sqrt(((v - v.max(axis=over, keepdims=True)) ** 2).sum(axis=0))
        to_worst = np.sqrt(((v - v.min(axis=over, keepdims=True)) ** 2).sum(axis=0))
        return to_worst / (to_best + to_worst)
    gap = z.max(axis=over, keepdims=True) - z
    cells = (0, *over)
    least, most = gap.min(axis=cells, keepdims=True), gap.max(axis=cells, keepdims=True)
    return (weight * (least + distinguishing * most) / (gap + distinguishing * most)).sum(axis=0)
