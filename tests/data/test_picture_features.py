"""Small features of pictures: bounded, the same for the same picture, near for what looks alike."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hardneg_cli.data.features.picture_features import picture_features, pooled
from hardneg_cli.data.features.pictures import square
from hardneg_cli.io.files.picture_files import Unusable
from hardneg_cli.statistics.near_pictures import near_pictures
from support.picture_sets import digits


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def features(*pictures: Image.Image) -> NDArray[np.float32]:
    return picture_features(np.stack([square(encoded(one)) for one in pictures]))


def drawn(shape: str, color: str, at: int = 32) -> Image.Image:
    picture = Image.new("RGB", (80, 80), "white")
    getattr(ImageDraw.Draw(picture), shape)((at, at, at + 30, at + 30), fill=color)
    return picture


def small(pictures: list[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Brightness and colors, as near copies are told by."""
    pixels = np.stack([square(one) for one in pictures]).astype(np.float32)
    luma = pooled(pixels, 32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.rint(luma).astype(np.uint8), np.rint(pooled(pixels, 4)).astype(np.uint8)


def near(pictures: list[Image.Image] | list[bytes]) -> set[tuple[int, int]]:
    found = near_pictures(*small([one if isinstance(one, bytes) else encoded(one) for one in pictures]))
    return {(min(pair), max(pair)) for pair in found.T.tolist()}


def test_they_are_finite_and_of_one_size_whatever_the_picture() -> None:
    odd = [
        Image.new("L", (1, 1), 9), Image.new("RGB", (500, 3), "red"), Image.new("RGBA", (9, 9), (0, 0, 0, 0)),
        Image.new("I;16", (20, 20), 60000), Image.new("1", (30, 40)), Image.new("P", (8, 8)), drawn("ellipse", "red"),
    ]  # fmt: skip
    values = features(*odd)
    assert values.shape == (7, 304)
    assert np.isfinite(values).all()
    assert np.abs(values).max() < 10
    assert np.array_equal(features(odd[6]), values[6:])


def test_what_differs_in_shape_or_color_is_farther_than_what_is_moved_a_little() -> None:
    disk, moved, square_, blue = features(
        drawn("ellipse", "red"), drawn("ellipse", "red", 33), drawn("rectangle", "red"), drawn("ellipse", "blue")
    )
    step = np.linalg.norm(disk - moved)
    assert np.linalg.norm(disk - square_) > 1.5 * step
    assert np.linalg.norm(disk - blue) > 1.5 * step


def test_what_is_see_through_is_seen_on_white_and_what_is_turned_stands_upright() -> None:
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert (square(encoded(clear)) == 255).all()
    half = Image.new("RGB", (60, 40), "black")
    half.paste("white", (30, 0, 60, 40))
    turned = Image.Exif()
    turned[0x0112] = 6
    upright = square(encoded(half, "JPEG", exif=turned))
    assert upright[10, 32].mean() < 60 < 200 < upright[54, 32].mean()


@pytest.mark.parametrize(
    "content", [b"", b"no picture", encoded(Image.new("L", (50, 50)))[:60], b"GIF89a" + b"\xff" * 40]
)
def test_what_is_no_picture_is_unusable(content: bytes) -> None:
    with pytest.raises(Unusable):
        square(content)


@pytest.mark.slow
def test_digits_of_a_class_are_no_near_copies_and_their_copies_are() -> None:
    pictures, _ = digits(600)
    assert not near(pictures)
    one = pictures[7]
    copies = [
        encoded(one, "JPEG", quality=85), encoded(one.resize((64, 64), Image.Resampling.BICUBIC)),
        encoded(one.point(lambda level: min(255, int(level * 1.1)))), encoded(one, "WEBP", lossless=True),
    ]  # fmt: skip
    found = near([*map(encoded, pictures), *copies])
    assert {(7, 600 + place) for place in range(len(copies))} <= found
    assert all(one == 7 or one >= 600 for one, _ in found)


def test_photographs_that_were_changed_a_little_are_near_copies() -> None:
    random = np.random.default_rng(0)
    scenes = []
    for _ in range(30):
        coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize((240, 180), 3)
        fine = Image.fromarray(random.integers(0, 256, (40, 50, 3), dtype=np.uint8)).resize((240, 180), 3)
        scenes.append(Image.blend(coarse, fine, 0.3))
    one = scenes[4]
    changed = [
        one.resize((90, 70)), one.crop((6, 4, 234, 176)), one.point(lambda level: int(level * 0.88)),
        Image.open(io.BytesIO(encoded(one, "JPEG", quality=40))),
    ]  # fmt: skip
    assert not near(scenes)
    assert {pair for pair in near([*scenes, *changed]) if pair[0] == 4} == {(4, place) for place in range(30, 34)}


def test_blank_pictures_and_other_colors_are_no_near_copies() -> None:
    random = np.random.default_rng(1)
    blank = [Image.new("RGB", (30, 30), (200, 200, level)) for level in (9, 10, 11, 200)]
    noise = [Image.fromarray((250 + random.normal(size=(30, 30))).clip(0, 255).astype(np.uint8)) for _ in range(5)]
    assert not near([*blank, *noise, blank[0]])
    assert not near([drawn("ellipse", "#c04040"), drawn("ellipse", "#4070c0")])
    assert near([drawn("ellipse", "#c04040"), drawn("ellipse", "#c04040")]) == {(0, 1)}
    assert not near([drawn("ellipse", "red")])


def test_copies_of_one_picture_alone_are_near_copies() -> None:
    one = drawn("ellipse", "red")
    assert near([encoded(one), encoded(one, "JPEG"), encoded(one.resize((120, 120)))]) >= {(0, 1), (0, 2)}
