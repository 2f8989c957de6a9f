"""A JSON Schema (draft 2020-12) of what a TypedDict says that a JSON object is."""

from __future__ import annotations

import inspect
from types import NoneType, UnionType
from typing import Literal, TypeAlias, Union, get_args, get_origin, get_type_hints, is_typeddict

Schema: TypeAlias = dict[str, object]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def json_schema(kind: type, title: str) -> Schema:
    """Objects have exactly the keys of their TypedDict; each kind of object is described once, by its docstring.

    Raises TypeError for a type that JSON has no counterpart of.
    """
    known: dict[str, Schema] = {}
    whole = _object(kind, known)
    return {"$schema": DRAFT, "title": title, **whole, "$defs": dict(sorted(known.items()))}


def _object(kind: type, known: dict[str, Schema]) -> Schema:
    keys = {name: _of(hint, known) for name, hint in get_type_hints(kind).items()}
    told = inspect.cleandoc(kind.__doc__ or "") if "__doc__" in vars(kind) else ""
    words: Schema = {"description": told} if told and not told.startswith("dict(") else {}
    return {**words, "type": "object", "properties": keys, "required": [*keys], "additionalProperties": False}


def _of(hint: object, known: dict[str, Schema]) -> Schema:
    if isinstance(hint, type) and hint in PLAIN:
        return {"type": PLAIN[hint]}
    if isinstance(hint, type) and is_typeddict(hint):
        name = hint.__name__
        if name not in known:
            known[name] = {}
            known[name] = _object(hint, known)
        return {"$ref": f"#/$defs/{name}"}
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": [*inside]}
    if origin is list:
        return {"type": "array", "items": _of(inside[0], known)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(inside[1], known)}
    if origin in (Union, UnionType):
        return {"anyOf": [_of(one, known) for one in inside]}
    raise TypeError(f"{hint}: nothing in JSON")
