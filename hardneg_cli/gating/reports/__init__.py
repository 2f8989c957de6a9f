"""A check's gate results and changes as a file.

For example:

    # tally.py
    "How many gates said what."

    EXTENSIONS = (".tally",)

    def write(report: CheckReport, out: BinaryIO) -> None:
        counts = Counter(one.outcome for one in report.judged)
        out.write(f"{counts['failed']} of {counts.total()} failed\\n".encode())
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport


class CheckReportFormat(Protocol):
    """What every report has: `write`.

    EXTENSIONS, BINARY, RAW, BESIDE and SURROUNDINGS (optional) are those of a result's format. NEEDS_GATES (optional):
    whether it is about gates alone, and `diff` has nothing for it.
    """

    EXTENSIONS: tuple[str, ...] = ()
    BINARY: bool = False
    RAW: bool = False
    BESIDE: Mapping[str, Callable[[CheckReport], bytes]] = {}
    SURROUNDINGS: bool = False
    NEEDS_GATES: bool = False

    @abstractmethod
    def write(self, report: CheckReport, out: BinaryIO) -> None:
        """Write the whole report; `out` stays open."""


CHECK_REPORT_FORMATS = Units[CheckReportFormat]("report")
