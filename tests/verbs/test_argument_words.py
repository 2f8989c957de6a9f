"""In Python an error speaks of arguments, on the command line of options, whoever raised it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hardneg_cli
from hardneg_cli import (
    AutoPolicy,
    HardnegError,
    apply,
    assign,
    audit_draw,
    augment,
    check,
    collect,
    compare,
    dual,
    explain,
    find,
    harden,
    load,
    mine,
    predict,
    refine,
    split,
    undo,
    weigh,
)
from hardneg_cli.runtime.argument_words import in_arguments
from support.command import hardneg
from support.paths import PACKAGE

ROWS = 40
FRAME = pd.DataFrame({"id": range(ROWS), "label": ["cat", "dog"] * (ROWS // 2), "t": [f"w{n}" for n in range(ROWS)]})
P = np.full((ROWS, 2), 0.5)
QUEUE = pd.DataFrame({"id": ["1"], "decision": ["drop"], "given_label": ["dog"], "row_hash": ["h0"]})
TWICE = FRAME.assign(id=1)

CASES: dict[str, tuple[Callable[[], Any], str]] = {
    "an id twice": (lambda: find(TWICE), "name another column with `id`"),
    "an id twice, read alone": (lambda: load(TWICE), "name another column with `id`"),
    "no label": (lambda: find(FRAME.assign(label=None)), "skip such rows with `on_bad_rows='skip'`"),
    "a measurement": (
        lambda: predict(FRAME.assign(label=np.arange(ROWS) / 7)), "insist with `classes_are_numbers=True`"
    ),
    "no feature": (lambda: find(FRAME, features="nope"), "no column 'nope' for `features`"),
    "no cluster": (lambda: find(FRAME, probs=P, scheduler="a"), "`scheduler='a'`: .* add `engine='dask'`"),
    "no evidence": (lambda: find(FRAME[["label"]], detectors=["outlier"]), r"\(`features` or `text`\)"),
    "nothing to learn from": (lambda: predict(FRAME), "`text`, the pictures with `image`, or .* with `features`"),
    "one fold": (lambda: predict(FRAME, text="t", folds=1), "`folds` is at least 2"),
    "no probabilities": (
        lambda: mine(FRAME), r"`mode='boundary'` needs .* `predict\(…\).table\(\)`.* `mode='retrieval'`"
    ),
    "no share": (lambda: mine(FRAME, probs=P, guard=3), "`guard` is a probability"),
    "a balance": (lambda: weigh(FRAME, balance="even"), "`balance` cannot be 'even'"),
    "no text": (lambda: mine(FRAME, probs=P).triplets(), "name their column with `text`"),
    "no model": (lambda: dual(FRAME), "name them with `probs`, or run predict"),
    "an attack": (lambda: harden(FRAME, features="id", epsilon=-1), "`epsilon` is a positive number"),
    "a size": (lambda: augment(FRAME, text="t", to=0), "`to` is a number of rows a class"),
    "a function": (lambda: augment(FRAME, text="t", using="rewriting"), "such as `using`"),
    "a bound": (lambda: refine(FRAME, FRAME, text="t", max_error=7), "`max_error` is a share"),
    "two ways to drop": (lambda: apply(FRAME, [QUEUE], on_drop="x"), "`on_drop` cannot be 'x'"),
    "a policy": (lambda: AutoPolicy(drop=7), "`policy.drop` is a probability"),
    "a policy's splits": (
        lambda: apply(FRAME, [QUEUE], policy=AutoPolicy(protect=("test",))), "`policy.protect` needs `split`"
    ),
    "stale": (lambda: apply(FRAME, [QUEUE]), "leave such out with `skip_stale=True`"),
    "two targets": (lambda: undo("a.csv", "w.json", output="b", in_place=True), "`in_place=True` and `output` exclude"),
    "two ways to settle": (lambda: collect(QUEUE, "log.ndjson", policy="x"), "`policy` cannot be 'x'"),
    "a lone reviewer": (lambda: assign(QUEUE, overlap=2), "`overlap` is .*: name them with `reviewers`"),
    "an audit of a part": (lambda: audit_draw(QUEUE), r"what `find\(…\).table\(every=True\)` wrote"),
    "two bases": (lambda: check(FRAME, base=FRAME, state="s"), "`base` and `state` exclude each other"),
    "one gate, two ways": (lambda: check(FRAME, fail_on="leak", warn_on="leak"), "by both `fail_on` and `warn_on`"),
    "two kinds of parts": (lambda: split(FRAME, fractions="a=.5,b=.5", folds=3), "`fractions` and `folds` exclude"),
    "a column of parts": (lambda: split(FRAME.assign(split="a")), "`split` names it|`split` split keeps"),
    "one id column": (lambda: compare(TWICE, [P]), "name another column with `id`"),
    "a command": (lambda: explain("find"), r"`help\(hardneg_cli.find\)` says what it does"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_error_names_the_argument_that_mends_it(name: str) -> None:
    call, words = CASES[name]
    with pytest.raises(HardnegError, match=words) as found:
        call()
    assert not re.search(r"(?<!\w)--?[a-z]", str(found.value))
    assert re.search(r"(?<!\w)--?[a-z]", found.value.command_line)


def test_the_command_line_names_the_option(tmp_path: Path) -> None:
    TWICE.to_csv(tmp_path / "data.csv", index=False)
    done = hardneg("find", "data.csv", cwd=tmp_path, text=True)
    assert (done.returncode, "name another column with --id" in done.stderr) == (2, True)


def test_what_is_quoted_is_no_option() -> None:
    words = "no column '--label', nor \"--id's\"; the reviewers' --id; see 'git -C a --label b'"
    assert in_arguments(words, {}) == words.replace("the reviewers' --id;", "the reviewers' `id`;")


def test_one_name_is_a_list_of_one() -> None:
    one, several = (find(FRAME, detectors=names) for names in ("rare-label", ["rare-label"]))
    assert [*one.doubts] == [*several.doubts] == ["rare-label"]


def messages() -> Iterator[str]:
    """Every text below the command line that names an option, with `x` for what is put into it; no docstrings."""
    for path in PACKAGE.rglob("*.py"):
        if path.is_relative_to(PACKAGE / "cli") or path.name == "argument_words.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                yield node.value


IN_OTHERS = re.compile(r"--(auto-)?x+|\bgit ")  # what is put together, and another command line
OF_RESULTS = {"budget", "limit", "queue", "row", "show", "findings", "engine", "settings", "provenance", "report"}
OF_POLICIES = {"policy.drop", "policy.relabel", "policy.protect"}


def test_each_option_in_a_message_is_an_argument_of_a_verb() -> None:
    verbs = [getattr(hardneg_cli, name) for name in dir(hardneg_cli) if name.islower()]
    known = {name for verb in verbs for name in inspect.signature(verb).parameters} | OF_RESULTS | OF_POLICIES
    named = {
        text
        for text in messages()
        if re.search(r"(?<![\w-])--[a-z]", text) and " " in text and not IN_OTHERS.search(text)
    }
    assert len(named) > 60
    for text in named:
        words = in_arguments(text, {})
        assert "--" not in words, words
        arguments = re.findall(r"`([a-z_.]+)(?:=[^`]*)?`", words)
        assert [name for name in arguments if name not in known] == [], text
