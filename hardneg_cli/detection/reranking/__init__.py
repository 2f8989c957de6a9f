"""A better order of the findings, learned from decisions."""
