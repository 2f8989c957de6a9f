"""Bytes: where they are, how they are encoded, how they are written whole."""
