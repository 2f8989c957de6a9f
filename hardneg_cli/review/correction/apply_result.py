"""What applying decisions changed, as a table and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.errors import plural
from hardneg_cli.io.tables.frames import Frame
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.review.correction.provenance import RowChange
from hardneg_cli.review.decisions.decision import StaleDecision
from hardneg_cli.review.decisions.filled_queue import POLICY

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.statistics.scores import Estimate


@dataclass(frozen=True)
class AutomaticChanges:
    """The rows that the policy relabels, or drops. wrong: how many of them are better left as they are."""

    action: str
    rows: int
    wrong: Estimate

    def facts(self) -> dict[str, str | int | float]:
        low, high = self.wrong.low, self.wrong.high
        return {"action": self.action, "rows": self.rows, "wrong": round(self.wrong.value, 3), "low": low, "high": high}

    def __str__(self) -> str:
        what, wrong = {"relabel": ("labels", "wrong"), "drop": ("rows", "labeled right")}[self.action]
        value, low, high = self.wrong.value, self.wrong.low, self.wrong.high
        found = f"about {value:,.0f} of them {wrong} (between {low:,.0f} and {high:,.0f})"
        return f"--auto-{self.action}: {self.rows:,} {what}, {found}"


@dataclass(frozen=True)
class RuleEffect:
    """What a stated rule does: to so many rows, or cells. protected: those that it spares for their split."""

    rule: str
    count: int
    protected: int = 0
    note: str = ""
    unit: str = "row"

    def facts(self) -> dict[str, str | int]:
        return {"rule": self.rule, f"{self.unit}s": self.count, "protected": self.protected}

    def __str__(self) -> str:
        spared = f", {plural(self.protected, self.unit)} of protected splits left alone" if self.protected else ""
        return f"{self.rule}: {plural(self.count, self.unit)}{spared}{'; ' if self.note else ''}{self.note}"


@dataclass(frozen=True, repr=False)
class ApplyResult(VerbResult):
    """What a run changed, in the order of the rows, and how many rows it left alone, by reason.

    kept, unsure: as reviewers decided. undecided: asked about, but not decided by anybody. already: decisions whose
    outcome stood in the data before. stale: decisions that no longer fit, and were left out. protected, policy_stale:
    rows that the policy spared for their split, and because they are no longer what they were. automatic: what it does.
    rules: what each stated rule does. data: of a frame, the corrected one; files are written. moves: of a folder of
    pictures, the new path of each picture that gets one, by the old one; empty for those that are dropped.
    """

    rows: int
    changes: tuple[RowChange, ...]
    kept: int
    unsure: int
    undecided: int
    already: int
    stale: tuple[StaleDecision, ...]
    protected: int
    policy_stale: int
    notes: tuple[str, ...]
    automatic: tuple[AutomaticChanges, ...] = ()
    data: Frame = None
    moves: Mapping[str, str] | None = None
    rules: tuple[RuleEffect, ...] = ()

    @property
    def relabeled(self) -> int:
        return sum(change.action == "relabel" for change in self.changes)

    @property
    def dropped(self) -> int:
        return sum(change.action == "drop" for change in self.changes)

    @property
    def filled(self) -> int:
        return sum(change.action == "fill" for change in self.changes)

    def table(self) -> pa.Table:
        """The changes, one a line; of a folder of pictures, each with its new path, `to`, empty where it is dropped.

        With rules, which of them made it is in `rule`; a filled cell's `column` and `value` stand behind.
        """
        import pyarrow as pa

        fields = {"id": "id", "given_label": "before", "action": "action", "new_label": "after", "by": "reviewer"}
        columns = {name: [getattr(change, field) or "" for change in self.changes] for name, field in fields.items()}
        cells = [change.column for change in self.changes]
        columns["new_label"] = ["" if cell else text for cell, text in zip(cells, columns["new_label"], strict=True)]
        if self.rules:
            columns["rule"] = [change.source if change.reviewer == POLICY else "" for change in self.changes]
            columns["column"] = cells
            columns["value"] = [(change.after or "") if change.column else "" for change in self.changes]
        if self.moves is not None:
            columns["to"] = [self.moves.get(change.id, change.id) for change in self.changes]
        return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})

    def tables(self) -> dict[str, pa.Table]:
        """The changes, as `--dry-run` lists them."""
        return {"changes": self.table()}

    def summary(self, *, dry_run: bool = False) -> Iterator[str]:
        """Lines for people; dry_run: nothing was written."""
        done = "would be " if dry_run else ""
        cells = (
            f", {plural(self.filled, 'cell')} filled"
            if self.filled or any(r.unit == "cell" for r in self.rules)
            else ""
        )
        yield f"{self.rows:,} rows: {done}{self.relabeled:,} relabeled, {self.dropped:,} dropped{cells}"
        rest = {
            "kept": self.kept,
            "unsure": self.unsure,
            "undecided": self.undecided,
            "already applied": self.already,
            "stale and skipped": len(self.stale),
        }
        if any(rest.values()):
            always = ("kept", "undecided")
            yield ", ".join(f"{count:,} {word}" for word, count in rest.items() if count or word in always)
        automatic = sum(change.reviewer == POLICY for change in self.changes)
        if automatic or self.protected or self.policy_stale:
            spared = {"of protected splits": self.protected, "that are no longer the same": self.policy_stale}
            alone = ", ".join(f"{count:,} {words}" for words, count in spared.items() if count)
            left = f"; rows left alone: {alone}" if alone else ""
            yield f"policy: {automatic:,} of these changes are automatic{left}"
        yield from map(str, self.automatic)
        yield from map(str, self.rules)
        yield from (f"note: {note}" for note in self.notes)
