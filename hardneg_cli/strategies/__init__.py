"""Strategies: each file is an algorithm that turns what a model gets wrong into training data; see its docstring."""
