"""A case of a specification: what has to come of something, and how what comes differs from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pytest

from hardneg_cli.errors import HardnegError
from hardneg_cli.gating.verdict import CheckReport, GateResult
from hardneg_cli.verbs.check import check


class Case(Protocol):
    @property
    def name(self) -> str: ...

    def deviation(self) -> str:
        """Empty if all is as specified."""


@dataclass(frozen=True)
class GateCase:
    """What a gate answers to a commit: `given` are the arguments of check.

    rows: ids of the rows to blame; reasons: those of some of them. numbers: some of the figures. words: parts of the
    sentence, or of the reason why there is no verdict; never: what is no part of it.
    """

    gate: str
    about: str
    given: Mapping[str, Any]
    outcome: str
    rows: Sequence[str] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    words: Sequence[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    never: str = ""

    @property
    def name(self) -> str:
        return f"{self.gate}: {self.about}"

    def deviation(self) -> str:
        report = check(**{"decisions": (), "fail_on": [self.gate], **self.given})
        found = next(one for one in report.judged if one.gate == self.gate)
        if found.outcome != self.outcome:
            return f"{found.outcome}, not {self.outcome}: {_sentence(found)}"
        return "; ".join(self._differences(report, found))

    def _differences(self, report: CheckReport, found: GateResult) -> list[str]:
        rows, reasons = _blamed(report, found)
        numbers = dict(found.verdict.numbers) if found.verdict else {}
        differences = [] if rows == [*self.rows] else [f"blames {rows}"]
        for name, value in self.numbers.items():
            if numbers.get(name) != pytest.approx(value, rel=1e-6):
                differences.append(f"{name} is {numbers.get(name)}")
        differences += [f"no {words!r} in: {_sentence(found)}" for words in self.words if words not in _sentence(found)]
        if self.never and self.never in _sentence(found):
            differences.append(f"says: {_sentence(found)}")
        differences += [
            f"{id_}: {reasons.get(id_)}" for id_, words in self.reasons.items() if reasons.get(id_) != words
        ]
        return differences


@dataclass(frozen=True)
class AnswerCase:
    """What a call has to answer, numbers to six digits."""

    about: str
    answer: Callable[[], object]
    expected: object

    @property
    def name(self) -> str:
        return self.about

    def deviation(self) -> str:
        found = self.answer()
        return "" if _same(found, self.expected) else f"answers {found!r}"


def refusal(call: Callable[[], object]) -> str:
    """What the error says that the call raises; empty where it raises none."""
    try:
        call()
    except HardnegError as error:
        return str(error)
    return ""


def _sentence(found: GateResult) -> str:
    return found.verdict.why if found.verdict else found.reason


def _blamed(report: CheckReport, found: GateResult) -> tuple[list[str], dict[str, str]]:
    """The ids of the rows to blame, in the verdict's order, and their reasons."""
    verdict = found.verdict
    if verdict is None or verdict.rows is None:
        return [], {}
    ids = report.dataset.ids.take(np.asarray(verdict.rows)).to_pylist()
    reasons = verdict.reasons(np.arange(len(ids))) if verdict.reasons else [""] * len(ids)
    return ids, dict(zip(ids, reasons, strict=True))


def _same(found: object, expected: object) -> bool:
    if isinstance(expected, float) and isinstance(found, float | int):
        return bool(found == pytest.approx(expected, rel=1e-6, abs=1e-12))
    if isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        return len(found) == len(expected) and all(map(_same, found, expected))
    if isinstance(expected, dict) and isinstance(found, dict):
        return [*found] == [*expected] and all(_same(found[name], value) for name, value in expected.items())
    return type(found) is type(expected) and found == expected
