"""Who is near whom: builders, `SpatialWeights` and the operator (lag, log-determinant, solve, traces)."""
