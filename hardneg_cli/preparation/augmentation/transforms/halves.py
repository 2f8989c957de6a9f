"""The beginning of a text and the end of another one of its class: half of the words of each.

Words that tell the class then stand beside others than before (as in Guo et al., 2019, who mix sentences' vectors).
"""

from __future__ import annotations

from random import Random

from hardneg_cli.preparation.augmentation.transforms._words import TextSurroundings

OF = "text"


def run(text: str, beside: TextSurroundings, rng: Random, *, share: float = 0.5) -> str | None:
    """share: of the words of each that goes into the new text."""
    others = [other for other in (rng.choice(beside.others) for _ in range(3 if beside.others else 0)) if other != text]
    if not others:
        return None
    first, last = text.split(), others[0].split()
    begin, end = round(share * len(first)), round(share * len(last))
    if not (begin and end):
        return None
    changed = " ".join([*first[:begin], *last[-end:]])
    return None if changed == text else changed
