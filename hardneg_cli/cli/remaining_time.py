"""How long counted work will go on: by the pace so far, and only where there is one.

The time counts down between two steps, and leaves that way only where the pace says something quite different.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

SECONDS = 2.0  # of the work, before its end is told
SHARE = 0.05  # of the steps, likewise
QUITE_DIFFERENT = 1.3  # times as long as was said


@dataclass(eq=False)
class Steps:
    """Work of `total` steps, None where they cannot be counted, which began at that second."""

    what: str
    total: int | None
    began: float
    done: int = 0
    _lock: Lock = field(default_factory=Lock)
    _first: tuple[int, float] | None = None  # steps, and when they were done: what came before was no step alone
    _last: float = 0.0
    _told: tuple[float, float] | None = None  # seconds left, and when that was said

    def advance(self, steps: int, now: float | None = None) -> None:
        """So many steps more are done. now: the second, where it is not this one."""
        with self._lock:
            self.done += steps
            self._last = monotonic() if now is None else now
            self._first = self._first or (self.done, self._last)

    def text(self, now: float) -> str:
        """`12 of 28, about 10 s left`, as far as that is known; of what has no known end, `12 rows`."""
        if self.total is None:
            return f"{self.done:,} rows" if self.done else ""
        if self.total < 2:
            return ""
        with self._lock:
            count = f"{min(self.done, self.total):,} of {self.total:,}"
            left = self._left(now)
        return count if left is None else f"{count}, about {words(left, rounded=True)} left"

    def _left(self, now: float) -> float | None:
        """Seconds; None where there is no pace, or nothing left."""
        assert self.total is not None
        if self._first is None or now - self.began < SECONDS or not SHARE * self.total <= self.done < self.total:
            return None
        done = self.done - self._first[0]
        if done <= 0:
            return None
        pace = (self._last - self._first[1]) / done
        left = pace * (self.total - self.done) - (now - self._last)
        late = (now - self._first[1]) / (done + 1) * (self.total - self.done - 1)  # the next step takes long
        found = max(left, late, 0.0)
        if self._told is not None:
            expected = self._told[0] - (now - self._told[1])
            if expected <= found <= max(expected, 1.0) * QUITE_DIFFERENT:
                found = max(expected, 0.0)
        self._told = found, now
        return found


def words(seconds: float, *, rounded: bool = False) -> str:
    """`40 s`, `3 min`, `2.5 h`. rounded: as what is estimated is told."""
    if seconds < 60 and rounded:
        return f"{max(5 * round(seconds / 5), 5)} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if rounded:
        return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {int(seconds) % 60:02} s"
