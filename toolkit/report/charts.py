"""The charts of records under one name."""

from toolkit.report.autocorrelation import correlogram
from toolkit.report.by_year import geary_by_year, moran_by_year
from toolkit.report.convergence import convergence_scatter, dispersion, transition_paths
from toolkit.report.gaps import gap_by_year
from toolkit.report.inequality import decomposition_by_year, inequality_by_year, lorenz_curves
from toolkit.report.scatter import moran_bivariate_scatter, moran_scatter
from toolkit.report.specification_curve import specification_curve

__all__ = ["convergence_scatter", "correlogram", "decomposition_by_year", "dispersion", "gap_by_year", "geary_by_year", "inequality_by_year", "lorenz_curves", "moran_bivariate_scatter", "moran_by_year", "moran_scatter", "specification_curve", "transition_paths"]
