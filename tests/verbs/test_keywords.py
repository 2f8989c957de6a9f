"""In Python, columns and options are keywords: spelled out, with the command line's names, and refused if unknown."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import pytest

from hardneg_cli import Columns, apply, augment, check, compare, diff, find, mine, predict, weigh
from hardneg_cli.verbs import _keywords
from hardneg_cli.verbs.dual import dual
from hardneg_cli.verbs.harden import harden
from hardneg_cli.verbs.refine import refine

VERBS: list[Callable[..., Any]] = [
    find, check, diff, compare, mine, predict, apply, dual, harden, refine, augment, weigh,
]  # fmt: skip
ROWS = 60


@pytest.fixture
def data() -> pd.DataFrame:
    return pd.DataFrame({"y": ["cat", "dog"] * (ROWS // 2), "t": [f"w{n % 7} x{n % 11}" for n in range(ROWS)]})


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb.__name__))
def test_every_keyword_is_spelled_out_as_its_group_has_it(verb: Callable[..., Any]) -> None:
    parameters = inspect.signature(verb).parameters
    assert not [one for one in parameters.values() if one.kind is one.VAR_KEYWORD]
    members = {name: kind for group in verb.groups for name, kind in get_annotations(group).items()}  # type: ignore[attr-defined]
    options = verb.__wrapped__.__annotations__["options"]  # type: ignore[attr-defined]
    keywords = eval(options.removeprefix("Unpack[").removesuffix("]"), vars(inspect.getmodule(verb)))
    for name, kind in keywords.__annotations__.items():
        assert parameters[name].annotation == members[name] == kind.__forward_arg__, name


def get_annotations(group: type) -> dict[str, str]:
    return {name: kind for one in reversed(group.__mro__) for name, kind in inspect.get_annotations(one).items()}


def test_types_of_keywords_are_known() -> None:
    assert get_type_hints(_keywords.DataKeywords)["label"] is str


@pytest.mark.slow
def test_columns_are_keywords_and_a_model_may_stand_alone(data: pd.DataFrame) -> None:
    probs = np.random.default_rng(0).dirichlet([1, 1], ROWS)
    named = find(data, label="y", text="t", probs=probs, classes=["cat", "dog"])
    grouped = find(data, Columns("y", text="t"), probs=[probs], classes=["cat", "dog"])
    assert (named.score == grouped.score).all()
    assert find(data, Columns("t"), label="y", text="t").dataset.columns == Columns("y", text="t")


def test_a_file_is_named_alike(data: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    data.to_csv(path, index=False)
    assert predict(path, label="y", text="t", folds=3).dataset.columns == Columns("y", text="t")


def test_an_unknown_keyword_says_which_one_may_be_meant(data: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match=r"find\(\) has no keyword 'lable'; did you mean 'label'\?"):
        find(data, lable="y")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"has no keyword 'detector'; did you mean 'detectors'\?"):
        find(data, detector="x")  # type: ignore[call-arg]
