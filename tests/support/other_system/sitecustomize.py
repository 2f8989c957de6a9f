"""Takes from an interpreter what Windows does not have; a folder with this file comes first on the PYTHONPATH.

No module, function, flag or signal of POSIX alone is there once Python's own library has been loaded, and joblib; and a
file that this process holds open can neither be replaced, renamed nor removed. What those do of their own accord is
still what they do on this machine; so are paths, and what code asks `sys.platform` for (extended attributes).
"""

import asyncio
import contextlib
import os
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import joblib  # scikit-learn's, which is built for one system

ALREADY_LOADED = (asyncio, contextlib, joblib, selectors, shutil, socket)
MODULES = ("_posixshmem", "fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
FUNCTIONS = [
    "chown",
    "chroot",
    "confstr",
    "ctermid",
    "eventfd",
    "fchdir",
    "fchmod",
    "fchown",
    "fork",
    "forkpty",
    "fstatvfs",
    "getegid",
    "geteuid",
    "getgid",
    "getgrouplist",
    "getgroups",
    "getloadavg",
    "getpgid",
    "getpgrp",
    "getpriority",
    "getresgid",
    "getresuid",
    "getsid",
    "getuid",
    "initgroups",
    "killpg",
    "lchown",
    "lockf",
    "major",
    "makedev",
    "memfd_create",
    "minor",
    "mkfifo",
    "mknod",
    "nice",
    "openpty",
    "pathconf",
    "pidfd_open",
    "pipe2",
    "posix_fadvise",
    "posix_fallocate",
    "posix_spawn",
    "posix_spawnp",
    "pread",
    "preadv",
    "pwrite",
    "pwritev",
    "readv",
    "register_at_fork",
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_yield",
    "sendfile",
    "setegid",
    "seteuid",
    "setgid",
    "setgroups",
    "setpgid",
    "setpriority",
    "setresgid",
    "setresuid",
    "setsid",
    "setuid",
    "splice",
    "statvfs",
    "sync",
    "sysconf",
    "tcgetpgrp",
    "tcsetpgrp",
    "ttyname",
    "wait",
    "wait3",
    "wait4",
    "waitid",
    "writev",
]
FLAGS = [
    "O_ASYNC",
    "O_CLOEXEC",
    "O_DIRECT",
    "O_DIRECTORY",
    "O_DSYNC",
    "O_LARGEFILE",
    "O_NDELAY",
    "O_NOATIME",
    "O_NOCTTY",
    "O_NOFOLLOW",
    "O_NONBLOCK",
    "O_PATH",
    "O_RSYNC",
    "O_SYNC",
    "O_TMPFILE",
]
THERE = {"SIGABRT", "SIGBREAK", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM", "SIG_DFL", "SIG_IGN"}
OF_SIGNALS = [
    "alarm",
    "getitimer",
    "pause",
    "pthread_kill",
    "pthread_sigmask",
    "setitimer",
    "siginterrupt",
    "sigpending",
    "sigtimedwait",
    "sigwait",
    "sigwaitinfo",
]


def take_away() -> None:
    for name in (*FUNCTIONS, *FLAGS):
        vars(os).pop(name, None)
    for name in [one for one in vars(signal) if one.startswith("SIG") and one not in THERE] + OF_SIGNALS:
        vars(signal).pop(name, None)
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # to import it is an error
    os.supports_fd.discard(os.chmod)
    for name in ("epoll", "poll"):
        vars(select).pop(name, None)
    subprocess.Popen.kill = subprocess.Popen.terminate  # type: ignore[method-assign]
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # type: ignore[assignment,misc]


def refuse_what_is_open(name: str, *places: int) -> None:
    """Have a function of `os` fail for files that are open here; places: of the paths among its arguments."""
    done: Callable[..., Any] = getattr(os, name)

    def careful(*arguments: Any, **named: Any) -> Any:
        for place in places:
            if is_open(arguments[place]):
                raise PermissionError(13, "the file is in use by this process", os.fspath(arguments[place]))
        return done(*arguments, **named)

    setattr(os, name, careful)


def is_open(path: str | bytes | os.PathLike[str]) -> bool:
    """Whether this process holds the file open, or a part of it in its memory."""
    try:
        wanted = os.lstat(path)
    except OSError:
        return False
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found = os.fstat(int(number))
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    with open("/proc/self/maps", encoding="utf-8") as lines:
        return any(line.split()[4] == str(wanted.st_ino) for line in lines)


take_away()
for function, *where in (("replace", 0, 1), ("rename", 0, 1), ("unlink", 0), ("remove", 0)):
    refuse_what_is_open(function, *where)
