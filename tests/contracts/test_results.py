"""What a verb returns is one frozen class that gives its tables by name, and says in lines what came of the run."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli import Columns, apply, check, collect, compare, diff, find, mine, split, undo, weigh
from hardneg_cli.verbs import audit
from hardneg_cli.verbs.augment import augment
from hardneg_cli.verbs.dual import dual
from hardneg_cli.verbs.harden import harden
from hardneg_cli.verbs.predict import predict
from hardneg_cli.verbs.refine import refine
from support.paths import PACKAGE

OTHERS = {
    "audit": ("audit_draw", "audit_estimate"),
    "explain": (),
    "load": (),
}  # whose file is not called like it; explain answers in texts, load in a dataset


def results() -> Iterator[tuple[str, Any]]:
    """Each verb, and the class that it returns."""
    for path in sorted((PACKAGE / "verbs").glob("[a-z]*.py")):
        module = import_module(f"hardneg_cli.verbs.{path.stem}")
        for name in OTHERS.get(path.stem, (path.stem,)):
            verb = inspect.unwrap(getattr(module, name))
            yield f"{path.stem}.{name}", getattr(module, verb.__annotations__["return"])


RESULTS = dict(results())


@pytest.mark.parametrize("verb", RESULTS)
def test_a_verb_returns_one_frozen_class_with_tables_and_a_summary(verb: str) -> None:
    found = RESULTS[verb]
    assert found.__dataclass_params__.frozen
    for method in ("tables", "summary"):
        needed = [it for it in inspect.signature(getattr(found, method)).parameters.values() if it.default is it.empty]
        assert [it.name for it in needed] == ["self"], method


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 rows of two classes with two numbers, probabilities, and three wrong labels; beside it, a filled queue."""
    folder, rng = tmp_path_factory.mktemp("points"), np.random.default_rng(0)
    rows = ["id,label,x,y,prob_a,prob_b"]
    for number in range(120):
        is_b, wrong = number % 2, number in (10, 41, 77)
        x, y = rng.normal(3 * is_b, 1, 2)
        p = 1 / (1 + np.exp(3 - x - y))
        rows.append(f"r{number},{'ab'[is_b ^ wrong]},{x:.4f},{y:.4f},{1 - p:.6f},{p:.6f}")
    data = folder / "points.csv"
    data.write_text("\n".join(rows) + "\n")
    return data


def gives(result: Any, *names: str) -> list[str]:
    """Its lines; the tables are those of the names, at least."""
    tables = result.tables()
    assert [*tables] == [*names]
    assert all(isinstance(table, pa.Table) for table in tables.values())
    lines = [*result.summary()]
    assert lines
    assert all(isinstance(line, str) for line in lines)
    return lines


def test_what_is_found_and_decided_gives_its_tables(points: Path, tmp_path: Path) -> None:
    findings = find(points)
    every = findings.select(every=True)
    assert gives(findings, "rows")[0].endswith(f"{findings.flagged.sum()} flagged, {findings.flagged.sum()} written")
    table = findings.table(every)
    queue, scores = tmp_path / "queue.csv", tmp_path / "scores.csv"
    table.to_pandas().to_csv(scores, index=False)
    filled = table.slice(0, 3).to_pandas()
    filled["decision"] = ["drop", "keep", "keep"]
    filled.to_csv(queue, index=False)
    gives(collect([queue], tmp_path / "log.ndjson", reviewer="ann"), "conflicts")
    clean, why = tmp_path / "clean.csv", tmp_path / "why.json"
    assert "1 dropped" in gives(apply(points, [queue], output=clean, provenance=why), "changes")[0]
    assert gives(undo(clean, why, output=tmp_path / "before.csv"), "files")[0] == "1 file as before"
    assert gives(diff(points, clean), "gates", "changes")[0].endswith(
        "1 row changed: 0 added, 0 edited, 0 relabeled, 1 dropped"
    )
    gives(check(clean, base=points, with_findings=True), "gates", "queue", "changes")
    gives(audit.audit_draw(scores, 30), "rows")
    gives(split(points, features="x,y"), "rows", "classes", "together", "leaks")


def test_an_audits_estimate_gives_a_table(points: Path, tmp_path: Path) -> None:
    scores, drawn = tmp_path / "scores.csv", tmp_path / "audit.csv"
    find(points).table(find(points).select(every=True)).to_pandas().to_csv(scores, index=False)
    sample = audit.audit_draw(scores, 40).table.to_pandas()
    sample["decision"] = "keep"
    sample.to_csv(drawn, index=False)
    estimate = audit.audit_estimate(drawn)
    assert gives(estimate, "estimate")[0] == f"{drawn}: 40 audited rows, drawn from 120"
    assert estimate.tables()["estimate"]["of"].to_pylist() == ["errors", "precision", "recall"]
    assert estimate.tables()["estimate"]["estimate"][0].as_py() == estimate.errors.value


@pytest.mark.slow
def test_what_models_say_gives_its_tables(points: Path) -> None:
    pool = pa.table({"id": ["n1", "n2"], "x": ["0", "3"], "y": ["0", "3"]})
    probs = np.array([[0.9, 0.1], [0.1, 0.9]])
    gives(mine(points), "rows", "suspects")
    gives(weigh(points), "rows", "classes")
    gives(compare(points, [points]), "metrics")
    checkpoints = [np.tile([0.6, 0.4], (120, 1)), np.tile([0.4, 0.6], (120, 1))]
    history = compare(points, checkpoints, classes=["a", "b"], checkpoints=True)
    gives(history, "metrics", "curves", "forgetting", "cartography")
    gives(predict(points, features="x,y", new=pool), "rows", "new")
    gives(augment(points, features="x,y", by=["noise"], to=70, folds=2), "rows", "report")
    gives(harden(points, features="x,y", model="logistic", folds=0), "rows", "accuracy")
    gives(refine(points, pool, Columns(), features="x,y", rounds=1), "rows", "queue")
    found = dual(points, features="x,y", models=["logistic"], classes=["a", "b"], new=pool, new_probs=[probs])
    gives(found, "rows", "adjusted", "slices", "new")
