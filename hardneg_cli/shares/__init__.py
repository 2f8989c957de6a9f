"""Shares: how a queue is dealt out to reviewers, what each of them gets to see, and how long it will take."""
