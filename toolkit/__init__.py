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
    "claims": "toolkit.data.claims",
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
    "markov": "toolkit.explore.markov",
    "spatial_markov": "toolkit.explore.spatial_markov",
    "lisa_markov": "toolkit.explore.lisa_markov",
    "rank_mobility": "toolkit.explore.rank_mobility",
    "densities": "toolkit.explore.densities",
    "stochastic_kernel": "toolkit.explore.stochastic_kernel",
    "centre_of_gravity": "toolkit.explore.centre_of_gravity",
    "csd_exponent": "toolkit.explore.cross_section_dependence",
    "inequality": "toolkit.explore.inequality",
    "lorenz": "toolkit.explore.lorenz",
    "theil": "toolkit.explore.theil",
    "dagum": "toolkit.explore.dagum",
    "gini_sources": "toolkit.explore.gini_sources",
    "gini_spatial": "toolkit.explore.gini_spatial",
    "polarisation": "toolkit.explore.polarisation",
    "gap_account": "toolkit.explore.gap_account",
    "ahp": "toolkit.explore.ahp",
    "ahp_hierarchy": "toolkit.explore.ahp",
    "composite_index": "toolkit.explore.composite_index",
    "coupling_coordination": "toolkit.explore.coupling",
    "index_uncertainty": "toolkit.explore.index_uncertainty",
    "indicator_system": "toolkit.explore.indicators",
    "complexity": "toolkit.explore.complexity",
    "concentration": "toolkit.explore.concentration",
    "homogeneity_test": "toolkit.explore.homogeneity",
    "krugman": "toolkit.explore.specialisation",
    "location_quotient": "toolkit.explore.location",
    "relatedness": "toolkit.explore.relatedness",
    "shift_share": "toolkit.explore.shift_share",
    "similarity": "toolkit.explore.similarity",
    "obstacle_degree": "toolkit.explore.obstacle",
    "shares_indicators": "toolkit.explore.index_overlap",
    "fit": "toolkit.models.fit",
    "simulate": "toolkit.models.simulate",
    "impacts": "toolkit.postestimation.impacts",
    "impact_matrix": "toolkit.postestimation.impact_detail",
    "impacts_between": "toolkit.postestimation.impact_detail",
    "impacts_by_order": "toolkit.postestimation.impact_detail",
    "marginal_effects": "toolkit.postestimation.marginal_effects",
    "predict": "toolkit.postestimation.predict",
    "probabilities": "toolkit.postestimation.posterior",
    "grid": "toolkit.designs.grid",
    "beta_convergence": "toolkit.designs.beta",
    "convergence_speed": "toolkit.designs.speed",
    "sigma_convergence": "toolkit.designs.sigma",
    "convergence_clubs": "toolkit.designs.clubs",
    "log_t": "toolkit.designs.log_t",
    "stochastic_convergence": "toolkit.designs.stochastic",
    "hausman": "toolkit.postestimation.hausman",
    "moran_residuals": "toolkit.postestimation.residual_tests",
    "select": "toolkit.postestimation.select",
    "spectests": "toolkit.postestimation.spectests",
    "wild_bootstrap": "toolkit.postestimation.wild_bootstrap",
    "table": "toolkit.report.table",
    "check": "toolkit.pipeline.check",
    "compare_estimates": "toolkit.pipeline.comparison",
    "crosscheck": "toolkit.pipeline.crosscheck",
    "balance_table": "toolkit.report.tables.balance",
    "correlation_table": "toolkit.report.tables.correlation",
    "describe_table": "toolkit.report.tables.describe",
}
_MODULES = {
    "weights": "toolkit.weights",
    "charts": "toolkit.report.charts",
    "maps": "toolkit.report.maps",
    "widgets": "toolkit.teaching.widgets",
    "errors": "toolkit.errors",
}

__all__ = ["__version__", *_OBJECTS, *_MODULES]

if TYPE_CHECKING:
    from toolkit import errors, weights
    from toolkit.data.claims import claims
    from toolkit.data.loaders import load
    from toolkit.data.panel import Panel
    from toolkit.designs.beta import beta_convergence
    from toolkit.designs.clubs import convergence_clubs
    from toolkit.designs.grid import grid
    from toolkit.designs.log_t import log_t
    from toolkit.designs.sigma import sigma_convergence
    from toolkit.designs.speed import convergence_speed
    from toolkit.designs.stochastic import stochastic_convergence
    from toolkit.explore.ahp import ahp, ahp_hierarchy
    from toolkit.explore.centre_of_gravity import centre_of_gravity
    from toolkit.explore.complexity import complexity
    from toolkit.explore.composite_index import composite_index
    from toolkit.explore.concentration import concentration
    from toolkit.explore.correlogram import correlogram
    from toolkit.explore.coupling import coupling_coordination
    from toolkit.explore.cross_section_dependence import csd_exponent
    from toolkit.explore.dagum import dagum
    from toolkit.explore.densities import densities
    from toolkit.explore.gap_account import gap_account
    from toolkit.explore.geary import geary
    from toolkit.explore.getis_ord import getis_ord
    from toolkit.explore.gini_sources import gini_sources
    from toolkit.explore.gini_spatial import gini_spatial
    from toolkit.explore.homogeneity import homogeneity_test
    from toolkit.explore.index_overlap import shares_indicators
    from toolkit.explore.index_uncertainty import index_uncertainty
    from toolkit.explore.indicators import indicator_system
    from toolkit.explore.inequality import inequality
    from toolkit.explore.join_count import join_count
    from toolkit.explore.lisa_markov import lisa_markov
    from toolkit.explore.local_bivariate import local_moran_bivariate
    from toolkit.explore.local_geary import local_geary
    from toolkit.explore.local_join_count import local_join_count
    from toolkit.explore.local_moran import local_moran
    from toolkit.explore.location import location_quotient
    from toolkit.explore.lorenz import lorenz
    from toolkit.explore.mantel import mantel
    from toolkit.explore.markov import markov
    from toolkit.explore.moran import moran
    from toolkit.explore.moran_bivariate import moran_bivariate
    from toolkit.explore.moran_variants import moran_differential, moran_rates
    from toolkit.explore.mrqap import mrqap
    from toolkit.explore.obstacle import obstacle_degree
    from toolkit.explore.polarisation import polarisation
    from toolkit.explore.rank_mobility import rank_mobility
    from toolkit.explore.relatedness import relatedness
    from toolkit.explore.shift_share import shift_share
    from toolkit.explore.similarity import similarity
    from toolkit.explore.spatial_markov import spatial_markov
    from toolkit.explore.specialisation import krugman
    from toolkit.explore.stochastic_kernel import stochastic_kernel
    from toolkit.explore.theil import theil
    from toolkit.models.fit import fit
    from toolkit.models.simulate import simulate
    from toolkit.pipeline.check import check
    from toolkit.pipeline.comparison import compare_estimates
    from toolkit.pipeline.crosscheck import crosscheck
    from toolkit.postestimation.hausman import hausman
    from toolkit.postestimation.impact_detail import impact_matrix, impacts_between, impacts_by_order
    from toolkit.postestimation.impacts import impacts
    from toolkit.postestimation.marginal_effects import marginal_effects
    from toolkit.postestimation.posterior import probabilities
    from toolkit.postestimation.predict import predict
    from toolkit.postestimation.residual_tests import moran_residuals
    from toolkit.postestimation.select import select
    from toolkit.postestimation.spectests import spectests
    from toolkit.postestimation.wild_bootstrap import wild_bootstrap
    from toolkit.report import charts, maps
    from toolkit.report.table import table
    from toolkit.report.tables.balance import balance_table
    from toolkit.report.tables.correlation import correlation_table
    from toolkit.report.tables.describe import describe_table
    from toolkit.teaching import widgets
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
