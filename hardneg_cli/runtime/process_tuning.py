"""What a process does to be quick and small, for good: the command line's own, and a cluster's workers.

Nothing of it is done to a process that merely imports us.
"""

from __future__ import annotations

import gc
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # of malloc.h
OBJECTS = 100_000  # that may be made before cycles are sought: importing makes many, and hardly a cycle
LARGEST = 1 << 25  # bytes; what is larger is given back at once


def tune_process() -> None:
    """Before anything is read or computed."""
    gc.set_threshold(OBJECTS)
    _reuse_freed_memory()
    _read_without_pandas()


def _reuse_freed_memory() -> None:
    """Have freed arrays used again instead of given back to the system, whose pages are dear to get anew.

    Else glibc gives back every array of some 100 kB and more: on a virtual machine that makes `exp(log(x))` 6 times as
    slow. Other C libraries are left as they are.
    """
    if sys.platform != "linux":
        return
    import ctypes

    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(MMAP_THRESHOLD, LARGEST)
        mallopt(TRIM_THRESHOLD, 8 * LARGEST)
        mallopt(ARENA_MAX, 1)  # what one thread freed, any may use


def _read_without_pandas() -> None:
    """Let pyarrow find no pandas when it looks for it, which it does once, only to know its objects if it is given any.

    It would take a third of a second. Whoever imports pandas later, gets it; so does pyarrow, to make or to read a
    DataFrame.
    """
    if "pandas" in sys.modules:
        return
    hiding = _NoPandas()
    sys.meta_path.insert(0, hiding)
    try:
        import pyarrow as pa

        pa.scalar(0.0)  # now it looks
    finally:
        sys.meta_path.remove(hiding)


class _NoPandas:
    """Finds no pandas, and leaves all else to others."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)
