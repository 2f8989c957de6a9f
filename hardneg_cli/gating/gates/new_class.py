"""A label that the base does not use: a new class, or a slip of the pen.

Judged against the labels of the base; without one, against those that --allow-class names, if it names any. A class
that is meant is allowed by name: --allow-class NAME, or allow-class in hardneg.toml (of the base, with --base git:REV).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.text_normalization import folded_name
from hardneg_cli.errors import Unavailable, did_you_mean, plural, quote
from hardneg_cli.gating.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BY_DEFAULT = "fail"
REMEDY = "Correct the label where it is a slip; where a new class is meant, name it with `--allow-class NAME`."
FIGURES = ("new_classes", "rows")


def judge(dataset: Dataset, allowed_classes: tuple[str, ...] = (), baseline: Baseline | None = None) -> Verdict:
    """O(N + K²) for K new classes."""
    import numpy as np

    known = (*(() if baseline is None else baseline.classes), *(allowed_classes or ()))
    if not known:
        lacking = "no base" if baseline is None else "the base has no labels"
        raise Unavailable(f"{lacking} to tell what is new: name one with --base, or every class with --allow-class")
    used = [code for code, count in enumerate(dataset.counts) if count]
    new = [code for code in used if dataset.classes[code] not in known]
    rows = np.flatnonzero(np.isin(dataset.labels, new))

    def reasons(places: NDArray[np.int64]) -> list[str]:
        return [f"no row was labeled {quote(dataset.classes[dataset.labels[row]])} before" for row in rows[places]]

    numbers = {"new_classes": len(new), "rows": len(rows)}
    if not new:
        return Verdict(True, f"{len(used):,} classes, none of them new", numbers=numbers)
    named = ", ".join(_named(dataset, code, known) for code in new[:5]) + (" …" if len(new) > 5 else "")
    count = plural(len(new), "class is", "classes are")
    return Verdict(False, f"{count} new: {named}", rows, reasons, numbers)


def _named(dataset: Dataset, code: int, known: tuple[str, ...]) -> str:
    name, count = dataset.classes[code], int(dataset.counts[code])
    rows = plural(count, "row")
    alike = [other for other in known if folded_name(other) == folded_name(name)]
    if alike:
        return f"{quote(name)} ({rows}), which only case or blanks tell from {quote(alike[0])}"
    return f"{quote(name)} ({rows}{did_you_mean(name, known)})"
