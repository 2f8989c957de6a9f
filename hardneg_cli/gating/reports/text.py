"""For reading: what changed, a line a gate with the first rows it blames, and the final word.

Without gates, as after `diff`: a line a changed row, `~` for one that is relabeled or edited, `+` and `-` for one that
is added or dropped. On a terminal in colors, elsewhere plain, unless --color says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.gating.report_lines import lines
from hardneg_cli.runtime.terminal import colored, console_for, without_commands

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport

EXTENSIONS = (".txt",)
RAW = True  # colors of its own


def write(report: CheckReport, out: BinaryIO) -> None:
    if colored(out):
        _draw(report, out)
        return
    out.writelines(without_commands(f"{line}\n".encode(errors="backslashreplace")) for line in report.summary())


def _draw(report: CheckReport, out: BinaryIO) -> None:
    from rich.text import Text

    with console_for(out, soft_wrap=True) as console:
        for line in lines(report):
            console.print(Text.assemble(*line))
