"""The parts of a workbook as XML that nothing can hide in: no document types, no entities, no endless elements.

Document types are where entities are declared, which multiply text or fetch files; workbooks have none. Elements take
many times in memory what they take in a file, so that all but rows and texts, which are read one by one, are counted.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import IO, cast
from xml.etree.ElementTree import Element, XMLPullParser
from xml.parsers import expat

from hardneg_cli.errors import InputError

CHUNK_BYTES = 1 << 16
MOST_ELEMENTS = 1 << 20  # of a part, or of one row or text of it
MOST_DEEP = 1 << 8
NO_XML = (".bin", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".vml")
MOST_CELLS = 1 << 21  # of a sheet that is read as a whole, and of what ranges of it are spread over
CELLS_A_BYTE = 2  # of the file, if that is more
RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")


def confirm(name: str, part: str, data: IO[bytes], most: int = MOST_ELEMENTS) -> None:
    """Raises InputError for a document type, and for more than there may be of elements, nesting or cells of ranges."""
    where = f"{name}: {part}"
    counted = depth = spread = 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal counted, depth, spread
        counted += 1
        depth += 1
        if tag.endswith(("mergeCell", "hyperlink")):
            spread += _cells(attributes.get("ref", ""))
        if counted > most or depth > MOST_DEEP or spread > most:
            raise InputError(f"{where}: has more in it than can be read: elements, nested ones, or cells of ranges")

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    parser = _parser(where)
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    while chunk := data.read(CHUNK_BYTES):
        parser.Parse(chunk, False)


def confirm_grid(name: str, archive: CheckedArchive) -> None:
    """Look through all parts of a workbook that is to be read as a whole, sheets among them."""
    assert archive.fp is not None
    place = archive.fp.tell()
    most = max(MOST_CELLS, CELLS_A_BYTE * archive.fp.seek(0, 2))
    archive.fp.seek(place)
    for member in archive.infolist():
        if not member.filename.lower().endswith(NO_XML) and not member.is_dir():
            with archive.open(member) as stream:
                confirm(name, member.filename, stream, most)


def _cells(range_: str) -> int:
    """How many cells a range such as B2:C3 has."""
    found = RANGE.fullmatch(range_)
    if found is None or found[3] is None:
        return 1
    rows = abs(int(found[4]) - int(found[2])) + 1
    return rows * (abs(_column(found[3]) - _column(found[1])) + 1)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def elements(name: str, part: str, stream: IO[bytes], wanted: str) -> Iterator[Element]:
    """Every `wanted` element of a part, whole, one at a time; it is empty once the next one is asked for.

    Raises InputError as `confirm` does, for a document type, and for more elements than it may have between two of the
    wanted ones. They are counted as what begins them, a chunk at a time, because events for each would take long.
    """
    confirm_prolog(name, part, stream)
    stream.seek(0)
    parser: XMLPullParser[Element] = XMLPullParser(("end",))
    counted = 0
    while chunk := stream.read(CHUNK_BYTES):
        counted += chunk.count(b"<")
        if counted > MOST_ELEMENTS:
            raise InputError(f"{name}: {part}: has more in it than can be read: elements beside its rows or texts")
        parser.feed(chunk)
        for _, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
            if element.tag == wanted:
                yield element
                element.clear()
                counted = 0
    parser.close()


def confirm_prolog(name: str, part: str, stream: IO[bytes]) -> None:
    """Raises InputError for a document type, which can only stand before the first element."""
    begun = False

    def begin(_tag: str, _attributes: object) -> None:
        nonlocal begun
        begun = True

    parser = _parser(f"{name}: {part}")
    parser.StartElementHandler = begin
    while not begun and (chunk := stream.read(CHUNK_BYTES)):
        parser.Parse(chunk, False)


class CheckedArchive(zipfile.ZipFile):
    """An archive, each XML part of which is looked through before it is read as a whole."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        super().__init__(file)
        self._name = name

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        data = super().read(name, pwd)
        part = name if isinstance(name, str) else name.filename
        if not part.lower().endswith(NO_XML):
            confirm(self._name, part, io.BytesIO(data))
        return data


def _parser(where: str) -> expat.XMLParserType:
    def refuse(*_: object) -> None:
        raise InputError(f"{where}: has a document type (DTD), which no workbook has; it is not read")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser
