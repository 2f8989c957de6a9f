"""Who looks at which rows, what they see, and how long it will take."""
