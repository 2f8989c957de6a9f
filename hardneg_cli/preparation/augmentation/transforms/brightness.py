"""Brighter or darker, and with more or less contrast."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

OF = "picture"


def run(picture: Image, rng: Random, *, change: float = 0.25) -> Image | None:
    """change: how much brighter or darker, and of how much more or less contrast, it is at most."""
    from PIL import ImageEnhance

    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast):
        picture = kind(picture).enhance(1 + rng.uniform(-change, change))
    return picture
