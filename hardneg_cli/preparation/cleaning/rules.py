"""Rules that clean a dataset without asking: `DETECTOR=ACTION`, and `COLUMN=VALUE` for cells that hold nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hardneg_cli.detection.detectors import DETECTORS
from hardneg_cli.errors import InputError, did_you_mean, listing, quote

DROP, RELABEL = ACTIONS = ("drop", "relabel")
MEDIAN, MODE = "median", "mode"
# What each detector's rows may be done to, in the order in which the rules act: names first, as copies that only differ
# in a label's spelling are copies with one label, and rows that are no longer there are copies of nothing.
ALLOWED = {
    "label-spelling": RELABEL, "rare-label": DROP, "empty-row": DROP, "exact-duplicate": DROP, "near-duplicate": DROP,
}  # fmt: skip
GivenRules: TypeAlias = Mapping[str, object] | Sequence[str]


@dataclass(frozen=True)
class CleanRule:
    """What is done with the rows that a detector flags."""

    detector: str
    action: str

    def __str__(self) -> str:
        return f"{self.detector}={self.action}"


@dataclass(frozen=True)
class FillRule:
    """What becomes of the cells of a column that hold nothing. how: `median`, `mode`, `drop`, or the value."""

    column: str
    how: str

    @property
    def action(self) -> str:
        return DROP if self.how == DROP else "fill"

    def __str__(self) -> str:
        return f"{self.column}={self.how}"


def clean_rules(given: GivenRules | None) -> tuple[CleanRule, ...]:
    """The rules in the order in which they act. Raises InputError for a detector or an action that cannot be."""
    rules: dict[str, CleanRule] = {}
    for name, action in _pairs("--clean", given):
        rule = CleanRule(name, str(action))
        _refuse(rule)
        rules[name] = rule
    return tuple(rules[name] for name in ALLOWED if name in rules)


def fill_rules(given: GivenRules | None, content: Sequence[str], others: Sequence[str]) -> tuple[FillRule, ...]:
    """The rules for columns of the `content`, in their order; a name may have `=` in it.

    Raises InputError for a column that is not there, one of the `others`, which are not filled, and one without value.
    """
    rules: dict[str, FillRule] = {}
    known = (*content, *others)
    for name, value in _pairs("--fill", given, known):
        if name in others:
            raise InputError(
                f"--fill {name}: {quote(name)} is no content: labels, ids, splits, groups and probabilities are not "
                "filled"
            )
        if name not in content:
            raise InputError(f"--fill {name}: no column {quote(name)}{did_you_mean(name, content)}")
        how = str(value).lower() if isinstance(value, bool) else str(value)
        if not how.strip() or value is None or value != value:
            raise InputError(f"--fill {name}: no value: give {MEDIAN}, {MODE}, {DROP} or what to write")
        if rules.setdefault(name, FillRule(name, how)).how != how:
            raise InputError(f"--fill {name}: two values, {quote(rules[name].how)} and {quote(how)}: give one")
    return tuple(rules[name] for name in content if name in rules)


def _refuse(rule: CleanRule) -> None:
    if rule.detector not in DETECTORS.names:
        raise InputError(
            f"--clean {rule}: no detector {quote(rule.detector)}{did_you_mean(rule.detector, DETECTORS.names)} "
            f"(with rules: {', '.join(ALLOWED)})"
        )
    if rule.action not in ACTIONS:
        raise InputError(
            f"--clean {rule}: no action {quote(rule.action)}{did_you_mean(rule.action, ACTIONS)} "
            f"(known: {listing(ACTIONS)})"
        )
    allowed = ALLOWED.get(rule.detector)
    if allowed is None:
        raise InputError(
            f"--clean {rule}: what {rule.detector} says is an opinion: let people decide, or name a queue and use "
            "--auto-relabel or --auto-drop, which say how many are expected to be wrong"
        )
    if rule.action != allowed:
        raise InputError(f"--clean {rule}: rows of {rule.detector} can only be {allowed}: {rule.detector}={allowed}")


def _pairs(option: str, given: GivenRules | None, known: Sequence[str] = ()) -> list[tuple[str, object]]:
    """Names and values; of texts, the name is what stands before the first `=` or, with more of them, what is known."""
    if given is None or given == ():
        return []
    if isinstance(given, Mapping):
        return [(str(name), value) for name, value in given.items()]
    found: list[tuple[str, object]] = []
    for text in [given] if isinstance(given, str) else given:
        places = [place for place, letter in enumerate(text) if letter == "="]
        if not places or not text[: places[0]]:
            word = "DETECTOR=ACTION" if option == "--clean" else "COLUMN=VALUE"
            raise InputError(f"{option} {quote(text)} is not {word}")
        place = next((place for place in places if text[:place] in known), places[0])
        found.append((text[:place], text[place + 1 :]))
    return found
