"""Argilla's records, flat or not: `records.to_list` or `to_dict` as JSON, `to_json`, and `to_datasets().to_json`.

Flat records have the status of each response: submitted ones count, a discarded one is unsure, a draft is nothing. The
others have none in Argilla 2.8: theirs count if the record is not pending.

Source: Argilla's Python SDK 2, https://docs.argilla.io/latest/how_to_guides/import_export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hardneg_cli.io.files.source import Source
from hardneg_cli.review.annotation_tools import _answers
from hardneg_cli.review.annotation_tools._answers import SHOWN, Object, ToolAnswer
from hardneg_cli.review.annotation_tools._tasks import KEY

if TYPE_CHECKING:
    import pyarrow as pa

QUESTIONS = ("label", "note")


def recognises(source: Source) -> bool:
    first = _answers.first(source)
    nested = isinstance(first.get("fields"), dict) and isinstance(first.get("responses"), dict)
    return nested or "_server_id" in first or any(name.endswith(".responses.users") for name in first)


def read(source: Source) -> pa.Table:
    return _answers.queue(source, _entries(source))


def _entries(source: Source) -> Iterator[ToolAnswer]:
    for record, place in _records(source):
        nested = isinstance(record.get("fields"), dict)
        key = (record.get("metadata") or {}).get(KEY) if nested else record.get(KEY)
        text = record["fields"].get(SHOWN) if nested else record.get(SHOWN)
        yield ToolAnswer(key, place, text)
        for user, said in (_nested(record) if nested else _flat(record)).items():
            status = said.get("status")
            if status == "submitted":
                label, note = said.get("label"), said.get("note") or ""
                yield ToolAnswer(key, place, text, (label,) if label else (), "", note, user)
            elif status == "discarded":
                yield ToolAnswer(key, place, text, (), "unsure", said.get("note") or "", user)


def _records(source: Source) -> Iterator[tuple[Object, str]]:
    """One at a time; `to_dict` has all of them in one object, a list for each key."""
    for value, place in _answers.objects(source):
        if isinstance(value.get("id"), list):
            columns = zip(*value.values(), strict=True)
            yield from ((dict(zip(value, row, strict=True)), f"record {n}") for n, row in enumerate(columns, 1))
        else:
            yield value, place


def _nested(record: Object) -> Mapping[str, Object]:
    """What each user said, by question."""
    assumed = "pending" if record.get("status") == "pending" else "submitted"
    found: dict[str, Object] = {}
    for name in QUESTIONS:
        for response in (record.get("responses") or {}).get(name) or ():
            said = found.setdefault(str(response.get("user_id")), {})
            said |= {name: response.get("value"), "status": response.get("status") or assumed}
    return found


def _flat(record: Object) -> Mapping[str, Object]:
    found: dict[str, Object] = {}
    for name in QUESTIONS:
        values, users, statuses = (_listed(record.get(f"{name}.responses{part}")) for part in ("", ".users", ".status"))
        for value, user, status in zip(values, users, statuses, strict=False):
            found.setdefault(str(user), {}).update({name: value, "status": status})
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
