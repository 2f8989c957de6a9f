"""A queue that is shared out: everybody is asked about as much and alike, and nobody can tell a control row."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import InputError, apply, assign, collect, find
from hardneg_cli.data.load import in_memory
from hardneg_cli.detection.findings import Findings
from hardneg_cli.io.tables.queue_columns import ANCHORING, FILLED_IN, TELLING
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.queues.assigned_queues import lead, queues
from hardneg_cli.review.queues.assignment import Assignment, AssignmentPlan, shape
from hardneg_cli.review.queues.scored_rows import ScoredRows, read_scored_rows
from hardneg_cli.review.queues.workload import ReviewPace, parse_plan, review_pace

CLASSES = [f"c{code}" for code in range(6)]
TEXT = ("text",)
Row = dict[str, str]


def labeled(n: int, seed: int = 0) -> tuple[pa.Table, np.ndarray]:
    """Labels a quarter of which the probabilities contradict."""
    generator = np.random.default_rng(seed)
    p = generator.dirichlet(np.ones(len(CLASSES)) / 4, n)
    code = p.argmax(axis=1)
    wrong = generator.random(n) < 0.25
    code[wrong] = generator.integers(0, len(CLASSES), wrong.sum())
    labels = [CLASSES[one] for one in code]
    return pa.table({"id": [f"r{n}" for n in range(n)], "label": labels, "text": [f"text {i}" for i in range(n)]}), p


def found(n: int = 1200, order: np.ndarray | None = None) -> Findings:
    table, p = labeled(n)
    order = np.arange(n) if order is None else order
    return find(table.take(order), probs=[p[order]], classes=CLASSES, detectors=["doubtful-label"])


@pytest.fixture(scope="module")
def findings() -> Findings:
    return found()


def scored(findings: Findings) -> ScoredRows:
    """The findings as a file of every row has them, in the data's order."""
    shown = tuple(name for name in TEXT if name in findings.dataset.content.column_names)
    return read_scored_rows((in_memory(findings.table(np.arange(len(findings.dataset)), shown)),))


def shaped(findings: Findings, *names: str, overlap: float = 0.1, control: float = 0.0, **kwargs: object) -> Assignment:
    amounts = {"overlap": Fraction(overlap).limit_denominator(), "control": Fraction(control).limit_denominator()}
    return shape(scored(findings), findings.select(), AssignmentPlan(names, **amounts, **kwargs))  # type: ignore[arg-type]


def test_every_row_is_asked_about_and_the_shared_ones_by_all(findings: Findings) -> None:
    result = shaped(findings, "a", "b", "c", control=0.05)
    suspects = findings.select()
    assert sorted(result.rows[~result.control]) == sorted(suspects)
    asked = result.assigned.sum(axis=1)
    assert set(asked) == {1, 3}
    assert result.shared == (asked == 3).sum() == -(-len(result.rows) // 10)
    assert sorted(np.concatenate(result.queues)) == sorted(np.repeat(np.arange(len(result.rows)), asked))


def test_everybody_gets_as_much_and_the_same_mix(findings: Findings) -> None:
    result = shaped(findings, "a", "b", "c", control=0.1)
    counts = [len(places) for places in result.queues]
    assert max(counts) - min(counts) <= 1
    control = [int(result.control[places].sum()) for places in result.queues]
    assert max(control) - min(control) <= 2
    labels = findings.dataset.labels[result.rows]
    shares = np.array([np.bincount(labels[places], minlength=len(CLASSES)) for places in result.queues])
    assert (shares.max(axis=0) - shares.min(axis=0) <= 4).all()
    means = [findings.score[result.rows[places]].mean() for places in result.queues]
    spread = findings.score[result.rows].std() / np.sqrt(min(counts))
    assert max(means) - min(means) < spread  # closer than three random samples are


def test_overlap_spans_the_ranking(findings: Findings) -> None:
    result = shaped(findings, "a", "b", overlap=0.2)
    shared = np.flatnonzero(result.assigned.all(axis=1))
    assert (np.bincount(shared * 5 // len(result.rows), minlength=5) >= len(shared) // 5 - 1).all()
    assert len(set(np.diff(shared))) > 2  # drawn, not every fifth


@pytest.mark.slow
def test_row_order_does_not_matter(findings: Findings) -> None:
    other = found(order=np.random.default_rng(7).permutation(1200))
    for kwargs in ({}, {"blind": True}):
        here = queues(shaped(findings, "a", "b", control=0.1, **kwargs))
        there = queues(shaped(other, "a", "b", control=0.1, **kwargs))
        assert [table.to_pylist() for table in here] == [table.to_pylist() for table in there]


def test_nothing_asked_for_leaves_the_queue_as_it_was(findings: Findings) -> None:
    only = queues(shape(scored(findings), findings.select(), AssignmentPlan()))
    assert [table.to_pylist() for table in only] == [findings.table(show=("text",)).to_pylist()]


def test_control_rows_are_not_flagged_and_have_the_models_other_class(findings: Findings) -> None:
    table = lead(shaped(findings, "a", control=0.2)).to_pylist()
    control = [row for row in table if row["role"] == "control"]
    assert len(control) == -(-len(findings.select()) // 5)
    assert not any(row["flagged"] for row in control)
    assert all(row["flagged"] for row in table if row["role"] == "suspect")
    _, p = labeled(1200)
    for row in control:
        chances = p[int(row["id"][1:])].copy()
        chances[CLASSES.index(row["given_label"])] = -1
        assert row["suggested_label"] == CLASSES[chances.argmax()]
    unflagged = np.bincount(findings.dataset.labels[~findings.flagged], minlength=6)
    drawn = Counter(row["given_label"] for row in control)
    for name, count in zip(CLASSES, unflagged, strict=True):
        assert abs(drawn[name] - count * len(control) / unflagged.sum()) < 2


def test_a_reviewer_cannot_tell_control_rows(findings: Findings) -> None:
    result = shaped(findings, "a", "b", control=0.5)
    role = {row["id"]: row["role"] for row in lead(result).to_pylist()}
    for table in queues(result):
        rows = table.to_pylist()
        kinds = [role[row["id"]] == "control" for row in rows]
        assert 0.3 < np.mean(kinds) < 0.37
        for name in table.column_names:
            cells = [row[name] for row in rows]
            if name in TELLING:
                assert set(cells) <= {"", None}
            elif name in ("suggested_label", *FILLED_IN):
                assert len({bool(cell) for cell in cells}) == 1, name
        places = np.flatnonzero(kinds) / len(kinds)
        assert 0.35 < places.mean() < 0.65
        assert places.min() < 0.1
        assert places.max() > 0.9
        ranks = [findings.score[int(row["id"][1:])] for row, kind in zip(rows, kinds, strict=True) if not kind]
        assert ranks == sorted(ranks, reverse=True)


def test_suggestions_lack_as_often_in_control_rows() -> None:
    generator = np.random.default_rng(0)
    rows = [f"row {n}" for n in range(300)]
    table = pa.table({"label": ["a", "b", "c"] * 100, "text": rows[:250] + rows[:50], "x": generator.random(300)})
    copies = find(table, detectors=["exact-duplicate"])
    if not len(copies.select()):
        copies = find(pa.table({"label": ["a"] * 150 + ["b"] * 140 + ["c"] * 10}), detectors=["rare-label"])
    result = shape(scored(copies), copies.select(limit=40), AssignmentPlan(("a", "b"), control=10))
    rows_ = lead(result).to_pylist()
    bare = {role: {bool(r["suggested_label"]) for r in rows_ if r["role"] == role} for role in ("suspect", "control")}
    assert bare["control"] == bare["suspect"]


def test_without_probabilities_the_neighbors_suggest() -> None:
    generator = np.random.default_rng(0)
    code = np.repeat([0, 1, 2], 60)
    x = generator.normal(0, 0.3, (180, 2)) + np.array([[0, 0], [1, 0], [9, 9]])[code]
    labels = np.array(["left", "right", "far"])[code]
    labels[:6] = "far"
    table = pa.table({"id": [str(n) for n in range(180)], "label": labels, "x": x[:, 0], "y": x[:, 1]})
    neighbors = find(table, features="x,y", detectors=["outvoted-label"])
    result = shape(scored(neighbors), neighbors.select(), AssignmentPlan(("a",), control=60))
    doubts = neighbors.doubts["outvoted-label"]
    said = dict(zip(doubts.rows.tolist(), doubts.suggested.tolist(), strict=True))
    for row, suggestion in zip(result.rows[result.control], result.suggested[result.control], strict=True):
        assert suggestion != neighbors.dataset.labels[row]
        assert suggestion == said[int(row)] or said[int(row)] == -1


def test_blind_shows_no_opinion_and_no_order(findings: Findings) -> None:
    (table,) = queues(shape(scored(findings), findings.select(), AssignmentPlan(blind=True)))
    for name in ANCHORING:
        assert set(table[name].to_pylist()) <= {"", None}
    scores = [findings.score[int(id_[1:])] for id_ in table["id"].to_pylist()]
    assert abs(np.corrcoef(scores, np.arange(len(scores)))[0, 1]) < 0.2
    assert sorted(table["id"].to_pylist()) == sorted(findings.table()["id"].to_pylist())


@pytest.mark.parametrize("budget", [2, 3, 10, 57, 200])
@pytest.mark.parametrize("names", [(), ("a",), ("a", "b", "c")])
def test_the_budget_is_for_all_queues_together_worst_first(
    findings: Findings, budget: int, names: tuple[str, ...]
) -> None:
    control = Fraction(1, 10) if names else 0
    wanted = AssignmentPlan(names, Fraction(1, 10), control, budget)
    least = 1 if not names else 1 + 1 + 2 * (len(names) == 3)
    if budget < least:
        with pytest.raises(InputError, match=f"{budget} rows are too few: one suspect row, .* takes {least}"):
            shape(scored(findings), findings.select(), wanted)
        return
    result = shape(scored(findings), findings.select(), wanted)
    spent = sum(map(len, result.queues))
    assert budget - max(1, len(names)) * 2 < spent <= budget
    suspects = result.rows[~result.control]
    assert list(suspects) == list(findings.select()[: len(suspects)])


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_few_rows_and_many_reviewers(findings: Findings, n: int) -> None:
    names = tuple("abcdefg")
    result = shape(scored(findings), findings.select(limit=n), AssignmentPlan(names, 3, 5, blind=True))
    tables = queues(result)
    assert [len(table) for table in tables] == [len(places) for places in result.queues]
    assert len(result.rows) == (n + 5 if n else 0)
    assert lead(result).num_rows == len(result.rows)


def test_no_more_control_rows_than_there_are(findings: Findings) -> None:
    everything = shape(scored(findings), findings.select(every=True), AssignmentPlan(("a",), control=10))
    assert not everything.control.any()
    rest = shape(scored(findings), findings.select(), AssignmentPlan(("a",), control=10**9))
    assert rest.control.sum() == (~findings.flagged).sum()


def test_decided_rows_are_no_control() -> None:
    table, p = labeled(300)
    first = find(table, probs=[p], classes=CLASSES, detectors=["doubtful-label"], decisions=())
    rows = first.table(np.flatnonzero(~first.flagged)).to_pylist()
    said = [Decision(row["id"], row["row_hash"], row["given_label"], "keep", reviewer="z") for row in rows[5:]]
    after = find(table, probs=[p], classes=CLASSES, detectors=["doubtful-label"], decisions=said)
    result = shape(scored(after), after.select(), AssignmentPlan(("a",), control=1000))
    decided = {one.id for one in said}
    assert not decided & set(after.dataset.ids.take(result.rows).to_pylist())


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
    subprocess.run([sys.executable, "-m", "hardneg_cli", *find_all], cwd=folder, timeout=60, check=True)
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hardneg_cli", "assign", "scores.parquet", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


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
    subprocess.run([sys.executable, "-m", "hardneg_cli", *find_flagged], cwd=folder, timeout=60, check=True)
    with pytest.raises(InputError, match=r"flagged\.csv: every row is flagged.* hardneg find --all"):
        assign(folder / "flagged.csv", reviewers=["a"], control="10%")
    suspects = {
        name: assign(folder / name, reviewers=["a", "b"], overlap="20%").tables()
        for name in ("flagged.csv", "scores.parquet")
    }
    for name in ("lead", "a", "b"):
        few, every = (tables[name].drop_columns(["score", "p_given", "p_suggested"]) for tables in suspects.values())
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
