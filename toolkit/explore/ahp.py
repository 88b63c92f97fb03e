"""The analytic hierarchy process: weights from pairwise comparisons, with their consistency."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, ToolkitWarning, listing
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AHP", "AHPHierarchy", "ahp", "ahp_hierarchy"]

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


@dataclass(frozen=True, eq=False)
class AHPHierarchy:
    """Weights of indicators from two levels of comparisons.

    Attributes
    ----------
    names : tuple of str, length k
        Indicators, dimension by dimension.
    weights : ndarray, shape (k,)
        Weight of the dimension times weight within it; they sum to one.
    dimensions : tuple of str, length k
    consistency_ratio : float
        Of the whole: sum_d w_d CI_d / sum_d w_d RI_d over the dimensions (0 where each has at most two indicators).
    top : AHP
    below : mapping of dimension to AHP
    """

    names: tuple[str, ...]
    weights: np.ndarray
    dimensions: tuple[str, ...]
    consistency_ratio: float
    top: AHP
    below: Mapping[str, AHP]

    def tidy(self) -> pd.DataFrame:
        """One row an indicator: criterion dimension dimension_weight within weight."""
        import pandas as pd

        upper = dict(zip(self.top.names, self.top.weights, strict=True))
        above = np.array([upper[d] for d in self.dimensions])
        return pd.DataFrame(
            {
                "criterion": self.names,
                "dimension": self.dimensions,
                "dimension_weight": above,
                "within": self.weights / above,
                "weight": self.weights,
            }
        )

    def glance(self) -> pd.DataFrame:
        """One row: criteria, dimensions, consistency_ratio of the whole and the largest of a single matrix."""
        import pandas as pd

        single = max(a.consistency_ratio for a in (self.top, *self.below.values()))
        row = {"criteria": len(self.names), "dimensions": len(self.below), "consistency_ratio": self.consistency_ratio}
        return pd.DataFrame([row | {"largest_single": single}])

    def __repr__(self) -> str:
        head = f"AHP of {len(self.names)} criteria in {len(self.below)} dimensions: CR = {self.consistency_ratio:.3f}"
        return f"{head}\n{self.tidy().to_string(index=False, float_format='%.4f')}"

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, float_format="%.4f")


def ahp_hierarchy(top: AHP, below: Mapping[str, AHP]) -> AHPHierarchy:
    """Weights of indicators: comparisons of dimensions, and within each dimension comparisons of its indicators.

    Parameters
    ----------
    top : AHP
        Over the dimensions.
    below : mapping of dimension to AHP
        Over the indicators of each dimension.

    Returns
    -------
    AHPHierarchy
        Can be given to `composite_index` as `weights`.

    Raises
    ------
    InputError
        A dimension without comparisons or the reverse, or an indicator in two dimensions.

    References
    ----------
    Saaty (1980), The Analytic Hierarchy Process, chapter 4 (consistency of a hierarchy).

    Examples
    --------
    >>> top = ahp([[1, 3], [1 / 3, 1]], ["economy", "nature"])
    >>> below = {"economy": ahp([[1, 2], [1 / 2, 1]], ["gdp", "jobs"]), "nature": ahp([[1, 1], [1, 1]], ["air", "water"])}
    >>> ahp_hierarchy(top, below).weights.round(3).tolist()
    [0.5, 0.25, 0.125, 0.125]
    """
    if (
        not isinstance(top, AHP)
        or not isinstance(below, Mapping)
        or not all(isinstance(a, AHP) for a in below.values())
    ):
        raise InputError(
            "top and below are not records of tk.ahp.", allowed="a record, and a mapping of dimension to record"
        )
    if set(top.names) != set(below):
        raise InputError(
            f"top compares {listing(top.names)}; below has {listing(below)}.", allowed="the same dimensions in both"
        )
    names = tuple(n for d in top.names for n in below[d].names)
    if len(set(names)) < len(names):
        raise InputError("An indicator stands in two dimensions.", fix="name each indicator once")
    weights = np.concatenate([w * below[d].weights for d, w in zip(top.names, top.weights, strict=True)])
    parts = [below[d] for d in top.names]
    chance = float(sum(w * a.random_index for w, a in zip(top.weights, parts, strict=True)))
    index = float(sum(w * a.consistency_index for w, a in zip(top.weights, parts, strict=True)))
    return AHPHierarchy(
        names=names,
        weights=frozen(weights),
        dimensions=tuple(d for d in top.names for _ in below[d].names),
        consistency_ratio=index / chance if chance else 0.0,
        top=top,
        below=MappingProxyType(dict(below)),
    )
