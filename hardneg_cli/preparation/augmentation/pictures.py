"""Pictures, and versions of them: seen in small while they are judged, made in their own size when they are written."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.data.features.picture_features import picture_features
from hardneg_cli.data.features.pictures import picture_cells, square
from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.picture_files import Unusable, picture_bytes
from hardneg_cli.io.files.small_pictures import decoding, in_silence, plain, small_picture
from hardneg_cli.preparation.augmentation.content import Versions, randomness, turns
from hardneg_cli.preparation.augmentation.transforms import TRANSFORMS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Codes = NDArray[np.int64]
    Pixels = NDArray[np.uint8]

AT_ONCE = 64  # pictures whose features are made together
LARGEST = 1 << 14  # pixels a side of a picture that is written: its own size
URI = "data:image/png;base64,"
SEPARATOR = " "  # between kind and turn, in a cell that says how a version is made


@dataclass(frozen=True)
class PictureContent:
    """N pictures of a dataset. inputs: their features, NaN where one cannot be read. seed, settings: of transforms."""

    dataset: Dataset
    inputs: ModelInputs
    kinds: tuple[str, ...]
    seed: int
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    _small: dict[str, Pixels] = field(default_factory=dict, repr=False)
    _seen: dict[tuple[str, int, str], tuple[bytes, NDArray[np.float32]]] = field(default_factory=dict, repr=False)

    @property
    def usable(self) -> NDArray[np.bool_]:
        import numpy as np

        assert self.inputs.numbers is not None
        return np.asarray(~np.isnan(self.inputs.numbers).any(axis=1), bool)

    @property
    def column(self) -> str:
        assert self.dataset.columns.image is not None
        return self.dataset.columns.image

    def versions(self, kind: str, pool: Codes, wanted: int, first: int, seen: set[str]) -> Versions:
        """The cells say how each is made; see `written`."""
        import numpy as np

        cells = picture_cells(self.dataset)
        parents: list[int] = []
        how: list[str] = []
        features: list[NDArray[np.float32]] = []

        def make(row: int, turn: int) -> bool:
            digest, found = self._features(kind, turn, cells[row])
            if not digest or digest.hex() in seen:
                return False
            seen.add(digest.hex())
            parents.append(row)
            how.append(f"{kind}{SEPARATOR}{turn}")
            features.append(found)
            return True

        with in_silence():
            turns(pool, wanted, first, make)
        width = 0 if self.inputs.numbers is None else self.inputs.numbers.shape[1]
        numbers = np.array(features, np.float64).reshape(len(features), width)
        inputs = replace(self.inputs.take(parents), numbers=numbers)
        return Versions(np.array(parents, np.int64), (kind,) * len(how), inputs, {self.column: tuple(how)})

    def small(self, row: int, how: str) -> Pixels:
        """(64, 64, 3) a version of a row's picture, as it is compared."""
        import numpy as np
        from PIL.Image import fromarray

        kind, turn = how.split(SEPARATOR)
        cell = picture_cells(self.dataset)[row]
        changed = self._changed(fromarray(self._square(cell)), kind, int(turn), cell)
        return self._square(cell) if changed is None else np.asarray(changed.convert("RGB"))

    def written(self, row: int, how: str) -> bytes:
        """The PNG of a version that a cell tells of, in the picture's own size. Raises InputError where it is gone."""
        kind, turn = how.split(SEPARATOR)
        cell = picture_cells(self.dataset)[row]
        try:
            with in_silence(), decoding():
                whole, _ = small_picture(picture_bytes(cell, self.dataset.pictures_folder), LARGEST)
                whole = _simple(whole)
                changed = self._changed(whole, kind, int(turn), cell) or whole
                out = io.BytesIO()
                changed.save(out, "PNG")
        except Unusable as reason:
            raise InputError(f"{self.dataset.name}: {quote(cell[:80])} {reason}") from reason
        return out.getvalue()

    def uri(self, row: int, how: str) -> str:
        """The same as a cell that holds it."""
        return URI + base64.b64encode(self.written(row, how)).decode()

    def _square(self, cell: str) -> Pixels:
        if cell not in self._small:
            self._small[cell] = square(picture_bytes(cell, self.dataset.pictures_folder))
        return self._small[cell]

    def _features(self, kind: str, turn: int, cell: str) -> tuple[bytes, NDArray[np.float32]]:
        """A digest of the small version, empty where there is none, and its features."""
        import numpy as np
        from PIL.Image import fromarray

        key = kind, turn, cell
        if key not in self._seen:
            own = self._square(cell)
            changed = self._changed(fromarray(own), kind, turn, cell)
            pixels = own if changed is None else np.asarray(changed.convert("RGB"))
            same = changed is None or bool((pixels == own).all())
            digest = b"" if same else _digest(pixels)
            self._seen[key] = digest, picture_features(pixels[None])[0]
        return self._seen[key]

    def _changed(self, picture: Image, kind: str, turn: int, cell: str) -> Image | None:
        run = cast("Callable[..., Image | None]", TRANSFORMS[kind].run)
        chance = randomness(self.seed, kind, turn, self._square(cell).tobytes())
        return run(picture, chance, **self.settings.get(kind, {}))


def _digest(pixels: Pixels) -> bytes:
    from hashlib import blake2b

    return blake2b(pixels.tobytes(), digest_size=16).digest()


def _simple(picture: Image) -> Image:
    """In gray, in colors, or in colors that are see-through; what has a palette or 16 bits becomes one of these."""
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return plain(picture)
