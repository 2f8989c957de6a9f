"""Matrix products shared out to threads, each with products of its own: how many threads there are changes no bit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_own = threading.local()


def unshared() -> AbstractContextManager[None]:
    """Inside, a product takes one thread: its last bits depend on how many share it."""
    limited: AbstractContextManager[None] = _libraries().limit(limits=1, user_api="blas")
    return limited


def shared_out(work: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[Answer]:
    """`work(item)` for each of the items, in their order; for one of them, other threads do not pay."""
    return iter([work(items[0])]) if len(items) == 1 else in_order(work, items)


def product(left: Matrix, right: Matrix) -> Matrix:
    """left @ right.T, overwritten by the thread's next one: to get new memory takes longer than to look through it."""
    import numpy as np

    size = len(left) * len(right)
    held = getattr(_own, "held", None)
    if held is None or held.dtype != left.dtype or len(held) < size:
        held = _own.held = np.empty(size, left.dtype)
    return np.matmul(left, right.T, out=held[:size].reshape(len(left), len(right)))


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # to look for them takes longer than a small search
