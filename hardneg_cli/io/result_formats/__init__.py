"""One output format each: a table to a file or to standard output.

The name that users type (`-f tsv`, `-o tsv:path`) is the file's. Annotation tools, in a drawer of their own, are
formats, too.

    # ids.py
    "The ids alone, one a line."

    EXTENSIONS = (".ids",)

    def write(table: pa.Table, out: BinaryIO) -> None:
        out.writelines(f"{id_}\\n".encode() for id_ in table["id"].to_pylist())
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    import pyarrow as pa


class ResultFormat(Protocol):
    """What every format has: `write`.

    Optional: EXTENSIONS, in lower case, whose files are of this format without its name being said. BINARY: whether it
    is nothing for a terminal. RAW: whether it keeps out itself what steers a terminal or a CI server, and may send such
    things of its own, as colors. BESIDE: what is written next to the file, a function of the table for each suffix:
    `{".config.xml": configuration}` writes tasks.config.xml with tasks.json. SURROUNDINGS: whether it shows what stands
    around each row, which `surroundings_of` tells then; the table has a column for that.
    """

    EXTENSIONS: tuple[str, ...] = ()
    BINARY: bool = False
    RAW: bool = False
    BESIDE: Mapping[str, Callable[[pa.Table], bytes]] = {}
    SURROUNDINGS: bool = False

    @abstractmethod
    def write(self, table: pa.Table, out: BinaryIO) -> list[str] | None:
        """Write the whole table; `out` stays open. Answers what there is to say about it, if anything.

        Raises InputError for a table that the format cannot hold.
        """


RESULT_FORMATS = Units[ResultFormat]("format")
