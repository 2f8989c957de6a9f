"""Opinions about rows, and one score of them."""
