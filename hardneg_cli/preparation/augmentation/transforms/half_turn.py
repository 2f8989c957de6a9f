"""Turned by 180 degrees, which makes a 9 of a 6; by name only, for pictures that have no top."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

OF = "picture"
MILD = False


def run(picture: Image, rng: Random) -> Image | None:
    """Has no settings; None for a picture that is the same the other way round."""
    from PIL.Image import Transpose

    changed = picture.transpose(Transpose.ROTATE_180)
    return None if changed.tobytes() == picture.tobytes() else changed
