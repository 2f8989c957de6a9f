"""The picture of a comparison: its figures as data, and the document made of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.modeling.evaluation.report.document import document
from hardneg_cli.modeling.evaluation.report.facts import facts
from hardneg_cli.modeling.evaluation.report.figures import CompareReport
from hardneg_cli.rendering.document import Document

if TYPE_CHECKING:
    from hardneg_cli.modeling.evaluation.compare_result import CompareResult


@dataclass(frozen=True)
class ComparisonReport:
    """See `CompareReport` for the figures. metric: what the verdict is about."""

    compared: CompareResult
    metric: str = "accuracy"

    @cached_property
    def figures(self) -> CompareReport:
        return facts(self.compared, self.metric)

    def document(self, *, pictured: bool) -> Document:
        return document(self.figures)
