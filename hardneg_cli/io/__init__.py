"""Bytes, files, tables, and other people's frames."""
