"""Evidence: what is learnt about the data, each piece gathered once and shared by every detector that names it."""
