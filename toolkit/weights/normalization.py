"""Scale a matrix of raw weights: ``row``, ``spectral``, ``minmax`` or ``none``."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from toolkit.errors import InputError

__all__ = ["NORMALIZATIONS", "check_normalization", "normalize"]

#: Names and how a table note words them.
NORMALIZATIONS = {
    "row": "row-standardised",
    "spectral": "spectral normalisation",
    "minmax": "min-max normalisation",
    "none": "not normalised",
}


def normalize(raw: sparse.csr_array, how: str) -> sparse.csr_array:
    """Return `raw` scaled; rows without links stay zero.

    Parameters
    ----------
    raw : csr_array, shape (N, N)
        Non-negative weights.
    how : {"row", "spectral", "minmax", "none"}
        ``row``: every row divided by its sum. ``spectral``: the matrix divided by its spectral radius.
        ``minmax``: divided by the smaller of the largest row sum and the largest column sum (Kelejian
        and Prucha 2010, J. Econometrics 157, p. 56). The last two scale by one number, so that
        symmetric weights stay symmetric; the spectral radius is then 1, respectively at most 1.

    Raises
    ------
    InputError
        `how` is not one of the four names.

    Examples
    --------
    >>> raw = sparse.csr_array(np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    >>> normalize(raw, "row").toarray()[0]
    array([0. , 0.5, 0.5])
    >>> float(normalize(raw, "minmax").max())
    0.5
    """
    check_normalization(how)
    if how == "none" or raw.nnz == 0:
        return raw.copy()
    rows = raw.sum(axis=1)
    if how == "row":
        scaled = raw.copy()
        per_row = np.diff(raw.indptr)
        scaled.data = raw.data / np.repeat(np.where(rows > 0, rows, 1.0), per_row)
        return scaled
    if how == "minmax":
        return raw / min(rows.max(), raw.sum(axis=0).max())
    from toolkit.weights.spectrum import spectral_radius

    return raw / spectral_radius(raw)


def check_normalization(how: str) -> None:
    """Refuse a name that is not a normalisation."""
    if how not in NORMALIZATIONS:
        raise InputError(f"normalize={how!r} is not a normalisation.", allowed=", ".join(NORMALIZATIONS))
