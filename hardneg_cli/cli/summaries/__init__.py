"""What a run found, collected or compared, in a few lines for people."""
