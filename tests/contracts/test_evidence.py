"""What holds for every piece of evidence, now and later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli import Columns, load
from hardneg_cli.data import baseline
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.load import in_memory
from hardneg_cli.data.probabilities import loading, probabilities
from hardneg_cli.errors import Unavailable
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.evidence_store import LACKING, EvidenceStore

NAMES = [name.replace("-", "_") for name in drawers.names("evidence")]
RNG = np.random.default_rng(0)
TRUE = RNG.integers(0, 3, 60)
P = RNG.dirichlet(np.ones(3), 60) + np.eye(3)[TRUE]
TABLE = pa.table(
    {"id": [f"row {row}" for row in range(60)], "label": np.array(["ant", "bee", "cat"])[TRUE]}
    | {f"x_{d}": (RNG.standard_normal((60, 3)) + 2 * np.eye(3)[TRUE])[:, d] for d in range(3)}
    | {name: RNG.random(60) for name in ("confidence", "variability", "correctness")}
    | {f"prob_{name}": P[:, code] / P.sum(axis=1) for code, name in enumerate(("ant", "bee", "cat"))}
)


def store() -> EvidenceStore:
    dataset = load(TABLE, Columns())
    own = loading.inside(dataset)
    assert own is not None
    dataset, several = probabilities.together([own], dataset)
    before = baseline.read("base", (in_memory(TABLE.slice(3)),), dataset.columns, None)
    choice = FeatureChoice(columns=("x_*",))
    given = {"dataset": dataset, "probabilities": several, "feature_choice": choice, "baseline": before}
    return EvidenceStore(given, {})


def parts(piece: Any) -> list[Any]:
    """All arrays and values in it, as lists."""
    if is_dataclass(piece):
        return [parts(getattr(piece, field.name)) for field in fields(piece)]
    if isinstance(piece, tuple | list):
        return [parts(inner) for inner in piece]
    if isinstance(piece, np.ndarray):
        return np.nan_to_num(piece).tolist() if piece.dtype.kind == "f" else piece.tolist()
    return [] if callable(piece) else [str(piece)]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_gathered_once_and_the_same_each_time(name: str) -> None:
    first, second = store(), store()
    assert first[name] is first[name]
    assert parts(first[name]) == parts(second[name])


@pytest.mark.parametrize("name", NAMES)
def test_what_it_is_made_from_may_be_missing(name: str) -> None:
    given = {"dataset": load(TABLE, Columns()), "feature_choice": FeatureChoice()}
    evidence = EvidenceStore(given, {"probabilities": "no probabilities", "baseline": "no base"})
    try:
        evidence[name]
    except Unavailable as reason:
        with pytest.raises(Unavailable, match=str(reason)):  # the same reason each time
            evidence[name]


def test_what_is_not_looked_at_is_not_gathered() -> None:
    evidence = store()

    def looks(dataset: Any, features: Any = None, neighbors: Callable[[], Any] = LACKING) -> None: ...

    evidence.call(looks)
    assert evidence.known("features") is not None
    assert evidence.known("neighbors") is None


@pytest.mark.slow
def test_an_outlier_asks_for_no_more_than_its_method_looks_at() -> None:
    detect = drawers.verb("detector", "outlier")
    evidence = store()
    evidence.call(detect, {"method": "isolation-forest"})
    evidence.call(detect, {"method": "clusters"})
    looked_at = ("neighbors", "class_distances", "uncertainty", "digest")
    assert [evidence.known(name) is not None for name in looked_at] == [False] * 4
    evidence.call(detect, {"method": "distance"})
    assert [evidence.known(name) is not None for name in looked_at] == [True, True, False, False]
