"""Questions to a fit: impacts, specification tests."""
