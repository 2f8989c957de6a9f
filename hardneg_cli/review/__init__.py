"""People: what they are asked and answer, and carrying that out."""
