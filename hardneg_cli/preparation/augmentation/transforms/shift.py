"""Moved a little to the sides, up or down; the edge goes on where nothing comes in."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hardneg_cli.preparation.augmentation.transforms._moves import moved

if TYPE_CHECKING:
    from PIL.Image import Image

OF = "picture"


def run(picture: Image, rng: Random, *, share: float = 0.08) -> Image | None:
    """share: of the width and of the height that it moves at most."""
    wide, high = picture.size
    across, down = (rng.uniform(-share, share) for _ in range(2))
    return moved(picture, (1, 0, across * wide, 0, 1, down * high))
