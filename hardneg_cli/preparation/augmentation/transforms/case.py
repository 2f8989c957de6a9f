"""Another case: all letters small, all large, or each word with a large one, as people and devices write.

Models that fold the case see a copy. Texts in a script without case have no other version.
"""

from __future__ import annotations

from random import Random

from hardneg_cli.preparation.augmentation.transforms._words import TextSurroundings

OF = "text"


def run(text: str, beside: TextSurroundings, rng: Random, *, shouting: bool = True) -> str | None:
    """shouting: whether all letters may become large."""
    versions = [text.lower(), text[:1].upper() + text[1:].lower(), text.title(), *([text.upper()] if shouting else [])]
    other = [version for version in dict.fromkeys(versions) if version != text]
    return rng.choice(other) if other else None
