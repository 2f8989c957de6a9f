"""Facts: what the evidence is made of, plain data."""
