"""Names of classes in the metadata of an Arrow schema, as Hugging Face's `datasets` writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

KEY = b"huggingface"
TEXT = {"dtype": "string", "_type": "Value"}


def class_labels(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """By column, the names of its numbers 0, 1, …; nothing of metadata that is none of Hugging Face's."""
    try:
        said = json.loads((schema.metadata or {}).get(KEY, b"{}"))
    except (ValueError, RecursionError):
        return {}
    features = _within(_within(said, "info"), "features")
    if not isinstance(features, dict):
        return {}
    found = {name: _within(feature, "names") for name, feature in features.items() if _is_class_label(feature)}
    return {
        name: tuple(names) for name, names in found.items()
        if isinstance(names, list) and names and all(isinstance(one, str) for one in names)
        and len(set(names)) == len(names)
    }  # fmt: skip


def with_text_column(schema: pa.Schema, column: str) -> pa.Schema:
    """The schema, whose metadata say that the column is text, if they say what its columns are."""
    metadata = dict(schema.metadata or {})
    try:
        said = json.loads(metadata.get(KEY, b"{}"))
    except (ValueError, RecursionError):
        return schema
    features = _within(_within(said, "info"), "features")
    if not isinstance(features, dict) or not features:
        return schema
    features[column] = TEXT
    return schema.with_metadata(metadata | {KEY: json.dumps(said).encode()})


def info_with_text_column(document: bytes, column: str) -> bytes:
    """What a folder of `save_to_disk` says of its columns, with one more, of text; as it is where it says nothing."""
    try:
        said = json.loads(document)
    except (ValueError, RecursionError):
        return document
    features = _within(said, "features")
    if not isinstance(features, dict) or not features:
        return document
    features[column] = TEXT
    return json.dumps(said, indent=2).encode()


def _is_class_label(feature: object) -> bool:
    return isinstance(feature, dict) and feature.get("_type") == "ClassLabel"


def _within(said: object, key: str) -> object:
    found = said.get(key) if isinstance(said, dict) else None
    return {} if found is None else found
