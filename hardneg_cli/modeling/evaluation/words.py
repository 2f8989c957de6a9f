"""How figures of models are put in words."""

from __future__ import annotations

SIGNIFICANT = 0.05
LABEL_WORDS = {
    "given": "the given labels", "corrected": "the corrected labels", "audited": "what the audit says of the labels",
}  # fmt: skip


def span(value: float | None, low: float | None, high: float | None, *, sign: str = "") -> str:
    """With its interval, if there is one."""
    if value is None:
        return ""
    if low is None or high is None:
        return f"{value:{sign}.4f}"
    return f"{value:{sign}.4f} ({low:{sign}.4f} to {high:{sign}.4f})"


def number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def small(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def chance(p: float | None) -> str:
    """That of a difference as great as this, if there was none."""
    return "no test" if p is None else f"p {small(p)}"
