"""Metrics, and the comparison of models."""
