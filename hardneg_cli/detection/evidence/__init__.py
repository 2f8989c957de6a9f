"""What is learnt about the data, each piece gathered once and shared by every detector and gate that names it."""
