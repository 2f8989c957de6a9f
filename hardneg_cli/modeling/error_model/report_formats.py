"""What `dual` measured as a file: JSON for programs, Markdown for people.

All is measured on held-out rows, as no row is judged by what was learned from it. Every label counts in full; the
main figures are expected values over the class that is right, as the labels tell it. `given` has the same figures by
the labels as they are, wrong ones included: errors of the labels pass for errors of the models there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import InputError, listing

if TYPE_CHECKING:
    from hardneg_cli.modeling.error_model.tables import DualResult

VERSION = 1
DECIMALS = 6


def report_format(path: str | Path) -> Callable[[DualResult, BinaryIO], None]:
    """What writes a file of this name. Raises InputError for an extension that no report has."""
    found = FORMATS.get(Path(path).suffix.lower())
    if found is None:
        raise InputError(f"{path}: the name of a report has to end in {listing([*FORMATS])}")
    return found


def facts(result: DualResult) -> dict[str, object]:
    """The figures; None for those that nothing tells."""
    second, rates = result.second, result.second.rates
    return {
        "v": VERSION,
        "data": result.dataset.name,
        "rows": len(result.order),
        "classes": len(result.dataset.classes),
        "decided": int(result.trust.decided.sum()),
        "log_loss": _figure(rates.first.log_loss),
        "adjusted_log_loss": _figure(rates.adjusted.log_loss),
        "error_rate": _figure(rates.first.error_rate),
        "adjusted_error_rate": _figure(rates.adjusted.error_rate),
        "label_error_rate": _figure(second.right.wrong),
        "gain_proved": second.pooled.proved,
        "gain_at_least": _figure(second.pooled.least),
        "given": given(result),
        "slices": [
            {name: _figure(value) if isinstance(value, float) else value for name, value in row.items()}
            for row in result.slice_table().to_pylist()
        ],
    }


def given(result: DualResult) -> dict[str, float | None]:
    """The figures by the labels as they are."""
    first, adjusted = result.second.rates.given
    return {
        "log_loss": _figure(first.log_loss),
        "adjusted_log_loss": _figure(adjusted.log_loss),
        "error_rate": _figure(first.error_rate),
    }


def _as_json(result: DualResult, out: BinaryIO) -> None:
    out.write(json.dumps(facts(result), ensure_ascii=False, indent=1).encode(errors="backslashreplace") + b"\n")


def _as_markdown(result: DualResult, out: BinaryIO) -> None:
    """The figures and the slices, a table each."""
    import pyarrow as pa

    from hardneg_cli.io.result_formats import RESULT_FORMATS

    figures = {name: value for name, value in facts(result).items() if not isinstance(value, dict | list)}
    figures |= {f"given.{name}": value for name, value in given(result).items()}
    values = ["" if value is None else str(value) for value in figures.values()]
    RESULT_FORMATS["markdown"].write(pa.table({"figure": [*figures], "value": values}), out)
    out.write(b"\n")
    RESULT_FORMATS["markdown"].write(result.slice_table(), out)


def _figure(value: float) -> float | None:
    return round(value, DECIMALS) if math.isfinite(value) else None


FORMATS: dict[str, Callable[[DualResult, BinaryIO], None]] = {".json": _as_json, ".md": _as_markdown}
