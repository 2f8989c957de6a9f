"""The picture of what reviewers said: its figures as data, and the document made of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.rendering.document import Document
from hardneg_cli.review.reviewers.report.document import document
from hardneg_cli.review.reviewers.report.facts import facts
from hardneg_cli.review.reviewers.report.figures import CollectReport

if TYPE_CHECKING:
    from hardneg_cli.review.reviewers.collected import CollectResult, CollectSummary


@dataclass(frozen=True)
class ReviewersReport:
    """See `CollectReport` for the figures. besides: has the track records, and the consensus where there is one."""

    collected: CollectResult
    besides: CollectSummary

    @cached_property
    def figures(self) -> CollectReport:
        return facts(self.collected, self.besides)

    def document(self, *, pictured: bool) -> Document:
        return document(self.figures)
