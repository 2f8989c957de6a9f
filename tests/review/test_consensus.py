"""Consensus labels: right at least as often as those of cleanlab's CROWDLAB, and through the command to the byte."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cleanlab.multiannotator import get_label_quality_multiannotator

from hardneg_cli import Decision, InputError, load
from hardneg_cli.review.reviewers.consensus import Consensus, ConsensusInputs, consensus, ground
from hardneg_cli.statistics.dawid_skene import AnnotatorLabels, DawidSkeneFit, ModelPrior, fit
from support.command import hardneg

K = 4


def crowd(
    seed: int, rates: tuple[float, ...], rows: int = 1500, missing: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) truth, N×R answers of reviewers who err so often, N×K probabilities of a model that is right in 4 of 5."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, K, rows)
    said = np.column_stack([(truth + rng.integers(1, K, rows) * (rng.random(rows) < rate)) % K for rate in rates])
    said[rng.random(said.shape) < missing] = -1
    odds = rng.normal(size=(rows, K))
    odds[np.arange(rows), truth] += 2.5
    return truth, said, np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)


def weighed(said: np.ndarray, p: np.ndarray) -> DawidSkeneFit:
    return fit(
        [AnnotatorLabels(np.flatnonzero(one >= 0), one[one >= 0]) for one in said.T], ModelPrior(np.log(p), np.zeros(K))
    )


def crowdlab(said: np.ndarray, p: np.ndarray) -> np.ndarray:
    answers = pd.DataFrame(np.where(said < 0, np.nan, said))
    found = get_label_quality_multiannotator(answers, p, verbose=False)["label_quality"]["consensus_label"]
    return found.to_numpy(int)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rates", "missing"),
    [((0.2, 0.2, 0.2), 0.0), ((0.05, 0.3, 0.45), 0.0), ((0.1, 0.4), 0.0), ((0.1, 0.2, 0.3, 0.4, 0.5), 0.6)],
)
def test_no_worse_than_crowdlab(rates: tuple[float, ...], missing: float) -> None:
    truth, said, p = crowd(1, rates, missing=missing)
    said[(said < 0).all(axis=1), 0] = 0  # cleanlab takes no row without an answer
    found = weighed(said, p)
    assert (found.classes.argmax(1) == truth).mean() >= (crowdlab(said, p) == truth).mean() - 0.002
    right = [(one == truth)[one >= 0].mean() for one in said.T]
    assert found.accuracy == pytest.approx(right, abs=0.04)


def test_who_copies_another_counts_half() -> None:
    truth, said, p = crowd(2, (0.2, 0.2, 0.4))
    alone = weighed(said, p)
    doubled = weighed(np.column_stack([said, said[:, 2]]), p)
    assert alone.weight.min() > 0.9
    assert doubled.weight[2:] == pytest.approx([0.5, 0.5], abs=0.05)
    assert doubled.weight[:2].min() > 0.9
    assert np.abs(doubled.classes - alone.classes).max() < 0.2
    assert (doubled.classes.argmax(1) == truth).mean() > (alone.classes.argmax(1) == truth).mean() - 0.005


def test_a_model_that_is_too_sure_is_not_believed_more() -> None:
    truth, said, p = crowd(3, (0.2, 0.2))
    sure = p**4 / (p**4).sum(axis=1, keepdims=True)
    plain, found = weighed(said, p), weighed(said, sure)
    assert plain.sharpness / found.sharpness == pytest.approx(4, rel=0.05)
    assert plain.classes == pytest.approx(found.classes, abs=0.02)
    assert (found.classes.argmax(1) == truth).mean() > 0.9


def test_labels_that_somebody_else_gave_are_one_more_voice_and_an_echo_of_the_answers_is_none() -> None:
    truth, said, p = crowd(4, (0.2, 0.3), rows=800)
    answers = [AnnotatorLabels(np.arange(len(truth)), one) for one in said.T]
    prior = ModelPrior(np.log(p), np.zeros(K))
    outsider = np.where(np.random.default_rng(0).random(len(truth)) < 0.1, (truth + 1) % K, truth)
    alone = fit(answers, prior)
    right = {"alone": (alone.classes.argmax(1) == truth).mean()}
    for name, given in {"outsider": outsider, "first": said[:, 0], "some": np.where(truth % 2, *said.T)}.items():
        found = fit(answers, prior, given)
        right[name] = (found.classes.argmax(1) == truth).mean()
        if name != "outsider":
            assert np.abs(found.classes - alone.classes).mean() < 0.01
    assert right["outsider"] > right["alone"] + 0.015
    assert min(right.values()) > right["alone"] - 0.005


# ------------------------------------------------------------------------------------------------ of a dataset


def data(labels: list[str], **more: list[object]) -> pa.Table:
    ids = [f"r{row}" for row in range(len(labels))]
    return pa.table({"id": ids, "label": labels, "text": [f"text {id_}" for id_ in ids], **more})


def words(on: ConsensusInputs, **said: str) -> list[Decision]:
    """One letter a row and reviewer: k(eep), d(rop), u(nsure), capitals for a label, a blank for nothing."""
    hashes = on.dataset.row_hashes(np.arange(len(on.dataset)))
    meaning = {"k": "keep", "d": "drop", "u": "unsure"}
    return [
        Decision(id_, row_hash, given, meaning.get(word, "relabel"), "" if word in meaning else word, who)
        for who, letters in said.items()
        for id_, row_hash, given, word in zip(
            on.dataset.ids.to_pylist(), hashes, [on.dataset.classes[code] for code in on.dataset.labels], letters,
            strict=False,
        )
        if word != " "
    ]  # fmt: skip


def told(found: Consensus) -> list[tuple[str, str, str, int]]:
    rows = found.table().to_pylist()
    return [(row["id"], row["decision"], row["consensus_label"], row["answers"]) for row in rows]


def test_every_answered_row_has_a_line() -> None:
    on = ground(data(["A", "B", "A", "B", "A", "B"]))
    found = consensus(on, words(on, ann="kkBdu ", bob="kkdd  ", joe="k dk  "))
    assert told(found) == [("r0", "keep", "A", 3), ("r1", "keep", "B", 2), ("r2", "drop", "", 3), ("r3", "drop", "", 3)]
    lines = {row["id"]: row for row in found.table().to_pylist()}
    assert lines["r2"]["said"] == "ann: relabel to 'B'; bob: drop; joe: drop"
    assert lines["r2"]["agreement"] == pytest.approx(2 / 3, abs=1e-6)
    assert lines["r2"]["score"] == pytest.approx(1 / 3, abs=1e-6)
    assert lines["r0"]["score"] < lines["r1"]["score"]
    assert found.notes == ("no probabilities: the consensus rests on the reviewers' answers alone",)


def test_nobody_one_row_and_only_drops() -> None:
    on = ground(data(["A", "B"]))
    assert told(consensus(on, [])) == []
    assert told(consensus(on, words(on, ann="u"))) == []
    assert told(consensus(on, words(on, ann="dd", bob="d"))) == [("r0", "drop", "", 2), ("r1", "drop", "", 1)]
    assert told(consensus(on, words(on, ann="B"))) == [("r0", "relabel", "B", 1)]


def test_what_is_no_longer_there_is_told() -> None:
    on = ground(data(["A", "B"]))
    said = words(on, ann="kk")
    edited = ground(data(["A", "B"]).set_column(2, "text", pa.array(["text r0", "other"])))
    found = consensus(edited, [*said, Decision("gone", "h", "A", "keep", "", "ann")])
    assert told(found) == [("r0", "keep", "A", 1)]
    assert found.notes[-1] == "2 answers are about rows that table has no longer"


def test_settlements_are_no_answers() -> None:
    on = ground(data(["A", "B"]))
    said = words(on, ann="k", bob="k")
    ruled = Decision("r0", said[0].row_hash, "A", "relabel", "B", "eve", "2030", "adjudication")
    assert told(consensus(on, [*said, ruled])) == [("r0", "keep", "A", 2)]


def test_a_class_that_no_model_knows_can_win() -> None:
    names = ["A", "B"] * 30
    probs = np.tile([[0.9, 0.1], [0.1, 0.9]], (30, 1))
    on = ground(data(names), probs=[probs], classes=["A", "B"])
    found = consensus(on, words(on, ann="猫" + "k" * 59, bob="猫" + "k" * 59, joe="猫" + "k" * 59))
    assert told(found)[0] == ("r0", "relabel", "猫", 3)


def test_the_order_of_rows_and_answers_changes_nothing() -> None:
    truth, said, p = crowd(5, (0.2, 0.3, 0.4), rows=200)
    names = [f"c{code}" for code in range(K)]
    table = data([names[code] for code in said[:, 0]])
    letters = {f"who{who}": [names[code] for code in said[:, who]] for who in range(3)}
    found = []
    for order in (np.arange(200), np.random.default_rng(0).permutation(200)):
        on = ground(table.take(order), probs=[p[order]], classes=names)
        answers = words(on, **{who: [codes[row] for row in order] for who, codes in letters.items()})  # type: ignore[arg-type]
        answers = [Decision(*[getattr(one, name) for name in one.__slots__]) for one in answers]
        found.append(consensus(on, [answers[i] for i in np.random.default_rng(len(found)).permutation(len(answers))]))
    assert found[0].table() == found[1].table()
    labels = [row.label for row in found[0].rows]
    assert np.mean([label == names[code] for label, code in zip(labels, truth[_by_id(200)], strict=True)]) > 0.85


def _by_id(rows: int) -> np.ndarray:
    return np.argsort([f"r{row}" for row in range(rows)])


def test_too_much_for_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardneg_cli.review.reviewers.consensus.MOST_CELLS", 3)
    on = ground(data(["A", "B"]))
    with pytest.raises(InputError, match="a consensus of 2 rows, 1 reviewers and 2 classes is more than memory"):
        consensus(on, words(on, ann="kk"))


# ------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data, two models' probabilities and the filled queues of three reviewers, the last of whom errs most."""
    truth, said, p = crowd(7, (0.1, 0.2, 0.4), rows=120)
    names = ["cat", "dog", "=cmd|' /C calc'!A0", "[bold]猫\u202e"]
    given = [names[code] for code in said[:, 2]]
    monkeypatch.chdir(tmp_path)
    ids, texts = [f"{row:020d}" for row in range(120)], [f"t{row}" for row in range(120)]
    pd.DataFrame({"id": ids, "label": given, "text": texts}).to_csv("data.csv", index=False)
    dataset = load("data.csv")
    for model, power in (("one", 1), ("two", 2)):
        q = p**power / (p**power).sum(axis=1, keepdims=True)
        table = {"id": dataset.ids.to_pylist()} | {f"prob_{name}": q[:, code] for code, name in enumerate(names)}
        pq.write_table(pa.table(table), f"{model}.parquet")
    for who in range(3):
        labels = [names[code] for code in said[:, who]]
        rows = {"id": dataset.ids.to_pylist(), "decision": "", "new_label": labels, "note": "", "given_label": given,
                "row_hash": dataset.row_hashes(np.arange(120)), "reviewer": f"who{who}"}  # fmt: skip
        pd.DataFrame(rows).to_csv(f"who{who}.csv", index=False)
    pd.DataFrame({"id": dataset.ids.to_pylist(), "right": [names[code] for code in truth]}).to_csv(
        "truth.csv", index=False
    )
    return tmp_path


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg("collect", *arguments, text=True)
    assert done.returncode == code, done.stderr
    return done


FILES = ("who0.csv", "who1.csv", "who2.csv", "--data", "data.csv")


@pytest.mark.process
def test_a_file_of_consensus_labels(folder: Path) -> None:
    one = ("--probs", "one.parquet", "--dry-run", "-o", "conflicts.csv")
    done = run(*FILES, *one, "--consensus", "consensus.csv", code=1)
    assert done.stdout == ""
    assert "consensus on 120 rows: " in done.stderr
    with open("consensus.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "id", "given_label", "decision", "consensus_label", "score", "answers", "agreement", "said",
    ]  # fmt: skip
    right = pd.read_csv("truth.csv", dtype=str).set_index("id").right
    assert np.mean([row["consensus_label"] == right[row["id"]] for row in rows]) > 0.9
    before = Path("consensus.csv").read_bytes()
    run(*FILES, *one, "--consensus", "consensus.csv", "-q", code=1)
    assert Path("consensus.csv").read_bytes() == before
    done = run(
        *FILES,
        *one,
        "--probs",
        "two.parquet",
        "--consensus",
        "both.xlsx",
        "--reviewers-report",
        "r.parquet",
        "-q",
        code=1,
    )
    assert done.stderr.count("\n") == 1
    assert pd.read_excel("both.xlsx", dtype=str, keep_default_na=False, engine="openpyxl").id.tolist() == [
        row["id"] for row in rows
    ]
    assert pq.read_table("r.parquet")["accuracy"].to_pylist() == pytest.approx([0.9, 0.8, 0.6], abs=0.1)


@pytest.mark.process
def test_nothing_is_written_where_the_consensus_cannot_be(folder: Path) -> None:
    bad = pq.read_table("one.parquet").to_pandas()
    bad.iloc[3, 1] = np.nan
    bad.to_parquet("bad.parquet", index=False)
    Path("one.csv").write_text("id,label,text\n1,a,b\n")
    before = set(Path().iterdir())
    wanted = ("--consensus", "c.csv", "-o", "conflicts.csv")
    for arguments, message in (
        ((*FILES, "--probs", "bad.parquet", *wanted), "bad.parquet: NaN among the probabilities in row "),
        ((*FILES, "--probs", "one.parquet"), "--probs is for the consensus: name a file for it with --consensus"),
        (("who0.csv", "--decisions", "log", *wanted), "--consensus needs the data: name them with --data"),
        ((*FILES, "--consensus", "data.csv"), "is also an input"),
        ((*FILES, "--probs", "one.parquet", "--consensus", "one.parquet"), "is also an input"),
        ((*FILES, "--consensus", "data.csv.decisions.ndjson"), "is the decisions log"),
        ((*FILES, "--label", "lable", *wanted), "no column 'lable' for --label; did you mean 'label'?"),
    ):
        done = run(*arguments, code=2)
        assert message in done.stderr
        assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert set(Path().iterdir()) == before
