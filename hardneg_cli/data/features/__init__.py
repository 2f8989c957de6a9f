"""Rows as numbers: what is chosen, texts and mixed columns as vectors."""
