"""What gates answer to small datasets and their bases, as cases; `EVERY` has all of them by name.

A module here with a list CASES adds to them. test_gate_specification.py holds the code to the cases, and
test_planted_faults.py the cases to the faults that they have to notice.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from support.specifications.case import Case

MODULES = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
EVERY: dict[str, Case] = {
    case.name: case
    for module in MODULES
    if module != "__init__"
    for case in getattr(import_module(f"support.specifications.{module}"), "CASES", ())
}
