"""Stated rules that clean a dataset: what they decide about rows that nobody decided about, and what fills gaps."""
