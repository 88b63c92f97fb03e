"""Describe: statistics of the data that need no regression."""
