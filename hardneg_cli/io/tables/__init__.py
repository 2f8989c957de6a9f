"""Record batches of any table file, and edits to it."""
