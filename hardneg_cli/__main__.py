"""`python -m hardneg_cli`."""

from hardneg_cli.cli.app import main

main()
