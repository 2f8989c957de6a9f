"""A filled audit: the answers to rows that were drawn with known probabilities, as `hardneg audit draw` wrote them.

`keep` says that the label is right; `relabel`, a new label and `drop` say that it is wrong, because a row that has
no right label here has a wrong one. `unsure` and nothing are no answer: the row only keeps its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import repeated_values
from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import Frame
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_sources import files_of
from hardneg_cli.review.decisions.filled_queue import AutoPolicy, read_queue
from hardneg_cli.review.decisions.row_matching import match

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

STRATUM, SIZE, INCLUSION = "stratum", "stratum_rows", "inclusion"
DESIGN = (STRATUM, SIZE, INCLUSION)
FEWEST_ANSWERS = 20  # with fewer, intervals miss the truth too often
TRUE, FALSE = ("true", "1"), ("false", "0")


@dataclass(frozen=True)
class FilledAudit:
    """n drawn rows, in the order of the file.

    stratum, size: (n,) of the row's stratum. flagged: (n,) whether it was, when they were drawn. answered: (n,) bool.
    is_error: (n,) bool, False where there is no answer. decisions: of the answered rows, in their order.
    """

    name: str
    ids: pa.ChunkedArray
    decisions: tuple[Decision, ...]
    stratum: NDArray[np.int64]
    size: NDArray[np.int64]
    flagged: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    is_error: NDArray[np.bool_]

    @property
    def population(self) -> int:
        """How many rows the audit was drawn from."""
        import numpy as np

        return int(self.size[np.unique(self.stratum, return_index=True)[1]].sum())

    @property
    def flagged_rows(self) -> int:
        """How many of them were flagged."""
        import numpy as np

        first = np.unique(self.stratum, return_index=True)[1]
        return int(self.size[first][self.flagged[first]].sum())

    def rows(self, dataset: Dataset) -> NDArray[np.int64]:
        """The places of the answered rows in `dataset`. Raises InputError if any is no longer what was asked about."""
        import numpy as np

        # what was decided does not matter: a row that was corrected since is not the one that was drawn either
        kept = [replace(decision, decision="keep", new_label="") for decision in self.decisions]
        matched = match(dataset, kept, self.ids)
        if matched.stale:
            named = ", ".join(f"{quote(one.decision.id)} ({one.why})" for one in matched.stale[:5])
            more = f" and {len(matched.stale) - 5:,} more" if len(matched.stale) > 5 else ""
            raise InputError(
                f"{self.name}: audited rows that are not the same in {dataset.name}: {named}{more}; "
                "name the data that was audited, or draw a new audit"
            )
        return np.array([row for row, _ in matched.fresh], np.int64)


def read_audit(given: str | Path | Frame) -> FilledAudit:
    """The answers and the design of a filled audit, a file or a frame.

    Raises InputError for a missing column, a design that was changed, and too few answers.
    """
    import numpy as np

    source = _one(files_of(given))
    design = _design(source)
    queue = read_queue(source, "", AutoPolicy())
    if repeated := repeated_values(queue.ids.combine_chunks()):
        raise InputError(f"{source.name}: rows that stand in it more than once: {listing(repeated)}; keep one of each")
    answers = {decision.id: decision for decision in queue.decisions if decision.is_decisive}
    ids = queue.ids.to_pylist()
    answered = np.array([id_ in answers for id_ in ids], bool)
    is_error = np.array([id_ in answers and answers[id_].decision != "keep" for id_ in ids], bool)
    audited = FilledAudit(source.name, queue.ids, tuple(answers.values()), *design, answered, is_error)
    if answered.sum() < min(FEWEST_ANSWERS, audited.population):
        raise InputError(
            f"{source.name}: {len(answers)} rows have an answer, and an estimate needs at least {FEWEST_ANSWERS}: "
            "fill in decision (keep, relabel, drop) or new_label"
        )
    return audited


def truths(source: Sequence[Source] | Source, column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """The column `flagged` as bool, as spreadsheets write it too."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    words = pc.utf8_lower(pc.utf8_trim_whitespace(pc.fill_null(column, "")))
    strange = pc.invert(pc.is_in(words, value_set=pa.array([*TRUE, *FALSE]))).to_numpy(zero_copy_only=False)
    if strange.any():
        name = source.name if isinstance(source, Source) else source[0].name
        row = int(np.flatnonzero(strange)[0])
        raise InputError(f"{name}: row {row + 1}: flagged is true or false, not {quote(words[row].as_py())}")
    found: NDArray[np.bool_] = pc.is_in(words, value_set=pa.array(TRUE)).to_numpy(zero_copy_only=False)
    return found


def _one(files: Sequence[Source]) -> Source:
    if len(files) > 1:
        raise InputError(f"{len(files)} files, such as {files[0].name}: an audit is one file")
    return files[0]


def _design(source: Source) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Each row's stratum, its size, and whether it was flagged; all as they were drawn."""
    import numpy as np
    import pyarrow as pa

    names = table_files.columns([source])
    for name in (*DESIGN, "flagged"):
        if name not in names:
            hint = did_you_mean(name, names)
            raise InputError(f"{source.name}: no column {quote(name)}{hint}; an audit is what hardneg audit draw wrote")
    table = pa.Table.from_batches(list(table_files.read([source], ReadRequest(("flagged",), DESIGN))))
    flagged = truths(source, table["flagged"])
    stratum, size, inclusion = (table[name].to_numpy().astype(float) for name in DESIGN)
    whole = (stratum == np.floor(stratum)) & (size == np.floor(size))
    odd = ~(whole & (stratum >= 0) & (size >= 1) & (size < 1e15) & (inclusion > 0) & (inclusion <= 1))
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        raise InputError(f"{source.name}: row {row + 1}: {', '.join(DESIGN)} are not what was drawn; restore them")
    _refuse_changed(source, stratum, size, inclusion, flagged)
    return stratum.astype(np.int64), size.astype(np.int64), flagged


def _refuse_changed(
    source: Source, stratum: NDArray[np.float64], size: NDArray[np.float64], inclusion: NDArray[np.float64],
    flagged: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Raises InputError where a stratum has lost or won rows, or its rows do not say the same of it."""
    import numpy as np

    numbers, first, of = np.unique(stratum, return_index=True, return_inverse=True)
    drawn = np.bincount(of)
    differ = (
        (size != size[first][of]) | (flagged != flagged[first][of]) | (abs(inclusion / inclusion[first][of] - 1) > 1e-4)
    )
    if differ.any():
        row = int(np.flatnonzero(differ)[0])
        columns = f"{', '.join(DESIGN[1:])} or flagged"
        raise InputError(f"{source.name}: row {row + 1}: {columns} is not that of its stratum; restore what was drawn")
    were = np.rint(inclusion[first] * size[first]).astype(int)
    if (were != drawn).any():
        place = int(np.flatnonzero(were != drawn)[0])
        raise InputError(
            f"{source.name}: stratum {int(numbers[place])} has {drawn[place]} rows, and {were[place]} were drawn; "
            "leave rows without an answer in the file"
        )
