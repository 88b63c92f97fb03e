"""Pages: tables, charts, maps, html. Sees records, never an estimator."""
