"""check without probabilities: a model of the base's rows judges, and what it says is kept by content."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hardneg_cli import Columns, InputError, check, predict
from hardneg_cli.gating.verdict import CheckReport, GateResult
from support import command
from support.repositories import commit, git, repository_in
from support.sentences import mislabeled, sentences

pytestmark = pytest.mark.slow
BASE, NEW = sentences(500, 1), sentences(120, 2, first=500)
OF_A_TABLE = ["x_0", "x_1", "kind"]


def gate(report: CheckReport, name: str) -> GateResult:
    return next(one for one in report.judged if one.gate == name)


def judged(head: pd.DataFrame, cache: Path | None = None, base: pd.DataFrame = BASE) -> CheckReport:
    return check(head, base=base, text="text", cache=cache, decisions=())


def gates(report: CheckReport) -> list[tuple[str, str, str]]:
    return [(one.gate, one.outcome, one.verdict.why if one.verdict else one.reason) for one in report.judged]


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 2, rows)
    numbers = rng.normal(size=(rows, 2)) + 3 * code[:, None]
    kind = np.where(rng.random(rows) < 0.8, code, 1 - code)
    return pd.DataFrame({
        "id": [f"{seed}-{row}" for row in range(rows)], "label": np.array(["no", "yes"])[code],
        "x_0": numbers[:, 0].round(3), "x_1": numbers[:, 1].round(3), "kind": np.array(["left", "right"])[kind],
    })  # fmt: skip


def test_wrong_labels_fail_and_right_ones_pass_without_probabilities() -> None:
    good, bad = judged(pd.concat([BASE, NEW])), judged(pd.concat([BASE, mislabeled(NEW, 0.25)]))
    assert (good.passed, gate(good, "rate").outcome, gate(good, "drift").outcome) == (True, "passed", "passed")
    verdict = gate(bad, "rate").verdict
    assert verdict is not None
    assert not verdict.passed
    assert verdict.numbers["doubted"] >= 25
    assert any("the model of the base: 'logistic', cross-validated in 5 folds of 500 rows" in one for one in bad.notes)


def test_unchanged_rows_have_what_predict_says_of_the_base(tmp_path: Path) -> None:
    report = judged(pd.concat([NEW, BASE]))
    assert report.findings is not None
    alone = predict(BASE, text="text").table().to_pandas().set_index("id")
    given = report.findings.table(np.arange(len(NEW) + len(BASE))).to_pandas().set_index("id")
    expected = [alone.loc[row.id, f"prob_{row.label}"] for row in BASE.itertuples()]
    assert np.allclose(given.loc[BASE["id"], "p_given"], expected, atol=1e-5)


def test_no_changed_label_teaches(tmp_path: Path) -> None:
    right, wrong = judged(pd.concat([BASE, NEW])).findings, judged(pd.concat([BASE, mislabeled(NEW, 1)])).findings
    assert right is not None
    assert wrong is not None
    assert right.digest is not None
    assert wrong.digest is not None
    assert (right.digest.mean.top == wrong.digest.mean.top).all()


def test_the_second_run_trains_nothing_and_says_the_same(tmp_path: Path) -> None:
    head = pd.concat([BASE, mislabeled(NEW, 0.1)])
    first, second, without = (judged(head, cache) for cache in (tmp_path / "c", tmp_path / "c", None))
    assert first.cost.startswith("the model of the base: trained 5 models in ")
    assert "nothing trained" in second.cost
    assert list(first.summary()) == list(second.summary()) == list(without.summary())
    shuffled = judged(head.sample(frac=1, random_state=0), tmp_path / "c", BASE.sample(frac=1, random_state=1))
    assert "nothing trained" in shuffled.cost
    assert [one[:2] for one in gates(shuffled)] == [one[:2] for one in gates(first)]


def test_relabeled_and_dropped_rows_are_known_already(tmp_path: Path) -> None:
    judged(BASE, tmp_path)
    head = mislabeled(BASE, 0.1).iloc[20:]
    report = judged(head, tmp_path)
    assert "nothing trained" in report.cost
    assert gate(report, "rate").outcome == "failed"
    assert "trained 5 models" in judged(head, tmp_path, BASE.iloc[:-1]).cost, "another base is learned anew"


def test_a_commit_does_not_decide_what_others_read(tmp_path: Path) -> None:
    """Whoever asks first, with whatever labels: what is kept are answers of the base alone."""
    judged(pd.concat([mislabeled(BASE, 0.5), mislabeled(NEW, 1)]), tmp_path)
    head = pd.concat([BASE, mislabeled(NEW, 0.1, seed=3)])
    after = judged(head, tmp_path)
    assert "nothing trained" in after.cost
    assert gates(after) == gates(judged(head))


def test_what_is_no_cache_is_refused_and_kept(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    judged(BASE, cache)
    [file] = cache.glob("*.npz")
    whole = file.read_bytes()
    for broken in (b"", whole[:-300], whole.replace(b"card", b"\xff\xfe\xfd\xfc")):
        file.write_bytes(broken)
        with pytest.raises(InputError, match="is no file of predictions that check `cache` made: delete it"):
            judged(BASE, cache)
        assert file.read_bytes() == broken
    wrong = dict(np.load(file := _rewritten(file, whole)))
    for changed in ({"own": wrong["own"] * 2}, {"flagged": wrong["flagged"][:5]}, {"score": wrong["score"] + np.nan}):
        np.savez(file, **{**wrong, **changed})
        with pytest.raises(InputError, match="is no file of predictions"):
            judged(BASE, cache)


def _rewritten(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "nothing could be kept for the next run: " in judged(BASE, tmp_path / "file").cost


@pytest.fixture
def torn() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A base in two splits, and a commit with near copies of its rows in the other split."""
    base = BASE.assign(split=np.where(np.arange(len(BASE)) % 3, "train", "test"))
    of_train = base[base["split"] == "train"].iloc[:15]
    copies = of_train.assign(id=[f"copy {n}" for n in range(15)], text=of_train["text"] + ".", split="test")
    return base, pd.concat([base, copies])


def split_judged(head: pd.DataFrame, base: pd.DataFrame, cache: Path | None, **options: Any) -> CheckReport:
    return check(head, base=base, cache=cache, decisions=(), columns=Columns(split="split", **options))


def test_near_copies_are_kept_by_content(torn: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    base, head = torn
    first, second = (split_judged(head, base, tmp_path, text="text") for _ in range(2))
    [file] = tmp_path.glob("*.near-copies.npz")
    assert gate(first, "leak").outcome == "failed"
    assert list(first.summary()) == list(second.summary())
    group = np.load(file)["group"]
    mixed = head.sample(frac=1, random_state=0)
    np.savez(file, group=np.arange(len(group), dtype="<u4"))  # what is there is what is judged by, not sought anew
    assert gate(split_judged(mixed, base, tmp_path, text="text"), "leak").outcome == "passed"
    np.savez(file, group=group)
    assert gates(split_judged(mixed, base, tmp_path, text="text")) == gates(first)
    edited = head.assign(text=head["text"].mask(head["id"] == "copy 3", "a sentence of its own, about the sea"))
    assert gate(split_judged(edited, base, tmp_path, text="text"), "leak").outcome == "failed"
    assert len([*tmp_path.glob("*.near-copies.npz")]) == 2, "another content has a file of its own"


def test_near_copies_that_are_none_are_refused(torn: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    base, head = torn
    split_judged(head, base, tmp_path, text="text")
    [file] = tmp_path.glob("*.near-copies.npz")
    for wrong in (np.arange(3, dtype="<u4"), np.full(len(head), len(head), "<u4"), np.zeros(len(head))):
        np.savez(file, group=wrong)
        with pytest.raises(InputError, match="is no file of near copies that check `cache` made: delete it"):
            split_judged(head, base, tmp_path, text="text")


def test_near_copies_are_kept_only_where_rows_say_what_they_are_compared_by(
    torn: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    base, head = torn
    split_judged(head, base, tmp_path, text="text", embed=lambda texts: np.array([[len(t), 1.0] for t in texts]))
    split_judged(mislabeled(base, 0.01), base, tmp_path, text="text")
    assert not [*tmp_path.glob("*.near-copies.npz")], "a model may change, and another label is no leak"


def test_old_bases_go(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number:032x}.predictions.npz").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("mine")
    judged(BASE, tmp_path)
    assert len([*tmp_path.glob("*.npz")]) == 16
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_columns_and_categories(tmp_path: Path) -> None:
    base, new = table(400, 1), table(120, 2)
    wrong = new.assign(label=new["label"].map({"no": "yes", "yes": "no"}).where(new.index < 30, new["label"]))
    for rows, outcome in ((new, "passed"), (wrong, "failed")):
        report = check(pd.concat([base, rows]), base=base, features=OF_A_TABLE, cache=tmp_path, decisions=())
        assert gate(report, "rate").outcome == outcome
    assert "'logistic', 'boosting', 'knn'" in "".join(report.notes)


def test_rows_from_another_source_are_not_judged_but_their_wrong_labels_are(tmp_path: Path) -> None:
    base, new = table(400, 1), table(150, 2)
    elsewhere = new.assign(x_0=new["x_0"] + 1.5, x_1=new["x_1"] + 1.5)
    wrong = elsewhere.assign(label=elsewhere["label"].where(elsewhere.index % 4 > 0, "no"))
    for rows, outcome in ((new, "passed"), (elsewhere, "not judged"), (wrong, "failed")):
        head = pd.concat([base, rows])
        for order in (head, head.sample(frac=1, random_state=0)):
            report = check(order, base=base, features=OF_A_TABLE, cache=tmp_path, decisions=())
            found = gate(report, "rate")
            assert found.outcome == outcome
            if found.verdict and found.verdict.rows is not None:
                blamed = report.dataset.ids.take(found.verdict.rows).to_pylist()
                right = set(rows["id"][rows["label"] == elsewhere["label"]])
                assert len(right.intersection(blamed)) < 0.2 * len(blamed), "of all rows, the model doubts every other"
            assert ("look unlike those that the model knows" in str(found)) == (outcome != "passed")


@pytest.mark.parametrize(
    ("head", "base", "options", "reason"),
    [
        (BASE, BASE, {}, "no probabilities: name them with --probs, or say with --text, --features or --image what"),
        (BASE, BASE.rename(columns={"text": "words"}), {"text": "text"}, "nothing to learn from: table: no column"),
        (BASE, BASE.assign(label="card"), {"text": "text"}, "nothing to learn from: table: fewer than two classes"),
        (BASE, BASE.iloc[:3], {"text": "text"}, "nothing to learn from: 3 different rows or groups are too few"),
        (BASE, BASE, {"features": np.zeros((500, 2))}, "a model of the base needs its own features"),
        (
            table(99, 1).assign(x_0="left"), table(99, 1), {"features": OF_A_TABLE},
            "what is learned from is not what it was in the base",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_not_judged(
    head: pd.DataFrame, base: pd.DataFrame, options: dict[str, object], reason: str
) -> None:
    report = check(head, base=base, decisions=(), **options)  # type: ignore[arg-type]
    assert gate(report, "rate").outcome == "not judged"
    assert reason in gate(report, "rate").reason


def test_a_base_that_chance_labeled_judges_nothing() -> None:
    labels = np.random.default_rng(0).choice(["card", "loan"], len(BASE))
    report = judged(BASE, base=BASE.assign(label=labels))
    assert "agrees with its labels hardly better than chance" in gate(report, "rate").reason


def test_without_a_base_the_rows_judge_each_other() -> None:
    report = check(mislabeled(BASE, 0.1), text="text", decisions=(), settings={"budget": {"most": "5"}})
    assert gate(report, "budget").outcome == "failed"
    assert gate(report, "rate").reason.startswith("no base")


def test_named_probabilities_go_before_a_model_of_ours() -> None:
    p = predict(BASE, text="text").table()
    assert check(BASE, base=BASE, text="text", probs=p, decisions=()).cost == ""


@pytest.mark.process
def test_the_command_says_what_it_cost_and_trains_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = repository_in(tmp_path / "home", monkeypatch)
    BASE.to_csv(home / "train.csv", index=False)
    commit(home)
    pd.concat([BASE, mislabeled(NEW, 0.3)]).to_csv(home / "train.csv", index=False)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = ("check", "train.csv", "--base", "git:HEAD", "--text", "text", "--cache", str(tmp_path / "c"))
        return command.hardneg(*line, *arguments, cwd=home, text=True)

    first, second = run("-f", "json"), run("-f", "json")
    assert (first.returncode, second.returncode, first.stdout) == (1, 1, second.stdout)
    assert "trained 5 models" in first.stderr
    assert "nothing trained" in second.stderr
    outcomes = {one["gate"]: one["outcome"] for one in json.loads(first.stdout)["gates"]}
    assert (outcomes["rate"], outcomes["drift"]) == ("failed", "passed")
    assert run("--require", "rate", "-q").returncode == 1


@pytest.mark.process
def test_a_cache_that_a_commit_brought_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = repository_in(tmp_path / "home", monkeypatch)
    BASE.to_csv(home / "train.csv", index=False)
    commit(home)
    line = ("check", "train.csv", "--base", "git:HEAD", "--text", "text", "--cache", "kept")
    assert command.hardneg(*line, cwd=home, text=True).returncode == 0
    assert command.hardneg(*line, cwd=home, text=True).returncode == 0, "not yet in a commit"
    git(home, "add", "-f", "kept")
    (home / "way").symlink_to("kept", target_is_directory=True)
    for folder in ("kept", "way"):
        done = command.hardneg(*line[:-1], folder, cwd=home, text=True)
        assert done.returncode == 2
        assert "git keeps it, so that a commit could say how it is judged: name another --cache" in done.stderr


@pytest.mark.process
def test_pictures_that_git_kept_teach_as_they_were_labeled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that moved to another class teaches what it was, whoever moved it."""
    image = pytest.importorskip("PIL.Image")
    home, rng = repository_in(tmp_path / "home", monkeypatch), np.random.default_rng(0)

    def draw(label: str, name: str, half: slice) -> None:
        pixels = rng.integers(0, 90, (16, 16), np.uint8)
        pixels[:, half] += 120
        (home / "pics" / label).mkdir(parents=True, exist_ok=True)
        image.fromarray(pixels).save(home / "pics" / label / f"{name}.png")

    for number in range(60):
        draw("left", f"l{number}", slice(0, 8))
        draw("right", f"r{number}", slice(8, 16))
    commit(home)
    for number in range(60, 80):
        draw("left", f"l{number}", slice(0, 8))
        draw("left", f"r{number}", slice(8, 16))
    (home / "pics/left/l0.png").rename(home / "pics/right/l0.png")
    line = ("check", "pics", "--base", "git:HEAD", "--image", "image", "--cache", tmp_path / "c", "-f", "json")
    first, second = (command.hardneg(*line, cwd=home, text=True) for _ in range(2))
    assert (first.returncode, second.returncode, first.stdout) == (1, 1, second.stdout)
    assert "nothing trained" in second.stderr
    rate = next(one for one in json.loads(first.stdout)["gates"] if one["gate"] == "rate")
    assert rate["outcome"] == "failed"
    assert {f"left/r{number}.png" for number in range(60, 80)} == {row["id"] for row in rate["rows"]}


def test_a_second_run_decodes_no_picture_and_refuses_what_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for number in range(40):
        pixels = rng.integers(0, 90, (16, 16), np.uint8)
        pixels[:, 8 * (number % 2) :][:, :8] += 120
        image.fromarray(pixels).save(tmp_path / f"{number}.png")
    rows = pd.DataFrame({"image": [f"{number}.png" for number in range(40)], "label": ["left", "right"] * 20})
    rows.insert(0, "id", rows["image"])
    rows.to_csv(tmp_path / "base.csv", index=False)
    rows.iloc[::-1].to_csv(tmp_path / "head.csv", index=False)
    line = (tmp_path / "head.csv", Columns(image="image"))
    options = {"base": tmp_path / "base.csv", "cache": tmp_path / "c", "decisions": ()}
    first = check(*line, **options)
    whole = (tmp_path / "7.png").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("PIL.Image.open", lambda *_, **__: pytest.fail("a picture is decoded"))
        second = check(*line, **options)
    assert "nothing trained" in second.cost
    assert list(first.summary()) == list(second.summary())
    (tmp_path / "7.png").write_bytes(whole[:60])
    with pytest.raises(InputError, match=r"is a broken picture in row '7\.png'"):
        check(*line, **options)
