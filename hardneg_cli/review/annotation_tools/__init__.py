"""One annotation tool each: tasks written for it, and its export read as a filled queue."""
