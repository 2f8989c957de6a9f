"""Makes a dataset ready for training: splits, weights, augmented rows, cleaning by policy."""
