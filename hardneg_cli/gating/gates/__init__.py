"""Gates: each says yes or no to one thing about a dataset commit."""
