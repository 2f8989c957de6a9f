"""What is typed and what is shown; typer and rich are known here."""
