"""Findings: one score a row, what every detector said about it, and the table that people review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.hashed_columns import hashed_alike
from hardneg_cli.data.label_spelling import real_classes
from hardneg_cli.data.picture_columns import readable_columns
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.data.surroundings import Surroundings
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.detection.findings_html import as_html
from hardneg_cli.detection.findings_summary import audit_needed, lines
from hardneg_cli.detection.report import FindingsReport
from hardneg_cli.detection.report.plots import FindingsPlots
from hardneg_cli.detection.run_request import RunRequest
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.tables.images import marked
from hardneg_cli.io.tables.queue_columns import FILLED_IN, LEADING, display_name
from hardneg_cli.io.tables.queue_view import QueueView, with_surroundings, with_view
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.rendering.report_file import report_writer
from hardneg_cli.runtime.argument_words import worded_in_arguments
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Rows: TypeAlias = NDArray[np.int64]

DECIMALS = 9
MOST_TELLING = 8  # columns of a dataset without texts or pictures, all of which tell its rows apart


@dataclass(frozen=True, repr=False)
class Findings(VerbResult):
    """What a run found out about the N rows of a dataset.

    score: (N,) estimated probability that the given label is wrong. flagged: (N,) bool, the top of the score's order,
    without the rows that people decided. decided: what they said, by row; no answer changes its own row's score.
    suggested: (N,) class code or −1. doubts: each detector's answer, by name; `skipped`: why the others did not run.
    errors: the estimated number of label errors, None where no detector judges labels.
    audited: how many audited rows scores, cut and count were recalibrated on.
    certainty: (N,) P(the suggestion is right) / P(the given label is wrong); None: 1. p_suggested: (N,) the models'
    mean probability of the suggestion, NaN where none was asked; None: as far as the digest tells. hidden: patterns of
    columns that nobody reads, the features. surroundings: what stands around each row, as far as the detectors asked.
    features: what they took for the rows' places, if they did. answered: whether the label is wrong, by row, as people
    say whose answers can be trusted to tell. request: what the run was asked for.
    """

    dataset: Dataset
    score: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    suggested: NDArray[np.int32]
    doubts: Mapping[str, DetectorResult]
    skipped: Mapping[str, str]
    digest: Digest | None
    errors: Estimate | None
    notes: tuple[str, ...] = ()
    decided: Mapping[int, str] = field(default_factory=dict)
    audited: int = 0
    certainty: NDArray[np.float64] | None = None
    p_suggested: NDArray[np.float64] | None = None
    hidden: tuple[str, ...] = ()
    surroundings: Surroundings = field(default_factory=Surroundings)
    features: Features | None = None
    answered: Mapping[int, bool] = field(default_factory=dict)
    request: RunRequest = field(default_factory=RunRequest)

    @cached_property
    def suggestion_score(self) -> NDArray[np.float64]:
        """(N,) estimated probability that the suggested label is the right one, NaN where none is suggested."""
        import numpy as np

        right = self.score if self.certainty is None else self.score * self.certainty
        return np.where(self.suggested == NO_CLASS, np.nan, right)

    @cached_property
    def ranked(self) -> NDArray[np.int64]:
        """The rows, worst first, ties by id; rows with unsound probabilities are not among them."""
        import numpy as np

        return self._worst_first(np.ones(len(self.dataset), bool))

    def _worst_first(self, chosen: NDArray[np.bool_]) -> Rows:
        """Those of `ranked` that the (N,) `chosen` names; hardly more than these are sorted."""
        import numpy as np

        by_id = self.dataset.by_id
        rows = by_id[(chosen if self.digest is None else chosen & ~self.digest.bad)[by_id]]
        return rows[np.argsort(-self.score[rows], kind="stable")]

    def select(self, *, every: bool = False, limit: int | None = None, per_class: int | None = None) -> Rows:
        """Row numbers, worst first: the flagged ones or every one, at most so many in all and of each given label."""
        import numpy as np

        rows = self.ranked if every else self._worst_first(self.flagged)
        if per_class is not None:
            labels = self.dataset.labels[rows]
            order = np.argsort(labels, kind="stable")
            first = np.searchsorted(labels[order], labels[order])
            place = np.empty(len(rows), np.int64)
            place[order] = np.arange(len(rows)) - first
            rows = rows[place < per_class]
        return rows[:limit]

    def __len__(self) -> int:
        """The flagged rows."""
        return len(self.select())

    def table(
        self, rows: Rows | None = None, show: tuple[str, ...] | None = None, *, every: bool = False
    ) -> pa.Table:  # fmt: skip
        """The findings of `rows` as the queue has them: by default the flagged ones, or `every` one, worst first.

        show: columns of the dataset to have in it, by default all that people read.
        """
        import pyarrow as pa

        rows = self.select(every=every) if rows is None else rows
        show = self.display_columns() if show is None else show
        columns = {name: pa.array(values) for name, values in self._leading(rows).items()}
        texts = self.dataset.texts(show)
        for name in show:
            columns[display_name(name, columns)] = texts[name].take(rows)
        columns |= {"rank": self._rank(rows), "row_hash": self.dataset.row_hashes(rows)}
        hashed = pa.array(hashed_alike(self.dataset.hashed, len(rows)), pa.string())
        return pa.table(columns | {"hashed": hashed})

    def queue(self, rows: Rows, show: tuple[str, ...], *, around: bool = True) -> pa.Table:
        """The table of `rows` as people see it: with its pictures marked, the real classes, the rows around each row.

        around: whether anybody is shown the rows around.
        """
        table, image = self.table(rows, show), self.dataset.columns.image
        if image is not None:
            table = marked(table, len(LEADING) + show.index(image), self.dataset.pictures_folder)
        table = with_view(table, QueueView(self.dataset.name, real_classes(self.dataset)))
        return with_surroundings(table, self.surroundings.around(self.dataset, rows, show)) if around else table

    def tables(self) -> dict[str, pa.Table]:
        """The flagged rows."""
        return {"rows": self.table()}

    def summary(self, written: int | None = None, *, verbose: bool = False) -> Iterator[str]:
        """Lines for people.

        written: how many rows the queue has, by default the flagged ones. verbose: name every class and every row that
        was left out.
        """
        return lines(self, len(self.select()) if written is None else written, verbose=verbose)

    def report(self, path: str | Path) -> None:
        """Write the picture of the whole dataset as a page (.html), as data (.json) or in words (.md)."""
        write = report_writer(path)
        with whole_file(path) as out:
            write(FindingsReport(self), out)

    @property
    def basis(self) -> str:
        """What the estimated number of errors rests on, or how large an audit would settle it; empty without one."""
        return audit_needed(self) if self.errors else ""

    @property
    def plot(self) -> FindingsPlots:
        """Charts by matplotlib: `.confusion()`, `.scores()`, `.map()`, `.reliability()`."""
        return FindingsPlots(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    @worded_in_arguments
    def display_columns(self, patterns: str | None = None) -> tuple[str, ...]:
        """The dataset's columns to show: those asked for, else all of the content that is no feature.

        The pictures are shown in any case.
        """
        return readable_columns(self.dataset, self.dataset.content.column_names, patterns, self.hidden)

    def telling_columns(self, patterns: str | None = None) -> tuple[str, ...]:
        """The same for whoever sees but this: few features, too, where neither text nor picture says what a row is."""
        columns, names = self.dataset.columns, self.dataset.content.column_names
        few = columns.text is None and columns.image is None and len(names) <= MOST_TELLING
        return readable_columns(self.dataset, names, patterns, () if few else self.hidden)

    def _leading(self, rows: Rows) -> dict[str, object]:
        import numpy as np
        import pyarrow as pa

        names = pa.array([*self.dataset.classes, ""], pa.string())
        nothing = len(names) - 1
        suggested = self.suggested[rows]
        detectors, why = self._reasons(rows)
        p_given, p_suggested = self._probabilities(rows)
        empty = pa.repeat("", len(rows))
        return {
            "id": self.dataset.ids.take(rows),
            **dict.fromkeys(FILLED_IN, empty),
            "given_label": names.take(pa.array(self.dataset.labels[rows])),
            "suggested_label": names.take(pa.array(np.where(suggested < 0, nothing, suggested))),
            "score": self.score[rows].round(DECIMALS),
            "suggestion_score": nullable(self.suggestion_score[rows]),
            "flagged": self.flagged[rows],
            "detectors": pa.array(detectors, pa.string()),
            "why": pa.array(why, pa.string()),
            "p_given": p_given,
            "p_suggested": p_suggested,
        }

    def _rank(self, rows: Rows) -> NDArray[np.int64]:
        import numpy as np

        above = self._worst_first(self.score >= self.score[rows].min(initial=np.inf))
        rank = np.zeros(len(self.dataset), np.int64)
        rank[above] = np.arange(1, len(above) + 1)
        return rank[rows]

    def _reasons(self, rows: Rows) -> tuple[list[str], list[str]]:
        """For each row the names of the detectors that doubt it, and one clause from each, after what people decided.

        Where only the pooled score flags a row, the detector that doubts it most is named.
        """
        import numpy as np

        place = np.full(len(self.dataset), -1, np.int32)
        place[rows] = np.arange(len(rows))
        names = [""] * len(rows)
        clauses = [self.decided.get(row, "") for row in rows.tolist()] if self.decided else [""] * len(rows)
        for number, (detector, doubts) in enumerate(self.doubts.items()):
            speaks = doubts.flagged | (self._spokesman[doubts.rows] == number)
            heard = np.flatnonzero(speaks & (place[doubts.rows] >= 0))
            for row, clause in zip(place[doubts.rows[heard]].tolist(), doubts.why(heard), strict=True):
                names[row] += f",{detector}" if names[row] else detector
                clauses[row] += f"; {clause}" if clauses[row] else clause
        return names, clauses

    @cached_property
    def _spokesman(self) -> NDArray[np.int16]:
        """(N,) for rows that are flagged though no detector flags them, the number of the one that doubts them most."""
        import numpy as np

        alone = self.flagged.copy()
        for doubts in self.doubts.values():
            alone[doubts.rows[doubts.flagged]] = False
        which = np.full(len(self.dataset), -1, np.int16)
        if not alone.any():
            return which
        best = np.full(len(self.dataset), -1.0)
        for number, doubts in enumerate(self.doubts.values()):
            more = doubts.score > best[doubts.rows]
            best[doubts.rows[more]], which[doubts.rows[more]] = doubts.score[more], number
        which[~alone] = -1
        return which

    def _probabilities(self, rows: Rows) -> tuple[pa.Array, pa.Array]:
        """p(given) and p(suggested) of the models' mean, null where there is none."""
        import numpy as np
        import pyarrow as pa

        nothing = pa.nulls(len(rows), pa.float64())
        if self.digest is None:
            return nothing, nothing
        mean, suggested, judged = self.digest.mean, self.suggested[rows], self.digest.judged[rows]
        p = np.full(len(rows), np.nan) if self.p_suggested is None else self.p_suggested[rows]
        for code, value in ((mean.other, mean.p_other), (mean.top, mean.p_top)):
            p = np.where((suggested == code[rows]) & (suggested != NO_CLASS), value[rows], p)
        given = np.where(judged, mean.p_given[rows].astype(np.float64), np.nan)
        return nullable(given), nullable(p)


def nullable(values: NDArray[np.float64]) -> pa.Array:
    """Numbers as findings have them: rounded, null where there is none."""
    import numpy as np
    import pyarrow as pa

    return pa.array(values.round(DECIMALS), pa.float64(), mask=np.isnan(values))
