"""Reports of `check` and `diff`: hostile, overlong, exemplary."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli.data.changes import Changes
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.load import load
from hardneg_cli.gating.verdict import CheckReport, GateResult, Verdict
from hardneg_cli.runtime import drawers
from support.hostile_texts import HOSTILE

ORDERS = [
    "::error::x", "::stop-commands::x", "##[error]x", "##[add-path]/tmp", "x::set-output name=a::b", "%0A::error::x",
    "@octocat", "#1", "GH-1", "octo/repo#1", "a@b.co", "http://x.co", "www.x.co", "1. one", "- one", "> one", "]]>",
    "<!--", "-->", "&#64;x", "\ufffe\uffff", "a`b``c", "\\|", "\\\\|", "$x$", "x" * 5000,
]  # fmt: skip
TEXTS = [text for text in (*HOSTILE, *ORDERS) if text.strip()]


def table(ids: list[str], labels: list[str]) -> Dataset:
    return load(pa.table({"id": pa.array(ids, pa.string()), "label": pa.array(labels, pa.string())}))


def changes(dataset: Dataset, before: list[str | None], dropped: list[tuple[str, str]], edited: int = 0) -> Changes:
    """Rows with another label before, None for an added one; the first `edited` rows are edited."""
    place = np.array([-1 if label is None else row for row, label in enumerate(before)])
    now = [dataset.classes[code] for code in dataset.labels]
    relabeled = np.array([old is not None and old != new for old, new in zip(before, now, strict=True)])
    ids, labels = zip(*dropped, strict=True) if dropped else ((), ())
    return Changes(
        place, (np.arange(len(before)) < edited) & (place >= 0), relabeled, pa.array(before, pa.string()),
        pa.array(ids, pa.string()), pa.array(labels, pa.string()), tuple(sorted({label for label in before if label})),
    )  # fmt: skip


def judged(
    texts: list[str], *, gate: str = "contradiction", means: str = "fail", rows: int | None = None
) -> GateResult:
    """A gate that refuses and blames the first rows, with the texts as reasons."""
    blamed = np.arange(len(texts) if rows is None else rows)
    why = f"{len(blamed):,} rows contradict: {texts[0] if texts else ''}"
    return GateResult(
        gate, means, Verdict(False, why, blamed, lambda at: [texts[i] for i in at], {"rows": len(blamed)})
    )  # type: ignore[arg-type]


def hostile() -> CheckReport:
    texts = list(dict.fromkeys(TEXTS))
    dataset = table(texts, texts)
    moved: list[str | None] = [*texts[1:], None]
    changed = changes(dataset, moved, [(f"gone {text}", text) for text in texts], edited=9)
    gates = (
        judged(texts),
        judged(texts, gate="leak", means="warn"),
        GateResult("flag-rate", "fail", None, " ".join(ORDERS)),
    )
    return CheckReport(dataset, "git:##[error]\n@x", changed, gates, tuple(texts))


def many() -> CheckReport:
    ids = [f"row-{row}" for row in range(5000)]
    dataset = table(ids, [f"class {row % 400}" for row in range(5000)])
    before: list[str | None] = [f"class {row * 7 % 401}" for row in range(4500)] + [None] * 500
    changed = changes(dataset, before, [(f"gone-{row}", "class 1") for row in range(3000)], edited=1000)
    words = [f"reason {row}" for row in range(5000)]
    gates = [judged(words, gate=f"gate-{number}", means="warn" if number % 2 else "fail") for number in range(24)]
    return CheckReport(dataset, "base.csv", changed, tuple(gates))


def example(folder: Path) -> CheckReport:
    """A file with a record of two lines, and every outcome."""
    (folder / "data.csv").write_text('id,label,text\na,cat,one\nb,dog,"two\nlines"\nc,cat,three\nd,"c|w",4\n')
    dataset = load("data.csv")
    changed = changes(dataset, ["cat", "cat", "dog", None], [("gone", "dog")], edited=1)
    gates = (
        judged(["x"], rows=0, gate="class-share", means="warn"),
        GateResult("contradiction", "fail", Verdict(
            False, "2 rows contradict copies with another label", np.array([1, 2]),
            lambda at: [f"labeled {('dog', 'cat')[i]!r}, 50 % agree" for i in at], {"rows": 2, "share": 0.5},
        )),
        GateResult("leak", "fail", None, "no split column: name it with --split"),
        GateResult("new-class", "fail", Verdict(True, "no new class")),
    )  # fmt: skip
    return CheckReport(dataset, "git:HEAD", changed, gates, ("the base has no column 'text'",))


def overlong() -> CheckReport:
    """As much as can be of what takes the most room when it is escaped."""
    texts = [f"{sign}{row}" * 2000 for row, sign in enumerate("@#|`&日" * 5)]
    dataset = table(texts, texts)
    changed = changes(dataset, [*texts[1:], texts[0]], [(f"gone {text}", text) for text in texts])
    gates = tuple(judged(texts, gate=f"gate-{number}") for number in range(24))
    return CheckReport(dataset, texts[0], changed, gates, tuple(texts))


CASES: dict[str, Callable[[], CheckReport]] = {
    "bare": lambda: CheckReport(table(["a"], ["x"]), None, None),
    "passed": lambda: CheckReport(
        table(["a"], ["x"]), None, None, (GateResult("leak", "fail", Verdict(True, "none")),)
    ),
    "unchanged": lambda: CheckReport(t := table(["a"], ["x"]), "b", changes(t, ["x"], [])),
    "difference": lambda: CheckReport(hostile().dataset, "b", hostile().changes),
    "many": many,
    "overlong": overlong,
    "hostile": hostile,
}


every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def written(name: str, report: CheckReport) -> str:
    out = io.BytesIO()
    drawers.load("report", name).write(report, out)
    return out.getvalue().decode()
