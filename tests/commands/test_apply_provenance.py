"""What `apply` says of itself, and how it reads the log."""

from __future__ import annotations

import getpass
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardneg_cli import Columns, InputError, UnsettledDecisions, apply
from hardneg_cli.data.load import load
from hardneg_cli.review.decisions.decision import Decision, conflicts, effective_decisions
from hardneg_cli.review.decisions.decision_log import read_log
from support.corrections import ROWS, Row, by_truth, corrected, delimited, filled, lines, queue_of, save


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(delimited(ROWS).encode())
    return path


@pytest.fixture
def queue(data: Path) -> list[Row]:
    return queue_of(data)


# ------------------------------------------------------------------------------------------------------ provenance


def test_the_provenance_says_who_changed_what(data: Path, queue: list[Row]) -> None:
    rows = filled(queue, r03={"new_label": "dog", "note": "a dög"}, r07={"decision": "drop", "reviewer": "bob"})
    path = save([{"reviewer": "", **row} for row in rows], data.with_name("q.csv"))
    out, why = data.with_name("out.csv"), data.with_name("why.json")
    before = hashlib.sha256(data.read_bytes()).hexdigest()
    apply(data, [path], output=out, provenance=why)
    told = json.loads(why.read_text(encoding="utf-8"))
    after = hashlib.sha256(out.read_bytes()).hexdigest()
    me = getpass.getuser()
    assert told.pop("at").endswith("+00:00")
    assert [(one["file"], one["packed"], one["sha256"]) for one in told.pop("undo")] == [(str(data), None, before)]
    hashes = {row["id"]: row["row_hash"] for row in queue}
    change = {"file": str(data), "source": str(path), "at": ""}
    assert told == {
        "v": 2, "data": str(data), "by": me, "queues": [str(path)], "columns": asdict(Columns(id="id")),
        "on_drop": "remove", "policy": {"relabel": None, "drop": None, "protect": []},
        "files": [{"name": str(data), "written": str(out), "sha256_before": before, "sha256_after": after}],
        "changes": [
            {"row": 4, "id": "r03", "row_hash": hashes["r03"], "action": "relabel", "before": "cat", "after": "dog",
             "reviewer": me, "note": "a dög"} | change,
            {"row": 8, "id": "r07", "row_hash": hashes["r07"], "action": "drop", "before": "dog", "after": None,
             "reviewer": "bob", "note": ""} | change,
        ],
    }  # fmt: skip


def test_the_provenance_of_a_stream(data: Path, queue: list[Row]) -> None:
    out, why = io.BytesIO(), data.with_name("why.json")
    apply(data, [save(by_truth(queue), data.with_name("q.csv"))], output=out, provenance=why)
    (file,) = json.loads(why.read_text())["files"]
    assert file["sha256_after"] == hashlib.sha256(out.getvalue()).hexdigest()
    assert out.getvalue() == delimited(corrected()).encode()


# ------------------------------------------------------------------------------------------------------ the log


def logged(*decisions: Decision) -> str:
    names = ("id", "row_hash", "given", "decision", "new_label", "reviewer", "at", "source", "note")
    return lines([{"v": 1} | {name: getattr(one, name) for name in names} for one in decisions])


def said(queue: Sequence[Row], id_: str, decision: str, new_label: str = "", **more: str) -> Decision:
    row = next(row for row in queue if row["id"] == id_)
    return Decision(id_, row["row_hash"], row["given_label"], decision, new_label, **more)


def test_the_log_beside_the_data(data: Path, queue: list[Row]) -> None:
    log = Path(f"{data}.decisions.ndjson")
    log.write_text(
        logged(
            said(queue, "r00", "relabel", "dog", reviewer="ann", at="2025-01-02T00:00:00Z"),
            said(queue, "r00", "drop", reviewer="ann", at="2025-01-01T00:00:00Z"),
            said(queue, "r00", "relabel", "dog", reviewer="bob", at="2025-01-01T00:00:00Z"),
            said(queue, "r01", "unsure", reviewer="bob", at="2025-01-01T00:00:00Z"),
            said(queue, "r02", "keep", reviewer="bob", at="2025-01-01T00:00:00Z"),
        )
        + '{"v":1,"id":"r0'
    )
    applied = apply(data, in_place=True)
    assert [(change.id, change.after, change.reviewer) for change in applied.changes] == [("r00", "dog", "ann; bob")]
    assert (applied.kept, applied.unsure, applied.undecided) == (1, 1, 0)
    assert "1 lines are torn and were left out: 6" in applied.notes[0]
    log.write_text(log.read_text().rpartition("\n")[0] + "\n")
    with log.open("a") as out:
        out.write(logged(said(queue, "r02", "drop", reviewer="ann", at="2025-01-03T00:00:00Z")))
    with pytest.raises(UnsettledDecisions) as caught:
        apply(data, in_place=True)
    assert {one.answer for group in caught.value.conflicts for one in group} == {"keep", "drop"}


decision = st.builds(
    Decision, st.sampled_from("ab"), st.just("h"), st.just("x"), st.sampled_from(["keep", "drop", "unsure"]),
    reviewer=st.sampled_from("mn"), at=st.sampled_from(["", "2025", "2026"]), note=st.text(max_size=2),
)  # fmt: skip


@pytest.mark.slow
@given(st.lists(decision, max_size=8), st.randoms())
def test_the_order_of_the_log_and_repeated_lines_do_not_matter(decisions: list[Decision], random: Any) -> None:
    again = [*decisions, *decisions[::2]]
    random.shuffle(again)
    assert set(effective_decisions(again)) == set(effective_decisions(decisions))
    assert {frozenset(group) for group in conflicts(effective_decisions(again))} == (
        {frozenset(group) for group in conflicts(effective_decisions(decisions))}
    )


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(decisions=st.lists(decision, min_size=1, max_size=4), cut=st.integers(0, 10_000))
def test_a_log_that_is_cut_anywhere_keeps_its_whole_lines(decisions: list[Decision], cut: int, tmp_path: Path) -> None:
    whole = logged(*decisions).encode()
    part = whole[: cut % (len(whole) + 1)]
    (tmp_path / "log").write_bytes(part)
    kept, torn = read_log(tmp_path / "log")
    number = part.count(b"\n")
    assert kept[:number] == decisions[:number]
    assert len(kept) + len(torn) == number + (not part.endswith(b"\n") and part != b"")


@pytest.mark.parametrize(
    "line", ['{"v":2}', '{"v":1,"id":"a","decision":"kep"}', '{"v":1,"id":"a","decision":"relabel"}',
             '{"v":1,"id":3,"decision":"keep"}', '{"v":1,"id":"\\ud800","decision":"keep"}']
)  # fmt: skip
def test_a_whole_line_that_is_no_decision(line: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("\n" + line + "\n")
    with pytest.raises(InputError, match="log: line 2: "):
        read_log(tmp_path / "log")


# ------------------------------------------------------------------------------------------------------ the house


@pytest.mark.process
def test_apply_loads_no_learning_library_and_no_typer(data: Path, queue: list[Row]) -> None:
    # pandas is not among them: pyarrow imports it by itself, wherever it is installed
    path = save(by_truth(queue), data.with_name("q.csv"))
    code = (
        "import sys; from hardneg_cli import apply\n"
        f"apply({str(data)!r}, [{str(path)!r}], in_place=True)\n"
        "print(sorted({'typer', 'rich', 'sklearn', 'scipy', 'cleanlab'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert data.read_bytes() == delimited(corrected()).encode()


def test_a_file_that_changes_meanwhile_is_not_overwritten(data: Path, queue: list[Row]) -> None:
    from hardneg_cli.review.correction import rewrite as writing

    path = save(by_truth(queue), data.with_name("q.csv"))
    applied = apply(data, [path])
    (correction,) = writing.corrections(load(data), applied.changes, None, {str(data): (0, 0, 0)})
    before = data.read_bytes()
    with pytest.raises(InputError, match="has changed since it was read"):
        writing.write([correction], None, None)
    assert (data.read_bytes(), len(os.listdir(data.parent))) == (before, 2)
    writing.write([replace(correction, seen=writing.stamp(correction.source))], None, None)
    assert data.read_bytes() == delimited(corrected()).encode()
