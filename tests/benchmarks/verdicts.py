"""What the figures must be (by the numbers of the project's demands), and whether they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from .figures import ARGMAX, AUDIT, CLEANLAB, OURS, SELF, Figures
from .methods import AUDITED, RANKERS

STRONG = 0.95  # share of clean labels that a strong model agrees with
RULES = (OURS, ARGMAX, CLEANLAB)


def verdicts(real: Sequence[Figures], simulated: Sequence[Figures]) -> Iterator[str]:
    """One line a demand, met or missed; what was not measured is said to be so."""
    clean, noisy = [f for f in simulated if not f.errors], [f for f in simulated if f.errors]
    strong = [f for f in clean if f.agreement >= STRONG]
    several = [f for f in (*real, *simulated) if f.ap_with_neighbors]
    parts: tuple[tuple[str, Sequence[Figures], Callable[[Sequence[Figures]], Iterator[str]]], ...] = (
        ("1 real sets", real, _on_real),
        ("2 simulated sets", noisy, _on_simulated),
        ("2 no noise and a strong model", strong, _on_clean),
        (f"3 real sets, one audit of {AUDITED} rows", real, _on_audited),
        ("4 the interval of the count", [*real, *simulated], _covered),
        ("6 neighbors and models together", several, _fused),
    )
    for what, sets, judge in parts:
        for line in judge(sets) if sets else ["not measured"]:
            yield f"{what}: {line}"


def mean(sets: Sequence[Figures], value: Callable[[Figures], float]) -> float:
    return float(np.nanmean([value(f) for f in sets]))


def _on_real(real: Sequence[Figures]) -> Iterator[str]:
    yield from _against_simple_rules(real)
    ours, best = mean(real, lambda f: f.ap[OURS]), max(mean(real, lambda f, r=r: f.ap[r]) for r in RANKERS)
    yield _said(ours >= best + 0.01, f"mean AP {ours:.4f}, at least 0.01 above cleanlab's best ranker, {best:.4f}")
    flagged, cut = _mean_f1(real), mean(real, lambda f: f.best[SELF])
    yield _said(
        flagged[OURS] >= 0.8, f"mean F1 {_listed(flagged)}, best cut of self-confidence {cut:.4f}; at least 0.80"
    )
    off = {f.name: f.count.value / f.errors - 1 for f in real}
    yield _said(True, "count off by " + ", ".join(f"{name} {part:+.0%}" for name, part in off.items()))


def _on_simulated(noisy: Sequence[Figures]) -> Iterator[str]:
    yield from _against_simple_rules(noisy)


def _against_simple_rules(sets: Sequence[Figures]) -> Iterator[str]:
    yield _no_lower("AP", {f.name: f.ap[OURS] - f.ap[SELF] for f in sets}, -0.005, "self-confidence")
    yield _no_lower("F1", {f.name: _f1_gain(f) for f in sets}, -0.01, "the better of argmax and cleanlab")
    for family in dict.fromkeys(f.family for f in sets):
        own = [f for f in sets if f.family == family]
        ap, cut = mean(own, lambda f: f.ap[OURS] - f.ap[SELF]), _mean_f1(own)
        best = max(cut[ARGMAX], cut[CLEANLAB])
        text = (
            f"{family} ({len(own)}): AP {ap:+.4f} from self-confidence, F1 {cut[OURS] - best:+.4f} from the better rule"
        )
        yield _said(ap > 0 and cut[OURS] > best, f"{text}; both above")


def _f1_gain(f: Figures) -> float:
    return f.f1[OURS] - max(f.f1[ARGMAX], f.f1[CLEANLAB])


def _on_clean(strong: Sequence[Figures]) -> Iterator[str]:
    share = {f.name: f.flagged / f.rows for f in strong}
    high = [f"{name} {part:.2%}" for name, part in share.items() if part > 0.01]
    yield _said(not high, f"at most {max(share.values()):.2%} of {len(strong)} sets flagged; at most 1 %", high)


def _on_audited(real: Sequence[Figures]) -> Iterator[str]:
    cut, best = mean(real, lambda f: f.f1[AUDIT]), mean(real, lambda f: f.best[OURS])
    yield _said(cut >= best - 0.012, f"mean F1 {cut:.4f}, at most 0.012 below the best cut of our ranking, {best:.4f}")
    off = {f.name: f.count_audited.value / f.errors - 1 for f in real}
    far = [f"{name} {part:+.0%}" for name, part in off.items() if abs(part) > 0.2]
    yield _said(not far, "count within 20 % on each set", far)
    error = {f.name: f.calibration[AUDIT] for f in real}
    high = [f"{name} {value:.3f}" for name, value in error.items() if value > 0.05]
    yield _said(not high, f"calibration error at most {max(error.values()):.3f}; at most 0.05", high)


def _covered(sets: Sequence[Figures]) -> Iterator[str]:
    missed = [f.name for f in sets if not f.covered]
    share = 1 - len(missed) / len(sets)
    yield _said(share >= 0.92, f"covers the truth on {share:.1%} of {len(sets)} sets; at least 92 %", missed)


def _fused(sets: Sequence[Figures]) -> Iterator[str]:
    gain = {}
    for f in sets:
        alone = dict(f.ap_with_neighbors)
        gain[f.name] = alone.pop("fused") - max(alone.values())
    yield _no_lower("AP", gain, 0.0, "the best detector alone")


def _no_lower(what: str, away: Mapping[str, float], least: float, other: str) -> str:
    low = [f"{name} {value:+.3f}" for name, value in away.items() if value < least]
    worst, usual = min(away.values()), np.mean(list(away.values()))
    text = f"{what} at worst {worst:+.4f}, mean {usual:+.4f} from {other}; never below {least:+.3f}"
    return _said(not low, f"{text} on {len(away)} sets", low)


def _mean_f1(sets: Sequence[Figures]) -> dict[str, float]:
    return {name: mean(sets, lambda f, name=name: f.f1[name]) for name in RULES}


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in values.items())


def _said(met: bool, what: str, exceptions: Sequence[str] = ()) -> str:
    named = f": {len(exceptions)}: {'; '.join(exceptions)}" if exceptions else ""
    return ("met, " if met else "MISSED, ") + what + named
