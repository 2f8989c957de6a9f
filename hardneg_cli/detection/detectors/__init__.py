"""Detectors: each file is named after a trouble and says which rows are in it."""
