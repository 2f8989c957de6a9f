"""What people answer in annotation tools comes back as exactly that.

`exports/` has what the real tools exported; the larger rounds fill in what hardneg wrote as those tools do.
"""

from __future__ import annotations

import pytest

from hardneg_cli import InputError
from support.annotation import REAL, decisions

NOTE = "see\r\n\x1b[1m'it' 🦊"
ANSWERED = {
    "007": ("keep", "", ""), "12345678901234567890": ("relabel", "(drop)", NOTE), "None": ("relabel", "cat", ""),
    "two\nlines": ("drop", "", NOTE), "🦊": ("unsure", "", ""), "<b>": ("unsure", "", ""),
    "\x1b[31mred": ("relabel", "cat", NOTE), "lone\rcr": ("keep", "", ""), "=cmd|' /C calc'!A0": ("drop", "", NOTE),
}  # fmt: skip
USER = "00000000-0000-0000-0000-000000000007"


@pytest.mark.parametrize(
    ("name", "reviewer", "unknown"),
    [
        ("label_studio.json", "1", set()),
        ("label_studio_min.json", "1", {"<b>"}),  # skipped tasks are in the JSON alone
        ("label_studio.csv", "1", {"<b>"}),
        ("label_studio.tsv", "1", {"<b>"}),
        ("argilla_flat.json", USER, set()),
        ("argilla_datasets.jsonl", USER, {"<b>", "None"}),
        ("argilla.json", USER, {"<b>"}),  # it does not say which answers were discarded
        ("all.jsonl", "me", set()),
        ("ann.jsonl", "ann", set()),
        ("doccano.json", "doccano", set()),
    ],
)
def test_what_the_real_tool_exported(name: str, reviewer: str, unknown: set[str]) -> None:
    said = [one for one in decisions(REAL / name, "me" if name == "all.jsonl" else None) if one.reviewer == reviewer]
    assert {one.id: (one.decision, one.new_label, one.note) for one in said} == {
        id_: answer for id_, answer in ANSWERED.items() if id_ not in unknown
    }
    assert len(said) == len(ANSWERED) - len(unknown)


@pytest.mark.parametrize("name", ["label_studio.json", "label_studio_min.json", "label_studio.csv", "label_studio.tsv"])
def test_every_annotator_is_a_reviewer(name: str) -> None:
    other = [one for one in decisions(REAL / name) if one.reviewer != "1"]
    assert [(one.id, one.reviewer, one.decision) for one in other] == [("007", "2", "drop")]


def test_labels_that_a_csv_runs_together_are_refused() -> None:
    with pytest.raises(InputError, match="export the project as JSONL"):
        decisions(REAL / "doccano.csv")
