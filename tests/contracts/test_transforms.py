"""What holds for every transform, now and later."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from hardneg_cli.preparation.augmentation.transforms import TRANSFORMS
from hardneg_cli.preparation.augmentation.transforms._columns import ClassRows
from hardneg_cli.preparation.augmentation.transforms._words import TextSurroundings

OF = {
    what: [name for name in TRANSFORMS.names if what == TRANSFORMS[name].OF] for what in ("text", "picture", "columns")
}
TEXT = "Please do NOT refund my 3 transfers to the savings account, it never arrived on 2024-05-01"
OTHERS = (TEXT, "where is the money that was transferred yesterday", "I was charged twice")
BESIDE = TextSurroundings(OTHERS, frozenset(["savings"]))


def run(name: str) -> Callable[..., Any]:
    return cast("Callable[..., Any]", TRANSFORMS[name].run)


def test_each_changes_a_text_a_picture_or_columns() -> None:
    assert sorted(name for names in OF.values() for name in names) == TRANSFORMS.names


@pytest.mark.parametrize("name", OF["text"])
def test_a_text_keeps_numbers_negations_and_words_of_classes(name: str) -> None:
    made = [run(name)(TEXT, BESIDE, Random(seed)) for seed in range(60)]
    assert made == [run(name)(TEXT, BESIDE, Random(seed)) for seed in range(60)], "chance has a seed"
    found = {text for text in made if text is not None}
    assert len(found) > 1
    assert TEXT not in found
    for text in found if name != "halves" else ():
        assert {"not", "3", "savings", "never", "2024-05-01"} <= set(text.lower().split())
    for odd in ("", " ", "ok", "ß", "日本語", "a\n\tb", "?!", "🙂 🙂", "x" * 3000):
        assert run(name)(odd, TextSurroundings((odd,)), Random(0)) != odd


@pytest.mark.parametrize("name", OF["picture"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_picture_keeps_its_size_and_mode(name: str, mode: str) -> None:
    rng = np.random.default_rng(0)
    shape = (9, 14) if mode == "L" else (9, 14, len(mode))
    picture = Image.fromarray(rng.integers(0, 255, shape, np.uint8), mode)
    before = picture.tobytes()
    found = [run(name)(picture, Random(seed)) for seed in range(4)]
    assert picture.tobytes() == before
    for one in found:
        assert one is None or (one.size, one.mode) == (picture.size, mode)
        assert one is None or one.tobytes() != before
    assert (name, mode) == ("color", "L") or None not in found


@pytest.mark.parametrize("name", OF["columns"])
@pytest.mark.parametrize(("width", "kinds"), [(2, 0), (2, 1), (0, 2)])
def test_columns_stay_within_what_the_class_has(name: str, width: int, kinds: int) -> None:
    rng = np.random.default_rng(0)
    rows = ClassRows(rng.normal(0, 1, (8, width)), rng.integers(0, 3, (8, kinds)))
    found, again = run(name)(rows, 20, 1), run(name)(rows, 20, 1)
    assert (found.numbers == again.numbers).all()
    assert (found.parents == again.parents).all()
    assert len(found.parents) == len(found.numbers) == len(found.categories) == 20
    assert set(found.parents.tolist()) <= set(range(8))
    if width:
        assert (found.numbers >= rows.numbers.min(axis=0)).all()
        assert (found.numbers <= rows.numbers.max(axis=0)).all()
    for place in range(kinds):
        assert set(found.categories[:, place]) <= set(rows.categories[:, place])
    for few in (0, 1):
        assert len(run(name)(ClassRows(rows.numbers[:few], rows.categories[:few]), 0, 1).parents) == 0
