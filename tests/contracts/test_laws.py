"""What holds for every detector, now and later, with each of its settings that is a choice."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardneg_cli import Columns, Dataset, Findings, InputError, find, load
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.probabilities import loading, probabilities
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.evidence_store import EvidenceStore, checked_settings
from support.detector_cases import read_case
from support.paths import CASES, SAMPLE

DETECTORS = drawers.names("detector")
CASES = sorted(CASES.glob("*.csv"))
COLUMNS = Columns(text="text")
NEW_NAMES = {"ant": "yak", "bee": "crab", "cat": "vole", "doe": "boar"}  # turns the sorted order upside down, mostly
BY_ITS_NAME = {
    "label-spelling": "it judges the names themselves",
}


def variants() -> Iterator[Any]:
    """Every detector as it is, and with every choice that a setting of it offers."""
    for name in DETECTORS:
        yield pytest.param(name, {}, id=name)
        for setting, kind in drawers.settings(drawers.load("detector", name).detect).items():
            for choice in kind.choices:
                if choice != kind.default:
                    yield pytest.param(name, {name: {setting: choice}}, id=f"{name}-{choice}")


every = pytest.mark.parametrize(("name", "chosen"), list(variants()))


@cache
def world() -> pa.Table:
    """Rows with ids, text, numbers and probabilities, and a bit of every trouble."""
    rng = np.random.default_rng(0)
    n, names = 120, ("ant", "bee", "cat", "doe")
    true = rng.integers(0, 4, n)
    given = np.where(rng.random(n) < 0.1, (true + 1) % 4, true)
    numbers = rng.normal(0, 1, (n, 3)) + 4 * np.eye(4)[true][:, :3]
    logits = rng.normal(0, 1, (n, 4)) + 4 * np.eye(4)[true]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    words = np.array([f"{a}{b}" for a in ("lo", "mi", "ta", "ru") for b in ("ka", "sen", "pol", "wim", "dra")])
    own = words.reshape(4, 5)
    texts = [" ".join([*rng.choice(own[t], 3), *rng.choice(words, 2)]) for t in true]
    labels = [names[code] for code in given]
    for copy, original in ((7, 50), (8, 51), (9, 51), (70, 3)):
        texts[copy], numbers[copy], p[copy] = texts[original], numbers[original], p[original]
    labels[8], labels[9], labels[51] = "ant", "bee", "bee"
    texts[20], texts[21] = texts[60].upper() + "!", ""
    numbers[20], numbers[30] = numbers[60], (90, -80, 70)
    labels[100] = "beee"
    columns = {"id": [f"row {i * 7 % n}" for i in range(n)], "label": labels, "text": texts}
    columns |= {f"x_{d}": numbers[:, d] for d in range(3)}
    learned = 1 / (1 + np.exp(-numbers[:, 0]))
    columns |= {"confidence": learned, "variability": np.full(n, 0.1), "correctness": learned.round()}
    return pa.table(columns | {f"prob_{name}": p[:, code] for code, name in enumerate(names)})


def asked(table: pa.Table | Dataset, name: str | None, chosen: dict[str, Any]) -> Findings:
    return find(table, COLUMNS, features="x_*", detectors=[name] if name else [], settings=chosen)


def answer(findings: Findings, doubts: DetectorResult) -> dict[str, tuple[float, bool, str]]:
    """Score, flag and suggested label by id."""
    names = {NO_CLASS: ""} | dict(enumerate(findings.dataset.classes))
    ids = findings.dataset.ids.take(doubts.rows).to_pylist()
    said = zip(doubts.score.tolist(), doubts.flagged.tolist(), [names[code] for code in doubts.suggested], strict=True)
    return dict(zip(ids, said, strict=True))


def hold_what_doubts_promise(doubts: DetectorResult, dataset: Dataset) -> None:
    n = len(doubts.rows)
    assert [len(doubts.score), len(doubts.flagged), len(doubts.suggested)] == [n] * 3
    assert (np.diff(doubts.rows) > 0).all()
    assert np.isfinite(doubts.score).all()
    assert ((doubts.score >= 0) & (doubts.score <= 1)).all()
    assert (doubts.flagged.dtype, doubts.score.dtype) == (np.bool_, np.float64)
    silent = len(dataset) > n
    lowest = doubts.score[doubts.flagged].min(initial=1)
    assert lowest >= max(doubts.score[~doubts.flagged].max(initial=0), 0 if silent else -1)
    assert ((doubts.suggested >= NO_CLASS) & (doubts.suggested < len(dataset.classes))).all()
    assert (doubts.suggested != dataset.labels[doubts.rows]).all()
    said = doubts.why(np.arange(n))
    assert len(said) == n
    assert all(said)


def hold_what_findings_promise(findings: Findings) -> None:
    for doubts in findings.doubts.values():
        hold_what_doubts_promise(doubts, findings.dataset)
    score, flagged = findings.score, findings.flagged
    assert np.isfinite(score).all()
    assert ((score >= 0) & (score <= 1)).all()
    assert score[flagged].min(initial=1) >= score[~flagged].max(initial=0)
    table = findings.table(findings.select(every=True))
    assert table["score"].to_pylist() == sorted(table["score"].to_pylist(), reverse=True)
    assert all(len(why) for why in table.filter(table["flagged"])["why"].to_pylist())


def part(dataset: Dataset, rows: np.ndarray) -> Dataset:
    """These rows alone, past the checks of `load`."""
    return replace(
        dataset, ids=dataset.ids.take(rows), labels=dataset.labels[rows], content=dataset.content.take(rows),
        roles=dataset.roles.take(rows), positions=dataset.positions[rows], skipped=("the others",),
    )  # fmt: skip


def frozen(piece: Any) -> Any:
    """The same piece of evidence, its arrays read-only."""
    if isinstance(piece, np.ndarray):
        piece.flags.writeable = False
    elif isinstance(piece, tuple | list):
        for inner in piece:
            frozen(inner)
    elif is_dataclass(piece):
        for field in fields(piece):
            frozen(getattr(piece, field.name))
    return piece


@pytest.mark.slow
@every
def test_answers_are_probabilities_and_the_worst_are_flagged(name: str, chosen: dict[str, Any]) -> None:
    hold_what_findings_promise(asked(world(), name, chosen))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_same_on_its_own_case_where_it_finds_something(path: Path) -> None:
    case = read_case(path)
    findings = find(
        case.table, case.columns, features=case.features, detectors=[case.detector], settings=case.settings
    )  # fmt: skip
    hold_what_findings_promise(findings)
    assert findings.flagged.any()


@pytest.mark.slow
@every
def test_what_it_is_given_stays_as_it_is(name: str, chosen: dict[str, Any]) -> None:
    dataset = load(world(), COLUMNS)
    own = loading.inside(dataset)
    assert own is not None
    dataset, several = probabilities.together([own], dataset)
    evidence = EvidenceStore(
        {"dataset": frozen(dataset), "probabilities": several, "feature_choice": FeatureChoice(columns=("x_*",))}, {}
    )
    detect = drawers.load("detector", name).detect
    for parameter in inspect.signature(detect).parameters.values():
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            frozen(evidence[parameter.name])
    evidence.call(detect, checked_settings("detector", name, detect, chosen.get(name, {})))


@pytest.mark.slow
@every
def test_the_same_answer_twice(name: str, chosen: dict[str, Any]) -> None:
    first, second = asked(world(), name, chosen), asked(world(), name, chosen)
    assert first.table(first.ranked).equals(second.table(second.ranked))


def orders(table: pa.Table) -> list[pa.Table]:
    n = len(table)
    return [table.take(np.arange(n)[::-1]), table.take(np.random.default_rng(1).permutation(n))]


@pytest.mark.slow
@every
def test_row_order_is_nothing(name: str, chosen: dict[str, Any]) -> None:
    findings = asked(world(), name, chosen)
    for table in orders(world()):
        other = asked(table, name, chosen)
        assert answer(other, other.doubts[name]) == answer(findings, findings.doubts[name])


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_row_order_is_nothing_on_a_case(path: Path) -> None:
    case = read_case(path)

    def run(table: pa.Table) -> dict[str, tuple[float, bool, str]]:
        findings = find(
            table, case.columns, features=case.features, detectors=[case.detector], settings=case.settings
        )  # fmt: skip
        return answer(findings, findings.doubts[case.detector])

    assert all(run(table) == run(case.table) for table in orders(case.table))


@pytest.mark.slow
@pytest.mark.parametrize("without", [[], ["id"]], ids=["ids", "no-ids"])
@pytest.mark.parametrize("features", ["x_*", None], ids=["numbers", "text"])
def test_row_order_is_nothing_to_the_whole(without: list[str], features: str | None) -> None:
    def run(table: pa.Table) -> pa.Table:
        findings = find(table.drop_columns(without), COLUMNS, features=features)
        return findings.table(findings.ranked)

    assert all(run(table).equals(run(world())) for table in orders(world()))


@pytest.mark.slow
def test_row_order_is_nothing_where_the_rows_fill_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probabilities, "BLOCK_CELLS", 1)

    def run(table: pa.Table) -> pa.Table:
        findings = find(table, probs=[SAMPLE / "digits.probs.csv"], features="pixel_*")
        return findings.table(findings.ranked)

    digits = pyarrow.csv.read_csv(SAMPLE / "digits.csv")
    assert run(orders(digits)[1]).equals(run(digits))


@pytest.mark.slow
@every
def test_class_names_are_nothing(name: str, chosen: dict[str, Any]) -> None:
    if name in BY_ITS_NAME:
        pytest.skip(BY_ITS_NAME[name])
    named = NEW_NAMES | {"beee": "crabs", "": ""}
    table = world()
    renamed = table.set_column(1, "label", pa.array([named[label] for label in table["label"].to_pylist()]))
    renamed = renamed.rename_columns(
        [f"prob_{named[column[5:]]}" if column.startswith("prob_") else column for column in renamed.column_names]
    )
    findings, other = asked(table, name, chosen), asked(renamed, name, chosen)
    before, after = answer(findings, findings.doubts[name]), answer(other, other.doubts[name])
    assert before.keys() == after.keys()
    for id_, (score, flagged, suggested) in before.items():
        assert after[id_][0] == pytest.approx(score, abs=1e-9)
        assert after[id_][1:] == (flagged, named[suggested])


FEW: dict[str, Callable[[Dataset], np.ndarray]] = {
    "one row": lambda dataset: np.array([5]),
    "two rows": lambda dataset: np.array([5, 6]),
    "two copies": lambda dataset: np.array([8, 51]),
    "three rows": lambda dataset: np.array([2, 5, 6]),
    "one class": lambda dataset: np.flatnonzero(dataset.labels == 0),
    "a class of one": lambda dataset: np.r_[np.flatnonzero(dataset.labels == 0), dataset.labels.tolist().index(1)],
}


@pytest.mark.slow
@pytest.mark.parametrize("few", FEW)
@every
def test_few_rows_never_crash(name: str, chosen: dict[str, Any], few: str) -> None:
    whole = load(world(), COLUMNS)
    dataset = part(whole, FEW[few](whole))
    bare = world().select(["id", "label", "text", "x_0", "x_1", "x_2"])
    for some in (dataset, part(load(bare, COLUMNS), FEW[few](whole))):
        try:
            findings = asked(some, name, chosen)
        except InputError:
            continue
        hold_what_findings_promise(findings)


def test_a_table_of_one_class_or_no_rows_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no rows"):
        load(world().slice(0, 0))
    with pytest.raises(InputError, match="every label is 'ant'"):
        find(world().filter(pc.equal(world()["label"], "ant")))


ODD = [
    "", " ", "\t", "👩‍👩‍👧 🏳️‍🌈", "مرحبا بالعالم", "\u202eabc", "é", "e\u0301", "\x1b[31m", "\x07\x7f\x9b", "None",
    "007", "=1+1", "ﬁ", "\u00a0", "\u2028", "a" * 500, "<b>", "ß", "SS", "İ", "一二三", "-0", "1e5", "\ufeff",
]  # fmt: skip
TEXT = st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8))
LABEL = TEXT.filter(lambda text: bool(text.strip()))
NUMBER = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 1.7e308, -1.7e308, 1e200, 5e-324, 1e-200, 1e9, 1e9 + 1, float("nan")]),
    st.floats(allow_infinity=False),
)
LIGHT = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def hold_or_refuse(*args: Any, **kwargs: Any) -> None:
    try:
        findings = find(*args, **kwargs)
    except InputError:
        return
    hold_what_findings_promise(findings)


@pytest.mark.slow
@LIGHT
@given(st.lists(st.tuples(LABEL, TEXT, TEXT), min_size=2, max_size=12))
def test_odd_text(rows: list[tuple[str, str, str]]) -> None:
    label, text, other = (list(column) for column in zip(*rows, strict=True))
    hold_or_refuse(pa.table({"label": label, "text": text, "other": other}), COLUMNS)


@pytest.mark.slow
@LIGHT
@given(st.integers(1, 3).flatmap(lambda d: st.lists(st.lists(NUMBER, min_size=d, max_size=d), min_size=3, max_size=12)))
def test_odd_numbers(numbers: list[list[float]]) -> None:
    n = len(numbers)
    labels = pa.array(["even" if row % 2 else "odd" for row in range(n)])
    columns = {f"x_{d}": pa.array(column, pa.float64()) for d, column in enumerate(zip(*numbers, strict=True))}
    hold_or_refuse(pa.table({"label": labels} | columns), features="x_*")
    hold_or_refuse(pa.table({"label": labels}), features=np.array(numbers))
    hold_or_refuse(pa.table({"label": labels} | columns), features="x_*", settings={"outlier": {"method": "clusters"}})


@pytest.mark.slow
@LIGHT
@given(st.lists(st.tuples(st.sampled_from("abc"), st.lists(st.floats(0, 1), min_size=3, max_size=3)), min_size=2,
                max_size=30))  # fmt: skip
def test_odd_probabilities(rows: list[tuple[str, list[float]]]) -> None:
    p = np.array([values for _, values in rows]) + 1e-300
    p = p / p.sum(axis=1, keepdims=True)
    hold_or_refuse(pa.table({"label": [label for label, _ in rows]}), probs=[p], classes=["a", "b", "z"])


def test_rows_with_unsound_probabilities_are_left_out_when_they_may_be() -> None:
    p = np.column_stack([world()[f"prob_{name}"].to_numpy() for name in ("ant", "bee", "cat", "doe")])
    for row, bad in enumerate((np.nan, np.inf, -np.inf, -1, 5, 1e300)):
        p[row, row % 4] = bad
    table = world().select(["id", "label", "text"])
    findings = find(table, probs=[p], classes=["ant", "bee", "cat", "doe"], on_bad_rows="skip")
    assert len(findings.ranked) == len(table) - 6
    hold_what_findings_promise(findings)


@pytest.mark.slow
def test_row_order_is_nothing_to_features_of_different_units() -> None:
    table = world().set_column(3, "x_0", pc.multiply(world()["x_0"], 1e4 / 3))

    def run(table: pa.Table) -> pa.Table:
        findings = find(table, features="x_*")
        return findings.table(findings.ranked)

    assert all(run(other).equals(run(table)) for other in orders(table))


@pytest.mark.process
def test_threads_are_nothing() -> None:
    def run(threads: int) -> bytes:
        command = [sys.executable, "-m", "hardneg_cli", "find", "digits.csv", "--probs", "digits.probs.csv",
                   "--features", "pixel_*", "--all", "-f", "csv", "-q"]  # fmt: skip
        many = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS")}
        environment = os.environ | many | {"OMP_WAIT_POLICY": "passive"}
        return subprocess.run(command, cwd=SAMPLE, env=environment, check=True, capture_output=True).stdout

    assert run(1) == run(2)


def test_constant_features_accuse_nobody() -> None:
    table = pa.table({"label": ["a", "b"] * 10, "x_0": [3.0] * 20, "x_1": [0.0] * 20})
    findings = find(table, features="x_*", detectors=["outlier"])
    assert not findings.flagged.any()


def test_evenly_spaced_features_accuse_nobody() -> None:
    spaced = np.arange(40) * 0.1
    table = pa.table({"label": ["a"] * 20 + ["b"] * 20, "x_0": spaced, "x_1": np.zeros(40)})
    assert not find(table, features="x_*", detectors=["outlier"]).doubts["outlier"].flagged[5:15].any()


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e9, 1e200])
def test_units_are_nothing_to_features(scale: float) -> None:
    def scores(factor: float, offset: float = 0) -> dict[str, list[float]]:
        table = world()
        columns = {f"x_{d}": table[f"x_{d}"].to_numpy() * factor + offset for d in range(3)}
        findings = find(pa.table({"label": table["label"]} | columns), features="x_*",
                        detectors=["outlier", "outvoted-label"])  # fmt: skip
        order = np.argsort(table["x_0"].to_numpy(), kind="stable")
        return {name: doubts.score[order].tolist() for name, doubts in findings.doubts.items()}

    for name, expected in scores(1).items():
        assert scores(scale)[name] == pytest.approx(expected, abs=1e-6)
        assert scores(1, 1e7)[name] == pytest.approx(expected, abs=1e-3)


def test_two_columns_of_very_different_units_are_scaled() -> None:
    rng = np.random.default_rng(4)
    label = np.repeat(["a", "b"], 30)
    age = np.where(label == "a", 20, 60) + rng.normal(0, 2, 60)
    table = pa.table({"label": label, "x_age": age, "x_income": rng.normal(30_000, 10_000, 60)})
    findings = find(table, features="x_*", detectors=["outvoted-label"])
    assert not findings.flagged.any()
    assert "features: columns were scaled to unit spread" in findings.notes
