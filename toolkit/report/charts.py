"""The charts of records under one name."""

from toolkit.report.autocorrelation import correlogram
from toolkit.report.by_year import geary_by_year, moran_by_year
from toolkit.report.centre_path import centre_path
from toolkit.report.coefficient_plot import coefficients
from toolkit.report.convergence import convergence_scatter, dispersion, regional_unit_roots, transition_paths
from toolkit.report.coordination import coupling_by_year, obstacle_degrees
from toolkit.report.density_charts import density_surface, kernel_contour, ridges
from toolkit.report.event_study import event_study
from toolkit.report.gaps import gap_by_year
from toolkit.report.impact_plot import impacts
from toolkit.report.index import index_by_year, index_ranks, index_weights
from toolkit.report.industry_space import industry_space
from toolkit.report.inequality import decomposition_by_year, inequality_by_year, lorenz_curves
from toolkit.report.marginal_plot import marginal_effects
from toolkit.report.poles import gini_spatial_by_year, polarisation_by_year
from toolkit.report.rank_paths import rank_paths
from toolkit.report.sankey import mobility_sankey
from toolkit.report.scatter import moran_bivariate_scatter, moran_scatter
from toolkit.report.specification_curve import specification_curve
from toolkit.report.structure import location_quotients, shift_share_bars, similarity_map
from toolkit.report.transition_charts import transitions

__all__ = [
    "centre_path",
    "coefficients",
    "convergence_scatter",
    "correlogram",
    "coupling_by_year",
    "decomposition_by_year",
    "density_surface",
    "dispersion",
    "event_study",
    "gap_by_year",
    "geary_by_year",
    "gini_spatial_by_year",
    "impacts",
    "index_by_year",
    "index_ranks",
    "index_weights",
    "industry_space",
    "inequality_by_year",
    "kernel_contour",
    "location_quotients",
    "lorenz_curves",
    "marginal_effects",
    "mobility_sankey",
    "moran_bivariate_scatter",
    "moran_by_year",
    "moran_scatter",
    "obstacle_degrees",
    "polarisation_by_year",
    "rank_paths",
    "regional_unit_roots",
    "ridges",
    "shift_share_bars",
    "similarity_map",
    "specification_curve",
    "transition_paths",
    "transitions",
]
