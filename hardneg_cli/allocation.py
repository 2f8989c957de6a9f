"""How the process gets its memory."""

from __future__ import annotations

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of malloc.h
LARGEST = 1 << 27  # bytes; what is larger is given back at once


def reuse_freed_memory() -> None:
    """Have freed arrays used again instead of given back to the system, whose pages are dear to get anew.

    Else glibc gives back every array of some 100 kB and more: on a virtual machine that makes `exp(log(x))` 6 times as
    slow. Other C libraries are left as they are.
    """
    import ctypes

    if hasattr(ctypes.CDLL(None), "mallopt"):
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGEST)
        ctypes.CDLL(None).mallopt(TRIM_THRESHOLD, 2 * LARGEST)
