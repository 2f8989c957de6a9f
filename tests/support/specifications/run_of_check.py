"""What stands around the gates: what changed, which gates are asked, what is made of their verdicts, the exit code."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hardneg_cli import Columns, load
from hardneg_cli.cli.command_tree import command_line
from hardneg_cli.data.changes import Changes
from hardneg_cli.errors import HardnegError
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.gating.verdict import CheckReport, GateResult, Verdict
from hardneg_cli.verbs.check import check
from support.checked_rows import COPY, ROWS, put, table
from support.gate_cases_statistics import OLD, PLAIN, RIGHT, audited
from support.gate_cases_statistics import table as numbered
from support.specifications.case import AnswerCase, Case, refusal
from support.specifications.folder import FOLDER
from support.specifications.model_rows import FLAGGED, edited, wrong

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
        "verdicts: the table of changes",
        lambda: check(table(put(3, "dog")), base=table(ROWS), decisions=()).tables()["changes"].to_pylist(),
        [{"id": "r3", "kinds": ["relabeled"], "before": "cat", "after": "dog"}],
    ),
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


def own_model() -> CheckReport:
    """Of texts that say their class; the last twelve are new, and labeled wrong."""
    words = ("purring whiskers", "barking leash")
    rows = [(f"r{row}", "cd"[row % 2], f"{words[row % 2]} number {row} of {row * 7 % 90}") for row in range(90)]
    head = [*rows[:78], *((id_, "d" if label == "c" else "c", text) for id_, label, text in rows[78:])]
    return check(table(head), Columns(text="text"), base=table(rows[:78]), decisions=())


CHOICE = [
    AnswerCase(
        "choice: two classes are enough",
        lambda: len(
            check(
                table(
                    [row for row in ROWS if row[1] != "cat"],
                    **{
                        f"prob_{name}": [0.8 if row[1] == name else 0.2 for row in ROWS if row[1] != "cat"]
                        for name in ("ant", "dog")
                    },
                ),
                decisions=(),
                with_findings=True,
            ).queue()
        ),
        0,
    ),
    AnswerCase(
        "choice: its own model",
        lambda: {one.gate: one.outcome for one in own_model().judged if one.gate in ("rate", "drift")},
        {"drift": "passed", "rate": "failed"},
    ),
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
        "check", *(f"{FOLDER}/{one}" if one.endswith(".csv") and "/" not in one else one for one in arguments),
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


def of_audit() -> object:
    from pyarrow import csv

    csv.write_csv(numbered(RIGHT), FOLDER / "ants.csv")
    return exit_of("ants.csv", "--audit", audited(30), "--fail-on", "error-bound")


HEAD = ("head.csv", "--base", "base.csv")
FAILS = (1, "head.csv fails new-class (1 row)")
LACKS = (2, "gate leak is required and cannot judge: no split column: name it with --split")
EXIT = [
    AnswerCase("exit: a gate without rows", of_audit, (1, "ants.csv fails error-bound")),
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
CASES: list[Case] = [*FAILING_ROWS, *VERDICTS, *CHOICE, *CHANGES, *EXIT]
