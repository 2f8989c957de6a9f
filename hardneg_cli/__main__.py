"""`python -m hardneg_cli`, which imports nothing from the working folder, where anybody's files may lie.

What Python itself imports before it comes here is beyond that: `hardneg`, or `python -P -m hardneg_cli`, is without it.
"""

import os
import sys

own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if not sys.flags.safe_path and os.path.abspath(sys.path[0]) != own:
    del sys.path[0]

from hardneg_cli.cli.app import main  # noqa: E402

main()
