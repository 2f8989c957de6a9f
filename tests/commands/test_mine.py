"""Hard negatives and suspects never mix, whatever the data; what is written is what training tools read."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from hardneg_cli import Columns, Findings, InputError, find
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.load import load
from hardneg_cli.modeling.mining.hard_negatives import HardNegatives
from hardneg_cli.modeling.mining.modes import retrieval
from hardneg_cli.modeling.mining.tables import scattered_positives
from hardneg_cli.verbs.explain import manual
from hardneg_cli.verbs.mine import mine
from support.command import hardneg

MODES = ("boundary", "confusion", "retrieval")
NAMES = ("ant", "bée", "[bold]", "07")
HOSTILE = (
    "=cmd|' /C calc'!A0", "\x1b[31mred", "\u202eright to left", "😀", "007", "12345678901234567890", "None", "a\nb",
    "[bold]", "<script>alert(1)</script>", " ", "",
)  # fmt: skip


@cache
def world(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Four classes that overlap, one label in ten wrong; texts, numbers, probabilities, groups and splits."""
    rng = np.random.default_rng(seed)
    true = np.arange(rows) % 4
    wrong = rng.random(rows) < 0.1
    numbers = rng.normal(0, 1, (rows, 4)) + 2.5 * np.eye(4)[true]
    logits = rng.normal(0, 1, (rows, 4)) + 3 * np.eye(4)[true]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    words = np.array([f"{a}{b}" for a in ("lo", "mi", "ta", "ru") for b in ("ka", "sen", "pol", "wim", "dra")])
    own = words.reshape(4, 5)
    text = [" ".join([*rng.choice(own[t], 3), *rng.choice(words, 3)]) + f" {row}" for row, t in enumerate(true)]
    frame = pd.DataFrame({
        "id": [f"row {row * 7 % rows}" for row in range(rows)],
        "label": [NAMES[(t + 1) % 4 if w else t] for t, w in zip(true, wrong, strict=True)],
        "text": text,
        "speaker": [f"s{row // 3}" for row in range(rows)],
        "split": np.where(rng.random(rows) < 0.7, "train", "test"),
    })  # fmt: skip
    numbered = pd.DataFrame(numbers, columns=[f"x_{d}" for d in range(4)]).astype(str)
    return pd.concat([frame, numbered, pd.DataFrame(p, columns=[f"prob_{name}" for name in NAMES])], axis=1)


COLUMNS = Columns(text="text", groups="speaker", split="split")


@cache
def known() -> Findings:
    return find(world(), COLUMNS, features="x_*")


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(guard=st.none() | st.floats(0, 1), limit=st.none() | st.integers(0, 50), per_class=st.none() | st.integers(0, 9))
def test_the_two_lists_never_mix(mode: str, guard: float | None, limit: int | None, per_class: int | None) -> None:
    mined = mine(known(), mode=mode, features="x_*", guard=guard, limit=limit, per_class=per_class, anchors=True)
    hard, suspects = mined.table().to_pandas(), mined.suspects().to_pandas()
    assert len(suspects)
    assert not set(hard.id) & set(suspects.id)
    assert not {*hard.anchor_id, *hard.positive_id} & set(suspects.id)
    assert (hard.score <= mined.guard).all()
    assert hard.id.is_unique
    assert len(hard) <= (999 if limit is None else limit)
    assert hard.anchor_class.value_counts().max() <= (999 if per_class is None else per_class) or hard.empty
    assert (hard.anchor_class != hard.given_label).all()
    splits = world().set_index("id").split
    for column in ("id", "anchor_id", "positive_id"):
        assert set(splits.loc[hard[column].dropna()]) <= {"train"}
    assert hard.weight.between(0, 5).all()
    assert ((hard.hardness >= 0.5) == (hard.tier == "hard")).all()


@pytest.mark.parametrize("mode", MODES)
def test_there_is_something_in_both_lists(mode: str) -> None:
    mined = mine(known(), mode=mode, features="x_*")
    assert len(mined.table()) > 5
    assert any("no row in common" in line for line in mined.summary())


def test_what_hardness_means() -> None:
    boundary = mine(known(), mode="boundary", guard=0.2).table().to_pandas()
    assert (boundary.margin > 0).all()
    assert (boundary.tier == "semi-hard").all()
    assert boundary.hardness.is_monotonic_decreasing
    assert np.allclose(boundary.hardness, boundary.p_rival / (boundary.p_given + boundary.p_rival))
    probabilities = world().set_index("id").loc[boundary.id].filter(like="prob_")
    rival = [
        probabilities.loc[id_, f"prob_{name}"] for id_, name in zip(boundary.id, boundary.anchor_class, strict=True)
    ]
    assert np.allclose(boundary.p_rival, rival, atol=1e-6)
    confusion = mine(known(), mode="confusion", guard=0.2).table().to_pandas()
    first = confusion.head(confusion.anchor_class.nunique())
    assert first.anchor_class.is_unique  # classes take turns
    assert confusion.groupby("anchor_class").hardness.apply(lambda h: h.is_monotonic_decreasing).all()


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(mode: str, seed: int) -> None:
    there = {"mode": mode, "features": "x_*", "anchors": True}
    mixed = mine(world().sample(frac=1, random_state=seed), COLUMNS, **there)
    ours = mine(known(), **there)
    assert ours.table().equals(mixed.table())
    assert ours.triplets().equals(mixed.triplets())
    assert len(ours.triplets())


@pytest.mark.parametrize("exact_rows", [retrieval.EXACT_ROWS, 0])
def test_retrieval_is_what_brute_force_says(exact_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pair, its ranks and its margins, recomputed from all cosines at once; so few rows are one region."""
    monkeypatch.setattr(retrieval, "EXACT_ROWS", exact_rows)
    rng = np.random.default_rng(3)
    vectors = rng.normal(0, 1, (300, 6)) + 2 * np.eye(6)[np.arange(300) % 3]
    dataset = load(
        pd.DataFrame({"id": [f"{row:03}" for row in range(300)], "label": [str(row % 3) for row in range(300)]})
    )
    chosen = {"negatives": 2, "range_min": 3, "range_max": 9, "absolute_margin": 0.01, "relative_margin": 0.02,
              "max_score": 0.97}  # fmt: skip
    found = retrieval.run(dataset, Features(vectors, "columns"), np.arange(300) % 5 != 0, **chosen)
    allowed = np.flatnonzero(np.arange(300) % 5 != 0)
    cosine = cosine_similarity(vectors).round(5)
    np.fill_diagonal(cosine, -2)
    expected = set()
    for anchor in allowed:
        mates = allowed[allowed % 3 == anchor % 3]
        positive = mates[np.argmax(cosine[anchor, mates])]
        others = allowed[allowed % 3 != anchor % 3]
        near = others[np.argsort(-cosine[anchor, others], kind="stable")][3:9]
        top = min(cosine[anchor, positive] * 0.98, cosine[anchor, positive] - 0.01, 0.97)
        expected |= {(anchor, positive, row) for row in [row for row in near if cosine[anchor, row] <= top][:2]}
    pairs = set(zip(found.anchor.tolist(), found.positive.tolist(), found.rows.tolist(), strict=True))
    assert len(pairs) > 100
    assert len(pairs ^ expected) <= 2  # a cosine that is rounded up here and down there


@pytest.mark.slow
def test_rows_of_a_group_and_copies_are_no_pair() -> None:
    frame = world().assign(id=world().id + "'", text=world().text.str.upper() + " !!")
    both = mine(pd.concat([world(), frame]), COLUMNS, mode="retrieval", guard=0.5)
    pairs, speakers = both.pairs, np.array(both.findings.dataset.roles["speaker"].to_pylist())
    assert len(pairs.rows)
    assert (speakers[pairs.anchor] != speakers[pairs.rows]).all()
    assert (speakers[pairs.anchor] != speakers[pairs.positive]).all()
    ids = both.table()["id"].to_pylist()
    assert len({id_.rstrip("'") for id_ in ids}) == len(ids)


def test_an_anchor_meets_many_of_its_class() -> None:
    """An anchor's first triplet has the nearest positive, the others each another; none is of its group."""
    mined = mine(known(), mode="retrieval", features="x_*", guard=0.5)
    dataset, pairs = mined.findings.dataset, mined.pairs
    positive = scattered_positives(dataset, pairs)
    speakers = np.array(dataset.roles["speaker"].to_pylist())
    assert (dataset.labels[positive] == dataset.labels[pairs.anchor]).all()
    assert (speakers[positive] != speakers[pairs.anchor]).all()
    first = np.unique(pairs.anchor, return_index=True)[1]
    assert (positive[first] == pairs.positive[first]).all()
    met = pd.Series(positive).groupby(pairs.anchor).nunique()
    assert met.mean() > 0.8 * pd.Series(positive).groupby(pairs.anchor).size().mean()
    assert len(mined.triplets()) > 0.9 * len(pairs.rows)


@pytest.mark.slow
def test_copies_with_different_labels_teach_nothing() -> None:
    frame = world().drop(columns="split").reset_index(drop=True)
    plain = mine(frame, Columns(text="text"), mode="boundary", guard=0.9).table().to_pandas()
    copied = frame[frame.id == plain.id[0]].assign(id="copy", label=plain.anchor_class[0], text=lambda f: f.text + ".")
    mined = mine(pd.concat([frame, copied]), Columns(text="text"), mode="boundary", guard=0.9).table().to_pandas()
    assert not set(mined.id) & {plain.id[0], "copy"}


def test_limits_hold_by_row() -> None:
    five = np.array([5, 6, 5, 7, 8])
    classes = np.array([0, 0, 1, 1, 1], np.int32)
    pairs = HardNegatives.of_rows(five, classes, np.linspace(0.9, 0.1, 5))
    assert pairs.capped(2, None).rows.tolist() == [5, 6, 5]
    assert pairs.capped(None, 1).rows.tolist() == [5, 5, 7]
    assert pairs.capped(0, None).rows.tolist() == []


@pytest.mark.slow
def test_decided_rows_do_not_train(tmp_path: Path) -> None:
    world().to_csv(tmp_path / "data.csv", index=False)
    first = mine(tmp_path / "data.csv", COLUMNS, mode="boundary", guard=0.3)
    gone = first.table().to_pandas().iloc[0]
    log = {"v": 1, "id": gone.id, "row_hash": gone.row_hash, "given": gone.given_label, "decision": "drop",
           "new_label": "", "reviewer": "ann", "at": "2026-01-01T00:00:00Z", "source": "test", "note": ""}  # fmt: skip
    (tmp_path / "data.csv.decisions.ndjson").write_text(json.dumps(log, ensure_ascii=False) + "\n")
    after = mine(tmp_path / "data.csv", COLUMNS, mode="boundary", guard=0.3).table().to_pandas()
    assert gone.id not in set(after.id)
    assert len(after)


def run(home: Path, *options: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg("mine", *options, cwd=home, text=True)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.process
def test_everything_is_written_and_read(tmp_path: Path) -> None:
    frame = world().copy()
    frame.loc[: len(HOSTILE) - 1, "text"] = [f"{odd} {text}" for odd, text in zip(HOSTILE, frame.text, strict=False)]
    frame.loc[5, "text"] = ""
    frame.to_csv(tmp_path / "data.csv", index=False)
    done = run(
        tmp_path, "data.csv", "--text", "text", "--mode", "retrieval", "--guard", "0.5", "--split", "split",
        "-o", "hard.parquet", "-o", "hard.xlsx", "--suspects", "suspects.csv", "--triplets", "triplets.jsonl",
    )  # fmt: skip
    hard, xlsx = (
        pd.read_parquet(tmp_path / "hard.parquet"),
        pd.read_excel(tmp_path / "hard.xlsx", dtype=str, engine="openpyxl"),
    )
    assert hard.id.tolist() == xlsx.id.tolist()
    suspects = pd.read_csv(tmp_path / "suspects.csv", dtype=str, keep_default_na=False)
    assert suspects.columns[:2].tolist() == ["id", "decision"]
    lines = [json.loads(line) for line in (tmp_path / "triplets.jsonl").read_text(encoding="utf-8").split("\n") if line]
    assert all(list(line) == ["anchor", "positive", "negative"] for line in lines)
    label = dict(zip(frame.text, frame.label, strict=True))
    assert lines
    assert all(label[line["anchor"]] == label[line["positive"]] != label[line["negative"]] for line in lines)
    assert all(cell.strip() for line in lines for cell in line.values())
    assert f"triplets: {len(lines)}" in done.stderr
    again = find(tmp_path / "hard.parquet", Columns(label="given_label", text="text"))
    assert len(again.dataset) == len(hard)


@pytest.mark.process
def test_datasets_reads_the_triplets(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")
    world().to_csv(tmp_path / "data.csv", index=False)
    run(tmp_path, "data.csv", "--text", "text", "--guard", "0.5", "--triplets", "t.jsonl")
    found = datasets.load_dataset("json", data_files=str(tmp_path / "t.jsonl"), cache_dir=str(tmp_path / "cache"))
    assert found["train"].column_names == ["anchor", "positive", "negative"]


@pytest.mark.process
def test_an_empty_result_says_why(tmp_path: Path) -> None:
    world().to_csv(tmp_path / "data.csv", index=False)
    done = run(tmp_path, "data.csv", "--text", "text", "--guard", "0", "-o", "hard.csv", "--triplets", "t.jsonl")
    assert "no row is below the guard" in done.stderr
    assert (tmp_path / "hard.csv").read_text().startswith("id,mode,tier,weight,")
    assert (tmp_path / "t.jsonl").read_text() == ""
    done = run(tmp_path, "data.csv", "--set", "boundary.margin_below=0", "-o", "hard.csv")
    assert "hardneg explain boundary" in done.stderr


@pytest.mark.process
def test_piped_rows_are_plain_lines(tmp_path: Path) -> None:
    frame = world().assign(text=lambda f: f.text + " \x1b[2J")
    frame.to_csv(tmp_path / "data.csv", index=False)
    done = run(tmp_path, "data.csv", "--guard", "0.5", "--limit", "3", "--show", "text")
    assert done.stdout.count("\n") == 3
    assert "\x1b" not in done.stdout


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--prob-prefix", "p_"], "hardneg predict"),
        (["--triplets", "t.jsonl"], "name their column with --text"),
        (["--set", "boundary.margin_above=1"], "has no setting 'margin_above'"),
        (["-o", "data.csv"], "is also an input"),
        (["--suspects", "hard.csv"], "named as an output twice"),
    ],
)
def test_bad_input_is_one_line(options: list[str], says: str, tmp_path: Path) -> None:
    world().to_csv(tmp_path / "data.csv", index=False)
    before = (tmp_path / "data.csv").read_bytes()
    done = run(tmp_path, "data.csv", "-o", "hard.csv", *options, code=2)
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "data.csv").read_bytes() == before
    assert not (tmp_path / "hard.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "options", "says"),
    [
        (Columns(), {"mode": "boundry"}, "did you mean 'boundary'"),
        (Columns(), {"mode": "nearest"}, "known: boundary, confusion, retrieval"),
        (Columns(label="lable"), {}, "did you mean 'label'"),
        (Columns(), {"guard": 2}, "`guard` is a probability"),
        (Columns(), {"guard": float("nan")}, "`guard` is a probability"),
        (Columns(prob_prefix="p_"), {"mode": "retrieval"}, "no features"),
        (Columns(), {"train_split": "train"}, "name that column too"),
        (Columns(split="split"), {"train_split": "trian"}, "did you mean 'train'"),
        (Columns(split="speaker"), {}, "name one with `train_split`"),
        (Columns(text="text"), {"mode": "retrieval", "settings": {"retrieval": {"range_min": 50}}}, "range_min"),
    ],
)
def test_what_cannot_be_mined_is_said(columns: Columns, options: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        mine(world(), columns, **options)


def test_one_class_has_no_negatives() -> None:
    with pytest.raises(InputError, match="two classes"):
        mine(world().assign(label="ant"), COLUMNS, mode="retrieval")


@pytest.mark.slow
@pytest.mark.parametrize("rows", [2, 3, 5])
@pytest.mark.parametrize("mode", MODES)
def test_a_few_rows_are_no_trouble(rows: int, mode: str) -> None:
    few = world().iloc[:rows].assign(label=list("ababa")[:rows]).drop(columns=[f"prob_{name}" for name in NAMES])
    few = few.assign(prob_a=0.5, prob_b=0.5)
    mined = mine(few, Columns(text="text"), mode=mode, features="x_*", guard=1, anchors=True)
    assert len(mined.table()) == len(set(mined.table()["id"].to_pylist()))
    assert list(mined.summary())


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_explains_itself(mode: str) -> None:
    assert "Needs: " in manual(mode)
    assert f"{mode}." in manual(mode)
