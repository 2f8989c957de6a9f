"""Folding text so that spellings that look the same compare the same."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

BLANKS = r"[\s\p{Z}]+"
ODD_BLANKS = r"  |[\t\n\f\r\p{Zl}\p{Zp}\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]"  # all but single ones
PUNCTUATION = r"([-+−.,:/]?\p{N}+)|[\p{P}\p{Z}\p{C}]+"  # the number is kept, the rest is not


def folded(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Unicode compatibility form (NFKC), every run of white space one blank, none at the ends; null becomes empty."""
    import pyarrow.compute as pc

    normal = pc.utf8_normalize(pc.fill_null(values, ""), form="NFKC")
    if pc.any(pc.match_substring_regex(normal, pattern=ODD_BLANKS)).as_py():  # to look costs a tenth of replacing
        normal = pc.replace_substring_regex(normal, pattern=BLANKS, replacement=" ")
    return pc.utf8_trim_whitespace(normal)


def folded_name(name: str) -> str:
    """The same for one class name, and its case folded too."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def bare(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lower case without blanks and punctuation, the text folded first; what has no letters (a number) stays as it is.

    Signs and points before a digit stay (`1.5 kg` is not `15 kg`), and so do symbols (`C++`, emoji).
    """
    import pyarrow.compute as pc

    normal = folded(values)
    has_letters = pc.match_substring_regex(normal, r"\p{L}")
    if not pc.any(has_letters).as_py():  # replacing takes ten times as long
        return normal
    letters = pc.replace_substring_regex(pc.utf8_lower(normal), pattern=PUNCTUATION, replacement=r"\1")
    return pc.if_else(has_letters, letters, normal)
