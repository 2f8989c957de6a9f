"""`audit`, and `find --audit`: files and real processes."""

from __future__ import annotations

import csv
import dataclasses
import json
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli import InputError, find
from hardneg_cli.review.audit.filled_audit import read_audit
from hardneg_cli.verbs import audit
from support.command import hardneg

# ---- files and commands


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data.csv, probs.csv, scores.csv of all rows, and truth: ids whose labels are wrong."""
    folder = tmp_path_factory.mktemp("audit")
    generator = np.random.default_rng(0)
    true = generator.integers(0, 3, 600)
    label = np.where(generator.random(600) < 0.15, (true + 1) % 3, true)
    p = generator.dirichlet(np.ones(3), 600) + 1.2 * np.eye(3)[true]
    p /= p.sum(axis=1, keepdims=True)
    ids = [f"r{row:03}" for row in range(600)]
    rows = [f"{ids[row]},c{label[row]},word {row}\n" for row in range(600)]
    (folder / "data.csv").write_text("id,label,word\n" + "".join(rows))
    lines = [f"{id_}," + ",".join(f"{value:.6f}" for value in row) + "\n" for id_, row in zip(ids, p, strict=True)]
    (folder / "probs.csv").write_text("id,prob_c0,prob_c1,prob_c2\n" + "".join(lines))
    (folder / "truth").write_text("\n".join(np.array(ids)[true != label]))
    run(*FIND, "--all", "-q", "-o", "scores.csv", "-o", "scores.parquet", "-o", "scores.ndjson", cwd=folder)
    run("audit", "draw", "scores.csv", "-n", "120", "-q", "-o", "drawn.csv", cwd=folder)
    fill(folder / "drawn.csv", folder / "audit.csv", truth(folder))
    return folder


FIND = ["find", "data.csv", "--probs", "probs.csv", "--detector", "doubtful-label"]


def run(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg(*arguments, cwd=cwd, text=True)
    assert done.returncode == code, done.stderr
    return done


def truth(folder: Path) -> set[str]:
    return set((folder / "truth").read_text().split())


def fill(source: Path, target: Path, wrong: set[str], answers: int | None = None) -> None:
    """Answer the first rows: keep, or another label, or drop."""
    rows = read(source)
    for number, row in enumerate(rows[:answers]):
        if row["id"] not in wrong:
            row["decision"] = "keep"
        elif number % 2:
            row["new_label"] = "another"
        else:
            row["decision"] = "Drop"
    write(target, rows)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.process
def test_a_draw_is_a_queue_with_its_design(folder: Path) -> None:
    rows, scores = read(folder / "drawn.csv"), {row["id"]: row for row in read(folder / "scores.csv")}
    assert len(rows) == 120
    assert list(rows[0]) == [*scores["r000"], "stratum", "stratum_rows", "inclusion"]
    for row in rows:
        first, drawn = scores[row["id"]], {name: row[name] for name in scores["r000"]}
        assert drawn.pop("hashed").partition("=")[0] == first.pop("hashed").partition("=")[0]
        assert drawn == first
        assert row["decision"] == row["new_label"] == row["note"] == ""
    for stratum in {row["stratum"] for row in rows}:
        mine = [row for row in rows if row["stratum"] == stratum]
        assert {float(row["inclusion"]) for row in mine} == {len(mine) / int(mine[0]["stratum_rows"])}
    assert len({row["stratum"] for row in rows}) > 5


@pytest.mark.process
def test_the_same_rows_are_drawn_from_every_format_and_row_order(folder: Path, tmp_path: Path) -> None:
    rows = read(folder / "scores.csv")
    write(tmp_path / "mixed.csv", [rows[place] for place in np.random.default_rng(0).permutation(600)])
    expected = [row["id"] for row in read(folder / "drawn.csv")]
    for scores in (folder / "scores.parquet", folder / "scores.ndjson", tmp_path / "mixed.csv"):
        assert audit.audit_draw(scores, 120).table["id"].to_pylist() == expected
    assert audit.audit_draw(folder / "scores.csv", 120, seed=1).table["id"].to_pylist() != expected


@pytest.mark.process
def test_a_draw_of_all_rows_and_its_types(folder: Path) -> None:
    drawn = audit.audit_draw(folder / "scores.parquet", 10_000)
    assert (len(drawn.table), drawn.rows) == (600, 600)
    kinds = {name: str(drawn.table.schema.field(name).type) for name in ("score", "flagged", "rank", "inclusion")}
    assert kinds == {"score": "double", "flagged": "bool", "rank": "int64", "inclusion": "string"}


@pytest.mark.process
def test_earlier_decisions_are_not_answers(folder: Path, tmp_path: Path) -> None:
    rows = read(folder / "scores.csv")
    write(tmp_path / "scores.csv", [row | {"decision": "keep", "note": "seen"} for row in rows])
    assert set(audit.audit_draw(tmp_path / "scores.csv", 30).table["decision"].to_pylist()) == {""}


@pytest.mark.process
def test_only_a_file_with_every_row_is_drawn_from(folder: Path, tmp_path: Path) -> None:
    run(*FIND, "-q", "-o", str(tmp_path / "flagged.csv"), cwd=folder)
    rows = read(folder / "scores.csv")
    write(tmp_path / "gap.csv", rows[:100] + rows[101:])
    write(tmp_path / "odd.csv", [row | {"score": "1.5"} if row["rank"] == "7" else row for row in rows])
    write(tmp_path / "maybe.csv", [row | {"flagged": "maybe"} for row in rows])
    for name, words in (
        ("flagged.csv", "every row is flagged"), ("gap.csv", "the ranks are not 1 to 599"),
        ("odd.csv", "the score is no probability"), ("maybe.csv", "flagged is true or false, not 'maybe'"),
    ):  # fmt: skip
        done = run("audit", "draw", name, cwd=tmp_path, code=2)
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""
    assert "no column 'given_label'" in run("audit", "draw", "data.csv", cwd=folder, code=2).stderr
    assert "is also an input" in run("audit", "draw", "scores.csv", "-o", "scores.csv", cwd=folder, code=2).stderr


@pytest.mark.process
def test_the_estimate_as_json_and_as_text(folder: Path) -> None:
    done = run("audit", "estimate", "audit.csv", "-f", "json", cwd=folder)
    found = json.loads(done.stdout)
    assert done.stderr == ""
    assert list(found)[:4] == ["rows", "audited", "errors", "flagged"]
    assert (found["rows"], found["audited"]) == (600, 120)
    assert list(found["flagged"]) == ["rows", "precision", "recall"]
    for interval in (found["errors"], found["flagged"]["precision"], found["flagged"]["recall"]):
        assert list(interval) == ["estimate", "low", "high"]
        assert interval["low"] <= interval["estimate"] <= interval["high"]
    assert found["errors"]["low"] <= len(truth(folder)) <= found["errors"]["high"]
    text = run("audit", "estimate", "audit.csv", cwd=folder).stdout.splitlines()
    assert text[0] == "audit.csv: 120 audited rows, drawn from 600"
    assert text[1].startswith("label errors: ")
    assert text[-1].endswith("more rows would halve the interval of the label errors")


@pytest.mark.process
def test_the_estimate_goes_to_files_too(folder: Path, tmp_path: Path) -> None:
    write_to = (str(tmp_path / "e.json"), str(tmp_path / "e.txt"))
    done = run("audit", "estimate", "audit.csv", "-o", write_to[0], "-o", write_to[1], cwd=folder)
    assert done.stdout == ""
    assert json.loads((tmp_path / "e.json").read_text())["audited"] == 120
    assert (tmp_path / "e.txt").read_text().startswith("audit.csv: 120")
    done = run("audit", "estimate", "audit.csv", "-f", "jsn", cwd=folder, code=2)
    assert "did you mean 'json'?" in done.stderr
    run("audit", "estimate", "audit.csv", "-o", "audit.csv", cwd=folder, code=2)


@pytest.mark.process
def test_a_configured_format_is_meant_for_other_commands(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "hardneg.toml").write_text("format = 'csv'\nrows = 30\n")
    path = str(folder / "audit.csv")
    assert run("audit", "estimate", path, cwd=tmp_path).stdout.startswith(path)
    drawn = run("audit", "draw", str(folder / "scores.csv"), cwd=tmp_path).stdout
    assert drawn.startswith("id,decision,")
    assert drawn.count("\n") == 31


@pytest.mark.process
def test_unanswered_rows_keep_their_place_only(folder: Path, tmp_path: Path) -> None:
    fill(folder / "drawn.csv", tmp_path / "some.csv", truth(folder), answers=80)
    rows = read(tmp_path / "some.csv")
    rows[100]["decision"] = "unsure"
    write(tmp_path / "some.csv", rows)
    found = audit.audit_estimate(tmp_path / "some.csv")
    assert (found.rows, found.audited) == (600, 80)
    assert found.errors.low <= len(truth(folder)) <= found.errors.high


@pytest.mark.process
def test_an_audit_that_was_changed_is_refused(folder: Path, tmp_path: Path) -> None:
    rows = read(folder / "audit.csv")
    first = rows[0]
    twin = next(row for row in rows[1:] if row["stratum"] == first["stratum"])
    changed = {
        "no column 'inclusion'": [{k: v for k, v in row.items() if k != "inclusion"} for row in rows],
        "no column 'flagged'": [{k: v for k, v in row.items() if k != "flagged"} for row in rows],
        "more than once": [first if row is twin else row for row in rows],
        "were drawn; leave rows without an answer in the file": rows[1:],
        "stratum_rows, inclusion or flagged is not that of its stratum": [
            first | {"stratum_rows": "7"},
            *rows[1:],
        ],
        "row 1: stratum, stratum_rows, inclusion are not what was drawn": [first | {"inclusion": "0"}, *rows[1:]],
        "no decision 'kept'; did you mean 'keep'?": [first | {"decision": "kept", "new_label": ""}, *rows[1:]],
        "0 rows have an answer, and an estimate needs at least 20": read(folder / "drawn.csv"),
    }
    for words, table in changed.items():
        write(tmp_path / "audit.csv", table)
        done = run("audit", "estimate", "audit.csv", cwd=tmp_path, code=2)
        assert words in done.stderr, done.stderr
        assert (done.stdout, done.stderr.count("\n")) == ("", 1)


@pytest.mark.process
def test_a_small_dataset_may_be_audited_whole(folder: Path, tmp_path: Path) -> None:
    rows = [row | {"rank": str(rank)} for rank, row in enumerate(read(folder / "scores.csv"), 1)]
    few = [row | {"rank": str(rank)} for rank, row in enumerate(rows[:4] + rows[-4:], 1)]
    write(tmp_path / "scores.csv", few)
    run("audit", "draw", "scores.csv", "-o", "audit.csv", cwd=tmp_path)
    fill(tmp_path / "audit.csv", tmp_path / "audit.csv", set())
    found = audit.audit_estimate(tmp_path / "audit.csv")
    assert (found.rows, found.audited, found.errors.high) == (8, 8, 0)


@pytest.mark.process
def test_help_of_the_group_and_its_commands(folder: Path) -> None:
    text = run("audit", "--help", cwd=folder).stdout
    assert "draw " in text
    assert "estimate " in text
    assert "audit " in run("--help", cwd=folder).stdout
    assert "--seed" in run("audit", "draw", "--help", cwd=folder).stdout
    assert "did you mean 'draw'?" in run("audit", "drow", cwd=folder, code=2).stderr
    assert "missing command" in run("audit", cwd=folder, code=2).stderr


# ---- find --audit


@pytest.mark.process
def test_find_recalibrates_on_an_audit(folder: Path) -> None:
    before = run(*FIND, "--all", "-f", "csv", cwd=folder)
    after = run(*FIND, "--all", "-f", "csv", "--audit", "audit.csv", cwd=folder)
    assert "rows would say within about ±" in before.stderr
    assert "; from 120 audited rows)" in after.stderr
    assert "recalibrated on 120 audited rows (audit.csv)" in after.stderr
    assert before.stdout != after.stdout
    findings = find(folder / "data.csv", probs=[folder / "probs.csv"], detectors=["doubtful-label"],
                    audit=folder / "audit.csv")  # fmt: skip
    said = audit.audit_estimate(folder / "audit.csv").errors
    assert findings.errors == said
    assert findings.audited == 120
    wrong = np.isin(findings.dataset.ids.to_pylist(), list(truth(folder)))
    assert abs(findings.score.sum() / wrong.sum() - 1) < 0.3
    assert findings.flagged[findings.ranked][: findings.flagged.sum()].all(), "the top of the order"


@pytest.mark.process
def test_an_audited_rows_answer_does_not_reach_its_score(folder: Path, tmp_path: Path) -> None:
    def scores(rows: list[dict[str, str]]) -> dict[str, float]:
        write(tmp_path / "audit.csv", rows)
        findings = find(folder / "data.csv", probs=[folder / "probs.csv"], detectors=["doubtful-label"],
                        audit=tmp_path / "audit.csv")  # fmt: skip
        return dict(zip(findings.dataset.ids.to_pylist(), findings.score.tolist(), strict=True))

    rows = read(folder / "audit.csv")
    before = scores(rows)
    for place in (0, 50, 119):
        row = rows[place]
        answer = (
            {"decision": "drop", "new_label": ""}
            if row["decision"] == "keep"
            else {"decision": "keep", "new_label": ""}
        )
        after = scores([*rows[:place], row | answer, *rows[place + 1 :]])
        assert after[row["id"]] == before[row["id"]]
        assert after != before


@pytest.mark.process
def test_row_order_does_not_change_what_an_audit_does(folder: Path, tmp_path: Path) -> None:
    header, *lines = (folder / "data.csv").read_text().splitlines()
    mixed = [lines[place] for place in np.random.default_rng(0).permutation(600)]
    (tmp_path / "data.csv").write_text("\n".join([header, *mixed]) + "\n")
    answers = read(folder / "audit.csv")
    write(tmp_path / "audit.csv", answers[::-1])
    tail = ("--all", "-f", "csv", "-q")
    expected = run(*FIND, *tail, "--audit", "audit.csv", cwd=folder).stdout
    probs = ("--probs", str(folder / "probs.csv"), "--detector", "doubtful-label")
    assert run("find", "data.csv", *probs, *tail, "--audit", "audit.csv", cwd=tmp_path).stdout == expected


@pytest.mark.process
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("word 7\n", "word seven\n", "content is no longer the same"),
        ("r007,", "s007,", "no row has this id"),
        ("r599,c", "r599,c0\nr600,c", "drawn from 600 rows"),
    ],
)
def test_an_audit_of_other_rows_is_refused(folder: Path, tmp_path: Path, old: str, new: str, words: str) -> None:
    run("audit", "draw", str(folder / "scores.csv"), "-n", "600", "-o", "audit.csv", cwd=tmp_path)
    fill(tmp_path / "audit.csv", tmp_path / "audit.csv", set())
    text = (folder / "data.csv").read_text()
    if "600" in new:
        text += "r600,c0,word 600\n"
    else:
        text = text.replace(old, new)
    (tmp_path / "data.csv").write_text(text)
    done = run("find", "data.csv", "--audit", "audit.csv", cwd=tmp_path, code=2)
    assert words in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


@pytest.mark.process
def test_an_audit_is_read_before_anything_is_done(folder: Path) -> None:
    done = run(*FIND, "--audit", "nothing.csv", cwd=folder, code=2)
    assert "no file 'nothing.csv'" in done.stderr
    assert "is also an input" in run(*FIND, "--audit", "audit.csv", "-o", "audit.csv", cwd=folder, code=2).stderr


@pytest.mark.process
def test_results_are_frozen(folder: Path) -> None:
    audited = read_audit(folder / "audit.csv")
    assert audited.population == 600
    with pytest.raises(dataclasses.FrozenInstanceError):
        audited.name = "x"  # type: ignore[misc]
    with pytest.raises(InputError, match="no file"):
        audit.audit_draw(folder / "nothing.csv")
    assert isinstance(audit.audit_draw(folder / "scores.csv").table, pa.Table)
