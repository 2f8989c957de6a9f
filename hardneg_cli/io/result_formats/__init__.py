"""One output format each: a table to a file or to standard output."""
