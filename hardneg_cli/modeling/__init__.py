"""Models: folds that no copy straddles, out-of-fold predictions, and what comes of a model's mistakes."""
