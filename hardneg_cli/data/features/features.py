"""Where features come from: columns of the dataset, a file beside it, an array, or the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from hardneg_cli.io.files.source import parted
from hardneg_cli.io.files.streams import is_input

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureChoice:
    """Exactly one of: `columns` (patterns), `file`, `array` (N×D), `text` (a column)."""

    columns: tuple[str, ...] = ()
    file: str | None = None
    array: NDArray[np.floating] | None = None
    text: str | None = None


def feature_choice(
    features: str | Path | Sequence[str] | NDArray[np.floating] | None, text: str | None
) -> FeatureChoice:
    """What `features` names: column patterns (listed, or comma-separated), a file, an array; else the text serves."""
    if features is None:
        return FeatureChoice(text=text)
    if isinstance(features, list | tuple) and features and all(isinstance(name, str) for name in features):
        return FeatureChoice(columns=tuple(features))
    if not isinstance(features, str | Path):
        return FeatureChoice(array=cast("NDArray[np.floating]", features))
    if is_input(parted(str(features))[0]):
        return FeatureChoice(file=str(features))
    return FeatureChoice(columns=tuple(part.strip() for part in str(features).split(",")))


@dataclass(frozen=True)
class Features:
    """N×D numbers in which near means alike: plain columns, or unit vectors.

    notes: what was done to make them comparable, such as values filled in.
    """

    matrix: NDArray[np.floating]
    kind: Literal["columns", "vectors", "text"]
    notes: tuple[str, ...] = ()
