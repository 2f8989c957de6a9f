"""Copies and near copies among the pictures, by perceptual hash and a second look."""

from __future__ import annotations

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.picture_copies import PictureCopies, picture_copies


def gather(dataset: Dataset) -> PictureCopies:
    """Pairs of rows; none without a column of pictures (--image)."""
    return picture_copies(dataset)
