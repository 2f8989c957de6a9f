"""Attacks and defenses: each file is one method, after the paper that its docstring names."""
