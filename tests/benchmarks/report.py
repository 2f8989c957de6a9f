"""Figures as lines for a terminal, all of a set's, and the main ones as records for the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from hardneg_cli.statistics.scores import Estimate

from .figures import ARGMAX, AUDIT, CLEANLAB, OURS, SELF, Figures, holds
from .methods import FILTERS, RANKERS
from .results import Record
from .verdicts import mean

SHORT = {
    OURS: "ours",
    AUDIT: "with audit",
    "self_confidence": "sc",
    "normalized_margin": "nm",
    "confidence_weighted_entropy": "cwe",
}
RANKED = dict(zip((OURS, *RANKERS), ("hardneg", "self_confidence", "margin", "entropy"), strict=True))
RULES = {OURS: "hardneg", ARGMAX: "argmax", CLEANLAB: "cleanlab", AUDIT: "audited"}


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


def records(real: Sequence[Figures], simulated: Sequence[Figures]) -> Iterator[Record]:
    """One a real set and one a family of simulated ones; no AP and no F1 where nothing is wrong."""
    for f in real:
        yield _record(f.name, [f])
    if real:
        yield _record(f"mean of these {len(real)}", real)
    for family in dict.fromkeys(f.family for f in simulated):
        sets = [f for f in simulated if f.family == family]
        yield _record(f"simulated, {family.replace('none', 'no')} noise ({len(sets)})", sets)
    noisy = [f for f in simulated if f.errors]
    if noisy:
        yield _record(f"mean of these {len(noisy)} with noise", noisy)


def _record(name: str, sets: Sequence[Figures]) -> Record:
    ap, f1 = {}, {}
    if any(f.errors for f in sets):
        ap = {RANKED[r]: mean(sets, lambda f, r=r: f.ap[r]) for r in RANKED}
        f1 = {RULES[r]: mean(sets, lambda f, r=r: f.f1[r]) for r in RULES}
    counts = {
        "count": _count_of(sets, lambda f: f.count.value) | _interval_of(sets),
        "count_audited": _count_of(sets, lambda f: f.count_audited.value),
        "count_cleanlab": _count_of(sets, lambda f: f.count_cleanlab),
    }
    rows, wrong = sum(f.rows for f in sets), sum(f.errors for f in sets)
    share = float(np.mean([f.errors / f.rows for f in sets]))
    return {
        "labels": name, "sets": len(sets), "rows": rows, "wrong": wrong, "wrong_share": share, "ap": ap, "f1": f1
    } | counts  # fmt: skip


def _count_of(sets: Sequence[Figures], count: Callable[[Figures], float]) -> dict[str, float]:
    """By which factor the count is off, as a geometric mean; where nothing is wrong, the share of rows counted."""
    if len(sets) == 1:
        return {"value": float(count(sets[0]))}
    logs = [abs(np.log(max(count(f), 1) / f.errors)) for f in sets if f.errors]
    return {"off": float(np.exp(np.mean(logs)))} if logs else {"share": mean(sets, lambda f: count(f) / f.rows)}


def _interval_of(sets: Sequence[Figures]) -> dict[str, float]:
    if len(sets) > 1:
        return {"covered": sum(f.covered for f in sets)}
    (f,) = sets
    return {"low": f.count.low, "high": f.count.high, "covered": f.covered}


def _row(values: dict[str, float], names: dict[str, str]) -> str:
    return "  ".join(f"{names[key]} {values[key]:.3f}" for key in names)
