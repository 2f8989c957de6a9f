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
    said: Sequence[Decision], filled: Sequence[Decision], adjudicator: str | None
) -> tuple[list[Decision], list[Decision]]:
    """The answers of reviewers, and those of the adjudicator that may settle what others disagree about."""
    if adjudicator is None:
        return list(filled), []
    mine = [one for one in filled if one.reviewer == adjudicator and one.is_decisive]
    disputed = _disputed([*said, *(one for one in filled if one.reviewer != adjudicator)], adjudicator)
    verdicts = {one.question: one for one in mine if one.question in disputed}
    return [one for one in filled if one.reviewer != adjudicator or one.question not in verdicts], [*verdicts.values()]


def _disputed(said: Sequence[Decision], adjudicator: str) -> set[Question]:
    """What the adjudicator has no part in: others gave several answers, or a later one than the settlement."""
    own = {one.question for one in said if one.reviewer == adjudicator and not one.is_settlement and one.is_decisive}
    others = [one for one in independent_answers(said) if one.reviewer != adjudicator]
    return {group[0].question for group in (*conflicts(others), *conflicts(effective_decisions(said)))} - own


def new_answers(said: Iterable[Decision], filled: Iterable[Decision]) -> list[Decision]:
    """Those that are not the last word of their reviewer from their file.

    An older file that is collected again takes back nothing that was decided elsewhere since.
    """
    last = {(one.question, one.reviewer, one.source): (one.decision, one.new_label) for one in chronological(said)}
    new = []
    for one in {(one.question, one.reviewer, one.source): one for one in filled}.values():
        before = (last.get((one.question, one.reviewer, source)) for source in (one.source, ADJUDICATION))
        if (one.decision, one.new_label) not in before:
            new.append(one)
    return new


def adjudications(said: Sequence[Decision], verdicts: Iterable[Decision]) -> list[Decision]:
    """The lines that settle conflicts as the adjudicator says, where that is not in the log already."""
    verdicts = list(verdicts)
    if not verdicts:
        return []
    standing = effective_decisions(said)
    left = {group[0].question for group in conflicts(standing)}
    ruled = {one.question: one.answer for one in standing if one.source == ADJUDICATION}
    at = now(after=max((one.at for one in said), default=""))
    return [
        replace(one, source=ADJUDICATION, at=at)
        for one in verdicts
        if one.question in left or ruled.get(one.question) != one.answer
    ]


def policy_settlements(said: Sequence[Decision], policy: str) -> list[Decision]:
    """The lines that settle what is left, unless an adjudicator ruled on it."""
    if policy == UNANIMOUS:
        return []
    groups = conflicts(effective_decisions(said))
    left = {group[0].question for group in groups if all(one.source != ADJUDICATION for one in group)}
    words: dict[Question, list[Decision]] = {}
    for word in independent_answers(said):
        if word.question in left and word.is_decisive:
            words.setdefault(word.question, []).append(word)
    at = now(after=max((one.at for one in said), default=""))
    chosen = [(group, _choice(group, policy)) for group in words.values()]
    return [replace(one, reviewer=POLICY, source=policy, at=at, note=answers(group)) for group, one in chosen if one]


def _choice(words: Sequence[Decision], policy: str) -> Decision | None:
    """The answer that the policy takes; None where it takes none."""
    if policy == LATEST:
        newest = [word for word in words if word.at == max(word.at for word in words)]
        return newest[0] if len({word.answer for word in newest}) == 1 else None
    answer, votes = Counter(word.answer for word in words).most_common(1)[0]
    return next(word for word in words if word.answer == answer) if 2 * votes > len(words) else None


def answers(group: Iterable[Decision]) -> str:
    """Who says what, in one line."""
    return "; ".join(sorted(f"{one.reviewer}: {one.answer}" for one in group))
