"""The log loses nothing that somebody was told is kept: not to other writers, and not to a kill."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardneg_cli import Busy, Decision, InputError
from hardneg_cli.review.decisions.decision import effective_decisions
from hardneg_cli.review.decisions.decision_log import append, held, now, read_log

# Appends decisions one by one, and names each on standard output as soon as it is told that the log has it.
WRITER = """
import sys
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import DecisionLog, held
path, name, count = sys.argv[1:]
log = DecisionLog(path)
for number in range(int(count)):
    with held(path, log=log):
        log.append([Decision(f"{name}-{number}", "h", "x", "keep", reviewer=name, note="ü" * 50)])
    print(f"{name}-{number}", flush=True)
"""


def writer(log: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(log), name, str(count)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def word(id_: str = "a", decision: str = "keep", **more: str) -> Decision:
    return Decision(id_, "h", "x", decision, **more)


def test_a_line_is_as_the_contract_says(tmp_path: Path) -> None:
    log = tmp_path / "d.csv.decisions.ndjson"
    append(log, [Decision("a\n1", "h", "Zürich", "relabel", "猫\u2028\x9b", "ann", "2026", "q.csv", '"')])
    assert log.read_bytes().decode() == (
        '{"v":2,"id":"a\\n1","row_hash":"h","hashed":"","given":"Zürich","decision":"relabel",'
        '"new_label":"猫\\u2028\\u009b","reviewer":"ann","at":"2026","source":"q.csv","note":"\\"",'
        '"rank":null,"score":null,"role":""}\n'
    )


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=4, max_size=4))
def test_what_is_appended_is_read_again(texts: list[str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.unlink(missing_ok=True)
    said = [Decision(texts[0], texts[1], texts[2], "drop", note=texts[3])]
    append(log, said)
    append(log, said)
    assert read_log(log) == (said * 2, [])
    assert log.read_bytes().count(b"\n") == 2


@pytest.mark.slow
def test_a_torn_tail_is_left_out_and_cut_off_by_the_next_writer(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, [word("a\n", note='"\\ü')])
    whole = log.read_bytes()
    for before in (b"", whole):
        for cut in range(1, len(whole)):
            log.write_bytes(before + whole[:cut])
            number, lost = before.count(b"\n") + 1, cut < len(whole) - 1  # without its line end nothing is lost
            kept, torn = read_log(log)
            assert (len(kept), torn) == (number - lost, [number] if lost else [])
            append(log, [word("b"), word("c")])
            rest = b"" if lost else whole
            assert log.read_bytes().startswith(before + rest + b'{"v":2,"id":"b"')
            assert read_log(log) == ([*kept, word("b"), word("c")], [])


@pytest.mark.parametrize("odd", [word("\udc80"), word(decision="kep"), word(decision="relabel")])
def test_what_could_not_be_read_again_is_not_written(odd: Decision, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        append(tmp_path / "log", [word(), odd])
    assert not (tmp_path / "log").exists()


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        append(tmp_path / "none" / "log", [word()])
    (tmp_path / "log").mkdir()
    with pytest.raises(InputError, match="log: is not a file"):
        append(tmp_path / "log", [word()])


def test_a_held_log_is_busy(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with FileLock(f"{log}.lock"), pytest.raises(Busy, match="another run is writing"), held(log, patience=0.05):
        pass
    append(log, [word()])
    assert read_log(log) == ([word()], [])


def test_times_are_later_than_what_was_before() -> None:
    for before in ("2999-01-01T00:00:00Z", "2999-01-01T00:00:00.5Z", "2999-01-01T02:00:00+02:00", now()):
        assert before < now(after=before) < now(after=now(after=before))
    assert now(after="2999-01-01T00:00:00Z") == "2999-01-01T00:00:01.000000Z"
    assert now(after="2999-01-01T00:00:00.000009Z") == "2999-01-01T00:00:00.000010Z"
    for odd in ("", "yesterday", "9999-12-31T23:59:59.999999"):
        assert now().startswith(now(after=odd)[:10])


@pytest.mark.process
def test_eight_writers_lose_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    writers = [writer(log, f"w{number}", 100) for number in range(8)]
    for process in writers:
        out, errors = process.communicate(timeout=300)
        assert (process.returncode, errors, out.count("\n")) == (0, "", 100)
    kept, torn = read_log(log)
    assert (torn, os.listdir(tmp_path)) == ([], ["log"])
    assert sorted(one.id for one in kept) == sorted(f"w{w}-{number}" for w in range(8) for number in range(100))
    for name in (f"w{w}" for w in range(8)):
        assert [one.id for one in kept if one.reviewer == name] == [f"{name}-{number}" for number in range(100)]


@pytest.mark.process
def test_a_kill_loses_no_acknowledged_decision(tmp_path: Path) -> None:
    log, told = tmp_path / "log", set()
    moments = random.Random(0)
    for round_ in range(int(os.environ.get("KILLS", "8"))):
        process = writer(log, f"k{round_}", 100_000)
        assert process.stdout
        told.add(process.stdout.readline().strip())
        time.sleep(moments.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        told |= set(out.split("\n")[:-1])
        kept, torn = read_log(log)
        assert told <= {one.id for one in kept}
        assert len(torn) <= 1
    append(log, [word("last")])
    assert (read_log(log)[0][-1], read_log(log)[1]) == (word("last"), [])
    assert os.listdir(tmp_path) == ["log"], "the lock that a kill left is gone"


# ------------------------------------------------------------------------------------------------ settlements

ANN, BOB = word(reviewer="ann", at="2021"), word(decision="drop", reviewer="bob", at="2022")
RULED = word(reviewer="eve", at="2023", source="adjudication")


def answers(*decisions: Decision) -> set[str]:
    return {f"{one.reviewer} {one.answer}" for one in effective_decisions(decisions)}


def test_a_settlement_overrules_what_came_before() -> None:
    assert answers(ANN, BOB, RULED) == {"ann keep", "eve keep"}
    later = word(decision="drop", reviewer="bob", at="2024")
    assert answers(ANN, BOB, RULED, later) == {"ann keep", "eve keep", "bob drop"}
    agreeing = word(reviewer="bob", at="2024")
    assert answers(ANN, BOB, RULED, agreeing) == {"ann keep", "eve keep", "bob keep"}
    other_row = Decision("a", "another", "x", "drop", reviewer="bob", at="2022")
    assert answers(ANN, other_row, RULED) == {"ann keep", "eve keep", "bob drop"}


def test_nobody_adjudicates_their_own() -> None:
    own = word(decision="drop", reviewer="eve", at="2022")
    assert answers(ANN, own, RULED) == {"ann keep", "eve drop"}
    assert answers(ANN, word(decision="unsure", reviewer="eve", at="2022"), BOB, RULED) == {
        "ann keep", "eve unsure", "eve keep",
    }  # fmt: skip


def test_an_adjudicator_outranks_a_policy() -> None:
    policy = word(decision="drop", reviewer="policy", at="2029", source="majority")
    assert answers(ANN, BOB, policy) == {"bob drop", "policy drop"}
    assert answers(ANN, BOB, RULED, policy) == {"ann keep", "eve keep"}
    again = word(decision="drop", reviewer="eve", at="2025", source="adjudication")
    assert answers(ANN, BOB, RULED, policy, again) == {"bob drop", "eve drop"}


@given(st.permutations([ANN, BOB, RULED, word(decision="drop", reviewer="policy", at="2029", source="majority")] * 2))
def test_the_order_of_lines_does_not_matter(lines: list[Decision]) -> None:
    assert answers(*lines) == {"ann keep", "eve keep"}


def test_lines_are_json(tmp_path: Path) -> None:
    append(tmp_path / "log", [ANN])
    assert list(json.loads((tmp_path / "log").read_text())) == [
        "v", "id", "row_hash", "hashed", "given", "decision", "new_label", "reviewer", "at", "source", "note",
        "rank", "score", "role",
    ]  # fmt: skip


def test_an_answer_that_is_taken_back_is_none(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, [word(decision="drop", reviewer=who, at="2021") for who in ("ann", "bob")])
    append(log, [word(decision="", reviewer="ann", at="2022")])
    assert [one.reviewer for one in effective_decisions(read_log(log)[0])] == ["bob"]
    append(log, [word(reviewer="ann", at="2023")])
    assert {(one.reviewer, one.decision) for one in effective_decisions(read_log(log)[0])} == {
        ("ann", "keep"),
        ("bob", "drop"),
    }
