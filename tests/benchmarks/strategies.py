"""What each of the model's half is worth: python -m tests.benchmarks strategies DATA_FOLDER [--quick] [--seeds N]

On scikit-learn's digits, tables and texts that ship with packages and, where DATA_FOLDER has it, BANKING77, mostly with
10 % of the training labels planted wrong, half of them to any class and half to look-alikes; each part prints its
tables, means over the seeds with 95 % intervals, and whether each demand is met. --only NAME runs one part.
"""

from __future__ import annotations

from . import parts


def main() -> None:
    parts.main("strategies", "strategy", __doc__)
