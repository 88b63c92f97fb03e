"""What the readers of other packages share: numbers into a part, statistics and covariances in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from toolkit.report.tables.columns import Part
from toolkit.report.tables.terms import canonical

__all__ = ["clean", "part", "vcov_words"]

_VCOV = {
    "unadjusted": "classical",
    "nonrobust": "classical",
    "homoskedastic": "classical",
    "iid": "classical",
    "robust": "heteroskedasticity-robust",
    "hetero": "heteroskedasticity-robust",
    "white": "heteroskedasticity-robust",
    "clustered": "clustered",
    "cluster": "clustered",
}


def part(terms, estimate, error, statistic, p, limits, blocks=None) -> Part:
    """Estimates of one model, each argument of length k; limits of shape (k, 2)."""
    import pandas as pd

    arrays = {"estimate": estimate, "std_error": error, "statistic": statistic, "p_value": p}
    frame = pd.DataFrame({k: np.asarray(v, float) for k, v in arrays.items()})
    frame.insert(0, "term", [canonical(str(t)) for t in terms])
    frame.insert(1, "block", list(blocks) if blocks is not None else "X")
    frame["conf_low"], frame["conf_high"] = limits[:, 0], limits[:, 1]
    return Part(frame)


def clean(stats: Mapping[str, Any]) -> Mapping[str, float | int]:
    """Numbers only; what a package does not give is left out, not printed as missing."""
    out = {}
    for key, value in stats.items():
        if value is None or np.ndim(value) != 0 or not np.isfinite(value):
            continue
        out[key] = int(value) if key in ("nobs", "n_entities", "n_times") else float(value)
    return MappingProxyType(out)


def vcov_words(name: str) -> str:
    """Covariance estimator in words; names that are words already (Driscoll-Kraay, HC1) stay."""
    return _VCOV.get(re.sub(r"[\s_]", "", name).lower(), name)
