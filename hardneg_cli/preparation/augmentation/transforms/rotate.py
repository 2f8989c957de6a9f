"""Turned around its center by a few degrees; the edge goes on where nothing comes in."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hardneg_cli.preparation.augmentation.transforms._moves import bordered

if TYPE_CHECKING:
    from PIL.Image import Image

OF = "picture"


def run(picture: Image, rng: Random, *, degrees: float = 10.0) -> Image | None:
    """degrees: how far it turns at most."""
    from PIL.Image import Resampling

    wide, high = picture.size
    turned = bordered(picture).rotate(rng.uniform(-degrees, degrees), Resampling.BILINEAR)
    return turned.crop((wide, high, 2 * wide, 2 * high))
