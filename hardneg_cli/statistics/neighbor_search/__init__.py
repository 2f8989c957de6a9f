"""The rows nearest to each row, exact or by an index, the same whatever the machine's threads."""
