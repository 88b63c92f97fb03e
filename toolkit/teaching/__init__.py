"""Exercises: build, grade, and play with rho and W."""
