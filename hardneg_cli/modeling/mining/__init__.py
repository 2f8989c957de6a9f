"""Hard negatives, kept apart from mislabels."""
