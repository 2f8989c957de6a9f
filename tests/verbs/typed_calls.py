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
    apply,
    assign,
    audit_draw,
    audit_estimate,
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
    undo,
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
    result = apply(FRAME, [findings.table().to_pandas()], label="y", reviewer="ann")
    changed: int = result.relabeled + result.dropped + result.kept
    print(changed, result.data)
    return result


def trained(findings: Findings) -> tuple[PredictResult, MineResult, RefineResult, DualResult, HardenResult]:
    predicted = predict(FRAME, label="y", text="t", models=["logistic", "knn"], folds=3)
    mined = mine(findings, mode="confusion", guard=0.1, limit=5, per_class=2)
    mine(FRAME, label="y", text="t", probs=[P], anchors=True, train_split="train", split="s")
    refined = refine(FRAME, "pool.csv", label="y", text="t", max_error=0.05, rounds=2, seed=1)
    second = dual(FRAME, label="y", text="t", probs=P, classes=KNOWN, models=["boosting"])
    hardened = harden(FRAME, label="y", features=["a", "b"], epsilon=0.1, folds=0)
    hardened.save_model(Path("robust.skops"))
    print(hardened.accuracy().num_rows)
    share: float = predicted.agreement
    print([one.table() for one in (predicted, mined, refined, second, hardened)], share, mined.suspects())
    return predicted, mined, refined, second, hardened


def compared() -> CompareResult:
    result = compare(FRAME, [P, pd.DataFrame(P), "other.csv"], label="y", classes=KNOWN, seed=1)
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
    print(explain("score"), load("data.csv", Columns(label="y")).classes, hardneg_cli.__version__)
    return collect(["ann.csv", Path("bob.csv")], "log.ndjson", reviewer="ann", policy="unanimous", dry_run=True)


def main() -> int:
    try:
        findings = found()
        print(*words(findings), corrected(findings), *trained(findings), compared(), gated(), reviewed())
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
    dual(FRAME, label=["y"])  # type: ignore[arg-type]
    harden(FRAME, epsilon="big")  # type: ignore[arg-type]
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
