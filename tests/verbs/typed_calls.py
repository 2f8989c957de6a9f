"""A project of somebody who uses the package, for type checkers, which are to accept it as it stands.

Where a call is wrong a comment says so, and a comment that is not needed is an error as well: see `test_types.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

import hardneg_cli
from hardneg_cli import (
    ApplyResult,
    AutoPolicy,
    CheckReport,
    CollectResult,
    Columns,
    CompareResult,
    DualResult,
    Findings,
    HardenResult,
    InputError,
    MineResult,
    PredictResult,
    RefineResult,
    Refused,
    SplitResult,
    WeighResult,
    apply,
    assign,
    audit_draw,
    audit_estimate,
    augment,
    check,
    collect,
    compare,
    diff,
    dual,
    explain,
    find,
    harden,
    load,
    mine,
    predict,
    refine,
    split,
    undo,
    weigh,
)

Numbers = NDArray[np.float64]
P: Numbers = np.full((4, 2), 0.5)
FRAME = pd.DataFrame({"y": ["a", "b", "a", "b"], "t": ["u", "v", "w", "x"]})
KNOWN: NDArray[np.str_] = np.array(["a", "b"])


def found() -> Findings:
    find("data.csv", Columns(label="y", classes=KNOWN), probs=["one.npy", Path("two.parquet")], features="pixel_*")
    find(Path("data.csv"), label="y", id=None, groups="g", split="s", fold="f", prob_prefix="p_", encoding="cp1252")
    find(FRAME, label="y", probs=pd.DataFrame({"prob_a": [1.0]}), on_bad_rows="skip")
    find(pa.table({"y": ["a"]}), label="y", probs=[P, P], classes=KNOWN, decisions=())
    find(FRAME, label="y", probs=P.tolist(), classes=pd.Index(["a", "b"]), detectors=["outlier"], memory=1 << 20)
    find(FRAME, label="y", probs=P, classes=pd.Series(["a", "b"]), settings={"outlier": {"neighbors": 5}})
    find(FRAME, label="y", probs=P, classes=[False, True], decisions=["log.ndjson", Path("queue.csv")])
    find(FRAME, label="y", probs=P, classes=np.arange(2), audit=Path("audit.csv"), engine="local", scheduler=None)
    find(FRAME, label="y", probs=P, classes={0: "a", 1: "b"}, classes_are_numbers=True, image="picture")
    find(FRAME, label="y", probs=P, classes=Path("classes.txt"))
    return find(FRAME, label="y", text="t", probs=P, classes="a,b", features=np.ones((4, 3)))


def words(findings: Findings) -> list[str]:
    flagged: NDArray[np.bool_] = findings.flagged
    weights: Numbers = 1 - findings.score
    suggested: Numbers = findings.suggestion_score
    queue: pa.Table = findings.table(every=True)
    classes: tuple[str, ...] = findings.dataset.classes
    return [
        *findings.summary(),
        *classes,
        str(len(findings) + flagged.sum() + weights.sum() + queue.num_rows),
        *suggested,
    ]


def corrected(findings: Findings) -> ApplyResult:
    apply("data.csv", [Path("queue.csv")], output="clean.csv", provenance=Path("why.json"), skip_stale=True)
    apply("data.csv", in_place=True, decisions=["log.ndjson"], policy=AutoPolicy(relabel=0.9), on_drop="mark")
    apply("data.csv", output="clean.csv", clean={"exact-duplicate": "drop"}, fill={"age": "median", "n": 0})
    apply("data.csv", output="clean.csv", clean=["label-spelling=relabel"], fill=["age=drop"])
    result = apply(FRAME, [findings.table().to_pandas()], label="y", reviewer="ann")
    changed: int = result.relabeled + result.dropped + result.kept
    print(changed, result.data)
    return result


def trained(findings: Findings) -> tuple[PredictResult, MineResult, RefineResult, DualResult, HardenResult]:
    predicted = predict(FRAME, label="y", text="t", models=["logistic", "knn"], folds=3)
    mined = mine(findings, mode="confusion", guard=0.1, limit=5, per_class=2)
    mine(FRAME, label="y", text="t", probs=[P], anchors=True, train_split="train", split="s", prove="subset")
    refined = refine(FRAME, "pool.csv", label="y", text="t", max_error=0.05, rounds=2, seed=1)
    second = dual(FRAME, label="y", text="t", probs=P, classes=KNOWN, models=["boosting"])
    second.report("r.json")
    hardened = harden(FRAME, label="y", features=["a", "b"], epsilon=0.1, folds=0)
    more = augment(FRAME, label="y", text="t", by=["typos"], to=30, per_row=2, probs=P, classes=KNOWN, guard=0.3)
    print(*more.summary(), more.report(), more.selection.gain, augment(FRAME, text="t", using=lambda texts: texts))
    hardened.save_model(Path("robust.skops"))
    print(hardened.accuracy().num_rows)
    share: float = predicted.agreement
    print([one.table() for one in (predicted, mined, refined, second, hardened)], share, mined.suspects())
    return predicted, mined, refined, second, hardened


def parted() -> SplitResult:
    split("data.csv", folds=5, groups="g", in_place=True)
    split("data.csv", fractions={"train": 0.8, "test": 0.2}, time="t", output=Path("out.csv"), on_bad_rows="skip")
    split(FRAME, label="y", text="t", stratify="s", probs=P, classes=KNOWN, guard=0.5)
    result = split(FRAME, label="y", fractions="train=.8,test=.2", keep=pa.table({"y": ["a"], "split": ["train"]}))
    names: list[str] = result.names
    print(names, result.part.sum(), result.table(), *result.summary(), result.leaks(), result.data)
    return result


def weighed(findings: Findings) -> WeighResult:
    found = weigh(FRAME, label="y", text="t", probs=P, classes=KNOWN, balance="inverse", hardness=1, guard=0.3)
    weight: Numbers = weigh(findings, train_split="train", decisions=()).weight
    print(weight, found.class_table())
    return found


def compared() -> CompareResult:
    result = compare(FRAME, [P, pd.DataFrame(P), "other.csv"], label="y", classes=KNOWN, seed=1)
    history = compare(FRAME, [P, P], label="y", classes=KNOWN, split="split", checkpoints=True).history
    print(history and history.curve_table())
    print(*result.summary(), *result.best("accuracy", "given"), result.table())
    return result


def gated() -> CheckReport:
    report = check("data.csv", base="git:HEAD", label="y", fail_on=["leak"], warn_on=("drift",))
    passed: bool = report.passed
    print(passed, diff("old.csv", FRAME, label="y").changes, [gate.outcome for gate in report.judged])
    return report


def reviewed() -> CollectResult:
    shared = assign("scores.csv", reviewers=["ann", "bob"], overlap="20%")
    print(shared.table(), audit_draw("scores.csv", rows=50, seed=1).tables(), audit_estimate("audit.csv").tables())
    undo("clean.csv", "why.json", output="back.csv")
    print(
        explain("score"), explain(snippet="make"), load("data.csv", Columns(label="y")).classes, hardneg_cli.__version__
    )
    return collect(["ann.csv", Path("bob.csv")], "log.ndjson", reviewer="ann", policy="unanimous", dry_run=True)


def main() -> int:
    try:
        findings = found()
        print(
            *words(findings),
            corrected(findings),
            *trained(findings),
            weighed(findings),
            parted(),
            compared(),
            gated(),
            reviewed(),
        )
    except Refused as verdict:
        return verdict.exit_code
    except InputError as error:
        print(error)
    return 0


def mistaken(findings: Findings) -> None:
    find(FRAME, lable="y")  # type: ignore[call-arg]
    find(FRAME, label=3)  # type: ignore[arg-type]
    find(FRAME, probs=P, classes=3)  # type: ignore[arg-type]
    find()  # type: ignore[call-arg]
    mine(FRAME, mode=1)  # type: ignore[arg-type]
    mine(FRAME, modes="boundary")  # type: ignore[call-arg]
    predict(FRAME, folds="5")  # type: ignore[arg-type]
    refine(FRAME)  # type: ignore[call-arg]
    refine(FRAME, FRAME, max_eror=0.1)  # type: ignore[call-arg]
    weigh(FRAME, hardness="hard")  # type: ignore[arg-type]
    dual(FRAME, label=["y"])  # type: ignore[arg-type]
    augment(FRAME, per_row="all")  # type: ignore[arg-type]
    harden(FRAME, epsilon="big")  # type: ignore[arg-type]
    split(FRAME, folds="5")  # type: ignore[arg-type]
    split(FRAME, fraction="a=.5,b=.5")  # type: ignore[call-arg]
    compare(FRAME, [P], checkpoints="all")  # type: ignore[arg-type]
    compare(FRAME)  # type: ignore[call-arg]
    check(FRAME, fail_on=3)  # type: ignore[arg-type]
    diff(FRAME)  # type: ignore[call-arg]
    apply(FRAME, [], skip_stale="yes")  # type: ignore[arg-type]
    apply(FRAME, [], on_dropp="mark")  # type: ignore[call-arg]
    assign("scores.csv", reviewer=["ann"])  # type: ignore[call-arg]
    collect("queue.csv", "log.ndjson", polcy="majority")  # type: ignore[call-arg]
    audit_draw("scores.csv", rows="many")  # type: ignore[arg-type]
    undo("data.csv")  # type: ignore[call-arg]
    print(findings.flaged)  # type: ignore[attr-defined]
    print(hardneg_cli.findd)  # type: ignore[attr-defined]
