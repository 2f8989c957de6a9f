"""Deciding: people's answers, matched with the rows they were given for, and carried out."""
