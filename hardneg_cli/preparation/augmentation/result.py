"""The augmented dataset: DATA's rows, behind them the new ones; and what each transform was found to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import listing, plural
from hardneg_cli.io.tables.images import HUGGING_FACE
from hardneg_cli.io.tables.queue_columns import free_name
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.preparation.augmentation.content import Cell, Content, Versions
from hardneg_cli.preparation.augmentation.pictures import PictureContent
from hardneg_cli.preparation.augmentation.selection import Selection
from hardneg_cli.preparation.augmentation.tables import TableContent
from hardneg_cli.preparation.augmentation.typed_rows import appended, as_json, is_nested, typed_rows
from hardneg_cli.rendering.summary import under

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

PARENT, BY = "parent_id", "augmented_by"
PREFIX = "hardneg_"  # of a column of ours whose name is taken
PictureCell: TypeAlias = Callable[[int, str], str]  # of a row and how its version is made, what stands in the cell


@dataclass(frozen=True, repr=False)
class AugmentResult(VerbResult):
    """versions: the new rows. before, after: (K,) rows of each class that train. kept_out: rows that train and get no
    version, and why. measured: how many rows were held out in turn, of how many that train.
    """

    dataset: Dataset
    content: Content
    versions: Versions
    selection: Selection
    before: Codes
    after: Codes
    kept_out: int
    why_kept_out: str
    measured: tuple[int, int]
    notes: tuple[str, ...] = ()

    def table(self, *, as_text: bool = False, pictures: PictureCell | None = None) -> pa.Table:
        """The dataset's columns but probabilities, with their types, an id where it has none, parent_id, augmented_by.

        as_text: every cell as a text. pictures: what stands for a new picture; by default the picture, as a data URI.
        """
        import pyarrow as pa

        data, columns = self.dataset, self.dataset.columns
        apart = {*columns.probabilities(data.all_columns)}
        names = [name for name in data.all_columns if name not in apart]
        given = self._given(names, as_text=as_text)
        ids = self._ids()
        found: dict[str, pa.ChunkedArray | pa.Array] = {}
        if columns.id is None:
            found[free_name("id", data.all_columns, PREFIX)] = pa.array([*data.ids.to_pylist(), *ids], pa.string())
        for name in names:
            if name == columns.id and name != columns.image:
                found[name] = appended(given[name], [*ids], name)
                continue
            cells = self._cells(name, pictures)
            if cells is None:
                found[name] = pa.chunked_array([*given[name].chunks, *given[name].take(self.versions.parents).chunks])
            else:
                found[name] = appended(given[name], cells, name)
        empty = [""] * len(data)
        parents = data.ids.take(pa.array(self.versions.parents, pa.int64())).to_pylist()
        for name, own in ((PARENT, parents), (BY, self.versions.kinds)):
            found[free_name(name, found, PREFIX)] = pa.array([*empty, *own], pa.string())
        return pa.table(found, metadata=given.schema.metadata)

    def report(self) -> pa.Table:
        """A line for each transform: whether it is used and why, its gain, and for which classes it is switched off."""
        import pyarrow as pa

        made = Counter(self.versions.kinds)
        lines = []
        for one in self.selection.trials:
            gain = one.gain
            lines.append({
                "transform": one.name, "used": one.used, "why": one.why, "rows": made[one.name],
                "gain": None if gain is None else gain.value, "gain_low": None if gain is None else gain.low,
                "gain_high": None if gain is None else gain.high, "given_to_other_classes": one.check.overall,
                "off_for": ";".join(self._classes(one.off)),
            })  # fmt: skip
        kinds = {
            "transform": pa.string(), "used": pa.bool_(), "why": pa.string(), "rows": pa.int64(), "gain": pa.float64(),
            "gain_low": pa.float64(), "gain_high": pa.float64(), "given_to_other_classes": pa.float64(),
            "off_for": pa.string(),
        }  # fmt: skip
        return pa.Table.from_pylist(lines, pa.schema(kinds))

    def tables(self) -> dict[str, pa.Table]:
        """The augmented dataset, and the report on the transforms."""
        return {"rows": self.table(), "report": self.report()}

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        import numpy as np

        data, more = self.dataset, len(self.versions)
        grown = np.flatnonzero(self.after > self.before)
        of = plural(len(grown), "class", "classes")
        yield f"{data.name}: {len(data):,} rows and {plural(more, 'new one')} of {of}"
        if len(grown):
            sizes = [f"{data.classes[c]} {self.before[c]:,} → {self.after[c]:,}" for c in grown[:5]]
            yield f"rows that train: {', '.join(sizes)}" + (f" and {len(grown) - 5:,} more" if len(grown) > 5 else "")
        if self.kept_out:
            yield f"{plural(self.kept_out, 'row')} of those that train got no version: {self.why_kept_out}"
        yield from under("Transforms", self._trials())
        yield from self._gains()
        yield from (f"note: {note}" for note in (*self.notes, *data.remarks()))

    def _trials(self) -> Iterator[str]:
        for one in self.selection.trials:
            off = self._classes(one.off)
            where = f"; off for {listing(off, 5)}, whose label it changes" if off and one.used else ""
            gain = "" if one.gain is None else f", balanced accuracy {one.gain}"
            yield f"{one.name}: {'used' if one.used else 'not used'}, {one.why}{gain}{where}"

    def _gains(self) -> Iterator[str]:
        found = self.selection
        if found.gain is None:
            if self.selection.trials:
                yield (
                    "note: no new rows, as no transform that keeps the label was shown to do no harm"
                    if any(one.gain is not None or one.why == "it changes the label" for one in found.trials)
                    else "note: no new rows, as no class needs more; name more rows a class with --to N"
                )
            return
        rows, of = self.measured
        where = f"{rows:,} rows, each held out once" + (f" (of {of:,} that train)" if rows < of else "")
        gains = (
            f"all together, on {where}: balanced accuracy {found.gain}, the classes with new rows {found.small}",
            f"against as many plain copies: {found.over_copies}",
        )
        yield from under("Gain", gains)

    def _classes(self, chosen: NDArray[np.bool_]) -> list[str]:
        return [name for name, one in zip(self.dataset.classes, chosen.tolist(), strict=True) if one]

    def _given(self, names: list[str], *, as_text: bool) -> pa.Table:
        """The rows as they are; with their types where the files have any."""
        typed = typed_rows(self.dataset)
        texts = self.dataset.texts(
            [name for name in names if typed is None or as_text or name not in typed.column_names]
        )
        if typed is None:
            return texts.select(names)
        found = {}
        for name in names:
            own = typed[name] if name in typed.column_names else None
            if own is None or (as_text and not is_nested(own.type)):
                found[name] = texts[name]
            else:
                found[name] = as_json(own) if as_text else own
        import pyarrow as pa

        known = typed.schema.metadata or {}
        about = {HUGGING_FACE: known[HUGGING_FACE]} if HUGGING_FACE in known and not as_text else None
        return pa.table(found, metadata=about)

    def _cells(self, name: str, pictures: PictureCell | None) -> list[Cell] | None:
        """What the new rows have in a column that is theirs; None where it is their parents'."""
        if isinstance(self.content, PictureContent) and name == self.content.column:
            cell = pictures or self.content.uri
            how = self.versions.cells[name]
            return [cell(row, str(one)) for row, one in zip(self.versions.parents.tolist(), how, strict=True)]
        if name not in self.versions.cells:
            return None
        cells = self.versions.cells[name]
        if isinstance(self.content, TableContent) and name in self.content.names:
            places = self.content.decimals[self.content.names.index(name)]
            return [None if one is None else _number(float(one), places) for one in cells]
        return [*cells]

    def _ids(self) -> list[str]:
        """`<parent>+1` and so on, past the ids that there are already."""
        known = self.dataset.ids.to_pylist()
        taken, times, found = set(known), Counter[int](), []
        for row in self.versions.parents.tolist():
            name = known[row]
            while name in taken:
                times[row] += 1
                name = f"{known[row]}+{times[row]}"
            taken.add(name)
            found.append(name)
        return found


def _number(value: float, places: int) -> str:
    text = f"{value:.{max(places, 0)}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text
