"""Which regressors say nothing new: absorbed by the fixed effects, or combinations of the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.models.transform import demean

__all__ = ["absorbed_columns", "collinear_columns"]

TOLERANCE = 1e-10  # of a column's norm


def absorbed_columns(X: np.ndarray, names: Sequence[str], effects: str) -> list[str]:
    """Names of the columns with no variation left once the fixed effects are removed.

    Parameters
    ----------
    X : ndarray, shape (T, N, k)
        Columns before the effects are removed.
    names : sequence of str, length k
    effects : {"none", "entity", "time", "twoway"}

    Returns
    -------
    list of str
        Columns whose norm falls below 1e-10 of what it was, and columns that are zero throughout.

    Examples
    --------
    >>> x = np.arange(6.0).reshape(3, 2, 1)
    >>> area = np.broadcast_to([[[1.0], [2.0]]], (3, 2, 1))
    >>> absorbed_columns(np.concatenate([x, area], axis=2), ["x", "area"], "entity")
    ['area']
    """
    X = np.asarray(X, dtype=float)
    before = np.sqrt(np.einsum("tnk,tnk->k", X, X))
    left = demean(X, effects)
    after = np.sqrt(np.einsum("tnk,tnk->k", left, left))
    return [name for name, a, b in zip(names, after, before, strict=True) if a <= TOLERANCE * b]


def collinear_columns(M: np.ndarray, names: Sequence[str], *, tolerance: float = TOLERANCE) -> list[tuple[str, str]]:
    """Columns that are combinations of columns before them, with the combination.

    Parameters
    ----------
    M : ndarray, shape (n, k)
        Regressors, freed of the fixed effects if there are any.
    names : sequence of str, length k
    tolerance : float
        Smallest singular value of columns of unit norm that are still told apart.

    Returns
    -------
    list of (str, str)
        Name and combination, e.g. ``("c", "a - 2 b")``; ``"0"`` for a column of zeros.

    Notes
    -----
    Columns are scaled to unit norm and reduced to a triangle by QR. They are taken in order of writing: a
    column is a combination when it brings the smallest singular value below the tolerance, so the later one
    of a set is the one named.

    Examples
    --------
    >>> a, b = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0])
    >>> collinear_columns(np.column_stack([a, b, a - 2 * b]), ["a", "b", "c"])
    [('c', 'a - 2 b')]
    """
    M = np.asarray(M, dtype=float)
    norms = np.sqrt(np.einsum("nk,nk->k", M, M))
    unit = M / np.where(norms > 0, norms, 1.0)
    triangle = np.linalg.qr(unit, mode="r")
    if _independent(triangle, tolerance):
        return []
    kept: list[int] = []
    found = []
    for j in range(M.shape[1]):
        if norms[j] > 0 and _independent(triangle[:, [*kept, j]], tolerance):
            kept.append(j)
        elif norms[j] == 0 or not kept:
            found.append((names[j], "0"))
        else:
            weights = np.linalg.lstsq(triangle[:, kept], triangle[:, j], rcond=None)[0]
            counts = np.abs(weights) > 1e-8 * np.abs(weights).max()
            scaled = weights * norms[j] / norms[kept]
            found.append((names[j], _written([(scaled[i], names[kept[i]]) for i in np.flatnonzero(counts)])))
    return found


def _independent(columns: np.ndarray, tolerance: float) -> bool:
    """Whether unit columns (m, k) have full column rank."""
    m, k = columns.shape
    return k == 0 or (m >= k and np.linalg.svd(columns, compute_uv=False)[-1] > tolerance)


def _written(parts: list[tuple[float, str]]) -> str:
    """``a - 2 b`` from [(1, "a"), (-2, "b")]; ``0`` for nothing."""
    text = ""
    for weight, name in parts:
        size = f"{abs(weight):.6g}"
        sign = ("-" if weight < 0 else "") if not text else (" - " if weight < 0 else " + ")
        text += sign + (name if size == "1" else f"{size} {name}")
    return text or "0"
