"""`assign`: who and how much, what is refused, and files for everybody that come back."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from hardneg_cli import InputError, apply, assign, collect
from hardneg_cli.detection.findings import Findings
from hardneg_cli.io.tables.queue_columns import NUMBERS
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.queues.workload import ReviewPace, parse_plan, review_pace
from support.assigned import CLASSES, found, labeled
from support.command import hardneg

Row = dict[str, str]


@pytest.fixture(scope="module")
def findings() -> Findings:
    return found()


# -------------------------------------------------------------------------------------------------- what people type


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ("", "'' is no name"), ("a,,b", "'' is no name"), ("a, A", "'A' is named twice"), ("a/b", "'a/b' is no name"),
        ("..", "is no name"), (".a", "is no name"), ("a\\b", "is no name"), ("a b", "is no name"),
        ("a\nb", "is no name"), ("\u202ea", "is no name"), ("é,e\u0301", "is named twice"), ("x" * 65, "is no name"),
        ("*", "is no name"), ("🦊", "is no name"),
    ],
)  # fmt: skip
def test_odd_names_are_refused(names: str, why: str) -> None:
    with pytest.raises(InputError, match=why.replace("\\", "\\\\")):
        parse_plan(names, None, None, None, blind=False, pace=ReviewPace())


def test_names_of_the_world_are_taken() -> None:
    assert parse_plan("अमित, 李, o.k@x-1", None, None, None, blind=False, pace=ReviewPace()).reviewers == (
        "अमित",
        "李",
        "o.k@x-1",
    )


@pytest.mark.parametrize(
    ("typed", "rows"), [("40", 40), ("2min", 20), ("1h30min", 900), ("1.5h", 900), ("90s", 15), ("1 h", 600)]
)
def test_a_budget_is_rows_or_time(typed: str, rows: int) -> None:
    assert parse_plan(None, None, None, typed, blind=False, pace=ReviewPace()).budget == rows


@pytest.mark.parametrize(
    ("option", "typed"),
    [("budget", "h"), ("budget", ""), ("budget", "-3"), ("budget", "0"), ("budget", "3s"), ("budget", "1e3"),
     ("budget", "9" * 5000), ("overlap", "110%"), ("overlap", "%"), ("overlap", "x"), ("control", "-1"),
     ("control", "0.5")],
)  # fmt: skip
def test_odd_amounts_are_refused(option: str, typed: str) -> None:
    given = {"overlap": None, "control": None, "budget": None} | {option: typed}
    with pytest.raises(InputError, match=f"--{option}"):
        parse_plan("a,b", given["overlap"], given["control"], given["budget"], blind=False, pace=ReviewPace())


def test_what_needs_reviewers_says_so() -> None:
    with pytest.raises(InputError, match=r"--overlap .* name them with --reviewers"):
        parse_plan("a", "5", None, None, blind=False, pace=ReviewPace())
    with pytest.raises(InputError, match="--control needs --reviewers"):
        parse_plan(None, None, "5", None, blind=False, pace=ReviewPace())


def test_the_pace_is_that_of_the_log_without_its_pauses() -> None:
    def at(*seconds: int, who: str = "a") -> list[Decision]:
        return [Decision(f"{who}{s}", "h", "x", "keep", reviewer=who, at=stamp(s)) for s in seconds]

    slow = at(*range(0, 88, 8)) + at(*range(5000, 5080, 8)) + at(*[10**6] * 50, who="b")
    assert review_pace(None, slow).seconds == 8
    assert "21 decisions" not in str(review_pace(2.5, slow))
    assert review_pace(2.5, slow).seconds == 2.5
    assert review_pace(None, at(*range(0, 60, 8))).seconds == ReviewPace().seconds  # too few to tell
    odd = [Decision("x", "h", "x", "keep", at=text) for text in ("", "noon", "9999-99-99", "2026-01-01")]
    assert review_pace(None, [*slow, *odd]).seconds == 8
    for number in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="--pace"):
            review_pace(number, [])


def stamp(seconds: int) -> str:
    return str(np.datetime64("2026-01-01T00:00:00") + seconds) + "+00:00"


def test_times_are_told_in_words() -> None:
    assert [ReviewPace().lasts(n) for n in (0, 4, 40, 599, 800, 1200)] == [
        "0 s",
        "30 s",
        "4 min",
        "1 h",
        "1 h 20 min",
        "2 h",
    ]


# -------------------------------------------------------------------------------------------------------- real files


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shaping")
    table, p = labeled(150)
    with (folder / "data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.column_names, *(f"prob_{name}" for name in CLASSES), "role", "reviewer"])
        writer.writerows([*row.values(), *chances, "mine", "x"] for row, chances in zip(table.to_pylist(), p.tolist()))  # noqa: B905
    find_all = ["find", "data.csv", "--detector", "doubtful-label", "--all", "-q", "-o", "scores.parquet"]
    hardneg(*find_all, cwd=folder, check=True)
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return hardneg("assign", "scores.parquet", *arguments, cwd=folder, text=True)


def load(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.process
def test_files_for_everybody_and_what_comes_back(folder: Path) -> None:
    done = run(folder, "--reviewers", "ann,bob", "--control", "20%", "-o", "queue.csv", "-o", "parquet:all.of.it")
    assert done.returncode == 0, done.stderr
    key = {row["id"]: row for row in load(folder / "queue.csv")}
    last = ["data_reviewer", "reviewers", "role", "rank", "row_hash", "hashed"]
    assert list(next(iter(key.values())))[-6:] == last
    assert {row["data_role"] for row in key.values()} == {"mine"}
    theirs = {name: load(folder / f"queue.{name}.csv") for name in ("ann", "bob")}
    for name, rows in theirs.items():
        assert {row["id"] for row in rows} == {id_ for id_, row in key.items() if name in row["reviewers"].split(",")}
        assert all(row["suggested_label"] == key[row["id"]]["suggested_label"] for row in rows)
        assert f"reviewer {name}: {len(rows)} rows, about " in done.stderr
        assert pq.read_table(folder / f"all.of.{name}.it").num_rows == len(rows)
    total = sum(map(len, theirs.values()))
    assert f"to answer: {total} rows" in done.stderr
    for name, rows in theirs.items():
        path = folder / f"queue.{name}.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(row | {"decision": "keep"} for row in rows)
    said = collect([folder / f"queue.{name}.csv" for name in theirs], folder / "said.ndjson")
    assert said.read == total
    assert said.agreement is not None
    assert set(said.agreement.reviewers) == {"ann", "bob"}


@pytest.mark.process
def test_a_blind_queue_comes_back(folder: Path) -> None:
    names = ("blind.csv", "blind.xlsx", "blind.parquet", "blind.ndjson")
    done = run(folder, "--blind", "--limit", "9", *(part for name in names for part in ("-o", name)))
    assert done.returncode == 0, done.stderr
    for name in names:
        applied = apply(folder / "data.csv", [folder / name], output=folder / "out.csv")
        assert (applied.relabeled, applied.undecided) == (0, 9)
    rows = load(folder / "blind.csv")
    with (folder / "filled.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"decision": "relabel"} for row in rows)
    with pytest.raises(InputError, match="no other label was suggested"):
        apply(folder / "data.csv", [folder / "filled.csv"], output=folder / "out.csv")


@pytest.mark.process
def test_every_format_takes_blank_cells(folder: Path) -> None:
    names = ["csv", "tsv", "ndjson", "json", "markdown", "html", "xlsx", "parquet", "table"]
    files = [part for name in names for part in ("-o", f"{name}:blank.{name}")]
    done = run(folder, "--blind", "--reviewers", "a", "--control", "3", "-q", *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert all((folder / f"blank.a.{name}").stat().st_size for name in names)


@pytest.mark.process
def test_control_rows_need_a_file_of_every_row(folder: Path) -> None:
    find_flagged = ["find", "data.csv", "--detector", "doubtful-label", "-q", "-o", "flagged.csv"]
    hardneg(*find_flagged, cwd=folder, check=True)
    with pytest.raises(InputError, match=r"flagged\.csv: every row is flagged.* `find\(…\).table\(every=True\)`"):
        assign(folder / "flagged.csv", reviewers=["a"], control="10%")
    suspects = {
        name: assign(folder / name, reviewers=["a", "b"], overlap="20%").tables()
        for name in ("flagged.csv", "scores.parquet")
    }
    for name in ("lead", "a", "b"):
        few, every = (tables[name].drop_columns([*NUMBERS]) for tables in suspects.values())
        assert few.to_pylist() == every.to_pylist(), "the flagged rows are the same, whatever stands beside them"


def test_in_python_a_table_is_shared_out(findings: Findings) -> None:
    done = assign(findings.table(np.arange(len(findings.dataset))), reviewers="a,b", control=5, budget="100")
    assert done.reviewers == ("a", "b")
    assert list(done.tables()) == ["lead", "a", "b"]
    assert sum(map(len, done.tables().values())) - len(done.table()) <= 100
    assert assign(findings.table(), limit=7).table().num_rows == 7
    with pytest.raises(TypeError, match="did you mean 'overlap'"):
        assign(findings.table(), overlapp=3)  # type: ignore[call-arg]


@pytest.mark.process
def test_nothing_is_written_where_something_is_wrong(folder: Path) -> None:
    (folder / "new.a.csv").write_text("id\n")
    before = set(folder.iterdir())
    told = {
        ("--reviewers", "a"): "name the lead's with -o",
        ("--reviewers", "a", "-f", "csv", "-o", "new.csv"): "name the lead's with -o",
        ("--reviewers", "a", "-o", "/dev/null"): "no format for",
        ("--reviewers", "a", "-o", "csv:/dev/null"): "name the lead's with -o",
        ("--reviewers", "a", "-o", "new.csv", "-o", "new.a.csv"): "is named as an output twice",
        ("--reviewers", "a", "-o", "new.csv", "--decisions", "new.a.csv"): "is also an input",
    }
    for arguments, why in told.items():
        done = run(folder, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert why in done.stderr
        assert done.stderr.count("\n") == 1
    assert set(folder.iterdir()) == before
