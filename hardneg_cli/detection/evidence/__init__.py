"""What is learnt about the data, each piece gathered once and shared by every detector and gate that names it.

A piece is named after its file. Its function's parameters name what it is made from: other pieces, or what a run is
given. A piece may have `notes`, which the run's summary shows.

    # copies.py
    "Rows whose whole content is the same."

    def gather(dataset: Dataset) -> Copies:
        ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

GIVEN = {
    "dataset": "labels",
    "probabilities": "probabilities (--probs)",
    "feature_choice": "features (--features or --text)",
    "baseline": "a base (--base or --state)",
}  # what a run is given, and what a user has to bring for it


class EvidencePiece(Protocol):
    """What every piece of evidence has: `gather(evidence…)`, which raises Unavailable where there is none."""

    gather: Callable[..., Any]
