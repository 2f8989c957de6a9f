"""Methods on arrays; they know no dataset and no file."""
