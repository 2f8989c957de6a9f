"""Where the first model errs, and its probabilities corrected."""
