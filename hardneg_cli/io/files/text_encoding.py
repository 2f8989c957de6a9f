"""The text of a file: its encoding, and its characters as a stream."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.limits import RECORD
from hardneg_cli.io.files.source import Source

CHUNK_BYTES = 1 << 20
# UTF-32 before UTF-16: the mark of the one begins with the mark of the other
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WITHOUT_BOM = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}


@dataclass(frozen=True)
class Encoding:
    """A codec's name, and what stands before the text: byte order marks, and a line that names the delimiter."""

    name: str
    prefix: bytes = b""


class LongLineError(ValueError):
    """The line of this number is longer than any that is read."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def encoding_of(source: Source, named: str | None) -> Encoding:
    """By the byte order mark, else as named, else UTF-8."""
    try:
        name = codecs.lookup(named or "utf-8").name
        "".encode(name)  # some codecs, such as base64, are not for text
    except (LookupError, ValueError) as error:  # `undefined` is a codec, too
        raise InputError(
            f"no encoding is called {quote(named)}; examples are utf-8, utf-16, cp1252, shift_jis"
        ) from error
    for bom, marked in BOMS:
        if source.head.startswith(bom):
            times = 1
            while source.head.startswith(bom, times * len(bom)):  # whoever joins files may write it again
                times += 1
            return Encoding(WITHOUT_BOM.get(name, name) if named and marked == "utf-8" else marked, times * bom)
    return Encoding(WITHOUT_BOM.get(name, name))


def chunks(source: Source, encoding: Encoding, *, errors: str = "strict") -> Iterator[str]:
    """The text behind the prefix, about a MiB at a time. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder(encoding.name)(errors)
    with source.open() as stream:
        stream.read(len(encoding.prefix))
        while data := stream.read(CHUNK_BYTES):
            yield decoder.decode(bytes(data))
    yield decoder.decode(b"", final=True)


def lines(texts: Iterator[str]) -> Iterator[str]:
    """Lines that end with a line feed, and keep it. Raises LongLineError beyond `RECORD` characters."""
    begun: list[str] = []
    number = size = 0
    for text in texts:
        *ended, rest = text.split("\n")
        for line in ended:
            number += 1
            yield "".join((*begun, line, "\n"))
            begun.clear()
            size = 0
        begun.append(rest)
        size += len(rest)
        if size > RECORD:
            raise LongLineError(number + 1)
    if last := "".join(begun):
        yield last


def encoded(text: str, encoding: Encoding, where: str) -> bytes:
    """The bytes of `text`; `where` begins the message when the encoding has none for it."""
    try:
        return text.encode(encoding.name)
    except UnicodeEncodeError as error:
        raise InputError(f"{where}: {quote(text)} cannot be written in {encoding.name}") from error


def undecodable(source: Source, encoding: Encoding, place: str) -> InputError:
    return InputError(
        f"{source.name}: {place}: bytes that are not {encoding.name}; name the encoding with --encoding (say, cp1252)"
    )
