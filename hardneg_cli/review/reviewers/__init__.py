"""How good the answers are: agreement, quality, consensus."""
