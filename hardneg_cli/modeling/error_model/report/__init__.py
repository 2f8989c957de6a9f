"""The picture of what a second model gains: its figures as data, and the document made of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.modeling.error_model.report.document import document
from hardneg_cli.modeling.error_model.report.facts import facts
from hardneg_cli.modeling.error_model.report.figures import DualReport
from hardneg_cli.rendering.document import Document

if TYPE_CHECKING:
    from hardneg_cli.modeling.error_model.tables import DualResult


@dataclass(frozen=True)
class ErrorModelReport:
    """See `DualReport` for the figures."""

    found: DualResult

    @cached_property
    def figures(self) -> DualReport:
        return facts(self.found)

    def document(self, *, pictured: bool) -> Document:
        return document(self.figures)
