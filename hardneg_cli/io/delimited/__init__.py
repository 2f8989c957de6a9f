"""Delimited text as raw records, so that an edit leaves every other byte as it is."""
