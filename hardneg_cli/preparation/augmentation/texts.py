"""Texts, and versions of them by transforms, or by a function that users bring."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.preparation.augmentation.content import Versions, randomness, turns
from hardneg_cli.preparation.augmentation.rewriting import Rewriter
from hardneg_cli.preparation.augmentation.transforms import TRANSFORMS
from hardneg_cli.preparation.augmentation.transforms._words import TextSurroundings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

LETTERS = re.compile(r"[^\W\d_]+")
TELLING = 3  # letters that a word of a class name has at least; shorter ones stand anywhere


@dataclass(frozen=True)
class TextContent:
    """N texts in `column`, perhaps with numbers and categories beside them, which stay.

    rewriter: what users bring, by its name among the kinds. settings: of transforms, by name.
    """

    inputs: ModelInputs
    column: str
    kinds: tuple[str, ...]
    classes: Sequence[str]
    seed: int
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    rewriter: Rewriter | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        assert self.inputs.texts is not None
        return self.inputs.texts

    @property
    def usable(self) -> NDArray[np.bool_]:
        import numpy as np

        return np.array([bool(text.strip()) for text in self.texts], bool)

    def versions(self, kind: str, pool: Codes, wanted: int, first: int, seen: set[str]) -> Versions:
        import numpy as np

        parents: list[int] = []
        texts: list[str] = []
        version = self._versions_by(kind, pool)

        def make(row: int, turn: int) -> bool:
            text = version(row, turn)
            if text is None or not text.strip() or text in seen:
                return False
            seen.add(text)
            parents.append(row)
            texts.append(text)
            return True

        turns(pool, wanted, first, make)
        inputs = replace(self.inputs.take(parents), texts=tuple(texts))
        return Versions(np.array(parents, np.int64), (kind,) * len(texts), inputs, {self.column: tuple(texts)})

    def _versions_by(self, kind: str, pool: Codes) -> Callable[[int, int], str | None]:
        if self.rewriter is not None and kind == self.rewriter.name:
            return self.rewriter.versions(self.texts, pool)
        run = cast("Callable[..., str | None]", TRANSFORMS[kind].run)
        chosen = self.settings.get(kind, {})
        words = {word for name in self.classes for word in LETTERS.findall(name.casefold()) if len(word) >= TELLING}
        beside = TextSurroundings(tuple(sorted({self.texts[row] for row in pool.tolist()})), frozenset(words))

        def version(row: int, turn: int) -> str | None:
            text = self.texts[row]
            return run(text, beside, randomness(self.seed, kind, turn, text.encode("utf-8", "surrogatepass")), **chosen)

        return version
