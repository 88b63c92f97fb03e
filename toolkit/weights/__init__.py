"""Who is near whom: builders, `SpatialWeights` and the operator (lag, log-determinant, solve, traces).

Every name is imported on first use, so ``import toolkit.weights`` stays cheap::

    import toolkit as tk

    W = tk.weights.queen(panel, link={"Hainan": "Guangdong"})
    W.operator.logdet(0.4)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_NAMES = {
    "SpatialWeights": "spatial_weights",
    "Operator": "operator",
    "LogdetCurve": "logdet",
    "queen": "contiguity",
    "rook": "contiguity",
    "knn": "distance",
    "distance_band": "distance",
    "inverse_distance": "distance",
    "kernel": "distance",
    "economic": "similarity",
    "gravity": "similarity",
    "nested": "similarity",
    "from_matrix": "interchange",
    "from_graph": "interchange",
    "read": "files",
    "yearly": "by_period",
    "YearlyWeights": "by_period",
}

__all__ = [
    "LogdetCurve",
    "Operator",
    "SpatialWeights",
    "YearlyWeights",
    "distance_band",
    "economic",
    "from_graph",
    "from_matrix",
    "gravity",
    "inverse_distance",
    "kernel",
    "knn",
    "nested",
    "queen",
    "read",
    "rook",
    "yearly",
]

if TYPE_CHECKING:
    from toolkit.weights.by_period import YearlyWeights, yearly
    from toolkit.weights.contiguity import queen, rook
    from toolkit.weights.distance import distance_band, inverse_distance, kernel, knn
    from toolkit.weights.files import read
    from toolkit.weights.interchange import from_graph, from_matrix
    from toolkit.weights.logdet import LogdetCurve
    from toolkit.weights.operator import Operator
    from toolkit.weights.similarity import economic, gravity, nested
    from toolkit.weights.spatial_weights import SpatialWeights


def __getattr__(name: str):
    if name not in _NAMES:
        raise AttributeError(f"toolkit.weights has no public name {name!r}; it has: {', '.join(__all__)}")
    value = getattr(import_module(f"toolkit.weights.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
