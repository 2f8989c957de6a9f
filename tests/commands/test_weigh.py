"""A weight for every row: its factors, what reviewers say, what copies share, and what no file or order changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from hardneg_cli import Decision, Findings, InputError, WeighResult, find, weigh
from hardneg_cli.data.load import load
from hardneg_cli.preparation.weights.class_balance import Balance, class_balance
from support.command import hardneg

FACTORS = ["trust", "balance", "hardness"]
SIZES = {"ant": 120, "bée": 60, "07": 12}


@cache
def world(seed: int = 0) -> pd.DataFrame:
    """Three classes of very different size, one label in ten wrong; numbers, and out-of-fold probabilities."""
    rng = np.random.default_rng(seed)
    names, rows = [*SIZES], sum(SIZES.values())
    true = np.repeat(np.arange(3), [*SIZES.values()])
    given = np.where(rng.random(rows) < 0.1, (true + rng.integers(1, 3, rows)) % 3, true)
    logits = rng.normal(0, 1, (rows, 3)) + 4 * np.eye(3)[true]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    frame = pd.DataFrame({
        "id": [f"row {row * 7 % rows}" for row in range(rows)],
        "label": [names[code] for code in given],
        "x": (rng.normal(0, 1, rows) + 2 * true).round(6).astype(str),
        "truth_is": [names[code] for code in true],
    })  # fmt: skip
    return pd.concat([frame, pd.DataFrame(p, columns=[f"prob_{name}" for name in names])], axis=1)


def data() -> pd.DataFrame:
    return world().drop(columns="truth_is")


@cache
def known() -> Findings:
    return find(data(), decisions=())


def weights(found: WeighResult) -> pd.DataFrame:
    return found.table().to_pandas()


def answer(frame: pd.DataFrame, row: int, decision: str, reviewer: str = "ann", new_label: str = "") -> Decision:
    dataset = load(frame)
    given = dataset.classes[dataset.labels[row]]
    (row_hash,) = dataset.row_hashes(np.array([row]))
    return Decision(dataset.ids[row].as_py(), row_hash, given, decision, new_label, reviewer, "2026-01-01T00:00:00Z",
                    hashed=dataset.hashed)  # fmt: skip


def test_every_row_has_a_line_in_its_order_and_the_weight_is_the_product() -> None:
    found = weights(weigh(known(), hardness=2, decisions=()))
    assert [*found] == ["id", "weight", *FACTORS]
    assert [*found["id"]] == [*data()["id"]]
    product = found[FACTORS].prod(axis=1)
    assert np.allclose(found["weight"], product / product.mean(), atol=1e-6)
    assert found["weight"].mean() == pytest.approx(1, abs=1e-7)


def test_a_label_is_distrusted_as_far_as_models_know_a_better_one() -> None:
    trust, p = weights(weigh(known(), decisions=()))["trust"], data().filter(like="prob_").to_numpy().copy()
    given = np.array([[*SIZES].index(name) for name in data()["label"]])
    own = p[np.arange(len(p)), given]
    p[np.arange(len(p)), given] = 0
    assert np.allclose(trust, 1 - known().score * p.max(axis=1) / (1 - own), atol=1e-5)
    two = data().assign(
        label=np.where(given == 2, "ant", data()["label"]), prob_ant=data()["prob_ant"] + data()["prob_07"]
    )
    found = find(two.drop(columns="prob_07"), decisions=())
    assert np.allclose(weights(weigh(found, decisions=()))["trust"], 1 - found.score, atol=1e-8)


def test_wrong_labels_weigh_little_and_small_classes_much() -> None:
    found, frame = weights(weigh(known(), decisions=())), world()
    wrong = frame["label"] != frame["truth_is"]
    assert found["weight"][wrong].mean() < 0.5 < 1 < found["weight"][~wrong].mean()
    by_class = found["balance"][~wrong & (known().score < 0.5)].groupby(frame["label"]).mean()
    assert by_class["07"] > by_class["bée"] > by_class["ant"]


def test_classes_weigh_alike_by_inverse_frequency_each_row_as_far_as_it_is_right() -> None:
    found = weigh(known(), balance="inverse", guard=1, decisions=())
    share = found.class_table().to_pandas().set_index("class")["share_of_weight"]
    assert np.allclose(share, 1 / 3, atol=1e-6)
    plain = weights(weigh(known(), balance="none", decisions=()))
    assert (plain["balance"] == 1).all()
    assert np.allclose(plain["weight"], plain["trust"] / plain["trust"].mean(), atol=1e-6)


def test_a_doubted_row_is_raised_neither_for_its_class_nor_for_its_hardness() -> None:
    found = weights(weigh(known(), balance="inverse", hardness=2, guard=0.3, decisions=()))
    doubted = found["trust"] < 0.7
    assert doubted.any()
    assert (found.loc[doubted, ["balance", "hardness"]] <= 1).all(axis=None)
    assert (found.loc[~doubted, ["balance", "hardness"]] > 1).any().all()


def test_hard_rows_weigh_more_by_the_focal_exponent() -> None:
    found, frame = weights(weigh(known(), hardness=1, guard=1, decisions=())), data()
    given = np.array([frame.loc[row, f"prob_{name}"] for row, name in enumerate(frame["label"])])
    assert (np.diff(found["hardness"].to_numpy()[np.argsort(given)]) <= 1e-9).all()
    trust = found["trust"].to_numpy()
    assert np.average(found["hardness"], weights=trust) == pytest.approx(1)
    assert found["hardness"].min() > 0.49


def test_the_effective_number_is_that_of_its_paper() -> None:
    size = np.array([5000.0, 500, 50])
    volume = size.mean()
    beta = 1 - 1 / volume
    paper = (1 - beta) / (1 - beta**size)
    assert np.allclose(class_balance(size, Balance.EFFECTIVE), paper * size.sum() / (paper * size).sum())
    assert class_balance(np.array([3.0, 0, 0.01]), Balance.INVERSE)[1] == 1
    for balance in Balance:
        for odd in ([0.0, 0], [1.0], [1e-12, 1e12], [0.5, 0.5]):
            assert np.isfinite(class_balance(np.array(odd), balance)).all(), (balance, odd)


def test_what_reviewers_say_counts() -> None:
    frame = data()
    said = [
        answer(frame, 0, "keep"), answer(frame, 1, "drop"), answer(frame, 2, "relabel", new_label="07"),
        answer(frame, 3, "unsure"), answer(frame, 4, "relabel", new_label=frame.loc[4, "label"]),
    ]  # fmt: skip
    found = weigh(frame, decisions=said)
    assert weights(found)["trust"].head(5).tolist()[:3] == [1, 0, 0]
    assert weights(found)["trust"][4] == 1
    assert 0 < weights(found)["trust"][3] < 1
    assert weights(found)["weight"][[1, 2]].eq(0).all()
    assert "of the decided ones 2 right, 2 wrong" in " ".join(found.summary())


def test_a_dispute_is_weighed_by_who_is_usually_right() -> None:
    frame = data()
    majority = [answer(frame, row, "keep", name) for row in range(12) for name in ("ann", "bob", "eve")]
    against = [answer(frame, 0, "drop", "tim"), answer(frame, 1, "relabel", "tim", "07")]
    found = weigh(frame, decisions=[*majority, *against])
    trust = weights(found)["trust"]
    assert (trust[[0, 1]] > 0.7).all()
    assert (trust[[0, 1]] < 1).all()
    assert (trust[2:12] == 1).all()
    assert "2 disputed" in " ".join(found.summary())
    turned = [answer(frame, 1, "relabel", name, "07") for name in ("ann", "bob", "eve")]
    assert weights(weigh(frame, decisions=[*turned, answer(frame, 1, "keep", "tim")]))["trust"][1] < 0.3


def test_copies_share_one_weight() -> None:
    texts = ["the cat", "The  cat!", "the cat", "a dog", "one bird", "two fish", "my cow", "old pig"]
    frame = pd.DataFrame({"id": range(8), "label": list("aaabbabb"), "text": texts, "note": list("xyzuvwst")})
    found = weigh(frame, text="text", balance="none", decisions=())
    lone = weights(found)
    share = lone["weight"] / lone["trust"]
    assert np.allclose(share[:3], share[4] / 3)
    assert np.allclose(share[3:], share[4])
    assert "copies: 3 rows share the weights of 1" in "\n".join(found.summary())


def test_rows_that_the_columns_do_not_tell_apart_are_no_copies() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"label": rng.choice(["a", "b"], 200), "color": rng.choice(["red", "blue"], 200)})
    found = weigh(frame, balance="none", decisions=())
    assert (found.copies == 1).all()
    assert "no weights are shared" in "\n".join(found.summary())


def test_without_evidence_it_says_so_and_troubles_of_rows_are_none_of_labels() -> None:
    frame = pd.DataFrame({"id": range(9), "label": list("aaaaaaabb"), "t": [*"uvwxyzz", "", "r"]})
    found = weigh(frame, balance="inverse", decisions=())
    assert (weights(found)["trust"] == 1).all()
    assert "nothing tells how probable the labels are" in " ".join(found.summary())
    by_class = weights(found)["weight"].groupby(frame["label"]).sum()
    assert by_class["a"] == pytest.approx(by_class["b"])


def test_only_the_training_split_weighs_anything() -> None:
    frame = data().assign(split=np.where(np.arange(len(data())) % 4 == 0, "test", "fit"))
    found = weights(weigh(frame, split="split", train_split="fit", decisions=()))
    test = frame["split"] == "test"
    assert (found["weight"][test] == 0).all()
    assert found["weight"][~test].mean() == pytest.approx(1, abs=1e-7)
    with pytest.raises(InputError, match="`train_split`"):
        weigh(frame, split="split", decisions=())


def test_the_order_of_the_rows_changes_nothing() -> None:
    shuffled = data().sample(frac=1, random_state=1).reset_index(drop=True)
    one, other = (weights(weigh(frame, hardness=1, decisions=())).set_index("id") for frame in (data(), shuffled))
    pd.testing.assert_frame_equal(one, other.loc[one.index], check_exact=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"balance": "inverted"}, "`balance` cannot be 'inverted'; did you mean 'inverse'?"),
        ({"hardness": -1}, "`hardness` is an exponent from 0 to 10"),
        ({"hardness": float("nan")}, "`hardness` is an exponent"),
        ({"guard": 2}, "`guard` is a probability"),
        ({"train_split": "train"}, "`train_split` names a value of the `split` column"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        weigh(known(), **options)  # type: ignore[arg-type]


def test_nothing_is_weighed_where_no_row_is_right() -> None:
    frame = pd.DataFrame({"id": range(4), "label": list("abab"), "t": list("uvwx")})
    with pytest.raises(InputError, match="no row that trains is trusted at all"):
        weigh(frame, decisions=[answer(frame, row, "drop") for row in range(4)])


def test_a_row_without_sound_probabilities_is_trusted_as_the_average_one() -> None:
    frame = data()
    frame.loc[5, "prob_ant"] = np.nan
    with pytest.raises(InputError):
        weigh(frame, decisions=())
    found = weigh(frame, on_bad_rows="skip", decisions=())
    trust = weights(found)["trust"]
    assert len(trust) == len(frame)
    assert trust[5] == pytest.approx(trust.drop(5).mean(), abs=1e-6)
    assert "1 row has no sound probabilities" in " ".join(found.summary())


def test_a_model_learns_more_of_the_small_class() -> None:
    frame, given = world(), data()["label"]
    x = frame[["x"]].astype(float)
    plain, weighed = (
        LogisticRegression().fit(x, given, sample_weight=weight).predict(x) for weight in (None, weigh(known()).weight)
    )
    small = (frame["truth_is"] == "07").to_numpy()
    assert (weighed == "07")[small].sum() > (plain == "07")[small].sum()


@pytest.mark.process
def test_the_command_writes_what_the_verb_gives(tmp_path: Path) -> None:
    data().to_csv(tmp_path / "data.csv", index=False)
    options = ("weigh", "data.csv", "--balance", "inverse", "--hardness", "1")
    done = hardneg(*options, "-o", "w.parquet", "-o", "w.csv", cwd=tmp_path, text=True)
    assert done.returncode == 0, done.stderr
    told = weights(weigh(tmp_path / "data.csv", balance="inverse", hardness=1))
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "w.parquet"), told)
    assert (tmp_path / "w.csv").read_bytes() == hardneg(*options, "-q", cwd=tmp_path).stdout
    before = (tmp_path / "data.csv").read_bytes()
    done = hardneg("weigh", "data.csv", "-o", "data.csv", cwd=tmp_path, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert (tmp_path / "data.csv").read_bytes() == before
    done = hardneg("weigh", "data.csv", "--balance", "most", cwd=tmp_path, text=True)
    assert done.returncode == 2
