"""One estimator core: spec, design, transform, likelihood, covariance, fit."""
