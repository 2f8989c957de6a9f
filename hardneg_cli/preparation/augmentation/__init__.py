"""Label-preserving versions of rows: how they are made, which are safe, and what they are worth on held-out rows."""
