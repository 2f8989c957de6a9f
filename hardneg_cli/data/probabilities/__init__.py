"""Models' class probabilities as row blocks."""
