"""Settling: what becomes of rows that reviewers answer differently, by an adjudicator or by a policy.

Each settlement is a line of the log, later than all that it settles, so that whoever reads the log needs no policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hardneg_cli.review.decisions.decision import (
    ADJUDICATION,
    Decision,
    Question,
    chronological,
    conflicts,
    effective_decisions,
    independent_answers,
)
from hardneg_cli.review.decisions.decision_log import now
from hardneg_cli.review.decisions.filled_queue import POLICY

UNANIMOUS, MAJORITY, LATEST = POLICIES = ("unanimous", "majority", "latest")


def split(
    decisions: Sequence[Decision], filled: Sequence[Decision], adjudicator: str | None
) -> tuple[list[Decision], list[Decision]]:
    """The answers of reviewers, and those of the adjudicator that may settle what others disagree about."""
    if adjudicator is None:
        return list(filled), []
    own = [one for one in filled if one.reviewer == adjudicator and one.is_decisive]
    disputed = _disputed([*decisions, *(one for one in filled if one.reviewer != adjudicator)], adjudicator)
    verdicts = {one.question: one for one in own if one.question in disputed}
    return [one for one in filled if one.reviewer != adjudicator or one.question not in verdicts], [*verdicts.values()]


def _disputed(decisions: Sequence[Decision], adjudicator: str) -> set[Question]:
    """What the adjudicator has no part in: others gave several answers, or a later one than the settlement."""
    own = {
        one.question for one in decisions
        if one.reviewer == adjudicator and not one.is_settlement and one.is_decisive
    }  # fmt: skip
    others = [one for one in independent_answers(decisions) if one.reviewer != adjudicator]
    return {group[0].question for group in (*conflicts(others), *conflicts(effective_decisions(decisions)))} - own


def new_answers(decisions: Iterable[Decision], filled: Iterable[Decision]) -> list[Decision]:
    """Those that are not the last word of their reviewer from their file.

    An older file that is collected again takes back nothing that was decided elsewhere since.
    """
    last = {(one.question, one.reviewer, one.source): (one.decision, one.new_label) for one in chronological(decisions)}
    new = []
    for one in {(one.question, one.reviewer, one.source): one for one in filled}.values():
        before = (last.get((one.question, one.reviewer, source)) for source in (one.source, ADJUDICATION))
        if (one.decision, one.new_label) not in before:
            new.append(one)
    return new


def adjudications(decisions: Sequence[Decision], verdicts: Iterable[Decision]) -> list[Decision]:
    """The lines that settle conflicts as the adjudicator says, where that is not in the log already."""
    verdicts = list(verdicts)
    if not verdicts:
        return []
    standing = effective_decisions(decisions)
    left = {group[0].question for group in conflicts(standing)}
    ruled = {one.question: one.answer for one in standing if one.source == ADJUDICATION}
    at = now(after=max((one.at for one in decisions), default=""))
    return [
        replace(one, source=ADJUDICATION, at=at)
        for one in verdicts
        if one.question in left or ruled.get(one.question) != one.answer
    ]


def policy_settlements(decisions: Sequence[Decision], policy: str) -> list[Decision]:
    """The lines that settle what is left, unless an adjudicator ruled on it."""
    if policy == UNANIMOUS:
        return []
    groups = conflicts(effective_decisions(decisions))
    left = {group[0].question for group in groups if all(one.source != ADJUDICATION for one in group)}
    disputed: dict[Question, list[Decision]] = {}
    for answer in independent_answers(decisions):
        if answer.question in left and answer.is_decisive:
            disputed.setdefault(answer.question, []).append(answer)
    at = now(after=max((one.at for one in decisions), default=""))
    chosen = [(group, _choice(group, policy)) for group in disputed.values()]
    return [replace(one, reviewer=POLICY, source=policy, at=at, note=in_words(group)) for group, one in chosen if one]


def _choice(answers: Sequence[Decision], policy: str) -> Decision | None:
    """The answer that the policy takes; None where it takes none."""
    if policy == LATEST:
        last = max(one.at for one in answers)
        newest = [one for one in answers if one.at == last]
        return newest[0] if len({one.answer for one in newest}) == 1 else None
    answer, votes = Counter(one.answer for one in answers).most_common(1)[0]
    return next(one for one in answers if one.answer == answer) if 2 * votes > len(answers) else None


def in_words(group: Iterable[Decision]) -> str:
    """Who says what, in one line."""
    return "; ".join(sorted(f"{one.reviewer}: {one.answer}" for one in group))
