"""Estimation: from class probabilities and doubts to the probability that a label is wrong."""
