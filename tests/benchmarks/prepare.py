"""What preparing data for training is worth: python -m tests.benchmarks prepare DATA_FOLDER [--quick] [--seeds N]

On tables, texts and pictures that ship with packages (`real_sets.py`) and, where DATA_FOLDER has it, BANKING77; each
part prints its tables, means over the seeds with 95 % intervals, and whether each demand is met. --only NAME runs one
part.
"""

from __future__ import annotations

from . import parts


def main() -> None:
    parts.main("prepare", "prepare", __doc__)
