"""Gathers the figures of a report from what was collected; of very many reviewers those who answered most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.errors import as_text, plural
from hardneg_cli.rendering.figures import Interval, interval, rounded, versions
from hardneg_cli.review.decisions.adjudication import in_words
from hardneg_cli.review.decisions.decision import independent_answers
from hardneg_cli.review.reviewers.pace import ReviewerPace, paces
from hardneg_cli.review.reviewers.report.figures import (
    VERSION,
    AgreementFigures,
    CollectReport,
    ConflictFigures,
    ConsensusFigures,
    MistakeFigures,
    PaceFigures,
    Quartiles,
    ReviewerFigures,
    ReviewerShare,
)

if TYPE_CHECKING:
    from hardneg_cli.review.reviewers.agreement import Agreement
    from hardneg_cli.review.reviewers.annotator_quality import AnnotatorQuality, Proportion
    from hardneg_cli.review.reviewers.collected import CollectResult, CollectSummary
    from hardneg_cli.review.reviewers.consensus import Consensus
    from hardneg_cli.statistics.scores import Estimate

MOST_REVIEWERS = 60
MOST_IN_PAIRS = 24  # reviewers
MOST_DAYS = 60  # the last ones
MOST_MISTAKES = 300
MOST_CONFLICTS = 50
LONGEST_ANSWER = 300  # characters
DECIMALS = 4
SECONDS_DECIMALS = 1


def facts(collected: CollectResult, besides: CollectSummary) -> CollectReport:
    """besides: has the track records, and the consensus where there is one."""
    answers = independent_answers(collected.decisions)
    ranked = sorted(besides.records, key=lambda one: (-sum(one.answers.values()), one.reviewer))
    chosen = {one.reviewer for one in ranked[:MOST_REVIEWERS]}
    pace = paces(collected.decisions)
    days = sorted({day for one in pace for day in one.days})[-MOST_DAYS:]
    few = (
        "all of them" if len(ranked) <= MOST_REVIEWERS else f"the {MOST_REVIEWERS} of {len(ranked):,} with most answers"
    )
    notes = (*besides.notes, *collected.notes, *(besides.consensus.notes if besides.consensus else ()))
    return {
        "v": VERSION,
        "report": "reviewers",
        "log": as_text(str(collected.log)),
        "sentence": sentence(collected, len(answers), len({one.question for one in answers}), len(ranked)),
        "counts": {
            "read": collected.read, "appended": collected.appended, "settled": collected.settled,
            "undecided": collected.undecided, "answers": len(answers), "rows": len({one.question for one in answers}),
            "reviewers": len(ranked), "conflicts": len(collected.conflicts),
        },
        "agreement": None if collected.agreement is None else _agreement(collected.agreement, ranked),
        "rule": f"{few}; at most the last {MOST_DAYS} days",
        "reviewers": [_reviewer(one, besides.consensus) for one in besides.records if one.reviewer in chosen],
        "pace": [_pace(one, days) for one in pace if one.reviewer in chosen],
        "mistakes": _mistakes(besides.records),
        "conflicts": {"left": len(collected.conflicts), "rows": _conflicts(collected)},
        "consensus": None if besides.consensus is None else _consensus(besides.consensus),
        "notes": list(dict.fromkeys(note.removeprefix("note: ") for note in notes)),
        "settings": dict(collected.asked),
        "versions": versions(),
    }  # fmt: skip


def sentence(collected: CollectResult, answers: int, rows: int, reviewers: int) -> str:
    """How far they agree, and whether anything is left to settle."""
    left = plural(len(collected.conflicts), "conflict is", "conflicts are") if collected.conflicts else "no conflict is"
    found = collected.agreement
    if found is None:
        gave = f"{plural(reviewers, 'reviewer')} gave {plural(answers, 'answer')} about {plural(rows, 'row')}"
        return f"{gave}; no row has the answers of two, so nothing tells how far they agree, and {left} left."
    alpha = f"Krippendorff's α is {found.alpha.value:.2f}" if found.alpha else "all answers are the same"
    percent = f"{found.percent.value:.1%} ({found.percent.low:.1%} to {found.percent.high:.1%})"
    shared = plural(found.rows, "row")
    return (
        f"On the {shared} that several of {len(found.reviewers):,} reviewers decided, agreement is {percent}, "
        f"{alpha}, and {left} left."
    )


def _agreement(found: Agreement, ranked: Sequence[AnnotatorQuality]) -> AgreementFigures:
    names = [one.reviewer for one in ranked if one.reviewer in set(found.reviewers)][:MOST_IN_PAIRS]
    pairs = found.pairs.among(names)
    few = "all pairs" if len(pairs) == len(found.pairs) else f"the pairs of the {len(names)} with most answers"
    percent = _interval(found.percent)
    assert percent is not None
    return {
        "rows": found.rows, "percent": percent, "alpha": _interval(found.alpha), "ac1": _interval(found.ac1),
        "rule": few, "pairs": [
            {"first": one.first, "second": one.second, "rows": one.rows, "kappa": _interval(one.kappa)}
            for one in pairs
        ],
    }  # fmt: skip


def _interval(found: Estimate | None) -> Interval | None:
    return None if found is None else interval(found.value, found.low, found.high)


def _share(found: Proportion) -> ReviewerShare:
    return {"times": found.times, "of": found.of, "share": _interval(found.estimate)}


def _reviewer(one: AnnotatorQuality, agreed: Consensus | None) -> ReviewerFigures:
    accuracy, weight = (agreed.accuracy, agreed.weight) if agreed else ({}, {})
    return {
        "reviewer": one.reviewer, "answers": sum(one.answers.values()),
        "keep": one.answers.get("keep", 0), "relabel": one.answers.get("relabel", 0),
        "drop": one.answers.get("drop", 0), "unsure": one.answers.get("unsure", 0),
        "agreed": _share(one.agreed), "controls_kept": _share(one.kept), "flagged_wrong": _share(one.wrong),
        "suggestions_followed": _share(one.followed), "followed_on_controls": _share(one.followed_controls),
        "followed_by_others": _share(one.by_others), "precision": _interval(one.precision),
        "accuracy": rounded(accuracy.get(one.reviewer)), "weight": rounded(weight.get(one.reviewer)),
        "anchored": one.anchored,
    }  # fmt: skip


def _pace(one: ReviewerPace, days: Sequence[str]) -> PaceFigures:
    seconds: Quartiles | None = None
    if one.seconds is not None:
        low, median, high = (round(value, SECONDS_DECIMALS) for value in one.seconds)
        seconds = {"low": low, "median": median, "high": high}
    return {
        "reviewer": one.reviewer, "answers": one.answers, "timed": one.timed, "seconds": seconds,
        "days": [{"day": day, "answers": one.days[day]} for day in days if day in one.days],
    }  # fmt: skip


def _mistakes(records: Sequence[AnnotatorQuality]) -> list[MistakeFigures]:
    """Of all reviewers together, the most frequent first."""
    counts = Counter[tuple[str, str]]()
    for one in records:
        counts.update(one.confused)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_MISTAKES]
    return [{"others": theirs, "answer": mine, "times": times} for (theirs, mine), times in ranked]


def _conflicts(collected: CollectResult) -> list[ConflictFigures]:
    return [
        {"id": group[0].id, "given": group[0].given, "answers": in_words(group)[:LONGEST_ANSWER]}
        for group in collected.conflicts[:MOST_CONFLICTS]
    ]


def _consensus(found: Consensus) -> ConsensusFigures:
    kinds = Counter(row.decision for row in found.rows)
    return {
        "rows": len(found.rows), "keep": kinds["keep"], "relabel": kinds["relabel"], "drop": kinds["drop"],
        "wrong": round(sum(row.score for row in found.rows), DECIMALS),
    }  # fmt: skip
