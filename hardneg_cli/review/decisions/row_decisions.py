"""What is decided about a dataset's rows: people's answers, joined with the rows that are still what they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.label_spelling import meant_names
from hardneg_cli.detection.detector_result import DetectorResult
from hardneg_cli.errors import listing, plural, quote
from hardneg_cli.io.tables.queue_columns import CONTROL
from hardneg_cli.review.decisions.decision import Decision, conflicts
from hardneg_cli.review.decisions.row_matching import MatchedDecisions, match, places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class RowDecisions:
    """n rows that people decided, ascending.

    wrong: (n,) bool, the label that the row has is not to stay. dropped: (n,) bool, nor is the row. telling: (n,) bool,
    the answer may be learned from. control: (n,) bool, the row was asked about at random. words: one clause each.
    """

    rows: Rows
    wrong: Bools
    dropped: Bools
    telling: Bools
    control: Bools
    words: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def clauses(self) -> Mapping[int, str]:
        return dict(zip(self.rows.tolist(), self.words, strict=True))

    def lessons(self, doubts: Mapping[str, DetectorResult]) -> tuple[Rows, Bools, Bools]:
        """The rows to learn from, whether their labels are wrong, and whether they were asked about at random.

        A row may be dropped for another trouble that a detector sees in it (a copy, an empty cell): that says nothing
        about its label.
        """
        import numpy as np

        troubled = [d.rows[d.flagged] for d in doubts.values() if d.about == "row"]
        excused = self.dropped & np.isin(self.rows, np.concatenate(troubled)) if troubled else False
        chosen = self.telling & ~np.asarray(excused)
        return self.rows[chosen], self.wrong[chosen], self.control[chosen]


def row_decisions(dataset: Dataset, decisions: Iterable[Decision]) -> RowDecisions:
    """The rows that are decided: same id, content and label, and nobody contradicts.

    A row that was relabeled as decided counts as kept with its new label, unless a decision about that one fits. One
    that is relabeled to a misspelling of a class is not decided, unless somebody keeps it there.
    """
    import numpy as np
    import pyarrow as pa

    sure = [decision for decision in decisions if decision.is_decisive]
    if not sure:
        nothing = np.zeros(0, bool)
        return RowDecisions(np.zeros(0, np.int64), nothing, nothing, nothing, nothing, (), ())
    ids = pa.chunked_array([pa.array([decision.id for decision in sure], pa.string())])
    matched, slips = _well_spelled(dataset, match(dataset, sure, ids))
    fresh: dict[int, list[Decision]] = {}
    for row, decision in matched.fresh:
        fresh.setdefault(row, []).append(decision)
    clashes = {group[0].question for group in conflicts(decision for _, decision in matched.fresh)}
    agreed = {row: decisions for row, decisions in fresh.items() if decisions[0].question not in clashes}
    applied = _applied(dataset, matched, fresh)
    rows = sorted({*agreed, *applied})
    answers = [_answer(agreed[row]) if row in agreed else "applied" for row in rows]
    wrong = np.array([answer in ("relabel", "drop") for answer in answers], bool)
    telling = _telling(rows, agreed, matched)
    notes = [*slips, *_remarks(matched, sorted(id_ for id_, *_ in clashes)), *_count(wrong)]
    notes += _unlearned(telling, len(agreed))
    words = (_words(agreed[row]) if row in agreed else _words(applied[row], applied=True) for row in rows)
    dropped = np.array([answer == "drop" for answer in answers], bool)
    control = np.array([any(one.role == CONTROL for one in agreed.get(row, ())) for row in rows], bool)
    return RowDecisions(np.array(rows, np.int64), wrong, dropped, telling, control, tuple(words), tuple(notes))


def _well_spelled(dataset: Dataset, matched: MatchedDecisions) -> tuple[MatchedDecisions, list[str]]:
    """Without the decisions that relabel to a misspelling of a class, and a note on those."""
    named = {one.new_label for one in (*(decision for _, decision in matched.fresh), *matched.already)}
    meant = meant_names(dataset, named - {""})
    fresh = tuple(pair for pair in matched.fresh if pair[1].new_label not in meant)
    already = tuple(one for one in matched.already if one.new_label not in meant)
    gone = len(matched.fresh) - len(fresh) + len(matched.already) - len(already)
    if not gone:
        return matched, []
    spelled = ", ".join(f"{quote(name)} (did you mean {quote(meant[name])}?)" for name in sorted(meant))
    note = f"{plural(gone, 'relabeled row is', 'relabeled rows are')} asked about again: {spelled}"
    return replace(matched, fresh=fresh, already=already), [note]


def _applied(dataset: Dataset, matched: MatchedDecisions, fresh: Mapping[int, object]) -> dict[int, list[Decision]]:
    """The decisions whose label the row has now, by row, where no other one fits it."""
    found: dict[int, list[Decision]] = {}
    for row, decision in zip(
        places(dataset, [decision.id for decision in matched.already]).tolist(), matched.already, strict=True
    ):
        if row >= 0 and row not in fresh:
            found.setdefault(row, []).append(decision)
    return found


def _telling(rows: Sequence[int], agreed: Mapping[int, Sequence[Decision]], matched: MatchedDecisions) -> Bools:
    """(n,) the answers that came after all that are applied.

    Of the rows decided before, those with wrong labels are gone from the data: what is left would teach that the
    label is always right.
    """
    import numpy as np

    newest = max((decision.at for decision in matched.already), default=None)
    return np.array(
        [
            row in agreed and (newest is None or all(decision.at > newest for decision in agreed[row]))
            for row in rows
        ],
        bool,
    )  # fmt: skip


def _answer(decisions: Sequence[Decision]) -> str:
    first = decisions[0]
    return "keep" if first.decision == "relabel" and first.new_label == first.given else first.decision


ANSWERS = "^(kept by |to be dropped, says |relabeled by |to be relabeled )"  # what `_words` begins with


def _words(decisions: Sequence[Decision], *, applied: bool = False) -> str:
    who = " and ".join(sorted({decision.reviewer for decision in decisions} - {""})) or "a reviewer"
    answer = _answer(decisions)
    if answer == "keep":
        return f"kept by {who}"
    if answer == "drop":
        return f"to be dropped, says {who}"
    return f"relabeled by {who}" if applied else f"to be relabeled {decisions[0].new_label!r}, says {who}"


def _count(wrong: Bools) -> list[str]:
    if not len(wrong):
        return []
    rows = plural(len(wrong), "row is", "rows are")
    return [f"{rows} decided and not asked about again, {int(wrong.sum()):,} of them not yet applied"]


def _remarks(matched: MatchedDecisions, clashes: Sequence[str]) -> list[str]:
    notes = []
    if clashes:
        rows = plural(len(clashes), "row is", "rows are")
        notes.append(f"{rows} decided in more than one way and asked about again: {listing(clashes)}")
    if matched.stale:
        causes = Counter("its label has changed" if " now " in one.why else one.why for one in matched.stale)
        reasons = ", ".join(f"{count:,} × {why}" for why, count in sorted(causes.items()))
        decisions = plural(len(matched.stale), "decision fits", "decisions fit")
        notes.append(f"{decisions} no row any more: {reasons}")
    return notes


def _unlearned(telling: Bools, agreed: int) -> list[str]:
    silent = agreed - int(telling.sum())
    if not silent:
        return []
    return [
        f"{silent:,} decisions are not learned from: others of their time, or of no known time, are applied already, "
        "and the wrong labels among them gone"
    ]
