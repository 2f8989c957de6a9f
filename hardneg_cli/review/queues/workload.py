"""What people are asked to do, as users type it: who, how many rows or how long, and at what pace they work."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

from hardneg_cli.errors import InputError, quote
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.queues.assignment import Amount, AssignmentPlan

SECONDS_A_ROW = 6.0  # to read a short text or look at a picture, compare two labels and press a key
LONGEST_GAP = 120.0  # seconds between two decisions; beyond, the reviewer did something else
LEAST_GAPS = 10  # to tell a pace from
OVERLAP = Fraction(1, 10)
SIGNS = "_-+@."  # that a name may have besides letters, marks and digits
LONGEST_NAME = 64  # bytes
NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
TIME = re.compile(rf"(?:(?P<h>{NUMBER})h)?(?:(?P<min>{NUMBER})min)?(?:(?P<s>{NUMBER})s)?", re.ASCII)
UNITS = {"h": 3600, "min": 60, "s": 1}


@dataclass(frozen=True)
class ReviewPace:
    """Seconds a row, and on what ground."""

    seconds: float = SECONDS_A_ROW
    ground: str = ""

    def __str__(self) -> str:
        return f"{self.seconds:g} s a row{self.ground}"

    def lasts(self, rows: int) -> str:
        """How long so many rows take, in words."""
        return _duration(rows * self.seconds)


def parse_plan(
    reviewers: str | None,
    overlap: str | None,
    control: str | None,
    budget: str | None,
    *,
    blind: bool,
    pace: ReviewPace,
) -> AssignmentPlan:
    """The wish in the options' words. Raises InputError for what none of them may be."""
    names = reviewer_names(reviewers)
    if len(names) < 2 and overlap is not None:
        raise InputError("--overlap is what several reviewers have in common: name them with --reviewers")
    if control is not None and not names:
        raise InputError("--control needs --reviewers: the lead's file says which rows are a control, theirs do not")
    return AssignmentPlan(
        names,
        OVERLAP if overlap is None else _amount("--overlap", overlap),
        0 if control is None else _amount("--control", control),
        None if budget is None else _budget(budget, pace),
        blind,
    )


def review_pace(seconds: float | None, decisions: Iterable[Decision]) -> ReviewPace:
    """The pace that is stated, else that of the decisions, else the usual one. Raises InputError for an odd one."""
    if seconds is not None:
        if not (math.isfinite(seconds) and seconds > 0):
            raise InputError(f"--pace is a number of seconds above 0, not {seconds:g}")
        return ReviewPace(seconds)
    gaps = sorted(_gaps(decisions))
    if len(gaps) < LEAST_GAPS:
        return ReviewPace()
    median = (gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2
    return ReviewPace(round(median, 1), f", as {len(gaps) + 1:,} decisions so far were")


def _gaps(decisions: Iterable[Decision]) -> Iterable[float]:
    """Seconds between one decision of a reviewer and the next, where they were made one after the other.

    Decisions of the same moment were collected together: when they were made is not known.
    """
    times: dict[str, set[float]] = {}
    for decision in decisions:
        if not decision.is_settlement and (at := moment_of(decision.at)) is not None:
            times.setdefault(decision.reviewer, set()).add(at)
    for moments in times.values():
        gaps = (later - before for before, later in pairwise(sorted(moments)))
        yield from (gap for gap in gaps if gap <= LONGEST_GAP)


def moment_of(at: str) -> float | None:
    """The time of a decision in seconds; None for one that tells none."""
    try:
        when = datetime.fromisoformat(at)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def reviewer_names(given: str | None) -> tuple[str, ...]:
    """The names in `a,b`, each fit to be part of a file's. Raises InputError for others."""
    if given is None:
        return ()
    names = tuple(unicodedata.normalize("NFC", name.strip()) for name in given.split(","))
    seen: set[str] = set()
    for name in names:
        if not _is_name(name):
            raise InputError(
                f"--reviewers: {quote(name)} is no name: it becomes part of a file's, so letters, digits and "
                f"{SIGNS} make "
                f"one, at most {LONGEST_NAME} bytes, the first no dot"
            )
        if name.casefold() in seen:
            raise InputError(f"--reviewers: {quote(name)} is named twice")
        seen.add(name.casefold())
    return names


def _is_name(text: str) -> bool:
    plain = all(unicodedata.category(sign)[0] in "LMN" or sign in SIGNS for sign in text)
    return bool(text) and plain and text[0] != "." and len(text.encode()) <= LONGEST_NAME


def _amount(option: str, given: str) -> Amount:
    """So many rows, or a share of them in percent."""
    text = given.strip()
    number = re.fullmatch(rf"(\d{{1,9}})|({NUMBER})\s*%", text, re.ASCII)
    if not number:
        raise InputError(f"{option} is a number of rows or a share such as 10%, not {quote(given)}")
    if number[1]:
        return int(number[1])
    share = Fraction(number[2]) / 100
    if share > 1:
        raise InputError(f"{option} cannot be more than 100%, and is {quote(given)}")
    return share


def _budget(given: str, pace: ReviewPace) -> int:
    """The most rows: as typed, or as many as the time allows."""
    text = given.replace(" ", "")
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        rows = int(text)
    elif text and (time := TIME.fullmatch(text)):
        rows = int(sum(float(time[unit] or 0) * seconds for unit, seconds in UNITS.items()) / pace.seconds)
    else:
        raise InputError(f"--budget is a number of rows or a time such as 30min, 2h or 1h30min, not {quote(given)}")
    if not rows:
        raise InputError(f"--budget {given}: no row fits, at {pace}")
    return rows


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{math.ceil(seconds / 10) * 10} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"
