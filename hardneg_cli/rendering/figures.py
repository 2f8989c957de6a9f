"""What figures of several reports are made of: numbers with intervals, rounded once, and what made them."""

from __future__ import annotations

import math
import platform
from importlib.metadata import version
from typing import TypedDict

DECIMALS = 6
INTERVAL_DECIMALS = 4
PACKAGES = ("hardneg-cli", "numpy", "scikit-learn", "pyarrow", "pandas")


class Interval(TypedDict):
    """An estimated number, and its interval."""

    value: float
    low: float
    high: float


def interval(value: float, low: float, high: float) -> Interval:
    """Rounded."""
    return {
        "value": round(value, INTERVAL_DECIMALS), "low": round(low, INTERVAL_DECIMALS),
        "high": round(high, INTERVAL_DECIMALS),
    }  # fmt: skip


class Measure(TypedDict):
    """A number, and its 95 % interval as far as there is one."""

    value: float
    low: float | None
    high: float | None


def measure(value: float | None, low: float | None, high: float | None) -> Measure | None:
    """Rounded; None for a number that is not known."""
    return None if value is None else {"value": round(value, DECIMALS), "low": rounded(low), "high": rounded(high)}


def rounded(value: float | None) -> float | None:
    """None for what is unknown, or no number."""
    return None if value is None or not math.isfinite(value) else round(value, DECIMALS)


def rounded_p(p: float | None) -> float | None:
    """A p-value to four digits."""
    return None if p is None or not math.isfinite(p) else float(f"{p:.4g}")


def versions() -> dict[str, str]:
    """Of Python and of the libraries that figures depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
