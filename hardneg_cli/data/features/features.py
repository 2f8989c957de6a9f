"""Where features come from: columns of the dataset, a file beside it, an array, a model, the text, or the pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from hardneg_cli.data.columns import Columns
from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import parted
from hardneg_cli.io.files.streams import is_input

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureChoice:
    """One of: `columns` (patterns), `file`, `array` (N×D), `embed`, `text` and `image` (columns), or nothing.

    embed: what makes vectors of the pictures, or, where there are none, of the texts.
    """

    columns: tuple[str, ...] = ()
    file: str | None = None
    array: NDArray[np.floating] | None = None
    embed: str | Callable[[list[str]], object] | None = None
    text: str | None = None
    image: str | None = None

    @property
    def something(self) -> bool:
        """Whether there is anything that features can be made from."""
        return self.text is not None or self.numbers

    @property
    def numbers(self) -> bool:
        """Whether it is anything but a text."""
        others = (self.columns, self.file, self.embed, self.image)
        return self.array is not None or any(others)


def feature_choice(
    features: str | Path | Sequence[str] | NDArray[np.floating] | None, columns: Columns | None
) -> FeatureChoice:
    """What `features` names: column patterns (listed, or comma-separated), a file, an array; else `columns` say it.

    These name what makes vectors, else the text serves, else the pictures. Raises InputError for features and something
    that makes vectors, and for the latter where there is nothing to make them of.
    """
    embed = None if columns is None else columns.embed
    if features is not None and embed is not None:
        raise InputError("--features and --embed exclude each other: both say which vectors a row has")
    if columns is not None and embed is not None:
        if columns.image is None and columns.text is None:
            raise InputError("--embed makes vectors of pictures or texts: name their column with --image or --text")
        return FeatureChoice(embed=embed, image=columns.image, text=None if columns.image else columns.text)
    if features is None:
        text, image = (None, None) if columns is None else (columns.text, columns.image)
        return FeatureChoice(text=text, image=None if text else image)
    if isinstance(features, list | tuple) and features and all(isinstance(name, str) for name in features):
        return FeatureChoice(columns=tuple(features))
    if not isinstance(features, str | Path):
        return FeatureChoice(array=cast("NDArray[np.floating]", features))
    if is_input(parted(str(features))[0]):
        return FeatureChoice(file=str(features))
    return FeatureChoice(columns=tuple(part.strip() for part in str(features).split(",")))


@dataclass(frozen=True)
class Features:
    """N×D numbers in which near means alike: plain columns, a table's with categories among them, or unit vectors.

    kind: `text` and `pictures` say what the vectors are of.
    notes: what was done to make them comparable, such as values filled in.
    """

    matrix: NDArray[np.floating]
    kind: Literal["columns", "table", "vectors", "text", "pictures"]
    notes: tuple[str, ...] = ()
