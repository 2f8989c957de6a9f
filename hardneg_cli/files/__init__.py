"""Files: bytes in, record batches out, and the same bytes back with a few cells changed."""
