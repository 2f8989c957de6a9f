"""Colors stronger or paler, and a little of another hue; pictures in gray have no other version."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

OF = "picture"


def run(picture: Image, rng: Random, *, change: float = 0.4) -> Image | None:
    """change: how much stronger or paler colors are at most."""
    from PIL import ImageEnhance

    if picture.mode == "L":
        return None
    changed = ImageEnhance.Color(picture).enhance(1 + rng.uniform(-change, change))
    return None if changed.tobytes() == picture.tobytes() else changed
