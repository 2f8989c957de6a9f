"""Names of files as systems take them: which are one and the same, which cannot be, what a folder itself calls a file.

Windows and macOS do not tell `A.csv` from `a.csv`; Windows has further names that are devices, and letters with a
meaning of their own. The rules are functions of names alone.
"""

from __future__ import annotations

import ntpath
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

IS_WINDOWS = os.name == "nt"
IGNORES_CASE = IS_WINDOWS or sys.platform == "darwin"
NUMBERS = "123456789¹²³"
PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in NUMBERS}
DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$", *PORTS})
MEANINGFUL = frozenset('<>:"/\\|?*')


def folded(path: str) -> str:
    """What is the same for names that some file systems do not tell apart."""
    return unicodedata.normalize("NFC", path).casefold()


def identity(path: str | Path, *, ignores_case: bool = IGNORES_CASE) -> str:
    """What is the same for two paths of one file, whether it is there yet or not."""
    real = os.path.realpath(path)
    return folded(real) if ignores_case else real


def trouble_of(name: str, *, windows: bool = IS_WINDOWS) -> str:
    """Why a file or a folder cannot have that name here, as a clause; empty where it can.

    `nul.csv` is a device on Windows as `nul` is, `a:b` a part of the file `a`, and `a.` the same as `a`.
    """
    if not windows:
        return "it has a '/' in it" if "/" in name else ""
    if letters := sorted({letter for letter in name if letter in MEANINGFUL or letter < " "}):
        return f"Windows has another use for {', '.join(map(repr, letters))}"
    if name.endswith((".", " ")) and name.strip("."):
        return "Windows leaves out a '.' or a blank at its end"
    if name.partition(".")[0].rstrip(" ").lower() in DEVICES:
        return "it is the name of a device on Windows"
    return ""


def is_below(path: str, *, windows: bool = IS_WINDOWS) -> bool:
    """Whether a path with `/` between its parts, read from a file, names something below a folder and nothing else."""
    parts = PurePosixPath(path).parts
    if not path or "\0" in path or path.startswith("/") or ".." in parts or "/".join(parts) != path:
        return False
    return not windows or not any(trouble_of(part, windows=True) for part in parts)


def on_another_drive(path: str, folder: str) -> bool:
    r"""Whether Windows would look elsewhere than on the folder's drive for a path that is typed there.

    `\\server\share` is such a drive, and to look at what is on it is to log in there.
    """
    drive = ntpath.splitdrive(path)[0]
    return bool(drive) and ntpath.normcase(drive) != ntpath.normcase(ntpath.splitdrive(folder)[0])


def listed_name(name: str, listing: Iterable[str]) -> str:
    """The name as a folder lists it, where it is typed in another case or another form of Unicode."""
    names = set(listing)
    if name in names:
        return name
    return next((one for one in sorted(names) if folded(one) == folded(name)), name)


def with_slashes(path: str | Path) -> str:
    """A path as git and manifests write it, whatever this system has between the parts."""
    return str(path).replace(os.sep, "/")


def program(name: str, *, windows: bool = IS_WINDOWS) -> str | None:
    """The program to start; None where Windows has none on the PATH.

    Left alone, it would start one of that name that lies in the working folder, which is of strangers.
    """
    if not windows:
        return name
    return on_path(f"{name}.exe", os.environ.get("PATH", "").replace('"', "").split(os.pathsep))


def on_path(file: str, folders: Sequence[str]) -> str | None:
    """The first such file in those of the folders that are named from the root."""
    places = (os.path.join(folder, file) for folder in folders if os.path.isabs(folder))
    return next((place for place in places if os.path.isfile(place)), None)
