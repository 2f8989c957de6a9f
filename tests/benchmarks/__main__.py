"""Run a benchmark: python -m tests.benchmarks NAME [DATA_FOLDER] [options], from the top of the repository.

Benchmarks: audit, consensus, copies, decisions, detection, gate, learning, outlier, own-model, prepare, relabel,
scale, strategies; `NAME --help` says what it takes.
`pages` makes the tables of `hardneg_cli/manual/{quality,speed}.md` from `results/*.json`.
"""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "audit", "consensus", "copies", "decisions", "detection", "gate", "learning", "outlier", "own-model", "prepare",
    "relabel", "scale", "strategies",
    "pages",
)  # fmt: skip

if __name__ == "__main__":
    name, *arguments = sys.argv[1:] or [""]
    if name not in NAMES:
        sys.exit(f"{__doc__}\n{name or 'nothing'!r} is none of them")
    sys.argv = [f"python -m tests.benchmarks {name}", *arguments]
    sys.exit(import_module(f".{name.replace('-', '_')}", __package__).main())
