"""JSON is read as json reads it, an object a line or an array."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest
from support.reading import cell, fails, fingerprint, in_memory, numbers, texts


def test_json_lines() -> None:
    lines = [
        '{"id": 007, "x": 1}'.replace("007", "12345678901234567890"),
        "",
        ' {"id": 1e5, "x": 0.10, "new": [1, 2.50, "a", {"b" : null}] } \r',
        '{"id": "NA", "x": null, "t": true, "n": NaN}',
        "{}",
    ]
    source = in_memory("\ufeff" + "\n".join(lines), "a.jsonl")
    assert table_files.columns([source]) == ["id", "x", "new", "t", "n"]
    assert texts(source) == [
        ["12345678901234567890", "1", None, None, None],
        ["1e5", "0.10", '[1,2.50,"a",{"b":null}]', None, None],
        ["NA", None, None, "true", "NaN"],
        [None] * 5,
    ]
    assert np.array_equal(numbers(source, "x").to_numpy(), [1, 0.1, np.nan, np.nan], equal_nan=True)


values = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(exclude_categories=["Cs"])), lambda v: st.lists(v, max_size=3)
)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.dictionaries(cell, values, min_size=1, max_size=4), min_size=1, max_size=5), st.booleans())
def test_json_is_read_as_json_reads_it(objects: list[dict[str, Any]], array: bool) -> None:
    text = json.dumps(objects, indent=1) if array else "\n".join(json.dumps(o, ensure_ascii=False) for o in objects)
    names = tuple(dict.fromkeys(name for o in objects for name in o))
    read = [
        row for batch in table_files.read([in_memory(text, "a.json")], ReadRequest(names)) for row in batch.to_pylist()
    ]
    for row, o in zip(read, objects, strict=True):
        for name in names:
            value = o.get(name)
            assert row[name] == value if isinstance(value, str | None) else json.loads(row[name]) == value


def test_embeddings_in_json_are_lists_of_numbers() -> None:
    vector = [0.5] * 100
    source = in_memory(f'{{"v": {json.dumps(vector)}}}\n{{"v": null}}\n', "a.jsonl")
    assert numbers(source, "v").to_pylist() == [vector, None]
    assert texts(source) == [[fingerprint(vector)], [None]]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('{"a": 1}\n{"a": \n', ["line 2"]),
        ('{"a": 1}\n\n[1]\n', ["line 3", "instead of a JSON object"]),
        ('{"a": 1}\n{"a": 1, "a": 2}\n', ["line 2", "key 'a' twice"]),
        ('{"a": 1} {"a": 2}\n', ["line 1", "one object a line"]),
        ('{\n"a": 1\n}\n', ["line 1"]),
        ('[{"a": 1}, {"a": 1, "a": 2}]', ["item 2", "twice"]),
        ('[{"a": 1} {"a": 2}]', ["after item 1"]),
        ('[{"a": 1},]', ["item 2"]),
        ('[{"a": 1}', ["after item 1"]),
        ('{"a": "\\ud800"}\n', ["line 1", "surrogate"]),
        ('{"a":' + "[" * 100_000 + "\n", ["line 1"]),
    ],
)
def test_bad_json_is_named(text: str, parts: list[str]) -> None:
    fails(in_memory(text, "a.json"), *parts)


def test_bad_bytes_and_numbers_in_json_are_named() -> None:
    fails(in_memory(b'{"a": "x"}\n{"a": "\xff"}\n', "a.jsonl"), "line 2", "utf-8", "--encoding")
    fails(in_memory('{"a": 1}\n{"a": "x"}\n', "a.jsonl"), "line 2", "'a'", "x", wanted=ReadRequest(numbers=("a",)))
    fails(in_memory('{"a": [1]}\n{"a": 2}\n', "a.jsonl"), "line 2", wanted=ReadRequest(numbers=("a",)))
    fails(in_memory('{"a": true}\n', "a.jsonl"), "line 1", wanted=ReadRequest(numbers=("a",)))
