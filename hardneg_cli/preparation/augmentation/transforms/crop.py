"""A part of the picture brought to its whole size, or the picture a little smaller in its frame."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hardneg_cli.preparation.augmentation.transforms._moves import moved

if TYPE_CHECKING:
    from PIL.Image import Image

OF = "picture"


def run(picture: Image, rng: Random, *, share: float = 0.1) -> Image | None:
    """share: of the width and height that is cut off, or added, at most."""
    wide, high = picture.size
    size = 1 + rng.uniform(-share, share)
    room = abs(1 - size) / 2
    left = (1 - size) / 2 + rng.uniform(-room, room)
    top = (1 - size) / 2 + rng.uniform(-room, room)
    return moved(picture, (size, 0, left * wide, 0, size, top * high))
