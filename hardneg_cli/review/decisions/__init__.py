"""What reviewers decided, what of it counts, and which rows it fits."""
