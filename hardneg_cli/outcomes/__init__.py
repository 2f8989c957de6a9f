"""Outcomes: what the strategies came to, as tables."""
