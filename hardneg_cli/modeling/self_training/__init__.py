"""Pseudo-labels with a proven error."""
