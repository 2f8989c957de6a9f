"""Yes or no to a dataset commit."""
