"""The manual's references, made from what the commands and units say of themselves.

`python tests/support/references.py` writes them anew; a test compares them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from hardneg_cli.io.tables.queue_columns import QUEUE_COLUMNS
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.explain import TUNED, unit_manual

MANUAL = Path(drawers.__file__).parents[1] / "manual"
COMMAND = "python tests/support/references.py"
BY = {"run": "the run", "person": "a reviewer"}  # who fills in a column


def commands() -> str:
    """The page with every command's --help."""
    groups = {"": drawers.names("command")} | {
        name: drawers.names("command", name) for name in drawers.folders("command")
    }
    names = sorted(f"{group} {name}".strip() for group, members in groups.items() for name in members)
    helps = map(_help, names)
    parts = ["# Commands\n\nEvery command with its options, as `hardneg COMMAND --help` shows them."]
    parts += [f"## hardneg\n\n```text\n{_help('')}```"]
    parts += [f"## hardneg {name}\n\n```text\n{text}```" for name, text in zip(names, helps, strict=True)]
    return "\n\n".join(parts) + "\n"


def units() -> str:
    """The page with the manual of every unit that has settings."""
    return "\n\n".join(_units()) + "\n"


def files() -> str:
    """The page about files, with the table of a queue's columns."""
    return with_table((MANUAL / "files.md").read_text(encoding="utf-8"), "queue", _queue_columns())


def with_table(text: str, name: str, table: str) -> str:
    """A page's text with another table between the marks `<!-- table: NAME -->` and `<!-- end -->`."""
    start = text.index(mark := f"<!-- table: {name} -->\n") + len(mark)
    return text[:start] + table + text[text.index("<!-- end -->", start) :]


PAGES = {"commands.md": commands, "files.md": files, "units.md": units}
GENERATED = ("commands.md", "units.md")  # from the first line to the last


def _queue_columns() -> str:
    lines = [f"| `{column.name}` | {BY[column.by]} | {column.means} |\n" for column in QUEUE_COLUMNS]
    return "".join(["| column | by | holds |\n| --- | --- | --- |\n", *lines])


def _units() -> Iterator[str]:
    yield (
        "# Units\n\nEvery detector, gate, model, mode, attack, transform and strategy with its settings, as"
        " `hardneg explain NAME` shows it."
    )
    for kind, title in TUNED.items():
        yield f"## {title}"
        for name in drawers.names(kind):
            yield f"### {name}\n\n```text\n{unit_manual(kind, name)}```"


def _help(command: str) -> str:
    """In 100 columns, without what the environment would set as defaults."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HARDNEG_")}
    from support.command import hardneg

    environment |= {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    done = hardneg(*command.split(), "--help", cwd=MANUAL, env=environment, text=True, check=True)
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.strip("\n").splitlines())


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    for name, page in PAGES.items():
        (MANUAL / name).write_text(page(), encoding="utf-8")
