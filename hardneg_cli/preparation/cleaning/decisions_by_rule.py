"""From what detectors find to decisions, by stated rules, about rows that nobody else decides about.

A misspelled label becomes the class that it is taken for. Of copies one stays: the first row of those that people
decided about or that are protected, which stay all of them, else the first row of the file. Copies whose labels differ
are left alone, all of them: which label is right is for people to say. A row that lacks values is dropped unless all
that it lacks is filled and it holds something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.row_identity import blank
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.detection.detectors import DETECTORS, empty_row
from hardneg_cli.detection.near_copies import near_copies
from hardneg_cli.errors import Unavailable, plural, quote
from hardneg_cli.preparation.cleaning.rules import DROP, CleanRule, FillRule
from hardneg_cli.review.correction.apply_result import RuleEffect
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.filled_queue import POLICY
from hardneg_cli.runtime.evidence_store import EvidenceStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

NO_PROBABILITIES = "rules look at the rows alone"


@dataclass(frozen=True)
class RowStates:
    """N rows as they are once other decisions are carried out.

    labels: (N,) codes into `classes`. dropped, decided (dropped or not, no rule acts on it), protected: (N,) bool.
    """

    labels: NDArray[np.int32]
    classes: tuple[str, ...]
    dropped: Bools
    decided: Bools
    protected: Bools

    @property
    def open(self) -> Bools:
        """Rows that rules may act on."""
        return ~(self.dropped | self.decided | self.protected)


@dataclass
class Cleaning:
    """Decisions by row, as the rules made them one after the other, and what each of them did."""

    states: RowStates
    decisions: dict[int, Decision] = field(default_factory=dict)
    counts: list[RuleEffect] = field(default_factory=list)
    spared: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _Found:
    """rows: (n,). suggested: (n,) codes of the classes that the rows are to have. why: places in `rows` -> clauses."""

    rows: Codes
    suggested: NDArray[np.int32]
    why: Callable[[Codes], list[str]]

    @classmethod
    def of(cls, found: DetectorResult, chosen: Bools) -> _Found:
        """Some of a detector's rows."""
        import numpy as np

        places = np.flatnonzero(chosen)
        return cls(found.rows[places], found.suggested[places], lambda inner: found.why(places[inner]))

    @classmethod
    def lacking(cls, rows: Codes, column: str) -> _Found:
        """Rows that hold nothing in the column."""
        import numpy as np

        clause = f"no value in {quote(column)}"
        return cls(rows, np.full(len(rows), NO_CLASS, np.int32), lambda places: [clause] * len(places))

    @classmethod
    def copies(cls, originals: Mapping[int, int], now: Dataset, words: str) -> _Found:
        """Rows, each with the one that stands for it."""
        import numpy as np

        rows = np.array(sorted(originals), np.int64)
        first = np.array([originals[row] for row in rows.tolist()], np.int64)
        return cls(
            rows, np.full(len(rows), NO_CLASS, np.int32),
            lambda places: [f"{words} {id_!r}" for id_ in now.ids.take(first[places]).to_pylist()],
        )  # fmt: skip


def cleaned(
    dataset: Dataset, rules: Sequence[CleanRule], states: RowStates, filled: Sequence[str] = (),
    lacking: Sequence[tuple[FillRule, Codes]] = (),
) -> Cleaning:  # fmt: skip
    """What the rules do. filled: columns whose gaps are filled. lacking: rows to drop for what they lack, first of all.

    O(N log N) where rows are compared by their content; near copies of texts take the nearest rows of each.
    """
    made = Cleaning(states)
    for gap, rows in lacking:
        _take(made, gap, dataset, _Found.lacking(rows, gap.column))
    for rule in rules:
        now = replace(
            dataset.with_classes(made.states.classes) if made.states.classes != dataset.classes else dataset,
            labels=made.states.labels,
        )
        given = {"dataset": now, "feature_choice": feature_choice(None, dataset.columns)}
        evidence = EvidenceStore(given, dict.fromkeys(("probabilities", "digest"), NO_PROBABILITIES))
        try:
            _carried_out(made, rule, now, evidence, filled)
        except Unavailable as reason:
            made.counts.append(RuleEffect(str(rule), 0, note=str(reason)))
    return made


def _carried_out(made: Cleaning, rule: CleanRule, now: Dataset, evidence: EvidenceStore, filled: Sequence[str]) -> None:
    import numpy as np

    if rule.detector == "exact-duplicate":
        gone, differing = _redundant(made.states, evidence["copies"].group, np.arange(len(now)))
        _take(made, rule, now, _Found.copies(gone, now, "an exact copy of"), differing)
    elif rule.detector == "near-duplicate":
        gone, differing = _redundant(made.states, evidence.call(near_copies), evidence["copies"].group)
        _take(made, rule, now, _Found.copies(gone, now, "nearly the same as"), differing)
    elif rule.detector == "empty-row":
        _take(made, rule, now, _lacking(now, filled))
    else:
        found = evidence.call(DETECTORS[rule.detector].detect)
        assert isinstance(found, DetectorResult)
        _take(made, rule, now, _Found.of(found, found.flagged))


def _take(made: Cleaning, rule: CleanRule | FillRule, now: Dataset, found: _Found, differing: int = 0) -> None:
    """Make the decisions about those of the rows that are open."""
    import numpy as np

    states, rows, targets = made.states, found.rows, found.suggested if rule.action != DROP else None
    spared = rows[states.protected[rows] & ~states.decided[rows] & ~states.dropped[rows]]
    acting = np.flatnonzero(states.open[rows])
    chosen = rows[acting]
    labels, dropped = states.labels.copy(), states.dropped.copy()
    if targets is None:
        dropped[chosen] = True
    else:
        labels[chosen] = targets[acting]
    ids, hashes = now.ids.take(chosen).to_pylist(), now.row_hashes(chosen)
    for row, id_, hash_, reason in zip(chosen.tolist(), ids, hashes, found.why(acting), strict=True):
        made.decisions[row] = Decision(
            id_, hash_, now.classes[now.labels[row]], rule.action, "" if targets is None else now.classes[labels[row]],
            POLICY, source=str(rule), note=reason, hashed=now.hashed,
        )  # fmt: skip
    made.states = replace(states, labels=labels, dropped=dropped)
    made.spared |= set(spared.tolist())
    note = f"{plural(differing, 'group')} of copies with different labels left alone, for people" if differing else ""
    made.counts.append(RuleEffect(str(rule), len(chosen), len(spared), note))


def _lacking(now: Dataset, filled: Sequence[str]) -> _Found:
    """Rows that lack values which nothing fills, and those that hold nothing at all."""
    import numpy as np

    content = now.content
    every = empty_row.detect(now)
    lacks = np.logical_and.reduce([blank(content[name]) for name in content.column_names])
    left = [name for name in content.column_names if name not in filled]
    if left:
        found = empty_row.detect(replace(now, content=content.select(left)))
        lacks[found.rows[found.flagged]] = True
    return _Found.of(every, lacks[every.rows])


def _redundant(states: RowStates, group: Codes, same: Codes) -> tuple[dict[int, int], int]:
    """The rows that another one stands for, each with that one, and in how many groups labels differ.

    group: (N,) rows that are alike. same: (N,) rows of one number are no copies of each other as the rule means it.
    """
    import numpy as np

    gone: dict[int, int] = {}
    differing = 0
    for rows in _groups(np.flatnonzero(~states.dropped), group):
        stays = rows[states.decided[rows] | states.protected[rows]]
        first = stays[0] if len(stays) else rows[0]
        others = rows[same[rows] != same[first]]
        if not len(others):
            continue
        if (states.labels[rows] != states.labels[first]).any():
            differing += 1
            continue
        gone |= dict.fromkeys(others.tolist(), int(first))
    return gone, differing


def _groups(rows: Codes, group: Codes) -> Iterator[Codes]:
    """Those of the rows that share a group, group by group, each in the order of the file."""
    import numpy as np

    order = rows[np.argsort(group[rows], kind="stable")]
    starts = np.flatnonzero(np.r_[True, group[order][1:] != group[order][:-1]])
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(order)], strict=True):
        if stop - start > 1:
            yield order[start:stop]
