"""Reviewers' track records: how each agrees with the others, keeps what nobody doubts, and follows suggestions.

Shares come with Wilson's interval (1927). Others are those who answered the same question; theirs is the answer that
most of them give, none where there is a tie. The share of flagged rows that a reviewer calls wrong is corrected for
those that this reviewer calls wrong among the controls, (w − c) / (1 − c) (Rogan and Gladen 1978); controls count as
right, so it is a little too low.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardneg_cli.errors import quote
from hardneg_cli.review.decisions.decision import Decision, Question
from hardneg_cli.review.queues.control_rows import RowRole
from hardneg_cli.statistics.intervals import wilson
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import pyarrow as pa

NOTICEABLE = 0.1  # more suggestions followed than the others follow
LEAST_SUGGESTIONS = 10  # before anybody is said to follow them
LISTED = 3  # confusions of a reviewer
UNKNOWN = RowRole(None, "")
DROP = "drop"


@dataclass(frozen=True)
class Proportion:
    """`times` of `of`."""

    times: int = 0
    of: int = 0

    @property
    def estimate(self) -> Estimate | None:
        """With Wilson's interval; None of nothing."""
        if not self.of:
            return None
        low, high = wilson(self.times, self.of)
        return Estimate(self.times / self.of, float(low), float(high))

    def plus(self, hit: bool) -> Proportion:
        return Proportion(self.times + hit, self.of + 1)


@dataclass(frozen=True)
class AnnotatorQuality:
    """One reviewer's answers, all of rows as they were asked about.

    agreed: with most of the others. confused: (the others' answer, this reviewer's), with how often.
    kept: controls left as they are. wrong: flagged rows called wrong. followed: suggestions of another label that were
    taken over; by_others: by other reviewers, about the same rows. followed_controls: suggestions about controls.
    """

    reviewer: str
    answers: Mapping[str, int]
    agreed: Proportion
    confused: Mapping[tuple[str, str], int]
    kept: Proportion
    wrong: Proportion
    followed: Proportion
    followed_controls: Proportion
    by_others: Proportion

    @property
    def precision(self) -> Estimate | None:
        """The share of the flagged rows that is wrong, if this reviewer errs on them as on controls."""
        wrong, kept = self.wrong.estimate, self.kept.estimate
        if wrong is None or kept is None or kept.low <= 0:
            return None
        value, low, high = (
            min(max((w - 1 + k) / k, 0.0), 1.0) if k else 0.0
            for w, k in ((wrong.value, kept.value), (wrong.low, kept.low), (wrong.high, kept.high))
        )
        return Estimate(value, low, high)

    @property
    def anchored(self) -> str:
        """What is to be said of how this reviewer follows suggestions; nothing where it looks like a judgment."""
        mine, theirs = self.followed.estimate, self.by_others.estimate
        if mine is None or self.followed.of < LEAST_SUGGESTIONS:
            return ""
        others = f" (others, about the same rows: {theirs.value:.0%})" if theirs else ""
        if self.followed.times == self.followed.of:
            return f"takes over every suggestion, {self.followed.of:,} of {self.followed.of:,}{others}"
        if theirs and mine.low > theirs.high and mine.value > theirs.value + NOTICEABLE:
            return f"takes over {mine.value:.0%} of {self.followed.of:,} suggestions{others}"
        return ""

    def most_confused(self) -> list[str]:
        ranked = sorted(self.confused.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]
        return [f"{quote(theirs)} as {quote(mine)}: {times:,}" for (theirs, mine), times in ranked]


@dataclass
class _Tally:
    """What becomes a Record."""

    answers: Counter[str] = field(default_factory=Counter)
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    shares: dict[str, Proportion] = field(default_factory=dict)

    def count(self, name: str, hit: bool) -> None:
        self.shares[name] = self.shares.get(name, Proportion()).plus(hit)


def track_records(decisions: Iterable[Decision], roles: Mapping[str, RowRole]) -> tuple[AnnotatorQuality, ...]:
    """Of each reviewer, by name. decisions: first answers, as `independent_answers` has them."""
    by_question: dict[Question, list[Decision]] = {}
    tallies: dict[str, _Tally] = {}
    for one in decisions:
        tallies.setdefault(one.reviewer, _Tally()).answers[one.decision] += 1
        if one.is_decisive:
            by_question.setdefault(one.question, []).append(one)
    for group in by_question.values():
        role = roles.get(group[0].id, UNKNOWN)
        votes = Counter(_answer(one) for one in group)
        for one in group:
            tally, mine = tallies[one.reviewer], _answer(one)
            _count_agreement(tally, mine, votes)
            if role is not UNKNOWN:
                _count_role(tally, one, mine, votes, role)
    return tuple(
        AnnotatorQuality(name, dict(tally.answers), confused=dict(tally.confused), **{
            share: tally.shares.get(share, Proportion())
            for share in ("agreed", "kept", "wrong", "followed", "followed_controls", "by_others")
        })
        for name, tally in sorted(tallies.items())
    )  # fmt: skip


def _count_agreement(tally: _Tally, mine: str, votes: Counter[str]) -> None:
    """Against the answer that most of the others give."""
    if votes.total() == 1:
        return
    others = [(times - (answer == mine), answer) for answer, times in votes.items()]
    most = max(others)[0]
    best = [answer for times, answer in others if times == most]
    if len(best) > 1:
        return
    tally.count("agreed", best[0] == mine)
    if best[0] != mine:
        tally.confused[_words(best[0]), _words(mine)] += 1


def _count_role(tally: _Tally, one: Decision, mine: str, votes: Counter[str], role: RowRole) -> None:
    if role.control is not None:
        tally.count("kept" if role.control else "wrong", (mine == one.given) == role.control)
    if not role.suggested.strip() or role.suggested == one.given:
        return
    follows = mine == role.suggested
    tally.count("followed", follows)
    if role.control:
        tally.count("followed_controls", follows)
    before = tally.shares.get("by_others", Proportion())
    tally.shares["by_others"] = Proportion(
        before.times + votes[role.suggested] - follows, before.of + votes.total() - 1
    )  # fmt: skip


def _answer(one: Decision) -> str:
    """The label that the row is to have; nothing for a row that is to go, which no label can be taken for."""
    if one.decision == DROP:
        return ""
    return one.new_label if one.decision == "relabel" else one.given


def _words(answer: str) -> str:
    return answer or "(drop)"


def as_table(
    records: Iterable[AnnotatorQuality], accuracy: Mapping[str, float], weight: Mapping[str, float]
) -> pa.Table:
    """A line a reviewer; accuracy and weight are the consensus's, where there is one."""
    import pyarrow as pa

    rows = []
    for one in records:
        row: dict[str, object] = {"reviewer": one.reviewer, "answers": sum(one.answers.values())}
        row |= {word: one.answers.get(word, 0) for word in ("keep", "relabel", "drop", "unsure")}
        row |= {"accuracy": accuracy.get(one.reviewer), "weight": weight.get(one.reviewer)}
        shares = {"agreed": one.agreed, "controls_kept": one.kept, "flagged_wrong": one.wrong,
                  "suggestions_followed": one.followed, "followed_on_controls": one.followed_controls,
                  "followed_by_others": one.by_others}  # fmt: skip
        for name, share in shares.items():
            row |= {f"{name}_of": share.of, **_cells(name, share.estimate)}
        row |= _cells("precision", one.precision)
        rows.append(row | {"confused": "; ".join(one.most_confused()), "anchored": one.anchored})
    return pa.Table.from_pylist(rows, _schema())


def _cells(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    found = estimate and (estimate.value, estimate.low, estimate.high)
    return dict(zip((name, f"{name}_low", f"{name}_high"), found or (None, None, None), strict=True))


def _schema() -> pa.Schema:
    import pyarrow as pa

    whole = ["answers", "keep", "relabel", "drop", "unsure"]
    fields = [("reviewer", pa.string()), *((name, pa.int64()) for name in whole)]
    fields += [("accuracy", pa.float64()), ("weight", pa.float64())]
    for name in ("agreed", "controls_kept", "flagged_wrong", "suggestions_followed", "followed_on_controls",
                 "followed_by_others", "precision"):  # fmt: skip
        fields += [(f"{name}_of", pa.int64())] * (name != "precision")
        fields += [(f"{name}{end}", pa.float64()) for end in ("", "_low", "_high")]
    return pa.schema([*fields, ("confused", pa.string()), ("anchored", pa.string())])
