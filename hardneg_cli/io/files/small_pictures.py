"""Pictures decoded by Pillow, made small on the way; what it raises for bytes that are none is one exception."""

from __future__ import annotations

import importlib.util
import io
import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hardneg_cli.io.files.picture_files import Unusable

if TYPE_CHECKING:
    from PIL.Image import Image

PILLOW = "pictures are decoded by Pillow, which is not installed: pip install 'hardneg-cli[images]'"
MOST_PIXELS = 1 << 26  # of a picture that must be decoded at its full size
KINDS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")  # what Pillow may decode; others start programs, such as EPS
SILENT = logging.NullHandler()
# What Pillow's readers are known to raise for files that are cut off or not what they seem
BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, AssertionError, RuntimeError,
    struct.error, zlib.error,
)  # fmt: skip


def has_pillow() -> bool:
    """Whether pictures can be decoded here."""
    try:
        return importlib.util.find_spec("PIL.Image") is not None
    except (ImportError, ValueError):  # there is something of that name, and it is not Pillow
        return False


@contextmanager
def decoding() -> Iterator[None]:
    """What Pillow raises inside is raised as Unusable."""
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except Image.DecompressionBombError as error:
        raise Unusable("has too many pixels") from error
    except UnidentifiedImageError as error:
        raise Unusable("is no picture, or of no kind that is known here") from error
    except BROKEN as error:
        raise Unusable("is a broken picture") from error
    except MemoryError as error:
        raise Unusable("takes too much memory") from error


@contextmanager
def in_silence() -> Iterator[None]:
    """Nothing of what Pillow logs about broken files, or warns of odd metadata, is heard: an exception matters."""
    logging.getLogger("PIL").addHandler(SILENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def small_picture(content: bytes, side: int) -> tuple[Image, tuple[int, int]]:
    """The first frame, at most `side` pixels a side, turned as its EXIF data say, and how large it is in the file.

    Raises what `decoding` knows. A JPEG is decoded at a fraction of its size.
    """
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(content), formats=KINDS) as image:
        size = image.size
        if image.width * image.height > MOST_PIXELS and image.format not in ("JPEG", "MPO"):
            raise Image.DecompressionBombError
        image.thumbnail((side, side), reducing_gap=1.5)
        image.load()
        return ImageOps.exif_transpose(image), size


def plain(image: Image) -> Image:
    """As RGB or gray; 16 bits a pixel, which converting would cut off at white, are scaled first."""
    if image.mode.startswith("I") or image.mode == "F":
        import numpy as np
        from PIL.Image import fromarray

        pixels = np.asarray(image, np.float64)
        span = max(np.nan_to_num(pixels).max(), 255.0)
        return fromarray((np.nan_to_num(pixels).clip(0) * (255 / span)).astype(np.uint8))
    return image if image.mode == "L" else image.convert("RGB")
