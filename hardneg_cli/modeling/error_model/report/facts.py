"""Gathers the figures of a report from what `dual` found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.modeling.error_model.report.figures import VERSION, DualReport, GivenFigures, SliceFigures
from hardneg_cli.rendering.figures import DECIMALS, rounded

if TYPE_CHECKING:
    from hardneg_cli.modeling.error_model.tables import DualResult


def facts(result: DualResult) -> DualReport:
    """The figures; None for those that nothing tells."""
    second, rates = result.second, result.second.rates
    return {
        "v": VERSION,
        "data": result.dataset.name,
        "rows": len(result.order),
        "classes": len(result.dataset.classes),
        "decided": int(result.trust.decided.sum()),
        "log_loss": rounded(rates.first.log_loss),
        "adjusted_log_loss": rounded(rates.adjusted.log_loss),
        "error_rate": rounded(rates.first.error_rate),
        "adjusted_error_rate": rounded(rates.adjusted.error_rate),
        "label_error_rate": rounded(second.right.wrong),
        "gain_proved": second.pooled.proved,
        "gain_at_least": rounded(second.pooled.least),
        "given": _given(result),
        "slices": _slices(result),
    }


def _given(result: DualResult) -> GivenFigures:
    first, adjusted = result.second.rates.given
    return {
        "log_loss": rounded(first.log_loss),
        "adjusted_log_loss": rounded(adjusted.log_loss),
        "error_rate": rounded(first.error_rate),
    }


def _slices(result: DualResult) -> list[SliceFigures]:
    """As the table of slices has them."""
    return [
        {
            "slice": row["slice"], "proved": row["proved"], "rows": row["rows"], "held_out": row["held_out"],
            "errors": row["errors"], "rate": row["rate"], "low": row["low"], "high": row["high"],
            "average": row["average"], "lift": row["lift"], "p": round(row["p"], DECIMALS),
        }
        for row in result.slice_table().to_pylist()
    ]  # fmt: skip
