"""Paths that a settings file names: relative to its folder, and inside it, whatever links there are."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path, PureWindowsPath

from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.errors import InputError, quote
from hardneg_cli.runtime import drawers

GIT = "git:"
VARIABLE = re.compile(r"\$[A-Za-z_{(]")


def refuse_elsewhere(where: str, value: str, trust: Trust) -> None:
    """Raises InputError for a value that names something outside any folder by its letters alone.

    where: the file and the key, for messages. What is a revision (`git:REV`) names a path of this repository's own.
    """
    if trust is Trust.NAMES and "," in value:
        return
    _, path = _prefixed(value) if trust is Trust.WRITTEN else ("", value)
    if trust is Trust.READ and path.startswith(GIT):
        if ":" in path.removeprefix(GIT):
            raise _refused(where, value, "a path of its own at a revision")
        return
    if reason := _elsewhere(path, trust):
        raise _refused(where, value, reason)


def from_here(where: str, value: str, folder: Path, trust: Trust) -> str:
    """The value as the working folder sees it. folder: the settings file's.

    Raises InputError for a path that leaves the folder, also through a link.
    """
    if trust is Trust.READ and value.startswith(GIT):
        return value
    folder = Path(os.path.realpath(folder))
    prefix, path = _prefixed(value) if trust is Trust.WRITTEN else ("", value)
    if trust is Trust.NAMES and not os.path.isfile(folder / path):
        if os.path.isfile(path):  # of the working folder, or wherever it may be
            raise _refused(where, value, "a file outside its folder")
        return value
    _refuse_links(where, value, folder, path)
    return prefix + _seen(folder, path)


def _prefixed(value: str) -> tuple[str, str]:
    """The `format:` that an output begins with, if it does, and the path."""
    prefix, colon, path = value.partition(":")
    known = (*drawers.names("format"), *drawers.names("annotation tool"), *drawers.names("report"))
    return (prefix + colon, path) if colon and prefix in known else ("", value)


def _elsewhere(path: str, trust: Trust) -> str:
    """What is wrong with a path that does not stay in its folder, or nothing."""
    from hardneg_cli.review.decisions.decision_log import LOG_SUFFIX

    parts = re.split(r"[/\\]", path)
    if "://" in path or "::" in path:
        return "a URL"
    if path == "-":
        return "standard input or output"
    if (parts[0] == "" and path) or PureWindowsPath(path).drive:
        return "an absolute path"
    if ".." in parts or parts[0].startswith("~") or "\0" in path:
        return "a path outside its folder"
    if trust is not Trust.NAMES and VARIABLE.search(path):
        return "a variable of the environment"
    if trust is Trust.WRITTEN and any(part.startswith(".") and part != "." for part in parts):
        return "a hidden file to write"
    if trust is Trust.WRITTEN and path.endswith(LOG_SUFFIX):
        return "a decisions log to write"
    return ""


def _refuse_links(where: str, value: str, folder: Path, path: str) -> None:
    """Raises InputError where the path, or what matches it as a pattern, is a link out of the folder."""
    named = [folder / path]
    if glob.has_magic(path) and not os.path.lexists(folder / path):
        named += [Path(one) for one in glob.iglob(os.path.join(glob.escape(str(folder)), path), recursive=True)]
    for one in named:
        if not Path(os.path.realpath(one)).is_relative_to(folder):
            raise _refused(where, value, "a path outside its folder, through a link")


def _refused(where: str, value: str, what: str) -> InputError:
    return InputError(
        f"{where} names {what}, {quote(value)}: a settings file chooses inside its own folder; "
        "give this on the command line"
    )


def _seen(folder: Path, path: str) -> str:
    here = Path.cwd()
    if folder == here:
        return path
    if folder.is_relative_to(here) or here.is_relative_to(folder):
        return os.path.join(os.path.relpath(folder, here), path)
    return str(folder / path)
