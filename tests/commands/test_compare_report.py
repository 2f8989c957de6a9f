"""compare --report: the page, the data and the words say the same, which is what the comparison found."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hardneg_cli import compare, find
from hardneg_cli.modeling.evaluation.compare_result import CompareResult
from support.checkpoints import CLASSES, FORGOTTEN, fine_tuned
from support.command import hardneg
from support.compared_models import files, only, probabilities, run, world
from support.hostile_texts import HOSTILE, UNSEEN
from support.report_pages import ReportPage, is_inert, validated

REPORTS = ("--report", "r.html", "--report", "r.json", "--report", "r.md")


def written(result: CompareResult, folder: Path, metric: str = "accuracy") -> tuple[ReportPage, dict, str]:
    for ending in ("html", "json", "md"):
        result.report(folder / f"r.{ending}", metric=metric)
    page, words = ReportPage(folder / "r.html"), (folder / "r.md").read_text()
    return page, validated(folder / "r.json", "compare-report"), words


@pytest.mark.process
@pytest.mark.slow
def test_page_data_and_words_are_what_was_found(tmp_path: Path) -> None:
    files(tmp_path, 300, (1.0, 1.4, 1.5))
    done = run(tmp_path, "a.csv", "b.csv", "c.csv", "data.csv", *REPORTS)
    assert done.stdout == ""
    page, told = ReportPage(tmp_path / "r.html"), validated(tmp_path / "r.json", "compare-report")
    found = compare(tmp_path / "data.csv", [tmp_path / f"{name}.csv" for name in "abc"])
    best = found.best("accuracy", "given")[0]
    assert told["verdict"]["leading"] == [Path(best).name]
    for line in told["metrics"]["lines"]:
        one = only(found, line["metric"], str(tmp_path / line["model"]))
        assert line["measure"]["value"] == pytest.approx(one.value, abs=1e-6)
        assert line["measure"]["low"] == (None if one.low is None else pytest.approx(one.low, abs=1e-6))
    assert len(told["metrics"]["lines"]) == 3 * 12
    (table,) = page.columns("model", "accuracy", "at least", "at most")
    assert table == [[line["model"], *line["measure"].values()] for line in told["metrics"]["lines"]
                     if line["metric"] == "accuracy"]  # fmt: skip
    (table,) = page.columns("model", "against", "metric", "difference", "at least", "at most", "p adjusted")
    assert table == [
        [line["model"], line["against"], line["metric"],
         *("" if value is None else value for value in (*line["difference"].values(), line["p_adjusted"]))]
        for line in told["differences"]["lines"]
    ]  # fmt: skip
    (flips,) = page.columns("model", "against", "fixed", "broke", "wrong by both", "right by both")
    for model, against, fixed, broke, wrong, right in flips:
        said = f"{model} against {against}, given labels: {fixed:.0f} rows fixed, {broke:.0f} broke "
        assert said in done.stderr
        assert f"{wrong:.0f} wrong by both, {right:.0f} right by both" in done.stderr
    assert told["verdict"]["sentence"] in page.words
    assert f"{only(found, 'accuracy', best).value:.4f}" in told["verdict"]["sentence"]
    assert page.elements["svg"] == 7  # five metrics, the differences, the classes
    assert is_inert(page)


def test_the_verdict_says_how_sure_it_is(tmp_path: Path) -> None:
    frame, (weak, strong) = world(600, (0.6, 2.0))
    models = [probabilities(frame, p) for p in (weak, strong)]
    _, told, words = written(compare(frame, models), tmp_path)
    assert re.fullmatch(
        r"model 2 is better in accuracy by the given labels: 0\.\d{4} against 0\.\d{4} of model 1, "
        r"\+0\.\d{4} \(\+0\.\d{4} to \+0\.\d{4}\), p < 0.0001\.",
        told["verdict"]["sentence"],
    )
    assert told["verdict"]["significant"] is True
    assert "model 2 is better in accuracy" in words
    _, told, _ = written(compare(frame, models), tmp_path, "log_loss")
    assert told["verdict"]["sentence"].startswith("model 2 is better in log_loss by the given labels")
    assert re.search(r", -0\.\d{4} \(-0\.\d{4} to -0\.\d{4}\)", told["verdict"]["sentence"])
    frame, pair = world(120, (1.0, 1.05), seed=2)
    _, told, _ = written(compare(frame, [probabilities(frame, p) for p in pair]), tmp_path)
    assert "leads in accuracy by the given labels, but not significantly: " in told["verdict"]["sentence"]
    assert told["verdict"]["significant"] is False
    _, told, _ = written(compare(frame, [probabilities(frame, pair[0])] * 2), tmp_path)
    assert told["verdict"]["sentence"].startswith("model 1 and model 2 are equal in accuracy by the given labels: 0.")
    page, told, _ = written(compare(frame, [probabilities(frame, pair[0])]), tmp_path)
    assert re.match(r"model 1 has 0\.\d{4} \(0\.\d{4} to 0\.\d{4}\) in accuracy", told["verdict"]["sentence"])
    assert told["differences"]["lines"] == told["classes"]["lines"] == []
    assert is_inert(page)


def test_a_metric_of_models_without_probabilities_has_no_winner(tmp_path: Path) -> None:
    frame, models = world(200)
    calls = [frame[["id"]].assign(prediction=np.array(["ant", "bee", "cat", "dog"])[p.argmax(axis=1)]) for p in models]
    for name, call in zip("ab", calls, strict=True):
        call.to_csv(tmp_path / f"{name}.csv", index=False)
    frame.to_csv(tmp_path / "data.csv", index=False)
    found = compare(tmp_path / "data.csv", [tmp_path / "a.csv", tmp_path / "b.csv"])
    page, told, _ = written(found, tmp_path, "log_loss")
    assert told["verdict"]["sentence"] == "Nothing tells which model is better in log_loss by the given labels."
    assert {line["metric"] for line in told["metrics"]["lines"]}.isdisjoint({"log_loss", "brier", "ece"})
    assert is_inert(page)


def test_another_winner_by_other_labels_is_named(tmp_path: Path) -> None:
    frame, (weak, strong) = world(300, (0.8, 2.0))
    called = np.array(["ant", "bee", "cat", "dog"])[weak.argmax(axis=1)]
    given = frame.assign(label=called)
    queue = find(given, probs=probabilities(frame, weak), decisions=()).table(every=True).to_pandas().set_index("id")
    queue["new_label"] = frame.set_index("id")["label"].reindex(queue.index)
    found = compare(given, [probabilities(frame, p) for p in (weak, strong)], decisions=[queue.reset_index()])
    _, told, _ = written(found, tmp_path)
    assert told["dataset"]["labels"] == ["given", "corrected"]
    assert told["verdict"]["by_labels"] == {"given": ["model 1"], "corrected": ["model 2"]}
    assert told["verdict"]["sentence"].startswith("model 2 is better in accuracy by the corrected labels")
    assert "(but model 1 by the given labels)" in told["verdict"]["sentence"]


def test_classes_that_lost_most_come_first(tmp_path: Path) -> None:
    frame, models = world(800, (1.2, 1.0))
    found = compare(frame, [probabilities(frame, p) for p in models])
    page, told, _ = written(found, tmp_path)
    changed = told["classes"]["lines"]
    assert [one["fixed"] - one["broke"] for one in changed] == sorted(one["fixed"] - one["broke"] for one in changed)
    for one in changed:
        assert one["broke"] == only(found, "broke", "model 2", "model 1", one["class"]).value
        recall = only(found, "recall", "model 2", "model 1", one["class"])
        assert one["recall_change"]["value"] == pytest.approx(recall.difference, abs=1e-6)
    (table,) = page.columns("class", "broke", "fixed", "change of recall")
    assert table == [[one["class"], one["broke"], one["fixed"], one["recall_change"]["value"]] for one in changed]


@pytest.mark.slow
def test_checkpoints_have_curves_and_what_they_forgot(tmp_path: Path) -> None:
    tuned = fine_tuned(3)
    tuned.write(tmp_path)
    names = ["pretrained.csv", *(f"epoch{number}.csv" for number in range(1, 4))]
    done = run(tmp_path, *names, "data.csv", "--split", "split", *REPORTS)
    page, told = ReportPage(tmp_path / "r.html"), validated(tmp_path / "r.json", "compare-report")
    history = told["history"]
    assert [one["name"] for one in history["checkpoints"]] == ["pretrained", "epoch 1", "epoch 2", "epoch 3"]
    assert {point["split"] for point in history["curves"]} == {"train", "dev", "test"}
    assert len(history["curves"]) == 12
    dev = next(one for one in history["curves"] if (one["split"], one["checkpoint"]) == ("dev", "epoch 3"))
    assert f"{dev['log_loss']['value']:.4f} at epoch 3" in done.stderr
    assert history["words"][0] in done.stderr
    assert told["verdict"]["sentence"].startswith("pretrained is the best of 4 checkpoints by the log-loss of dev (0.")
    assert "rises from epoch 1 on" in told["verdict"]["sentence"]
    (curves,) = page.columns("checkpoint", "split", "accuracy", "at least", "at most")
    assert curves == [[one["checkpoint"], one["split"], *one["accuracy"].values()] for one in history["curves"]]
    assert {one["class"] for one in history["classes"] if one["forgotten"]} == set(FORGOTTEN)
    (classes,) = page.columns("class", "recall then", "recall now")
    assert classes == [[one["class"], one["before"], one["after"]] for one in history["classes"]]
    assert {name for name, *_ in classes} == set(CLASSES)
    assert page.marked.count("line") == 6  # three splits, twice
    assert "turns at pretrained" in page.words
    assert is_inert(page)
    assert "turns at" not in (tmp_path / "r.md").read_text()


@pytest.mark.slow
def test_many_models_and_classes_stay_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    k, rows = 200, 2000
    names = [f"class {'x' * 30} {number:03}" for number in range(k)]
    truth = rng.integers(0, k, rows)
    frame = pd.DataFrame({"id": [f"r{row}" for row in range(rows)], "label": np.array(names)[truth]})
    models = []
    for skill in np.linspace(6, 9, 14):
        p = rng.random((rows, k))
        p[np.arange(rows), truth] += rng.random(rows) * skill
        models.append(p / p.sum(axis=1, keepdims=True))
    page, told, words = written(compare(frame, models, classes=names), tmp_path)
    assert all((tmp_path / f"r.{ending}").stat().st_size < 1_000_000 for ending in ("html", "json", "md"))
    leading = told["verdict"]["leading"][0]
    assert told["differences"]["pairs"] == 14 * 13 // 2
    pairs = {(line["model"], line["against"]) for line in told["differences"]["lines"]}
    assert len(pairs) == 13
    assert all(leading in pair for pair in pairs)
    assert f"the 13 pairs with {leading}" in page.words
    assert len(told["classes"]["lines"]) <= 14 * 25
    assert len(words.splitlines()) < 600


@pytest.mark.process
def test_names_are_no_markup(tmp_path: Path) -> None:
    frame, _ = world(400)
    hostile = [
        text for text in HOSTILE if "\x00" not in text and text.strip() and "\n" not in text and "\r" not in text
    ]
    labels = np.array([hostile[row % len(hostile)] for row in range(len(frame))], object)
    frame = frame.assign(label=labels)
    known = sorted(set(labels))
    p = np.random.default_rng(0).random((2, len(frame), len(known)))
    p[:, np.arange(len(frame)), [known.index(label) for label in labels]] += 0.4
    p /= p.sum(axis=2, keepdims=True)
    found = compare(frame, [*p], classes=known)
    page, told, words = written(found, tmp_path)
    assert is_inert(page)
    assert {one["class"] for one in told["classes"]["lines"]} <= {*known}
    assert not UNSEEN.search(words)
    cmarkgfm = pytest.importorskip("cmarkgfm", reason="GitHub's renderer is not installed")
    from cmarkgfm.cmark import Options

    shown = cmarkgfm.github_flavored_markdown_to_html(words, options=Options.CMARK_OPT_UNSAFE)
    for tag in ("<script", "<img", "<a ", "<del>", "<em>"):
        assert tag not in shown
    assert "<table>" in shown
    name = "<img src=x>.csv"
    probabilities(*world(200)[:1], world(200)[1][0]).to_csv(tmp_path / name, index=False)
    world(200)[0].to_csv(tmp_path / "data.csv", index=False)
    run(tmp_path, name, "data.csv", "--report", "own.html")
    page = ReportPage(tmp_path / "own.html")
    assert is_inert(page)
    assert name in page.words


@pytest.mark.process
def test_the_same_input_gives_the_same_bytes_beside_other_outputs(tmp_path: Path) -> None:
    files(tmp_path, 120)
    first = run(tmp_path, "a.csv", "b.csv", "data.csv", *REPORTS, "-o", "lines.csv", "-f", "csv")
    before = {name: (tmp_path / name).read_bytes() for name in ("r.html", "r.json", "r.md")}
    assert first.stdout.startswith("model,against")
    run(tmp_path, "a.csv", "b.csv", "data.csv", *REPORTS, "-q")
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert b"http" not in before["r.html"].replace(b"http-equiv", b"")


@pytest.mark.process
def test_what_cannot_be_a_report_is_refused(tmp_path: Path) -> None:
    files(tmp_path, 120)
    (tmp_path / "a.json").write_text((pd.read_csv(tmp_path / "a.csv")).to_json(orient="records"))
    before = (tmp_path / "a.json").read_bytes()
    done = hardneg("compare", "a.json", "b.csv", "data.csv", "--report", "a.json", cwd=tmp_path, text=True)
    assert done.returncode == 2
    assert (tmp_path / "a.json").read_bytes() == before
    done = hardneg("compare", "a.csv", "b.csv", "data.csv", "--report", "r.txt", cwd=tmp_path, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "r.txt: the name of a report has to end in" in done.stderr
    assert not (tmp_path / "r.txt").exists()
