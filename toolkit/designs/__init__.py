"""Research questions built on the estimators."""
