"""One offline page, as an artefact of a job: the verdict, what to do, the gates, the rows to look at, what changed.

It is the page of all reports: light and dark, readable on paper, with a table beside each figure, and nothing in the
data is markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.gating.check_document import check_document
from hardneg_cli.rendering.html_page import page

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport

EXTENSIONS = (".html", ".htm")


def write(report: CheckReport, out: BinaryIO) -> None:
    out.write(page(check_document(report)).encode(errors="backslashreplace"))
