"""Pseudo-labels are proved or not given; people's answers are trusted; the ledger can be gone on with and undone."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.semi_supervised import LabelSpreading

from hardneg_cli import InputError, find
from hardneg_cli.data.columns import Columns
from hardneg_cli.modeling.self_training import ledger
from hardneg_cli.modeling.self_training.class_shares import class_shift
from hardneg_cli.modeling.self_training.label_spreading import HELD, neighbor_graph, spread
from hardneg_cli.verbs.predict import predict
from hardneg_cli.verbs.refine import RefineResult, refine
from support.command import hardneg

ENVIRONMENT = os.environ | {"HARDNEG_FEATURES": "x_*"}
WORDS = {"fruit": "apple pear plum cherry grape fig", "tool": "hammer saw drill pliers chisel file"}


def digits(a_class: int = 10, rows: int = 500) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Labeled rows, an unlabeled pool, and the truth by id."""
    data = load_digits()
    frame = pd.DataFrame(data.data.astype(int)).astype(str).add_prefix("x_")
    frame.insert(0, "id", [f"d{row:04}" for row in range(len(frame))])
    frame.insert(1, "label", data.target.astype(str))
    frame = frame.sample(rows, random_state=0)
    labeled = frame.groupby("label").head(a_class)
    return labeled, frame.drop(index=labeled.index).drop(columns="label"), frame.set_index("id").label


@cache
def refined() -> RefineResult:
    labeled, pool, _ = digits()
    return refine(labeled, pool, features="x_*", rounds=2, models=["logistic"])


def write(folder: Path, a_class: int = 10) -> pd.Series:
    labeled, pool, truth = digits(a_class)
    labeled.to_csv(folder / "data.csv", index=False)
    pool.to_csv(folder / "pool.csv", index=False)
    return truth


def run(
    folder: Path, *options: str, code: int = 0, env: Mapping[str, str] = ENVIRONMENT
) -> subprocess.CompletedProcess[str]:
    inputs = ["data.csv", "--unlabeled", "pool.csv", "--model", "logistic"]
    done = hardneg("refine", *inputs, *options, cwd=folder, env=env, text=True)
    assert done.returncode == code, done.stderr
    return done


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_labels_spread_as_in_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(place, 0.3, (40, 3)) for place in ([3, 0, 0], [0, 3, 0], [0, 0, 3])])
    labels = np.full(120, -1)
    labels[[0, 1, 40, 41, 80, 81]] = [0, 0, 1, 1, 2, 2]
    graph = neighbor_graph(rows, 8)
    theirs = LabelSpreading(kernel=lambda *_: graph.toarray(), alpha=HELD, max_iter=500, tol=1e-9).fit(rows, labels)
    assert np.allclose(spread(graph, labels, 3), theirs.label_distributions_, atol=0.02)


@pytest.mark.slow
def test_what_is_accepted_is_right_and_helps() -> None:
    labeled, pool, truth = digits()
    table = refined().table().to_pandas()
    pseudo = table[table.source == "pseudo"]
    assert len(pseudo) > len(pool) / 3
    assert (pseudo.label.to_numpy() != truth.loc[pseudo.id].to_numpy()).mean() <= 0.05
    assert set(pseudo.id) <= set(pool.id)
    given = table[table.source == "given"]
    pd.testing.assert_frame_equal(given[labeled.columns].reset_index(drop=True), labeled.reset_index(drop=True))
    weighed = pseudo.groupby("label").weight.sum()
    assert (weighed <= 10 + 1e-6).all()


@pytest.mark.slow
def test_nothing_is_accepted_where_nothing_can_be_proved() -> None:
    labeled, pool, _ = digits()
    found = refine(labeled, pool, features="x_*", max_error=0.02, rounds=1, models=["logistic"])
    assert set(found.table()["source"].to_pylist()) == {"given"}
    said = "100 labeled rows cannot show an error under 2 %; at least 114 would"
    (line,) = [line for line in found.summary() if said in line]
    more = found.more_labels
    assert more is not None
    assert 14 <= more < 400
    assert f"about {more:,} more labeled rows, {-(-more // 10)} a class, would probably do" in line
    assert refined().more_labels == 0


@pytest.mark.slow
def test_wrong_labels_are_proved_nothing_with() -> None:
    """Labels by chance: whatever a model is sure of, the held-out rows contradict it."""
    labeled, pool, _ = digits()
    chance = labeled.assign(label=np.random.default_rng(0).permutation(labeled.label.to_numpy()))
    found = refine(chance, pool, features="x_*", max_error=0.1, rounds=2, models=["logistic"])
    assert set(found.table()["source"].to_pylist()) == {"given"}
    assert found.more_labels is None
    assert any("for any number of rows to show less" in line for line in found.summary())


@pytest.mark.slow
@pytest.mark.parametrize("shuffle", [1, 2])
def test_the_order_of_rows_does_not_matter(shuffle: int) -> None:
    labeled, pool, _ = digits()
    mixed = refine(
        labeled.sample(frac=1, random_state=shuffle),
        pool.sample(frac=1, random_state=shuffle),
        features="x_*",
        rounds=2,
        models=["logistic"],
    )
    assert [entry.lines() for entry in mixed.entries] == [entry.lines() for entry in refined().entries]
    assert mixed.queue(20).equals(refined().queue(20))


@pytest.mark.slow
def test_no_row_vouches_for_itself() -> None:
    """A flipped label changes nothing about what is thought of its own row, though pseudo-labels have been learned."""
    labeled, pool, truth = digits()
    task = refined().together.task
    drawn = np.flatnonzero(task.representative)
    sure = drawn[np.argsort(-refined().best.probabilities[drawn].max(axis=1))[:1]]
    id_ = labeled.sort_values("id").id.iloc[int(sure[0])]
    flipped = labeled.assign(label=labeled.label.where(labeled.id != id_, str((int(truth[id_]) + 1) % 10)))
    queue = refine(flipped, pool, features="x_*", rounds=2, models=["logistic"]).queue(5).to_pandas()
    assert queue.id[0] == id_
    assert queue.suggested_label[0] == truth[id_]
    assert queue.detectors[0] == "contradicted"


@pytest.mark.slow
def test_copies_of_labeled_rows_are_not_guessed() -> None:
    labeled, pool, _ = digits()
    copies = labeled.head(3).drop(columns="label").assign(id=["c1", "c2", "c3"])
    found = refine(labeled, pd.concat([pool, copies]), features="x_*", rounds=1, models=["logistic"])
    assert not {"c1", "c2", "c3"} & set(found.table()["id"].to_pylist())
    assert any("3 rows of table are copies" in note or "3 rows of pool are copies" in note for note in found.notes)


def _sentences(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    names = [list(WORDS)[row % 2] for row in range(rows)]
    said = [" ".join(rng.choice(WORDS[name].split(), 3)) + f" {row}" for row, name in enumerate(names)]
    return pd.DataFrame({"id": [f"t{row}" for row in range(rows)], "label": names, "text": said})


def test_text_is_learned_too() -> None:
    frame = _sentences(300)
    found = refine(frame[:60], frame[60:].drop(columns="label"), Columns(text="text"), rounds=1)
    table = found.table().to_pandas()
    assert (table.source == "pseudo").sum() > 100
    assert (table.label == table.id.map(frame.set_index("id").label)).all()


@pytest.mark.process
def test_a_queue_of_texts_is_written_and_answered(tmp_path: Path) -> None:
    frame = _sentences(160)
    frame[:60].to_csv(tmp_path / "data.csv", index=False)
    frame[60:].drop(columns="label").to_csv(tmp_path / "pool.csv", index=False)
    targets = ["--queue", "queue.csv", "--queue", "queue.parquet"]
    run(tmp_path, "--text", "text", "--rounds", "1", "--budget", "5", *targets, env=os.environ)
    queue = read(tmp_path / "queue.csv")
    assert queue.text.tolist() == frame.set_index("id").text.loc[queue.id].tolist()
    assert pd.read_parquet(tmp_path / "queue.parquet").id.tolist() == queue.id.tolist()
    files = {"data": tmp_path / "data.csv", "unlabeled": tmp_path / "pool.csv"}
    filled = queue.assign(decision="keep")
    table = refine(**files, columns=Columns(text="text"), decisions=[filled], rounds=1).table().to_pandas()
    assert set(table[table.source == "people"].id) == set(queue.id)


def test_a_mixed_table_keeps_its_scale() -> None:
    """The classes differ in how far out they are, all in one direction, beside a category that tells nothing."""
    rng = np.random.default_rng(0)
    far = np.arange(260) % 2
    numbers = (1 + 3 * far[:, None]) * np.array([1.0, 100.0]) * rng.normal(1, 0.1, (260, 2))
    frame = pd.DataFrame({"id": [f"m{row}" for row in range(260)], "label": np.where(far, "far", "near")})
    frame[["a", "b"]], frame["color"] = numbers.round(3).astype(str), rng.choice(["red", "blue", "green"], 260)
    chosen = {"features": "a,b,color", "rounds": 1, "settings": {"forest": {"trees": 20}}}
    found = refine(frame[:60], frame[60:].drop(columns="label"), **chosen)
    assert [one.name for one in found.together.task.classifiers] == ["logistic", "forest"]
    table = found.table().to_pandas().set_index("id")
    assert (table.source == "pseudo").sum() > 190
    assert not any("counts accordingly" in line for line in found.summary())
    assert (table.label == frame.set_index("id").label.loc[table.index]).all()


def test_labels_that_are_no_sample_of_the_pool_are_noted() -> None:
    labels, pool = np.repeat([0, 1, 2], 20), np.repeat(np.eye(3), [600, 300, 100], axis=0)
    shift = class_shift(labels, pool)
    assert shift is not None
    assert (shift.code, round(shift.labeled, 2), shift.pool) == (2, 0.33, 0.1)
    assert class_shift(np.repeat([0, 1, 2], [32, 22, 6]), pool) is None


@pytest.mark.process
def test_rounds_one_by_one_are_the_same_and_can_be_taken_back(tmp_path: Path) -> None:
    truth = write(tmp_path)
    for name in ("first", "one"):
        run(tmp_path, "--rounds", "1", "--ledger", "one.ndjson", "-o", f"{name}.csv", "--queue", f"{name}.queue.csv")
    run(tmp_path, "--rounds", "2", "--ledger", "two.ndjson", "-o", "two.csv", "--queue", "two.queue.csv")
    before = (tmp_path / "two.ndjson").read_bytes()
    assert (tmp_path / "one.ndjson").read_bytes() == before
    for name in (".csv", ".queue.csv"):
        assert (tmp_path / f"one{name}").read_bytes() == (tmp_path / f"two{name}").read_bytes()

    lines = [json.loads(line) for line in before.splitlines()]
    told = {line["id"]: line for line in lines if line["kind"] == "pseudo-label" and line["round"] == 1}
    assert set(told) == set(read(tmp_path / "first.csv").query("source == 'pseudo'").id)
    assert all(line["p"] >= line["threshold"] and line["label"] in set(truth) for line in told.values())

    run(tmp_path, "--ledger", "two.ndjson", "--undo-round", "2", "-o", "back.csv")
    assert (tmp_path / "back.csv").read_bytes() == (tmp_path / "first.csv").read_bytes()
    assert (tmp_path / "two.ndjson").read_bytes().startswith(before)
    assert [entry.number for entry in ledger.read(tmp_path / "two.ndjson")] == [1]
    run(tmp_path, "--ledger", "two.ndjson", "--undo-round", "1", "-o", "none.csv")
    assert set(read(tmp_path / "none.csv").source) == {"given"}
    refused = run(tmp_path, "--ledger", "two.ndjson", "--undo-round", "1", "-o", "none.csv", code=2)
    assert "0 rounds" in refused.stderr


@pytest.mark.slow
def test_the_queue_shows_columns_of_the_rows_home(tmp_path: Path) -> None:
    write(tmp_path)
    found = refine(tmp_path / "data.csv", tmp_path / "pool.csv", features="x_*", rounds=1, models=["knn"])
    queue = found.queue(6, ["x_20"])
    homes = pd.concat([read(tmp_path / "data.csv"), read(tmp_path / "pool.csv")]).set_index("id").x_20
    assert queue["x_20"].to_pylist() == homes.loc[queue["id"].to_pylist()].tolist()


@pytest.mark.process
def test_people_answer_and_are_trusted(tmp_path: Path) -> None:
    truth = write(tmp_path)
    files = {"data": tmp_path / "data.csv", "unlabeled": tmp_path / "pool.csv"}
    chosen = {"features": "x_*", "rounds": 1, "models": ["logistic"]}
    queue = refine(**files, **chosen).queue(6).to_pandas()
    assert len(queue) == 6
    right = truth.loc[queue.id].to_numpy()
    queue["decision"] = np.where(queue.given_label == right, "keep", "relabel")
    queue["new_label"] = np.where(queue.given_label == right, "", right)
    queue.loc[5, ["decision", "new_label"]] = "drop", ""
    queue.to_csv(tmp_path / "queue.csv", index=False)
    hardneg("collect", "queue.csv", "--data", "pool.csv", "-q", cwd=tmp_path, check=True)
    found = refine(**files, **chosen)
    table = found.table().to_pandas()
    people = table[table.source == "people"].set_index("id").label
    assert people.to_dict() == truth.loc[queue.id[:5]].to_dict()
    assert queue.id[5] not in set(table.id)
    assert not set(found.queue(6)["id"].to_pylist()) & set(queue.id)
    proving = found.together.task.representative
    assert proving.sum() == 100  # what people answered proves nothing: it was no random sample


def test_odd_text_goes_through(tmp_path: Path) -> None:
    """Classes, ids and texts that spreadsheets, terminals and lines would trip over."""
    odd = {"fruit": "=cmd|' /C calc'!A0", "tool": "None\né\u2028[bold]<script>"}
    rng = np.random.default_rng(0)
    names = [list(WORDS)[row % 2] for row in range(160)]
    said = [" ".join(rng.choice(WORDS[name].split(), 3)) + f" \U0001f600{row}" for row, name in enumerate(names)]
    ids = [f"{row:020}\n\u202e" for row in range(160)]
    frame = pd.DataFrame({"id": ids, "label": [odd[name] for name in names], "text": said})
    found = refine(frame[:100], frame[100:].drop(columns="label"), Columns(text="text"), rounds=1)
    table = found.table().to_pandas().set_index("id")
    assert (table.source == "pseudo").any()
    assert (table.label == frame.set_index("id").label.loc[table.index]).all()
    book = tmp_path / "l.ndjson"
    ledger.add(book, found.entries[0].lines(), after=[])
    (entry,) = ledger.read(book)
    assert dict(entry.rows) == dict(found.entries[0].rows)


@pytest.mark.slow
def test_find_and_predict_read_it(tmp_path: Path) -> None:
    refined().table().to_pandas().to_csv(tmp_path / "refined.csv", index=False)
    found = find(tmp_path / "refined.csv", features="x_*", detectors=["outvoted-label"])
    assert len(found.dataset) == len(refined().table())
    assert predict(tmp_path / "refined.csv", features="x_*", folds=2).agreement > 0.9


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--max-error", "two"], "--max-error"),
        (["--model", "logistics"], "did you mean 'logistic'"),
        (["-o", "pool.csv"], "is also an input"),
        (["--set", "self-training.ballance=2"], "did you mean 'balance'"),
    ],
)
def test_bad_input_is_one_line(options: list[str], says: str, tmp_path: Path) -> None:
    write(tmp_path, a_class=2)
    done = run(tmp_path, "-o", "out.csv", *options, code=2)
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_a_broken_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "l.ndjson"
    for text in (
        "{",
        '{"v": 2, "kind": "round", "round": 1}\n',
        '{"v": 1, "kind": "round", "round": 2, "accepted": 0}\n',
    ):
        path.write_text(text)
        with pytest.raises(InputError, match="line 1"):
            ledger.read(path)


@pytest.mark.slow
def test_what_cannot_be_learned_from_is_refused() -> None:
    labeled, pool, _ = digits(3)
    for option, value in (("max_error", 0.0), ("confidence", 1.2), ("rounds", 0)):
        with pytest.raises(InputError, match=f"`{option}`"):
            refine(labeled, pool, features="x_*", **{option: value})
    with pytest.raises(InputError, match="two classes"):
        refine(labeled.assign(label="x"), pool, features="x_*")
    with pytest.raises(InputError, match="stand for other rows"):
        refine(labeled, pool.assign(id=[labeled.id.iloc[0], *pool.id[1:]]), features="x_*")
    with pytest.raises(InputError, match="no row is left"):
        refine(labeled, labeled.drop(columns="label").assign(id="p" + labeled.id), features="x_*")
    with pytest.raises(InputError, match="refine wrote it"):
        refine(refined().table(), pool, features="x_*")
