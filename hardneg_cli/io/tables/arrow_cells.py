"""Values of typed columns as text and as numbers, and text as values again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from hashlib import blake2b
from math import isfinite
from typing import TYPE_CHECKING, TypeVar

from hardneg_cli.errors import InputError, quote

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

T = TypeVar("T")
DECIMAL_DIGITS = 100
PICTURE_KINDS = {
    b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif", b"BM": "bmp",
    b"RIFF": "webp", b"II*\0": "tiff", b"MM\0*": "tiff",
}  # fmt: skip


def as_text(array: pa.Array) -> pa.Array:
    """`pa.string()` of any array, null where it is null; O(N), in Python for floats, binary and nested values.

    Integers and decimals as they are, floats in their shortest form (`7.0`), booleans `true` and `false`, times in
    ISO 8601, binary in Base64, lists of numbers as a fingerprint, a picture as `datasets` keeps it as a data URI or a
    path, other nested values as compact JSON.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return as_text(array.storage)
    if types.is_dictionary(kind):
        return as_text(array.dictionary).take(array.indices)
    if types.is_run_end_encoded(kind):
        return as_text(pc.run_end_decode(array))
    if types.is_timestamp(kind):
        return _iso(array.cast(pa.string()))
    if types.is_floating(kind):
        return _each(array.to_numpy(zero_copy_only=False), array, str)
    if _is_binary(kind):
        return _each(array.to_pylist(), array, lambda value: base64.b64encode(value).decode())
    if is_list_view(kind):
        return as_text(_in_turn(array))
    if is_list(kind) and _is_number(kind.value_type):
        return _each(_rows(array), array, fingerprint)
    if types.is_nested(kind) or types.is_interval(kind):
        return _pictures(array) if is_picture(kind) else _each(_values(array), array, compact)
    return array.cast(pa.string())


def without_nan(array: pa.Array) -> pa.Array:
    """The array with nulls in place of NaN, where it holds floats."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    if isinstance(array, pa.ExtensionArray):
        return without_nan(array.storage)
    if types.is_dictionary(array.type) and types.is_floating(array.type.value_type):
        return without_nan(array.cast(array.type.value_type))
    if not types.is_floating(array.type):
        return array
    return pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)


def as_numbers(array: pa.Array, where: Callable[[int], str]) -> pa.Array:
    """float64, or float32 where the array holds float32 or float16; lists stay lists; a missing number is NaN.

    Raises InputError for what is no number; `where` names the place of its position.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return as_numbers(array.storage, where)
    if types.is_dictionary(kind):
        return as_numbers(_decoded(array), where)
    if types.is_run_end_encoded(kind):
        return as_numbers(pc.run_end_decode(array), where)
    if is_list_view(kind):
        return as_numbers(_in_turn(array), where)
    if is_list(kind) and _is_number(kind.value_type):
        lists = _list_of_floats(kind)
        return array if lists == kind else array.cast(lists)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return _parsed(array.cast(pa.string()), where)
    if not (_is_number(kind) or types.is_null(kind) or types.is_boolean(kind)):
        raise InputError(f"{where(0)}: a value of type {kind} is not a number")
    if (floats := _float_of(kind)) != kind:
        array = array.cast(floats, safe=False)
    return pc.fill_null(array, pa.scalar(float("nan"), floats)) if array.null_count else array


def of_text(texts: Sequence[str], kind: pa.DataType, where: str) -> pa.Array:
    """An array of this type that reads as these texts. Raises InputError where the type cannot hold one of them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, of_text(texts, kind.storage_type, where))
    if types.is_run_end_encoded(kind):
        return pc.run_end_encode(of_text(texts, kind.value_type, where), run_end_type=kind.run_end_type)
    if types.is_dictionary(kind):
        inner = of_text(texts, kind.value_type, where).dictionary_encode()
        codes = inner.indices.cast(kind.index_type)
        return pa.DictionaryArray.from_arrays(codes, inner.dictionary, ordered=kind.ordered)
    try:
        array = pa.array(texts, pa.string()).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeEncodeError) as error:
        raise InputError(f"{where} is of type {kind} and cannot hold {_first_of(texts)}: {error}") from error
    for text, found in zip(texts, as_text(array).to_pylist(), strict=True):
        if text != found:
            raise InputError(f"{where} is of type {kind}: {quote(text)} would become {quote(found)}")
    return array


def of_number_or_text(texts: Sequence[str], kind: pa.DataType, where: str) -> pa.Array:
    """As `of_text`, where a number need not be spelled as the type would: `0` for `0.0`, rounded as it has to be."""
    import pyarrow as pa
    from pyarrow import types

    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, of_number_or_text(texts, kind.storage_type, where))
    if types.is_dictionary(kind):
        inner = of_number_or_text(texts, kind.value_type, where).dictionary_encode()
        codes = inner.indices.cast(kind.index_type)
        return pa.DictionaryArray.from_arrays(codes, inner.dictionary, ordered=kind.ordered)
    if not (types.is_floating(kind) or types.is_decimal(kind)):
        return of_text(texts, kind, where)
    numbers = [read_number(text) for text in texts]
    for text, number in zip(texts, numbers, strict=True):
        if number is None or not isfinite(number):
            raise InputError(f"{where} is of type {kind} and cannot hold {quote(text)}")
    if types.is_floating(kind):
        return pa.array(numbers, pa.float64()).cast(kind, safe=False)
    step = Decimal(1).scaleb(-kind.scale)
    try:
        with localcontext() as exact:
            exact.prec = DECIMAL_DIGITS
            return pa.array([Decimal(text.strip()).quantize(step) for text in texts], kind)
    except (pa.ArrowInvalid, InvalidOperation) as error:
        raise InputError(f"{where} is of type {kind} and cannot hold {_first_of(texts)}") from error


def fingerprint(numbers: Sequence[float] | NDArray[np.float64] | None) -> str:
    """A short text that tells lists of numbers apart: BLAKE2b, 8 bytes, over their little-endian float64 bytes."""
    import numpy as np

    values = np.ascontiguousarray(numbers, "<f8")
    return f"[{len(values)} numbers, blake2b {blake2b(values.tobytes(), digest_size=8).hexdigest()}]"


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def is_list(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(
        types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind) or is_list_view(kind)
    )


def is_picture(kind: pa.DataType) -> bool:
    """Whether this is how `datasets` stores a picture: its bytes, and the path that they are from."""
    from pyarrow import types

    if not types.is_struct(kind) or {field.name for field in kind} != {"bytes", "path"}:
        return False
    return _is_binary(kind.field("bytes").type)


def is_list_view(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_list_view(kind) or types.is_large_list_view(kind))


def _pictures(array: pa.Array) -> pa.Array:
    """Pictures' bytes as data URIs, else their paths; null where there is neither."""
    import pyarrow as pa

    parts = dict(zip((field.name for field in array.type), array.flatten(), strict=True))
    contents, paths = parts["bytes"].to_pylist(), parts["path"].to_pylist()
    cells = (_data_uri(content) if content else path for content, path in zip(contents, paths, strict=True))
    return pa.array(cells, pa.string())


def _data_uri(content: bytes) -> str:
    kind = next((name for magic, name in PICTURE_KINDS.items() if content.startswith(magic)), "x-unknown")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _plain(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _is_number(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_binary(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(
        types.is_binary(kind) or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind) or types.is_binary_view(kind)
    )  # fmt: skip


def _decoded(array: pa.Array) -> pa.Array:
    import pyarrow as pa
    from pyarrow import types

    values = array.dictionary
    return (values.cast(pa.large_string()) if types.is_string_view(values.type) else values).take(array.indices)


def _values(array: pa.Array) -> list[object]:
    """Python's values. Raises InputError for those that Python has none for, such as a date in the year 300000."""
    try:
        found: list[object] = array.to_pylist()
    except (ValueError, OverflowError) as error:
        raise InputError(f"a column of type {array.type} cannot be read: {error}") from error
    return found


def _float_of(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    return pa.float32() if kind in (pa.float16(), pa.float32()) else pa.float64()


def _list_of_floats(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa
    from pyarrow import types

    value = _float_of(kind.value_type)
    if types.is_fixed_size_list(kind):
        return pa.list_(value, kind.list_size)
    return pa.large_list(value) if types.is_large_list(kind) else pa.list_(value)


def _in_turn(views: pa.Array) -> pa.Array:
    """Views of lists as lists that follow one another."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    sizes = pc.list_value_length(views).fill_null(0).to_numpy(zero_copy_only=False)
    places = pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int64())
    return pa.LargeListArray.from_arrays(places, views.flatten(), mask=views.is_null())


def _rows(array: pa.Array) -> list[NDArray[np.float64] | None]:
    """Each row of a list array as a numpy array, without a Python number for every value."""
    import numpy as np

    return [
        None if row is None else np.asarray(row, np.float64)
        for row in array.to_numpy(zero_copy_only=False)
    ]  # fmt: skip


def _each(values: Iterable[T], array: pa.Array, text: Callable[[T], str]) -> pa.Array:
    """`text` of every value that is not null."""
    import pyarrow as pa

    known = array.is_valid().to_pylist()
    return pa.array([text(value) if valid else None for value, valid in zip(values, known, strict=True)], pa.string())


def _iso(texts: pa.Array) -> pa.Array:
    """`2024-01-31 10:00:00.000000` as `2024-01-31T10:00:00`."""
    import pyarrow.compute as pc

    short = pc.replace_substring_regex(texts, pattern=r"\.0+(Z|[+-]\d+|$)", replacement=r"\1")
    return pc.replace_substring(short, pattern=" ", replacement="T", max_replacements=1)


def _parsed(texts: pa.Array, where: Callable[[int], str]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = pc.if_else(pc.equal(pc.fill_null(texts, ""), ""), "nan", texts)
    try:
        return filled.cast(pa.float64())
    except pa.ArrowInvalid as error:
        for position, text in enumerate(filled.to_pylist()):
            if read_number(text) is None:
                raise InputError(f"{where(position)}: {quote(text)} is not a number") from error
        raise InputError(f"{where(0)}: {error}") from error


def read_number(text: str) -> float | None:
    """The number that the text says; None for what is none."""
    import pyarrow as pa

    try:
        return float(pa.scalar(text).cast(pa.float64()).as_py())
    except pa.ArrowInvalid:
        return None


def _first_of(texts: Sequence[str]) -> str:
    return repr(texts[0]) if len(texts) == 1 else f"{quote(texts[0])} or one of {len(texts) - 1:,} others"
