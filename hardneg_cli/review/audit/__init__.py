"""A random sample with known probabilities, and what it says of all rows."""
