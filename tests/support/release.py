"""Whether a tag, the version, the changelog and the manual name one release: `python tests/support/release.py vX.Y.Z`.

It needs nothing installed, and prints what the changelog says of the release.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADING = re.compile(r"^## (\S+) \((unreleased|\d{4}-\d{2}-\d{2})\)$", re.MULTILINE)
NAMED = re.compile(r"(?:actions/check@v|rev: v|hardneg-cli==)(\d[\w.]*\w)")  # as the manual's snippets name a release


def version(root: Path) -> str:
    found = re.search(r'^__version__ = "(.+)"$', (root / "hardneg_cli" / "__init__.py").read_text(), re.MULTILINE)
    assert found, "hardneg_cli/__init__.py has no __version__"
    return found[1]


def newest(root: Path) -> tuple[str, str, str]:
    """The changelog's first version, its date or `unreleased`, and its entries."""
    _, number, date, rest = HEADING.split((root / "CHANGELOG.md").read_text(), maxsplit=1)
    return number, date, HEADING.split(rest, maxsplit=1)[0].strip()


def other_releases(root: Path) -> list[str]:
    """Where the manual names another release than this one."""
    texts = (
        (file, file.read_text()) for file in sorted((root / "hardneg_cli" / "manual").rglob("*")) if file.is_file()
    )
    return [
        f"{file.relative_to(root)} names {found[1]}"
        for file, text in texts
        for found in NAMED.finditer(text)
        if found[1] != version(root)
    ]


def problems(root: Path, tag: str) -> list[str]:
    number, date, entries = newest(root)
    checks = [
        (tag == f"v{version(root)}", f"the tag is {tag}, and __version__ is {version(root)}"),
        (number == version(root), f"the changelog begins with {number}, and __version__ is {version(root)}"),
        (date != "unreleased", f"the changelog calls {number} unreleased: give it its date"),
        (bool(entries), f"the changelog says nothing of {number}"),
    ]
    return [words for right, words in checks if not right] + other_releases(root)


if __name__ == "__main__":
    if found := problems(ROOT, sys.argv[1]):
        sys.exit("\n".join(found))
    print(newest(ROOT)[2])
