"""A decisions log is read strictly: each line is a decision, or the run ends with the line that is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hardneg_cli import Decision, InputError, apply, collect
from hardneg_cli.data.hashed_columns import HashedColumns
from hardneg_cli.review.decisions import log_lines
from hardneg_cli.review.decisions.decision_log import append, now, read_log

DATA = "id,label,text\n" + "".join(f"r{row},{'dog' if row % 2 else 'cat'},text {row}\n" for row in range(6))
ANN = [Decision(f"r{row}", f"h{row}", "cat", "keep", reviewer="ann", at=f"2026-01-0{row + 1}") for row in range(4)]


@pytest.fixture(params=["line by line", "together"], autouse=True)
def _read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few lines are read one by one, many column by column: the answers are the same."""
    monkeypatch.setattr(log_lines, "FEWEST_BYTES", 1 if request.param == "together" else 1 << 40)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Four lines beside a dataset."""
    (tmp_path / "data.csv").write_text(DATA)
    append(tmp_path / "data.csv.decisions.ndjson", ANN)
    return tmp_path / "data.csv.decisions.ndjson"


def readers(log: Path) -> dict[str, Callable[[], object]]:
    """Everything that reads a log, whether it adds to it or not."""
    data = log.with_name("data.csv")
    new = log.with_name("new.decisions.ndjson")
    return {
        "apply": lambda: apply(data, output=data.with_name("out.csv"), skip_stale=True),
        "collect": lambda: collect([log], new),
        "collect into it": lambda: collect([new], log),
        "append": lambda: append(log, ANN),
    }


DAMAGES = {
    "halfway": (lambda line: line[:-20], "line 2: ends halfway: a writer was killed there"),
    "not JSON": (lambda line: line[:-1] + b";}", "line 2: is damaged: bring it back from version control"),
    "two in one": (lambda line: line + line, "line 2: is damaged"),
    "a name twice": (lambda line: line[:-1] + b',"decision":"drop"}', "line 2: is damaged"),
    "NaN": (lambda line: line.replace(b'"score":null', b'"score":NaN'), "line 2: is damaged"),
    "a long number": (lambda line: line.replace(b'"rank":null', b'"rank":' + b"9" * 5000), "line 2: is damaged"),
    "a number": (lambda line: line.replace(b'"rank":null', b'"rank":1e3'), "'rank' is not a number from 1"),
    "deep": (lambda line: b'{"v":2,"id":' + b"[" * 200_000, "line 2: is damaged"),
    "deep and whole": (lambda _: b'{"v":2,"x":%b%b}' % (b"[" * 90_000, b"]" * 90_000), "line 2: is damaged"),
    "a deep id": (lambda _: b'{"v":2,"id":%b%b}' % (b'{"a":' * 500, b"1" + b"}" * 500), "line 2: "),
    "half a character": (lambda line: line.replace(b'"r1"', b'"\\ud800"'), "line 2: 'id' is not text"),
    "the other half": (lambda line: line.replace(b'"r1"', b'"\\udc00"'), "line 2: 'id' is not text"),
    "null": (lambda line: line.replace(b'"note":""', b'"note":null'), "line 2: 'note' is not text"),
    "a huge rank": (lambda line: line.replace(b'"rank":null', b'"rank":9007199254740993'), "'rank' is not a number"),
    "a score": (lambda line: line.replace(b'"score":null', b'"score":1.0000001'), "'score' is not a probability"),
    "an infinite score": (lambda line: line.replace(b'"score":null', b'"score":1e999'), "'score' is not a probability"),
    "a role": (lambda line: line.replace(b'"role":""', b'"role":"suspekt"'), "line 2: no role"),
    "no new label": (
        lambda line: line.replace(b'"keep","new_label":""', b'"relabel","new_label":"\\u2003"'),
        "relabel",
    ),
    "not UTF-8": (lambda line: line.replace(b"ann", b"\xff"), "line 2: is damaged"),
    "Latin": (lambda line: b"\xff\xfe" + line.decode().encode("utf-16-le"), "line 2: is UTF-16"),
    "ours": (lambda line: b"<<<<<<< HEAD\n" + line, "line 2: is a conflict that git left.*merge=union"),
    "base": (lambda line: b"||||||| 1234567\n" + line, "line 2: is a conflict that git left"),
    "middle": (lambda line: b"=======\r\n" + line, "line 2: is a conflict that git left"),
    "theirs": (lambda line: b">>>>>>> other", "line 2: is a conflict that git left"),
    "version": (lambda line: line.replace(b'"v":2', b'"v":2.0'), "line 2: not a decision of version 2"),
    "true": (lambda line: line.replace(b'"v":2', b'"v":true'), "line 2: not a decision of version 2"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_line_is_an_error_wherever_the_log_is_read(kind: str, log: Path) -> None:
    damage, complaint = DAMAGES[kind]
    first, second, *rest = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(first + damage(second.rstrip()) + b"\n" + b"".join(rest))
    append(log.with_name("new.decisions.ndjson"), ANN[:1])
    before = {path.name: path.read_bytes() for path in log.parent.iterdir()}
    for read in readers(log).values():
        with pytest.raises(InputError, match=complaint) as caught:
            read()
        assert len(str(caught.value)) < 400
        assert {path.name: path.read_bytes() for path in log.parent.iterdir()} == before


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59.999999Z", "2999-01-01T00:00:00Z", "zzzz", "1970-01-01T00:00:00Z", "2026-02-30",
           "2026-01-01T25:00:00Z", "2026-01-01T00:00:00Z; drop", "٢٠٢٦-01-01", "tomorrow"]
)  # fmt: skip
def test_a_time_that_cannot_be_neither_comes_in_nor_mutes_a_reviewer(at: str, log: Path) -> None:
    line = json.loads(log.read_bytes().splitlines()[0]) | {"at": at, "decision": "drop"}
    other = log.with_name("other.decisions.ndjson")
    other.write_text(json.dumps(line) + "\n")
    before = log.read_bytes()
    with pytest.raises(InputError, match=r"'at' is .* correct or delete the line"):
        collect([other], log)
    assert log.read_bytes() == before
    append(log.with_name("new.decisions.ndjson"), ANN[:1])
    log.write_bytes(before + other.read_bytes())
    for read in readers(log).values() if at > "2027" else ():
        with pytest.raises(InputError, match=r"data.csv.decisions.ndjson: line 5: 'at' is "):
            read()


def test_a_clock_that_is_ahead_by_hours_mutes_nobody(log: Path) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=23)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    append(log, [Decision("r0", "h0", "cat", "drop", reviewer="ann", at=ahead)])
    later = now(after=ahead)
    ahead_by = datetime.fromisoformat(later) - datetime.fromisoformat(ahead)
    assert ahead_by == timedelta(microseconds=1), "others' times are not driven on"
    append(log, [Decision("r0", "h0", "cat", "keep", reviewer="ann", at=later)])
    collected = collect([log], log.with_name("new.decisions.ndjson"))
    assert [one.decision for one in collected.decisions if one.id == "r0"][-1] == "keep"


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n"), lambda text: b"\n" + text,
        lambda text: text.replace(b"\n", b"\n \t\n\n"), lambda text: text.rstrip(b"\n"),
        lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n") + b"\xef\xbb\xbf" + text,
    ],
)  # fmt: skip
def test_what_editors_leave_means_nothing(edit: Callable[[bytes], bytes], log: Path) -> None:
    before = edit(log.read_bytes())
    log.write_bytes(before)
    kept, torn = read_log(log)
    assert (list(dict.fromkeys(kept)), torn) == (ANN, [])
    append(log, [ANN[0]])
    assert log.read_bytes().startswith(before)
    assert read_log(log) == ([*kept, ANN[0]], [])


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(log_lines, "LONGEST_LINE", 1000)
    monkeypatch.setattr(log_lines, "BLOCK_BYTES", 600)
    for tail in (b"\0" * 5000, b'{"v":2,"id":"' + b"a" * 5000, b'{"v":2,"id":"' + b"a" * 5000 + b'"}\n'):
        log.write_bytes(log.read_bytes()[:0] + tail)
        with pytest.raises(InputError, match="has a line of more than"):
            read_log(log)


def test_blocks_are_no_border(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write_bytes(log.read_bytes() + b'{"v":2,"id":"torn')
    for size in (1, 7, 250, 251, 10_000):
        monkeypatch.setattr(log_lines, "BLOCK_BYTES", size)
        assert read_log(log) == (ANN, [5])


def test_zeros_that_a_crash_leaves_are_a_torn_tail_of_a_log_alone(log: Path) -> None:
    whole = log.read_bytes()
    for tail in (b"\0" * 4096, whole[:50] + b"\0" * 99):
        log.write_bytes(whole + tail)
        assert read_log(log) == (ANN, [5])
        append(log, [ANN[0]])
        assert read_log(log) == ([*ANN, ANN[0]], [])
    log.write_bytes(b"\0" * 4096)
    with pytest.raises(InputError, match="is no decisions log"):
        append(log, [ANN[0]])
    assert log.read_bytes() == b"\0" * 4096


def test_a_line_of_0_1_0_that_was_torn_is_named_with_what_to_do(log: Path) -> None:
    whole = log.read_bytes()
    log.write_bytes(whole + whole[:70] + b"\n" + whole)  # as the next writer went on
    with pytest.raises(InputError, match=r"line 5: ends halfway: .*: delete the line"):
        read_log(log)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:4] + lines[5:]))
    assert read_log(log) == (ANN * 2, [])


def test_many_lines_are_read_as_each_alone_is(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = HashedColumns.of(["text", "ü"])
    lines = [
        Decision(f"r{n}\n\"\\ü\0", "h", "a\u2028b", "relabel" if n % 3 else "", "猫" if n % 3 else "", f"ann{n % 4}",
                 f"2026-02-{n % 28 + 1:02d}T00:00:00.{n:06d}Z", "q", "n" * (n % 5), columns, n % 4, (n % 10) / 9,
                 "control")
        for n in range(500)
    ]  # fmt: skip
    log.unlink()
    append(log, lines)
    text = log.read_bytes()
    extra = text.replace(b',"role"', b',"more":[1,{}],"role"').splitlines(keepends=True)
    for edited in (text, text.replace(b"\n", b"\r\n"), text + b"".join(extra[:3]), b"\n" + text, text.swapcase()):
        log.write_bytes(edited)
        found = []
        for fewest in (1, 1 << 40):
            monkeypatch.setattr(log_lines, "FEWEST_BYTES", fewest)
            try:
                kept, torn = read_log(log)
                found.append(([(one, one.hashed, one.rank, one.score, one.role) for one in kept], torn))
            except InputError as error:
                found.append(str(error))
        assert found[0] == found[1]
    assert isinstance(found[0], str)
