"""Which rows have the same picture, or nearly the same one, whatever its file is called."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.pictures import picture_cells, pictures
from hardneg_cli.errors import listing, plural
from hardneg_cli.io.files.picture_files import Unusable, picture_bytes
from hardneg_cli.io.files.small_pictures import PILLOW, has_pillow
from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.threads import in_order
from hardneg_cli.statistics.near_pictures import near_pictures

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PictureCopies:
    """links: (2, P) pairs of rows whose pictures are copies, or near ones; none where no pictures were compared.

    compared: whether there were any. notes: which ones cannot be read.
    """

    links: NDArray[np.int64]
    compared: bool = False
    notes: tuple[str, ...] = ()


def compared_content(dataset: Dataset) -> pa.Table:
    """What tells rows apart: the content, with a digest of each picture in place of its path.

    Where the paths are the ids, it stands beside the content; the list of a folder of pictures has digests already.
    A picture that cannot be read is told by its cell. The hash of a row stays that of its cells.
    """
    import pyarrow as pa

    content, image = dataset.content, dataset.columns.image
    if image is None or dataset.sources[0].pictures is not None:
        return content
    digests = pa.array(_digests(dataset), pa.string())
    if image not in content.column_names:
        return content.append_column(image, digests) if content.num_columns else pa.table({image: digests})
    return content.set_column(content.column_names.index(image), image, digests)


def picture_copies(dataset: Dataset) -> PictureCopies:
    """Links of all rows; none where there is no column of pictures, or, as a note says, nothing to decode them."""
    import numpy as np

    nothing = np.zeros((2, 0), np.int64)
    if dataset.columns.image is None:
        return PictureCopies(nothing)
    if not has_pillow():
        return PictureCopies(nothing, notes=(f"near copies of pictures are not looked for: {PILLOW}",))
    seen, order = pictures(dataset), dataset.by_id
    notes: tuple[str, ...] = ()
    if seen.troubles:
        first = dataset.ids.take([*seen.troubles][:5]).to_pylist()
        more = f" and {len(seen.troubles) - 5:,} more" if len(seen.troubles) > 5 else ""
        which = f"{plural(len(seen.troubles), 'picture')} cannot be read ({listing(first)}{more})"
        notes = (f"{which}: compared with none",)
    with progress("looking for copies of pictures"):
        links = order[near_pictures(seen.luma[order], seen.colors[order])]
    return PictureCopies(np.asarray(links, np.int64), True, notes)


def _digests(dataset: Dataset) -> list[str]:
    cells = picture_cells(dataset)
    known, name = dataset.sources[0].known, ("picture digests", dataset.columns.image)
    found: dict[str, str] = known.setdefault(name, {})
    new = list(dict.fromkeys(cell for cell in cells if cell not in found))

    def digest(cell: str) -> str:
        try:
            return f"picture {blake2b(picture_bytes(cell, dataset.pictures_folder), digest_size=16).hexdigest()}"
        except Unusable:
            return cell

    with progress("reading pictures", total=len(new)) as advance:
        for cell, one in zip(new, in_order(digest, new), strict=True):
            found[cell] = one
            advance(1)
    return [found[cell] for cell in cells]
