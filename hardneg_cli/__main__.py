"""`python -m hardneg_cli`."""

from hardneg_cli.app import main

main()
