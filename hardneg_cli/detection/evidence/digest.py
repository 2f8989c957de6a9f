"""The digest: what one pass over the probabilities leaves behind, a handful of numbers a row and K×K sums."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import BlockSums, Digest, ModelDigest, RowDigest
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.data.probabilities.unseen_classes import unseen_classes
from hardneg_cli.data.probabilities.validation import ProbabilityValidator, UnsoundRows, sound, unsound
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block

ADDING = Lock()


def gather(dataset: Dataset, probabilities: Probabilities) -> Digest:
    """Check every row and reduce it. One pass, O(N·K·M) time, O(N·M + K²·M) memory."""

    models = len(probabilities.models)
    reduction = DigestReduction([ModelDigest.empty(len(dataset.classes)) for _ in range(models)])
    rows: list[RowDigest] = []
    validator = ProbabilityValidator(dataset, probabilities)
    with progress("checking the probabilities", len(dataset)) as advance:
        for span, (found, parts) in probabilities.over(reduction, dataset.labels):
            for model, trouble in enumerate(found):
                if trouble:
                    validator.take(model, span, trouble)
            rows = rows or [part.widened(len(dataset)) for part in parts]
            for digest, part in zip(rows, parts, strict=True):
                digest.put(span, part)
            advance(span.stop - span.start)
    validator.refuse_all_bad()
    unseen = unseen_classes(dataset, probabilities, rows[:models])
    known = (probabilities.known[:, dataset.labels] & ~unseen.rows).any(axis=0)
    notes = (*validator.notes, *unseen.notes)
    return Digest(
        tuple(rows[:models]), tuple(reduction.sums), rows[-1], known & ~validator.bad, validator.bad, notes, unseen
    )  # fmt: skip


@dataclass(frozen=True)
class DigestReduction:
    """What is done with each block of M models, and the sums that all blocks add to."""

    sums: list[ModelDigest]

    def __call__(
        self, blocks: list[Block], given: NDArray[np.int32]
    ) -> tuple[list[UnsoundRows | None], list[RowDigest]]:  # fmt: skip
        """For each model what is unsound, and the rows' digests; several models' mean is the last."""
        found = [unsound(block) for block in blocks]
        blocks = [block if bad is None else sound(block, bad) for block, bad in zip(blocks, found, strict=True)]
        for sums, block in zip(self.sums, blocks, strict=True):
            part = BlockSums.of(block, given)
            with ADDING:
                sums.add(part)
        rows = [RowDigest.of(block, given) for block in blocks]
        if len(blocks) > 1:
            rows.append(RowDigest.of(sum(blocks[1:], blocks[0]) / len(blocks), given))
        return found, rows

    def fresh(self) -> DigestReduction:
        """The same with nothing added, for blocks that are worked on elsewhere."""
        return DigestReduction([ModelDigest.empty(len(sums.squares)) for sums in self.sums])

    def merge(self, other: DigestReduction) -> None:
        """Add what was added to the other one."""
        for mine, theirs in zip(self.sums, other.sums, strict=True):
            mine.merge(theirs)
