"""Left and right exchanged, as in a mirror, which changes letters and digits."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

OF = "picture"


def run(picture: Image, rng: Random) -> Image | None:
    """Has no settings; None for a picture that is the same the other way round."""
    from PIL.Image import Transpose

    changed = picture.transpose(Transpose.FLIP_LEFT_RIGHT)
    return None if changed.tobytes() == picture.tobytes() else changed
