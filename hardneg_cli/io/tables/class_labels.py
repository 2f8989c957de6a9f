"""Names of classes in the metadata of an Arrow schema, as Hugging Face's `datasets` writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

KEY = b"huggingface"


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


def _is_class_label(feature: object) -> bool:
    return isinstance(feature, dict) and feature.get("_type") == "ClassLabel"


def _within(said: object, key: str) -> object:
    found = said.get(key) if isinstance(said, dict) else None
    return {} if found is None else found
