"""Versions of rows that fool a model, and training against them."""
