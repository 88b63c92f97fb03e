"""Speed and half-life of convergence from the slope of growth on the initial level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.errors import InputError

__all__ = ["Speed", "convergence_speed"]


@dataclass(frozen=True, slots=True)
class Speed:
    """Speed of convergence from a slope.

    Attributes
    ----------
    q, std_error : float
        Slope of mean annual growth on the logarithm of the initial level.
    years : float
        T, length of the span.
    speed, speed_se, speed_low, speed_high : float
        A year, as a share of the distance; NaN (or an infinite end) where q T <= -1.
    half_life, half_life_low, half_life_high : float
        In years; infinite where there is no convergence.
    reason : str
        Why the speed or half-life is undefined; empty otherwise.
    """

    q: float
    std_error: float
    years: float
    speed: float
    speed_se: float
    speed_low: float
    speed_high: float
    half_life: float
    half_life_low: float
    half_life_high: float
    reason: str = ""


def convergence_speed(q: float, years: float, std_error: float = float("nan"), level: float = 0.95) -> Speed:
    """Speed -ln(1 + q T) / T and half-life ln 2 / speed of a slope q.

    Parameters
    ----------
    q : float
        Slope of mean annual growth on the log initial level. (Of total growth over T years the slope is q T: divide by T.)
    years : float
        T.
    std_error : float
        Of q. That of the speed is se / (1 + q T); the interval is that of q, transformed.
    level : float

    Returns
    -------
    Speed

    References
    ----------
    Barro, R. and Sala-i-Martin, X. (1992). Convergence. Journal of Political Economy 100, 223-251.

    Examples
    --------
    >>> round(convergence_speed(-0.7187 / 65, 65).speed, 4)
    0.0195
    """
    from scipy.stats import norm

    if not np.isfinite(years) or years <= 0:
        raise InputError(f"years={years!r} is not the length of a span.", allowed="above 0")
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not a probability.", allowed="above 0 and below 1, e.g. 0.95")
    z = norm.ppf((1 + level) / 2)

    def speed(slope: float) -> float:
        return -np.log1p(slope * years) / years if slope * years > -1 else np.inf

    def half(s: float) -> float:
        return np.log(2) / s if s > 0 else np.inf

    low, high = speed(q + z * std_error), speed(q - z * std_error)
    if np.isnan(std_error):
        low = high = float("nan")
    here, reason = speed(q), ""
    if not np.isfinite(here):
        here, reason = float("nan"), f"q T = {q * years:.3g} <= -1: the gap closes and turns within the span"
    elif here <= 0:
        reason = "q >= 0: no convergence"
    life = float("nan") if np.isnan(here) else half(here)
    se = std_error / (1 + q * years) if np.isfinite(here) else float("nan")
    ends = (float("nan"), float("nan")) if np.isnan(std_error) else (half(high), half(low))
    return Speed(float(q), float(std_error), float(years), float(here), float(se), low, high, life, *ends, reason)
