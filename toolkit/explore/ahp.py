"""The analytic hierarchy process: weights from pairwise comparisons, with their consistency."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, ToolkitWarning, listing
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AHP", "ahp"]

#: Saaty's random index by order of the matrix (Saaty 1980).
RANDOM_INDEX = (0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)


@dataclass(frozen=True, eq=False)
class AHP:
    """Weights of k criteria and the consistency of the judgements.

    Attributes
    ----------
    names : tuple of str, length k
    weights : ndarray, shape (k,)
        Principal right eigenvector, summing to one.
    lambda_max, consistency_index, random_index, consistency_ratio : float
        Largest eigenvalue; (lambda_max - k) / (k - 1); Saaty's random index; their ratio (0 for k = 2).
    comparisons : ndarray, shape (k, k)
    """

    names: tuple[str, ...]
    weights: np.ndarray
    lambda_max: float
    consistency_index: float
    random_index: float
    consistency_ratio: float
    comparisons: np.ndarray

    @property
    def consistent(self) -> bool:
        """Whether the consistency ratio is at most 0.1."""
        return self.consistency_ratio <= 0.1

    def tidy(self) -> pd.DataFrame:
        """One row a criterion: criterion weight."""
        import pandas as pd

        return pd.DataFrame({"criterion": self.names, "weight": self.weights})

    def glance(self) -> pd.DataFrame:
        """One row: criteria, lambda_max, consistency_index, random_index, consistency_ratio, consistent."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "criteria": len(self.names),
                    "lambda_max": self.lambda_max,
                    "consistency_index": self.consistency_index,
                    "random_index": self.random_index,
                    "consistency_ratio": self.consistency_ratio,
                    "consistent": self.consistent,
                }
            ]
        )

    def __repr__(self) -> str:
        verdict = "consistent" if self.consistent else "not consistent"
        head = f"AHP, {len(self.names)} criteria: CR = {self.consistency_ratio:.3f} ({verdict})"
        return f"{head}\n{self.tidy().to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def ahp(comparisons, names: Sequence[str] | None = None, *, inconsistent: str = "error") -> AHP:
    """Weights from a matrix of pairwise comparisons.

    Parameters
    ----------
    comparisons : array or DataFrame, shape (k, k)
        a_ij says how many times as important i is as j: positive, a_ji = 1 / a_ij, ones on the diagonal. An entry that
        was rounded by hand (0.33 for 1/3) is refused: write 1/3.
    names : sequence of str, optional
        Criteria; those of the DataFrame by default.
    inconsistent : {"error", "warn"}
        What to do where the consistency ratio is above 0.1.

    Returns
    -------
    AHP

    Raises
    ------
    InputError
        No such matrix; more than 15 criteria; judgements with a consistency ratio above 0.1.

    References
    ----------
    Saaty (1980), The Analytic Hierarchy Process, chapters 1-3; Saaty (1990), European Journal of Operational Research
    48, 9-26.

    Examples
    --------
    >>> record = ahp([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]], ["economy", "society", "nature"])
    >>> record.weights.round(3).tolist(), round(record.consistency_ratio, 3)
    ([0.637, 0.258, 0.105], 0.033)
    """
    if inconsistent not in ("error", "warn"):
        raise InputError(f"inconsistent={inconsistent!r} is unknown.", allowed='"error", "warn"')
    if names is None:
        names = [str(c) for c in getattr(comparisons, "columns", ())]
    a = np.array(comparisons, dtype=float)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not 2 <= len(a) <= len(RANDOM_INDEX):
        raise InputError(f"comparisons has shape {a.shape}.", allowed=f"(k, k), k from 2 to {len(RANDOM_INDEX)}")
    k = len(a)
    names = tuple(str(n) for n in names) or tuple(f"c{j + 1}" for j in range(k))
    if len(names) != k or len(set(names)) < k:
        raise InputError(f"names={list(names)!r} do not name {k} criteria, each once.")
    if not (np.isfinite(a).all() and (a > 0).all()):
        raise InputError("comparisons has missing, zero or negative entries.", allowed="positive ratios, e.g. 1/9 to 9")
    wrong = [(names[i], names[j]) for i in range(k) for j in range(i, k) if abs(a[i, j] * a[j, i] - 1) > 1e-8]
    if wrong:
        raise InputError(
            f"comparisons is not reciprocal at {listing(f'{i} / {j}' for i, j in wrong)}.",
            allowed="a_ji = 1 / a_ij and ones on the diagonal",
            fix="write fractions such as 1/3, not 0.33",
        )
    values, vectors = np.linalg.eig(a)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    largest = float(values[first].real)
    index = max(0.0, (largest - k) / (k - 1))
    random = RANDOM_INDEX[k - 1]
    ratio = index / random if random else 0.0
    if ratio > 0.1:
        said = f"The comparisons contradict one another: consistency ratio {ratio:.3f}, more than 0.1."
        fix = "revise the comparisons (see tidy() for what they imply), or accept them by inconsistent='warn'"
        if inconsistent == "error":
            raise InputError(said, fix=fix)
        warnings.warn(said, ToolkitWarning, stacklevel=2)
    return AHP(names, frozen(weights / weights.sum()), largest, index, random, ratio, frozen(a))
