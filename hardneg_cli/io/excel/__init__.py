"""Workbooks, with their text exact."""
