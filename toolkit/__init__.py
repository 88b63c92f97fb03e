"""Spatial econometrics for regional economists: from a panel and a map to a publishable table.

Everything public hangs off this module and is imported on first use::

    import toolkit as tk

    panel = tk.load("munnell")
    W = tk.weights.queen(panel)
    fit = tk.fit("log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp", panel, W, model="sdm", effects="twoway")
    tk.impacts(fit)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# public name -> module that holds it; a name equal to the module's last part may be the module itself
_OBJECTS = {
    "Panel": "toolkit.data.panel",
    "load": "toolkit.data.loaders",
    "SpatialWeights": "toolkit.weights.spatial_weights",
    "moran": "toolkit.explore.moran",
    "moran_bivariate": "toolkit.explore.moran_bivariate",
    "moran_differential": "toolkit.explore.moran_variants",
    "moran_rates": "toolkit.explore.moran_variants",
    "geary": "toolkit.explore.geary",
    "correlogram": "toolkit.explore.correlogram",
    "mantel": "toolkit.explore.mantel",
    "mrqap": "toolkit.explore.mrqap",
    "join_count": "toolkit.explore.join_count",
    "local_moran": "toolkit.explore.local_moran",
    "local_moran_bivariate": "toolkit.explore.local_bivariate",
    "local_geary": "toolkit.explore.local_geary",
    "local_join_count": "toolkit.explore.local_join_count",
    "getis_ord": "toolkit.explore.getis_ord",
    "csd_exponent": "toolkit.explore.cross_section_dependence",
    "fit": "toolkit.models.fit",
    "impacts": "toolkit.postestimation.impacts",
    "impact_matrix": "toolkit.postestimation.impact_detail",
    "impacts_between": "toolkit.postestimation.impact_detail",
    "impacts_by_order": "toolkit.postestimation.impact_detail",
    "predict": "toolkit.postestimation.predict",
    "probabilities": "toolkit.postestimation.posterior",
    "grid": "toolkit.designs.grid",
    "hausman": "toolkit.postestimation.hausman",
    "moran_residuals": "toolkit.postestimation.residual_tests",
    "select": "toolkit.postestimation.select",
    "spectests": "toolkit.postestimation.spectests",
    "wild_bootstrap": "toolkit.postestimation.wild_bootstrap",
    "table": "toolkit.report.table",
}
_MODULES = {
    "weights": "toolkit.weights",
    "charts": "toolkit.report.charts",
    "maps": "toolkit.report.maps",
    "errors": "toolkit.errors",
}

__all__ = ["__version__", *_OBJECTS, *_MODULES]

if TYPE_CHECKING:
    from toolkit import errors, weights
    from toolkit.data.loaders import load
    from toolkit.data.panel import Panel
    from toolkit.designs.grid import grid
    from toolkit.explore.correlogram import correlogram
    from toolkit.explore.cross_section_dependence import csd_exponent
    from toolkit.explore.geary import geary
    from toolkit.explore.getis_ord import getis_ord
    from toolkit.explore.join_count import join_count
    from toolkit.explore.local_bivariate import local_moran_bivariate
    from toolkit.explore.local_geary import local_geary
    from toolkit.explore.local_join_count import local_join_count
    from toolkit.explore.local_moran import local_moran
    from toolkit.explore.mantel import mantel
    from toolkit.explore.moran import moran
    from toolkit.explore.moran_bivariate import moran_bivariate
    from toolkit.explore.moran_variants import moran_differential, moran_rates
    from toolkit.explore.mrqap import mrqap
    from toolkit.models.fit import fit
    from toolkit.postestimation.hausman import hausman
    from toolkit.postestimation.impact_detail import impact_matrix, impacts_between, impacts_by_order
    from toolkit.postestimation.impacts import impacts
    from toolkit.postestimation.posterior import probabilities
    from toolkit.postestimation.predict import predict
    from toolkit.postestimation.residual_tests import moran_residuals
    from toolkit.postestimation.select import select
    from toolkit.postestimation.spectests import spectests
    from toolkit.postestimation.wild_bootstrap import wild_bootstrap
    from toolkit.report import charts, maps
    from toolkit.report.table import table
    from toolkit.weights.spatial_weights import SpatialWeights


def __getattr__(name: str):
    if name in _OBJECTS:
        value = getattr(import_module(_OBJECTS[name]), name)
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    else:
        raise AttributeError(f"toolkit has no public name {name!r}; it has: {', '.join(__all__)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
