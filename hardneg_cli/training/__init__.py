"""Training: rows as something to learn from, folds that no copy straddles, and out-of-fold probabilities."""
