"""A training weight for every row: the trust in its label, the size of its class, how hard it is."""
