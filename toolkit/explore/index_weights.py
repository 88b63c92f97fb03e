"""Weights taken from the data: entropy, CRITIC, coefficient of variation, principal components, equal."""

from __future__ import annotations

import numpy as np

from toolkit.errors import DataError, InputError, listing

__all__ = ["SCHEMES", "critic", "cv", "entropy", "equal", "pca"]


def entropy(z: np.ndarray, x: np.ndarray | None = None, names: tuple[str, ...] = ()) -> np.ndarray:
    """Entropy weights: what differs more between cells weighs more.

    p_jm = z_jm / sum_m z_jm; e_j = -(1 / ln M) sum_m p_jm ln p_jm with 0 ln 0 = 0, its limit; w_j is (1 - e_j) over
    the sum of (1 - e).

    Parameters
    ----------
    z : ndarray, shape (K, M)
        Standardised, never negative.
    x, names
        Not used: the schemes share one signature.

    Returns
    -------
    ndarray, shape (K,)

    References
    ----------
    Shannon (1948); Zeleny (1982), Multiple Criteria Decision Making, ch. 7; Hwang and Yoon (1981), Multiple Attribute Decision Making.

    Examples
    --------
    >>> entropy(np.array([[1.0, 0.0], [0.5, 0.5]])).tolist()
    [1.0, 0.0]
    """
    if z.shape[1] < 2:
        raise DataError("Entropy weights need at least two cells.")
    if (z < 0).any():
        raise InputError(
            "Entropy weights are not defined for negative standardised values.",
            allowed='standardise="minmax", "rank", "share", "max", "vector"',
        )
    p = z / z.sum(axis=1, keepdims=True)
    logs = np.log(np.where(p > 0, p, 1.0))
    divergence = 1 + (p * logs).sum(axis=1) / np.log(z.shape[1])
    return divergence / divergence.sum()


def critic(z: np.ndarray, x: np.ndarray | None = None, names: tuple[str, ...] = ()) -> np.ndarray:
    """CRITIC weights: contrast times conflict, w_j proportional to sd_j sum_k (1 - r_jk), on standardised values.

    On z-scores every sd is one and only the conflict counts. Diakoulaki, Mavrotas and Papayannakis (1995), Computers &
    Operations Research 22, 763-770.

    Examples
    --------
    >>> critic(np.array([[0.0, 0.5, 1.0], [0.0, 0.5, 1.0], [1.0, 0.0, 1.0]])).round(3).tolist()
    [0.232, 0.232, 0.536]
    """
    information = z.std(axis=1) * (1 - np.corrcoef(z)).sum(axis=1)
    if information.sum() <= 1e-12:
        raise DataError("CRITIC weights are not defined: all indicators are perfectly correlated.")
    return information / information.sum()


def cv(z: np.ndarray, x: np.ndarray, names: tuple[str, ...] = ()) -> np.ndarray:
    """Weights in proportion to the coefficient of variation sd_j / mean_j of the raw values, which must be >= 0."""
    bad = np.flatnonzero((x < 0).any(axis=1))
    if bad.size:
        raise DataError(
            f"The coefficient of variation has no meaning for negative values: {listing(names[k] for k in bad)}.",
            fix='use weights="entropy", "critic", "pca" or "equal"',
        )
    v = x.std(axis=1) / x.mean(axis=1)
    return v / v.sum()


def pca(z: np.ndarray, x: np.ndarray | None = None, names: tuple[str, ...] = ()) -> np.ndarray:
    """Squared loadings on the principal components of the correlation matrix with eigenvalue >= 1 (Kaiser).

    w_j = sum_c s_c a_jc^2, a_c the eigenvectors of unit length, s_c the eigenvalue of c over the sum of those kept:
    the weights sum to one. OECD and JRC (2008), Handbook on Constructing Composite Indicators, step 6, without rotation.
    The sign of a loading plays no part: an indicator that runs against the others still counts by its direction.

    Examples
    --------
    >>> pca(np.array([[0.0, 0.5, 1.0], [0.0, 0.5, 1.0]])).round(3).tolist()
    [0.5, 0.5]
    """
    values, vectors = np.linalg.eigh(np.corrcoef(z))
    kept = values >= 1 - 1e-9
    return (vectors[:, kept] ** 2) @ (values[kept] / values[kept].sum())


def equal(z: np.ndarray, x: np.ndarray | None = None, names: tuple[str, ...] = ()) -> np.ndarray:
    """1 / K for each of K indicators."""
    return np.full(len(z), 1 / len(z))


#: Schemes by name: functions of standardised values (K, M), raw values (K, M) and names.
SCHEMES = {"entropy": entropy, "critic": critic, "cv": cv, "pca": pca, "equal": equal}
