"""A dataset's rows, and what is derived from them without an opinion."""
