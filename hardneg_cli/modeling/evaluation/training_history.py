"""The checkpoints of one training in their order: curves, overfitting, forgetting, cartography, as tables and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, listing, plural, quote
from hardneg_cli.modeling.evaluation.cartography_table import cartography_table, dynamics_of
from hardneg_cli.modeling.evaluation.checkpoint_series import CheckpointSeries
from hardneg_cli.modeling.evaluation.forgetting import ForgottenClass, class_changes
from hardneg_cli.modeling.evaluation.learning_curves import (
    TRAIN,
    CurvePoint,
    Overfitting,
    RowSplits,
    best_checkpoint,
    learning_curves,
    overfitting,
)
from hardneg_cli.modeling.evaluation.model_outputs import ModelOutputs
from hardneg_cli.modeling.evaluation.training_dynamics import REGIONS
from hardneg_cli.modeling.evaluation.words import small, span
from hardneg_cli.modeling.label_source import CORRECTED, GIVEN
from hardneg_cli.rendering.summary import under

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

MOST_CLASSES = 5  # that the summary names


@dataclass(frozen=True)
class RowFlips:
    """Of held-out rows: how many the checkpoint `since` had right and the last one has not, and the reverse."""

    since: int
    rows: int
    lost: int
    gained: int


@dataclass(frozen=True)
class TrainingHistory:
    """checkpoints: their names in words, from the earliest on; models: as they were given. best: by held-out rows.

    cartography: a line a row, by the given labels. judged_in: the held-out split that tells the best, None where there
    are only train rows. flips: against the first and the best checkpoint.
    """

    series: CheckpointSeries
    models: tuple[str, ...]
    curves: tuple[CurvePoint, ...]
    overfitting: Overfitting | None
    best: int
    judged_in: str | None
    changes: tuple[ForgottenClass, ...]
    flips: tuple[RowFlips, ...]
    cartography: pa.Table
    notes: tuple[str, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The checkpoints to compare: each with the first, and the last with the best."""
        last = len(self.models) - 1
        pairs = [(0, place) for place in range(1, last + 1)]
        return pairs if self.best in (0, last) else [*pairs, (self.best, last)]

    def curve_table(self) -> pa.Table:
        """A line a split and checkpoint: log-loss, accuracy and gap with their intervals, negative flips."""
        import pyarrow as pa

        rows = [
            {"model": self.models[point.checkpoint], **asdict(point),
             "checkpoint": self.series.numbers[point.checkpoint]} for point in self.curves
        ]  # fmt: skip
        kinds = {"model": pa.string(), "split": pa.string()}
        kinds |= dict.fromkeys(("checkpoint", "rows", "negative_flips"), pa.int64())
        names = ["model", *CurvePoint.__annotations__]
        return pa.table({name: pa.array([row[name] for row in rows], kinds.get(name, pa.float64())) for name in names})

    def forgetting_table(self) -> pa.Table:
        """A line a class and earlier checkpoint, the greatest loss first."""
        import pyarrow as pa

        kinds = {"since": pa.string(), "class": pa.string(), "held_out": pa.bool_(), "forgotten": pa.bool_()}
        kinds |= dict.fromkeys(("rows", "broke", "fixed"), pa.int64())
        rows = [{**asdict(one), "since": self.models[one.since], "forgotten": one.is_forgotten} for one in self.changes]
        names = [*ForgottenClass.__annotations__, "forgotten"]
        columns = {name.rstrip("_"): [row[name] for row in rows] for name in names}
        return pa.table({name: pa.array(cells, kinds.get(name, pa.float64())) for name, cells in columns.items()})

    def curves_in_words(self) -> pa.Table:
        """A line a checkpoint, two columns a split."""
        import pyarrow as pa

        columns: dict[str, list[str]] = {"checkpoint": list(self.series.names)}
        for split in dict.fromkeys(point.split for point in self.curves):
            points = [point for point in self.curves if point.split == split]
            of = split or "all rows"
            if any(point.log_loss is not None for point in points):
                columns[f"{of}: log_loss"] = [
                    span(point.log_loss, point.log_loss_low, point.log_loss_high) for point in points
                ]
            columns[f"{of}: accuracy"] = [
                span(point.accuracy, point.accuracy_low, point.accuracy_high) for point in points
            ]
        return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})

    def forgotten(self, since: int) -> list[ForgottenClass]:
        """The classes that are known less than by that checkpoint, beyond chance, the greatest loss first."""
        return [one for one in self.changes if one.since == since and one.is_forgotten]

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        names, splits = self.series.names, list(dict.fromkeys(point.split for point in self.curves))
        sizes = {point.split: point.rows for point in self.curves}
        parts = "" if splits == [""] else ": " + ", ".join(f"{split} {sizes[split]:,}" for split in splits)
        yield f"checkpoints from {names[0]} to {names[-1]}{parts}"
        yield from self.overfitting_in_words()
        yield from under("Curves", map(self._curve, splits))
        forgotten = (line for flips in self.flips for line in self._forgotten(flips))
        yield from under("Rows that changed", (*forgotten, self._regions()))

    def _curve(self, split: str) -> str:
        points = {point.checkpoint: point for point in self.curves if point.split == split}
        places = sorted({0, self.best, len(self.models) - 1})
        losses, shares = [], []
        for place in places:
            point, best = points[place], " (best)" if place == self.best else ""
            if point.log_loss is not None:
                losses.append(f"{point.log_loss:.4f} at {self.series.names[place]}{best}")
            shares.append(f"{point.accuracy:.4f}" if losses else f"{point.accuracy:.4f} at {self.series.names[place]}")
        loss = f"log-loss {', '.join(losses)}; " if losses else ""
        return f"{split or 'all rows'}: {loss}accuracy {', '.join(shares)}"

    def overfitting_in_words(self) -> Iterator[str]:
        """A line on whether the model overfits and from where on, and one on the gap."""
        if (found := self.overfitting) is None:
            why = "no held-out rows" if self.judged_in is None else "a checkpoint names classes only"
            yield f"overfitting: unknown, {why}"
            return
        names, turn = self.series.names, found.turn
        if found.rises_from is None or turn.significant_from is None:
            after = names[turn.place]
            yield f"no overfitting seen: the log-loss of {found.split} does not rise significantly after {after}"
            return
        what = "no overfitting, but the loss rises" if found.from_checkpoint is None else "overfitting"
        yield (
            f"{what} from {names[found.rises_from]} on: at {names[-1]} the log-loss of {found.split} is "
            f"{turn.rise:.4f} ({turn.low:.4f} to {turn.high:.4f}) higher than at {names[turn.place]}, "
            f"significantly so from {names[turn.significant_from]} on (p {small(turn.p)})"
        )
        if found.gap_growth is not None:
            alike = ": on train rows it rises as well" if found.from_checkpoint is None else ""
            yield f"the gap to the train rows grew by {span(*found.gap_growth)} since {names[turn.place]}{alike}"

    def _forgotten(self, flips: RowFlips) -> Iterator[str]:
        since, name = flips.since, self.series.names[flips.since]
        classes, them = self.forgotten(since), "no class is forgotten beyond chance"
        lost = f"{flips.lost:,} of {plural(flips.rows, 'row')} lost, {flips.gained:,} gained"
        if classes:
            them = f"{plural(len(classes), 'class', 'classes')} forgotten"
        yield f"since {name}{' (best)' if since == self.best else ''}: {lost}, {them}"
        for one in classes[:MOST_CLASSES]:
            yield (
                f"forgotten since {name}: class {quote(one.class_)}: recall {one.before:.1%} to {one.after:.1%}, "
                f"{_points(one)} (p {small(one.p_adjusted or 0.0)}); {one.broke:,} of {plural(one.rows, 'row')} broke"
            )
        if len(classes) > MOST_CLASSES:
            yield f"forgotten since {name}: {len(classes) - MOST_CLASSES:,} more classes"

    def _regions(self) -> str:
        parts = ", ".join(f"{count:,} {region}" for region, count in self.regions().items())
        return (
            f"rows: {parts}; {self.forgotten_once:,} forgotten at least once on the way, "
            f"{self.never_learned:,} never learned"
        )

    def regions(self) -> dict[str, int]:
        """How many rows were learned how."""
        import pyarrow.compute as pc

        counts = {one["values"]: one["counts"] for one in pc.value_counts(self.cartography["region"]).to_pylist()}
        return {region: int(counts.get(region, 0)) for region in REGIONS}

    @property
    def forgotten_once(self) -> int:
        """Rows that some checkpoint forgot, whether they were learned again or not."""
        import pyarrow.compute as pc

        return int(pc.sum(pc.greater(self.cartography["forgetting_events"], 0)).as_py() or 0)

    @property
    def never_learned(self) -> int:
        """Rows that no checkpoint is right about."""
        return int(self.cartography["learned_at"].null_count)


def training_history(
    dataset: Dataset, outputs: ModelOutputs, series: CheckpointSeries, group: Codes | None
) -> TrainingHistory:
    """From models in the order of training. O(E²·n). Raises InputError where people dropped every row."""
    import numpy as np

    kind = CORRECTED if CORRECTED in outputs.labels else GIVEN
    known = np.flatnonzero(outputs.labels[kind] >= 0)
    if not len(known):
        raise InputError(f"{dataset.name}: no row has a label left to judge checkpoints by")
    texts = dataset.role(dataset.columns.split)
    texts = None if texts is None else [texts[row] for row in outputs.rows[known].tolist()]
    splits, dynamics = RowSplits.from_texts(texts, len(known)), dynamics_of(outputs, kind, known)
    mine = None if group is None else group[known]
    judging = splits.judging
    rows = np.flatnonzero(splits.rows_of(judging)) if judging is not None else np.arange(len(known))
    best, last = best_checkpoint(dynamics, rows), len(outputs.outputs) - 1
    since = tuple(sorted({0, best} - {last}))
    held_out = splits.held_out if judging is not None else np.ones(len(known), bool)
    right = dynamics.right[:, held_out]
    return TrainingHistory(
        series,
        tuple(output.name for output in outputs.outputs),
        tuple(learning_curves(dynamics, splits, mine)),
        overfitting(dynamics, splits, mine),
        best,
        None if judging is None else splits.named(judging),
        tuple(class_changes(dynamics, held_out, outputs.classes, since, mine)),
        tuple(
            RowFlips(
                earlier,
                right.shape[1],
                int((right[earlier] & ~right[last]).sum()),
                int((~right[earlier] & right[last]).sum()),
            )
            for earlier in since
        ),
        cartography_table(dataset, outputs, best),
        tuple(_notes(dataset, splits)),
    )


def _notes(dataset: Dataset, splits: RowSplits) -> Iterator[str]:
    nowhere = int((splits.of < 0).sum())
    if nowhere:
        yield f"{plural(nowhere, 'row')} without a split: in no curve"
    if splits.judging is None:
        yield f"there are only train rows ({listing(splits.names)}): overfitting needs held-out ones"
    if TRAIN in splits.kinds:
        yield "what a model says of rows it trains on is for watching, and does not replace out-of-fold probabilities"
    if dataset.columns.split is None and "split" in dataset.all_columns:
        yield f"{dataset.name} has a column 'split'; with --split split there is a curve for each"


def _points(one: ForgottenClass) -> str:
    if one.low is None or one.high is None:
        return f"{100 * one.change:+.1f} points"
    return f"{100 * one.change:+.1f} points ({100 * one.low:+.1f} to {100 * one.high:+.1f})"
