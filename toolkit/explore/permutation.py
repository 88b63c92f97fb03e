"""Permutation inference shared by the spatial statistics: draws, tails, corrections for many tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from toolkit.errors import InputError

__all__ = [
    "ALTERNATIVES",
    "Tally",
    "adjust",
    "check_count",
    "check_level",
    "draws",
    "normal_p",
    "resolve_seed",
    "tail_p",
    "tally",
]

#: Alternatives of a permutation test, with the p-value each takes from the two tail counts.
ALTERNATIVES = ("two-sided", "greater", "less", "directed")


def resolve_seed(seed: int | None) -> int:
    """The seed to use: the one given, or a fresh one that the record keeps so that the run can be repeated.

    Examples
    --------
    >>> resolve_seed(7)
    7
    """
    if seed is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise InputError(f"seed={seed!r} cannot start a random generator.", allowed="None or a whole number >= 0")
    return int(seed)


def check_count(permutations: int, least: int = 0) -> int:
    """Refuse a number of permutations that is not a whole number of at least `least`."""
    if isinstance(permutations, bool) or not isinstance(permutations, Integral) or permutations < least:
        raise InputError(
            f"permutations={permutations!r} is not a number of draws.", allowed=f"a whole number >= {least}, e.g. 999"
        )
    return int(permutations)


def check_level(level: float) -> float:
    """Refuse a significance level outside (0, 1)."""
    if not isinstance(level, (int, float)) or not 0 < level < 1:
        raise InputError(f"level={level!r} is not a significance level.", allowed="a number between 0 and 1, e.g. 0.05")
    return float(level)


def draws(n: int, permutations: int, seed: int, width: int = 1) -> Iterator[np.ndarray]:
    """Uniform permutations of 0..n-1 in blocks, the same whatever the size of the blocks.

    Parameters
    ----------
    n, permutations, seed : int
    width : int
        How many numbers the caller keeps for each permutation; blocks are cut so that it holds
        about one million at a time.

    Yields
    ------
    ndarray of int, shape (block, n)

    Examples
    --------
    >>> [b.shape for b in draws(5, 3, seed=1)]
    [(3, 5)]
    """
    rng = np.random.default_rng(seed)
    block = max(1, 1_000_000 // max(n, width))
    base = np.arange(n, dtype=np.int32)
    for start in range(0, permutations, block):
        yield rng.permuted(np.tile(base, (min(block, permutations - start), 1)), axis=1)


@dataclass(frozen=True)
class Tally:
    """What permutations of the whole map say about R statistics.

    Attributes
    ----------
    above, below : ndarray, shape (R,)
        Draws at least, and at most, as large as observed.
    mean, sd : ndarray, shape (R,)
        Of the draws; NaN without draws.
    draws : ndarray, shape (permutations, R), or None
        The statistics drawn, if they were kept.
    """

    above: np.ndarray
    below: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    draws: np.ndarray | None = None


def tally(
    statistic: np.ndarray,
    simulate: Callable[[np.ndarray], np.ndarray],
    n: int,
    permutations: int,
    seed: int,
    *,
    width: int = 1,
    keep: bool = False,
) -> Tally:
    """Compare R statistics with their values on permuted maps; all R see the same permutations.

    Parameters
    ----------
    statistic : ndarray, shape (R,)
        Draws within 1e-12 of its size (at least of 1) are ties, not rounding.
    simulate : callable
        From permutations (block, n) to the statistics (block, R).
    n, permutations, seed, width
        As for `draws`.
    keep : bool
        Keep the statistics drawn.
    """
    tie = 1e-12 * np.maximum(1.0, np.abs(statistic))
    above, below, total, squares = (np.zeros(statistic.shape) for _ in range(4))
    kept = []
    for block in draws(n, permutations, seed, width=width):
        sim = simulate(block)
        above += (sim >= statistic - tie).sum(axis=0)
        below += (sim <= statistic + tie).sum(axis=0)
        away = sim - statistic
        total += away.sum(axis=0)
        squares += (away**2).sum(axis=0)
        if keep:
            kept.append(sim)
    if not permutations:
        nothing = np.full(statistic.shape, np.nan)
        return Tally(above, below, nothing, nothing.copy(), np.empty((0, *statistic.shape)) if keep else None)
    mean = total / permutations
    sd = np.sqrt(np.maximum(squares / permutations - mean**2, 0))
    return Tally(above, below, statistic + mean, sd, np.concatenate(kept) if keep else None)


def tail_p(above: np.ndarray, below: np.ndarray, permutations: int, alternative: str) -> np.ndarray:
    """Permutation p-values from tail counts; the observed map counts as one of the draws.

    With g = (above + 1) / (P + 1) and l = (below + 1) / (P + 1): ``greater`` is g, ``less`` is l,
    ``two-sided`` is min(1, 2 min(g, l)), and ``directed`` is min(g, l), the pseudo p-value of GeoDa
    and esda, which is half the two-sided one.

    Parameters
    ----------
    above, below : ndarray
        How many of the draws are at least, and at most, as large as the observed statistic.
    permutations : int
        P; zero gives NaN.
    alternative : str
        One of `ALTERNATIVES`.

    Returns
    -------
    ndarray, the shape of `above`

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and their Application, section 4.3.

    Examples
    --------
    >>> float(tail_p(np.array(4), np.array(995), 999, "two-sided"))
    0.01
    """
    if alternative not in ALTERNATIVES:
        raise InputError(f"alternative={alternative!r} is unknown.", allowed=", ".join(ALTERNATIVES))
    above, below = np.asarray(above, float), np.asarray(below, float)
    if permutations == 0:
        return np.full(above.shape, np.nan)
    greater, less = (above + 1) / (permutations + 1), (below + 1) / (permutations + 1)
    match alternative:
        case "greater":
            return greater
        case "less":
            return less
        case "directed":
            return np.minimum(greater, less)
        case _:
            return np.minimum(1.0, 2 * np.minimum(greater, less))


def adjust(p: np.ndarray, method: str | None) -> np.ndarray:
    """P-values adjusted for the number of tests in each row; NaN marks a test that was not made.

    Parameters
    ----------
    p : ndarray, shape (T, N)
        Each row is a family of tests (the regions of one period).
    method : {"fdr", "bonferroni", None}
        ``fdr``: Benjamini and Hochberg's step-up, min over s >= rank of m p(s) / s, the false
        discovery rate under independent or positively dependent tests. ``bonferroni``: min(1, m p).
        None: unchanged.

    Returns
    -------
    ndarray, shape (T, N)

    References
    ----------
    Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300; for local
    statistics Caldas de Castro and Singer (2006), Geographical Analysis 38, 180-208.

    Examples
    --------
    >>> adjust(np.array([[0.01, 0.02, 0.03, 0.5]]), "fdr").round(3).tolist()
    [[0.04, 0.04, 0.04, 0.5]]
    """
    if method not in ("fdr", "bonferroni", None):
        raise InputError(f"p_adjust={method!r} is unknown.", allowed='"fdr", "bonferroni", None')
    p = np.asarray(p, float)
    tests = np.isfinite(p).sum(axis=-1, keepdims=True)
    if method is None:
        return p.copy()
    if method == "bonferroni":
        return np.minimum(1.0, p * tests)
    order = np.argsort(p, axis=-1)  # NaN sorts last
    scaled = np.take_along_axis(p, order, -1) * tests / np.arange(1, p.shape[-1] + 1)
    stepped = np.fmin.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    out = np.empty_like(p)
    np.put_along_axis(out, order, np.minimum(1.0, stepped), -1)
    return np.where(np.isfinite(p), out, np.nan)


def normal_p(score: np.ndarray, alternative: str) -> np.ndarray:
    """P-values of a standard normal score; alternatives as in `tail_p`."""
    from scipy.stats import norm

    match alternative:
        case "greater":
            return norm.sf(score)
        case "less":
            return norm.cdf(score)
        case "directed":
            return norm.sf(np.abs(score))
        case _:
            return 2 * norm.sf(np.abs(score))
