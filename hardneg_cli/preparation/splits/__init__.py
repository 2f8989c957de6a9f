"""Parts or folds of a dataset, of which no two share a copy or a group."""
