"""Formats: findings to a file or to standard output."""
