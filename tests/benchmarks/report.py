"""Figures as lines: all of a set's for a terminal, the main ones as a Markdown table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from figures import ARGMAX, AUDIT, CLEANLAB, OURS, SELF, Figures, holds
from methods import FILTERS, RANKERS
from verdicts import mean

from hardneg_cli.statistics.scores import Estimate

SHORT = {
    OURS: "ours",
    AUDIT: "with audit",
    "self_confidence": "sc",
    "normalized_margin": "nm",
    "confidence_weighted_entropy": "cwe",
}
COLUMNS = (
    "labels", "rows", "wrong", "AP hardneg", "self-conf.", "margin", "entropy",
    "F1 hardneg", "argmax", "cleanlab", "audited", "count hardneg (interval)", "audited", "cleanlab",
)  # fmt: skip


def details(f: Figures) -> Iterator[str]:
    """One set, every figure."""
    yield f"{f.name}: {f.rows:,} rows, {f.classes} classes, {f.errors:,} wrong, the models agree with {f.agreement:.1%}"
    yield from _count(f)
    if not f.errors:
        return
    yield "  AP             " + _row(f.ap, SHORT)
    yield "  precision 10 % " + _row(f.top, SHORT)
    yield "  F1             " + _row(f.f1, {name: SHORT.get(name, name) for name in (OURS, AUDIT, ARGMAX, *FILTERS)})
    yield f"  best cut       ours {f.best[OURS]:.3f}  sc {f.best[SELF]:.3f}"
    if f.ap_with_neighbors:
        yield "  AP, neighbors  " + _row(f.ap_with_neighbors, {name: name for name in f.ap_with_neighbors})


def _count(f: Figures) -> Iterator[str]:
    ours, audited = _interval(f.count, f.errors), _interval(f.count_audited, f.errors)
    yield f"  count          ours {ours}  with audit {audited}  cleanlab {f.count_cleanlab:,}"
    yield f"  flagged        {f.flagged:,}"
    yield "  calibration    " + _row(f.calibration, {name: SHORT[name] for name in f.calibration})


def _interval(count: Estimate, errors: int) -> str:
    held = "covers" if holds(count, errors) else "MISSES"
    return f"{count.value:,.0f} [{count.low:,.0f}, {count.high:,.0f}] {held}"


def markdown(real: Sequence[Figures], simulated: Sequence[Figures]) -> Iterator[str]:
    """A line a real set and a line a family of simulated ones; the best without an audit in bold."""
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "| --- |" + " ---: |" * (len(COLUMNS) - 1)
    for f in real:
        yield _line(f.name, [f])
    if real:
        yield _line(f"mean of these {len(real)}", real)
    for family in dict.fromkeys(f.family for f in simulated):
        sets = [f for f in simulated if f.family == family]
        yield _line(f"simulated, {family.replace('none', 'no')} noise ({len(sets)})", sets)
    noisy = [f for f in simulated if f.errors]
    if noisy:
        yield _line(f"mean of these {len(noisy)} with noise", noisy)


def _line(name: str, sets: Sequence[Figures]) -> str:
    ap = _bold([_mean(sets, lambda f, r=r: f.ap[r]) for r in (OURS, *RANKERS)])
    f1 = _bold([_mean(sets, lambda f, r=r: f.f1[r]) for r in (OURS, ARGMAX, CLEANLAB)])
    f1.append(_shown(_mean(sets, lambda f: f.f1[AUDIT])))
    if len(sets) == 1:
        (f,) = sets
        held = "" if f.covered else " missed"
        rows, wrong = f"{f.rows:,}", f"{f.errors:,}"
        ours = f"{f.count.value:,.0f} ({f.count.low:,.0f}–{f.count.high:,.0f}{held})"
        audited, theirs = f"{f.count_audited.value:,.0f}", f"{f.count_cleanlab:,}"
    else:
        rows, wrong = f"{sum(f.rows for f in sets):,}", f"{np.mean([f.errors / f.rows for f in sets]):.0%}"
        ours = f"{_off(sets, lambda f: f.count.value)} ({sum(f.covered for f in sets)} of {len(sets)} covered)"
        audited, theirs = _off(sets, lambda f: f.count_audited.value), _off(sets, lambda f: f.count_cleanlab)
    return "| " + " | ".join([name, rows, wrong, *ap, *f1, ours, audited, theirs]) + " |"


def _off(sets: Sequence[Figures], count: Callable[[Figures], float]) -> str:
    """By which factor the count is off, as a geometric mean; where nothing is wrong, the share of rows counted."""
    logs = [abs(np.log(max(count(f), 1) / f.errors)) for f in sets if f.errors]
    return f"off ×{np.exp(np.mean(logs)):.2f}" if logs else f"{mean(sets, lambda f: count(f) / f.rows):.1%}"


def _mean(sets: Sequence[Figures], value: Callable[[Figures], float]) -> float:
    return mean(sets, value) if any(f.errors for f in sets) else float("nan")


def _bold(values: Sequence[float]) -> list[str]:
    shown = [_shown(value) for value in values]
    return [f"**{text}**" if text == max(shown) and text != "–" else text for text in shown]


def _shown(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


def _row(values: dict[str, float], names: dict[str, str]) -> str:
    return "  ".join(f"{names[key]} {values[key]:.3f}" for key in names)
