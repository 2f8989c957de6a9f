"""What stands around the gates: what changed, which gates are asked, what is made of their verdicts, the exit code."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hardneg_cli import Columns, load
from hardneg_cli.cli.command_tree import command_line
from hardneg_cli.data.changes import Changes
from hardneg_cli.errors import HardnegError
from hardneg_cli.gating.changed_row_test import ChangedRowTest
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.gating.verdict import CheckReport, GateResult, Verdict
from hardneg_cli.verbs.check import check
from support.checked_rows import COPY, ROWS, put, table
from support.gate_cases_statistics import OLD, PLAIN, RIGHT
from support.gate_cases_statistics import table as numbered
from support.specifications.case import AnswerCase, Case, refusal
from support.specifications.findings import FLAGGED, edited, wrong
from support.specifications.folder import FOLDER

# -- added and edited rows against the unchanged ones --------------------------------------------------------------

# class 0: 10 unchanged, 2 of them suspect; 4 fresh, 3 suspect. class 1: 6 and 1; 3 and 0. class 2: 2 fresh ones.
# class 3: 5 unchanged ones. The last two, of class 0, are neither.
LABELS = np.repeat([0, 1, 2, 3, 0], [14, 9, 2, 5, 2]).astype(np.int32)
FRESH = np.isin(np.arange(32), [*range(10, 14), *range(20, 23), 23, 24])
UNCHANGED = ~FRESH & (np.arange(32) < 30)
SCORE = np.where(np.isin(np.arange(32), [0, 1, 10, 11, 12, 14, 23, 30]), 0.5, 0.0)
NONE = np.zeros(32, bool)


def compared(right: Any = NONE, **more: Any) -> ChangedRowTest:
    given = {
        "labels": LABELS,
        "fresh": FRESH,
        "unchanged": UNCHANGED,
        "score": SCORE,
        "cut": 0.5,
        "right": right,
    } | more
    return ChangedRowTest.of(**given)


def uniform(fresh: int, unchanged: int, suspect: int) -> ChangedRowTest:
    """Of one class; so many of the unchanged rows are suspect."""
    n = fresh + unchanged
    score = np.where(np.arange(n) < suspect, 0.9, 0.0)
    mask = np.arange(n) >= unchanged
    return ChangedRowTest.of(np.zeros(n, np.int32), mask, ~mask, score, 0.5, np.zeros(n, bool))


CHANGED_ROW_TEST = [
    AnswerCase("changed rows: the classes of both kinds", lambda: compared().shared_classes.tolist(), [0, 1]),
    AnswerCase(
        "changed rows: which are compared",
        lambda: np.flatnonzero(compared().compared).tolist(),
        [10, 11, 12, 13, 20, 21, 22],
    ),
    AnswerCase("changed rows: how many would be usual", lambda: compared().expected, 4 * 2 / 10 + 3 * 1 / 6),
    AnswerCase("changed rows: the least chance", lambda: compared().least_p, 15 / 1001 * 4 / 84),
    AnswerCase(
        "changed rows: suspect from the cut on",
        lambda: [compared().suspect.sum(), compared(cut=0.51).suspect.sum()],
        [np.int64(8), np.int64(0)],
    ),
    AnswerCase(
        "changed rows: the right ones are in no doubt, if they are fresh",
        lambda: np.flatnonzero(compared(right=np.isin(np.arange(32), [0, 10])).suspect).tolist(),
        [0, 1, 11, 12, 14, 23, 30],
    ),
    AnswerCase(
        "changed rows: their level is none",
        lambda: compared(right=np.isin(np.arange(32), [0, 10])).level[[0, 10, 11]].tolist(),
        [1, 0, 1],
    ),
    AnswerCase(
        "changed rows: the chance of their sum",  # 3 + 0 of 6, exactly
        lambda: abs(compared().p() - 0.2747252747) < 0.05,
        True,
    ),
    AnswerCase(
        "changed rows: rows that are neither do not count",
        lambda: compared(score=np.where(np.arange(32) >= 30, 0.9, SCORE)).p() == compared().p(),
        True,
    ),
    AnswerCase(
        "changed rows: by class",
        lambda: [[astuple(one) for one in uniform_class(fresh).by_class(0.05)] for fresh in (4, 1)],
        [[(1, 4, 4, 1 / 1001)], []],
    ),
    AnswerCase("changed rows: the worst class first", lambda: [one.code for one in two_bad().by_class(0.05)], [1, 0]),
    AnswerCase(
        "changed rows: how many are needed",
        lambda: [
            uniform(2, 98, 10).needed(0.01),
            uniform(2, 98, 0).needed(0.01),
            uniform(1, 3, 3).needed(0.01),
            uniform(9, 91, 10).needed(0.01),
        ],
        [3, 3, None, 10],
    ),
    AnswerCase(
        "changed rows: what is noticeable",
        lambda: [
            uniform(20, 80, 8).noticeable(0.01),
            uniform(20, 80, 0).noticeable(0.01),
            uniform(200, 800, 80).noticeable(0.01),
            uniform(2, 80, 70).noticeable(0.01),
            uniform(1, 80, 1).noticeable(0.01),
        ],
        [0.36, 0.08, 0.09, 1.0, 1.0],
    ),
]


def uniform_class(fresh: int) -> ChangedRowTest:
    """Class 0 with nothing suspect, class 1 with ten sound unchanged rows and so many suspect fresh ones."""
    labels = np.repeat([0, 1], [10, 10 + fresh]).astype(np.int32)
    mask = (np.arange(len(labels)) >= 20) | (np.arange(len(labels)) < 3)
    score = np.where(np.arange(len(labels)) >= 20, 0.9, 0.0)
    return ChangedRowTest.of(labels, mask, ~mask, score, 0.5, np.zeros(len(labels), bool))


def two_bad() -> ChangedRowTest:
    """Class 0: 5 of 5 fresh are suspect, class 1: 6 of 6; none of 20 unchanged ones of each."""
    labels = np.repeat([0, 1], [25, 26]).astype(np.int32)
    place = np.r_[np.arange(25), np.arange(26)]
    mask = place >= 20
    return ChangedRowTest.of(labels, mask, ~mask, np.where(mask, 0.9, 0.0), 0.5, np.zeros(51, bool))


# -- the rows to blame ---------------------------------------------------------------------------------------------


def failed(rows: list[int] | None, *, passed: bool = False, reasons: bool = True, means: str = "fail") -> GateResult:
    given = None if rows is None else np.array(rows)
    words = (lambda places: [f"reason {place}" for place in places]) if reasons else None
    return GateResult("leak", means, Verdict(passed, "why", given, words))  # type: ignore[arg-type]


UNJUDGED = GateResult("leak", "fail", None, "no split")


def file_rows() -> Any:
    path = FOLDER / "three.csv"
    path.write_text('id,label,text\na,cat,"two\nlines"\nb,dog,x\nc,cat,y\n')
    return load(path)


FAILING_ROWS = [
    AnswerCase(
        "rows to blame: how many",
        lambda: [
            count(one)
            for one in (failed([0, 2]), failed([0], passed=True), failed(None), UNJUDGED, failed([1], means="warn"))
        ],
        [2, 0, 0, 0, 1],
    ),
    AnswerCase(
        "rows to blame: where they are",
        lambda: [
            (one.id, one.reason, Path(one.file).name, one.line) for one in failing_rows(file_rows(), failed([0, 2]))
        ],
        [("a", "reason 0", "three.csv", 2), ("c", "reason 1", "three.csv", 5)],
    ),
    AnswerCase(
        "rows to blame: the first of them",
        lambda: [one.id for one in failing_rows(file_rows(), failed([1, 2]), 1)],
        ["b"],
    ),
    AnswerCase(
        "rows to blame: without reasons",
        lambda: [(one.id, one.reason) for one in failing_rows(file_rows(), failed([1], reasons=False))],
        [("b", "")],
    ),
    AnswerCase(
        "rows to blame: none",
        lambda: [len(failing_rows(file_rows(), one)) for one in (failed([0], passed=True), failed(None), UNJUDGED)],
        [0, 0, 0],
    ),
]

# -- what is made of the verdicts ----------------------------------------------------------------------------------


def report(*results: GateResult) -> CheckReport:
    return CheckReport(load(table(ROWS)), None, None, results)


def of_findings(**more: Any) -> CheckReport:
    return check(numbered(RIGHT), decisions=(), **{"base": OLD, "with_findings": True, **PLAIN, **more})


VERDICTS = [
    AnswerCase(
        "verdicts: outcomes",
        lambda: [
            one.outcome
            for one in (
                failed([0]),
                failed([0], means="warn"),
                failed([0], passed=True),
                failed([0], passed=True, means="warn"),
                UNJUDGED,
            )
        ],
        ["failed", "warned", "passed", "passed", "not judged"],
    ),
    AnswerCase(
        "verdicts: a report passes where no gate fails",
        lambda: [
            report(*results).passed
            for results in ((), (UNJUDGED,), (failed([0], means="warn"),), (failed([0]), failed([], passed=True)))
        ],
        [True, True, True, False],
    ),
    AnswerCase(
        "verdicts: which fail",
        lambda: [
            one.means
            for one in report(UNJUDGED, failed([0], means="warn"), failed([0]), failed(None, passed=True)).failed
        ],
        ["fail"],
    ),
    AnswerCase("verdicts: the queue is of changed rows", lambda: of_findings().queue()["id"].to_pylist(), ["r275"]),
    AnswerCase(
        "verdicts: without a base of all",
        lambda: sorted(of_findings(base=None).queue()["id"].to_pylist()),
        [f"r{row:03d}" for row in FLAGGED],
    ),
    AnswerCase(
        "verdicts: no findings, no queue",
        lambda: refusal(report().queue),
        "the report has no findings to queue: check with with_findings=True",
    ),
    AnswerCase(
        "verdicts: tables",
        lambda: [
            [*one.tables()] for one in (report(), check(table(ROWS), base=table(ROWS), decisions=()), of_findings())
        ],
        [["gates"], ["gates", "changes"], ["gates", "queue", "changes"]],
    ),
    AnswerCase(
        "verdicts: the table of gates",
        lambda: report(UNJUDGED, failed([0])).tables()["gates"].to_pylist(),
        [
            {"gate": "leak", "means": "fail", "outcome": "not judged", "why": "no split"},
            {"gate": "leak", "means": "fail", "outcome": "failed", "why": "why"},
        ],
    ),
    AnswerCase(
        "verdicts: the final word",
        lambda: [*report(UNJUDGED, failed([0])).summary()][-1],
        "refused: 0 of 2 gates passed; failed: leak; not judged: leak",
    ),
]

# -- which gates are asked -----------------------------------------------------------------------------------------

USUAL = {
    "contradiction": "fail",
    "drift": "warn",
    "leak": "fail",
    "new-class": "fail",
    "rate": "fail",
    "reverted": "fail",
}


def asked(**more: Any) -> dict[str, str]:
    """Beside the usual ones, or otherwise than usual."""
    found = check(table(ROWS), base=table(ROWS), **{"decisions": (), **more}).judged
    return {one.gate: one.means for one in found if USUAL.get(one.gate) != one.means}


CHOICE = [
    AnswerCase(
        "choice: by default",
        lambda: {one.gate: one.means for one in check(table(ROWS), base=table(ROWS), decisions=()).judged},
        USUAL,
    ),
    AnswerCase(
        "choice: named to fail", lambda: asked(fail_on=["drift", "imbalance"]), {"drift": "fail", "imbalance": "fail"}
    ),
    AnswerCase(
        "choice: named to warn",
        lambda: asked(warn_on=["new-class", "imbalance"]),
        {"imbalance": "warn", "new-class": "warn"},
    ),
    AnswerCase("choice: required", lambda: asked(require=["imbalance", "drift"]), {"imbalance": "fail"}),
    AnswerCase("choice: with settings", lambda: asked(settings={"imbalance": {"at_most": 3}}), {"imbalance": "fail"}),
    AnswerCase(
        "choice: required, and to warn",
        lambda: asked(require=["imbalance"], warn_on=["imbalance"]),
        {"imbalance": "warn"},
    ),
    AnswerCase(
        "choice: named for both",
        lambda: refusal(lambda: asked(fail_on=["leak", "drift"], warn_on=["leak"]))[:14],
        "gate 'leak' is",
    ),
    AnswerCase(
        "choice: no such gate",
        lambda: [
            refusal(lambda given=given: asked(**given))[:12]
            for given in (
                {"fail_on": ["lea"]},
                {"warn_on": ["lea"]},
                {"require": ["lea"]},
                {"settings": {"lea": {"x": 1}}},
            )
        ],
        ["no gate 'lea", "no gate 'lea", "no gate 'lea", "no gate or d"],
    ),
    AnswerCase(
        "choice: no such setting",
        lambda: refusal(lambda: asked(settings={"leak": {"x": 1}}))[:26],
        "gate 'leak' has no setting",
    ),
    AnswerCase(
        "choice: what cannot be judged is not judged",
        lambda: [
            (one.outcome, one.verdict is None, one.reason != "")
            for one in check(table(ROWS), base=table(ROWS), decisions=()).judged
            if one.gate in ("leak", "rate", "reverted")
        ],
        [("not judged", True, True)] * 3,
    ),
    AnswerCase(
        "choice: findings of one class, or of no model",
        lambda: [
            refusal(lambda data=data: check(data, decisions=(), with_findings=True))[:27]
            for data in (table([row for row in ROWS if row[1] == "cat"]), table(ROWS))
        ],
        ["every label is 'cat': at le", "no probabilities: name them"],
    ),
    AnswerCase(
        "choice: columns of probabilities are a model",
        lambda: len(
            check(
                table(
                    ROWS,
                    **{
                        f"prob_{name}": [0.8 if row[1] == name else 0.1 for row in ROWS]
                        for name in ("ant", "cat", "dog")
                    },
                ),
                decisions=(),
                with_findings=True,
            ).queue()
        ),
        0,
    ),
    AnswerCase(
        "choice: findings are there where a gate asks for them",
        lambda: [
            one.findings is not None
            for one in (check(numbered(RIGHT), decisions=(), **PLAIN), check(numbered(RIGHT), decisions=()))
        ],
        [True, False],
    ),
    AnswerCase(
        "choice: what changed cannot be told",
        lambda: [
            "what changed cannot be told"
            in " ".join(
                check(
                    table(ROWS).drop_columns(["id"]),
                    Columns(id=None),
                    decisions=(),
                    base=table(ROWS).drop_columns(["id"]).rename_columns(["label", "words"]),
                ).notes
            )
        ],
        [True],
    ),
]

# -- what changed --------------------------------------------------------------------------------------------------


def changes(**more: Any) -> Changes:
    none = np.zeros(4, bool)
    nothing = pa.array([], pa.string())
    given = {"place": np.array([0, -1, 2, 3]), "edited": none, "relabeled": none, "before": pa.nulls(4, pa.string()),
             "dropped": nothing, "dropped_labels": nothing, "classes": ()}  # fmt: skip
    return Changes(**{**given, **more})


def at(*rows: int) -> Any:
    return np.isin(np.arange(4), rows)


def changed(head: pa.Table, base: pa.Table, what: str) -> list[str]:
    """The ids of the rows that changed so."""
    found = check(head, base=base, decisions=())
    assert found.changes is not None
    return found.dataset.ids.filter(pa.array(getattr(found.changes, what))).to_pylist()


CHANGES = [
    AnswerCase("changes: an added row", lambda: changes().added.tolist(), [False, True, False, False]),
    AnswerCase(
        "changes: each of the three is one",
        lambda: [
            np.flatnonzero(one.changed).tolist()
            for one in (
                changes(),
                changes(edited=at(2)),
                changes(relabeled=at(3)),
                changes(edited=at(2), relabeled=at(2, 3)),
            )
        ],
        [[1], [1, 2], [1, 3], [1, 2, 3]],
    ),
    AnswerCase(
        "changes: added, edited, relabeled",
        lambda: [
            changed(table([*put(3, "dog", rows=put(4, text="else")), COPY]), table(ROWS), what)
            for what in ("added", "edited", "relabeled", "changed")
        ],
        [["n1"], ["r4"], ["r3"], ["r3", "r4", "n1"]],
    ),
    AnswerCase(
        "changes: dropped rows",
        lambda: check(table(ROWS[2:]), base=table(ROWS), decisions=()).changes.dropped.to_pylist(),
        ["r0", "r1"],
    ),  # type: ignore[union-attr]
    AnswerCase(
        "changes: rows that nobody touched are not compared as changed",
        lambda: changed(edited(wrong([2]), [5]), numbered(RIGHT), "changed"),
        ["r002", "r005"],
    ),
]

# -- the exit code -------------------------------------------------------------------------------------------------


def exit_of(*arguments: str) -> tuple[int, str]:
    """Of `hardneg check`, with what its error says; files are those of `files`."""

    def guarded(run: Callable[..., int]) -> Callable[..., object]:
        @functools.wraps(run)
        def call(*args: Any, **options: Any) -> object:
            try:
                return run(*args, **options), ""
            except HardnegError as error:
                return error.exit_code, str(error).replace(f"{FOLDER}/", "")

        return call

    found = command_line(guarded)([  # type: ignore[arg-type]
        "check", *(f"{FOLDER}/{one}" if one.endswith(".csv") else one for one in arguments),
        "-o", f"{FOLDER}/out.json", "-q",
    ], prog_name="hardneg", standalone_mode=False)  # fmt: skip
    code, words = found
    return int(code), str(words)


def with_files(*arguments: str) -> Callable[[], object]:
    def call() -> object:
        from pyarrow import csv

        for name, rows in (("base", ROWS), ("head", put(3, "Cta")), ("copy", [*put(3, "Cta"), COPY])):
            csv.write_csv(table(rows), FOLDER / f"{name}.csv")
        return exit_of(*arguments)

    return call


HEAD = ("head.csv", "--base", "base.csv")
FAILS = (1, "head.csv fails new-class (1 row)")
LACKS = (2, "gate leak is required and cannot judge: no split column: name it with --split")
EXIT = [
    AnswerCase("exit: passed", with_files("base.csv", "--base", "base.csv"), (0, "")),
    AnswerCase("exit: failed", with_files(*HEAD), FAILS),
    AnswerCase(
        "exit: two gates fail",
        with_files("copy.csv", "--base", "base.csv"),
        (1, "copy.csv fails contradiction (1 row) and new-class (1 row)"),
    ),
    AnswerCase("exit: warned", with_files(*HEAD, "--warn-on", "new-class"), (0, "")),
    AnswerCase("exit: failed, and it does not matter", with_files(*HEAD, "--exit-zero"), (0, "")),
    AnswerCase(
        "exit: required and not judged", with_files("base.csv", "--base", "base.csv", "--require", "leak"), LACKS
    ),
    AnswerCase("exit: which matters even so", with_files(*HEAD, "--exit-zero", "--require", "leak"), LACKS),
    AnswerCase("exit: no goes before not judged", with_files(*HEAD, "--require", "leak"), FAILS),
    AnswerCase(
        "exit: required and passed", with_files("base.csv", "--base", "base.csv", "--require", "new-class"), (0, "")
    ),
    AnswerCase(
        "exit: what is not required may be not judged",
        with_files("base.csv", "--base", "base.csv", "--fail-on", "leak"),
        (0, ""),
    ),
    AnswerCase("exit: a class that is allowed", with_files(*HEAD, "--allow-class", "Cta"), (0, "")),
    AnswerCase(
        "exit: alpha and the budget are settings",
        lambda: [
            with_files("base.csv", "--base", "base.csv", *more)()[0]  # type: ignore[index]
            for more in (("--alpha", "2", "--require", "rate"), ("--max-open", "3", "--require", "budget"))
        ],
        [2, 2],
    ),
    AnswerCase(
        "exit: a gate that is no gate",
        with_files("base.csv", "--require", "lea"),
        (
            2,
            "no gate 'lea'; did you mean 'leak'? (known: agreement, budget, contradiction, drift, error-bound, "
            "imbalance, leak, new-class, rate, reverted, unreviewed)",
        ),
    ),
    AnswerCase(
        "exit: a gate that blames no rows",
        lambda: with_files("head.csv", "--set", "imbalance.at_most=5")(),
        (1, "head.csv fails imbalance"),
    ),
]
CASES: list[Case] = [*CHANGED_ROW_TEST, *FAILING_ROWS, *VERDICTS, *CHOICE, *CHANGES, *EXIT]
