"""The picture of a whole dataset, as `find` saw it: its figures as data, and the document made of them alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.detection.report.document import document
from hardneg_cli.detection.report.facts import facts
from hardneg_cli.detection.report.figures import FindReport
from hardneg_cli.io.tables.images import THUMBNAIL, pictures
from hardneg_cli.rendering.document import Document

if TYPE_CHECKING:
    from hardneg_cli.detection.findings import Findings

MOST_PICTURED = 400  # flagged rows of the map, the worst ones
MOST_BYTES = 3_000_000  # of all pictures


@dataclass(frozen=True)
class FindingsReport:
    """See `FindReport` for the figures."""

    findings: Findings

    @cached_property
    def figures(self) -> FindReport:
        return facts(self.findings)

    def document(self, *, pictured: bool) -> Document:
        return document(self.figures, self._pictures() if pictured else None)

    def _pictures(self) -> dict[str, str]:
        """Small pictures by id: of the rows that are shown, of those around them, and of the worst ones on the map.

        In this order, as many as a page may hold; one that cannot be read is not there.
        """
        dataset = self.findings.dataset
        image = dataset.columns.image
        if image is None:
            return {}
        ids = list(dict.fromkeys(self._pictured()))
        row = {id_: place for place, id_ in enumerate(dataset.ids.to_pylist())}
        cells = dataset.texts([image])[image].take([row[id_] for id_ in ids]).to_pylist()
        found: dict[str, str] = {}
        size = 0
        for id_, picture in zip(ids, pictures(cells, dataset.pictures_folder, THUMBNAIL), strict=True):
            size += len(picture.uri)
            if picture.uri and size <= MOST_BYTES:
                found[id_] = picture.uri
        return found

    def _pictured(self) -> Iterator[str]:
        figures = self.figures
        rows = [*figures["worst"], *figures["examples"]]
        yield from (row["id"] for row in rows)
        yield from (near["id"] for row in rows for near in row["around"])
        yield from self.findings.dataset.ids.take(self.findings.select(limit=MOST_PICTURED)).to_pylist()
