"""Misspellings of a class are offered to nobody, and a row that was relabeled to one is asked about again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hardneg_cli import apply, find
from hardneg_cli.detection.findings import Findings
from hardneg_cli.io.tables.queue_view import view_of

PROBS = {"Sports": 0, "Business": 1}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """60 rows of two classes; the first two `Sports` are business, and one label is misspelled."""
    labels = ["Sports"] * 30 + ["Business"] * 30
    table = pd.DataFrame({"id": [f"r{place}" for place in range(60)], "label": labels, "text": map(str, range(60))})
    probs = np.repeat([[0.95, 0.05], [0.05, 0.95]], 30, axis=0)
    probs[:2] = [0.02, 0.98]
    table["prob_Sports"], table["prob_Business"] = probs.T
    table.loc[59, "label"] = "Busines"
    table.to_csv(tmp_path / "d.csv", index=False)
    return tmp_path / "d.csv"


def flagged(findings: Findings) -> set[str]:
    return set(findings.table()["id"].to_pylist())


def test_only_real_classes_are_suggested_and_offered(data: Path) -> None:
    findings = find(data)
    rows = findings.select(every=True)
    queue = findings.queue(rows, ("text",))
    assert view_of(queue).classes == ("Business", "Sports")
    assert "Busines" not in set(findings.table(every=True)["suggested_label"].to_pylist())


@pytest.mark.parametrize(("typed", "again"), [("Busines", True), ("BUSINESS", True), ("Sprots", True),
                                              ("Business", False), ("Politics", False)])  # fmt: skip
def test_a_relabel_to_a_misspelling_is_asked_again(data: Path, typed: str, again: bool) -> None:
    queue = find(data).table().to_pandas()
    queue = queue[queue.id == "r0"]
    queue["new_label"] = typed
    queue.to_csv(data.with_name("q.csv"), index=False)
    after = find(data, decisions=[data.with_name("q.csv")])
    assert ("r0" in flagged(after)) is again
    said = [note for note in after.notes if "asked about again" in note and typed in note]
    assert bool(said) is again
    corrected = data.with_name("c.csv")
    changed = apply(data, [data.with_name("q.csv")], output=corrected)
    assert pd.read_csv(corrected).label[0] == typed
    assert any("misspelling" in note or "new class" in note for note in changed.notes) is (typed != "Business")
    assert any(repr(typed) in note and "asked about again" in note
               for note in find(corrected, decisions=[data.with_name("q.csv")]).notes) is again  # fmt: skip


def test_a_misspelling_that_somebody_keeps_is_settled(data: Path) -> None:
    queue = find(data).table().to_pandas()
    queue = queue[queue.given_label == "Busines"]
    assert len(queue) == 1
    queue["decision"] = "keep"
    queue.to_csv(data.with_name("q.csv"), index=False)
    assert "r59" in flagged(find(data))
    assert "r59" not in flagged(find(data, decisions=[data.with_name("q.csv")]))
