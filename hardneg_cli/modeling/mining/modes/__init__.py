"""Mining modes: each file chooses hard rows of one kind."""
