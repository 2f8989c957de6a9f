"""What models of a base's rows say of these rows and of a dataset that came from it, each row out of fold.

The rows of the base are dealt into folds, as `predict` does it, and a row is judged by the models of the other folds.
A row of the dataset whose content is in the base has that row's probabilities; another one gets a fold, that of the row
with its id or of its group, or by a hash of its content, and is judged by the models without it. So a changed row
stands to its models as an unchanged one stands to its own, and a gate may compare them. No changed label teaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.features.inputs import ModelInputs, concatenated, material
from hardneg_cli.data.features.pictures import picture_digests
from hardneg_cli.io.files.small_pictures import has_pillow
from hardneg_cli.io.tables.array_cache import key_of
from hardneg_cli.modeling.folds import UNLEARNED, fold_of, learnable
from hardneg_cli.modeling.model_mixture import mixed
from hardneg_cli.modeling.out_of_fold import Classifier, out_of_fold, usual_classifiers
from hardneg_cli.modeling.temperature_scaling import calibrated
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

VERSION = 1  # of how predictions come about; another one leaves all that was kept unread
FOLDS = 5
BESIDE_COLUMNS = "knn"  # on digits 10 % of wrong labels in 300 new rows fail 95 % instead of 90 % of commits with it


@dataclass(frozen=True)
class KeyedRows:
    """M rows that models learn from or judge. keys: M texts, the same for rows between which no model could tell."""

    dataset: Dataset
    choice: FeatureChoice
    keys: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, choice: FeatureChoice) -> KeyedRows:
        """Pictures are told apart as files: none is decoded before a model wants to see it."""
        if choice.image is None or choice.embed is not None or not has_pillow():  # which is an error
            inputs = material(dataset, choice)
            rows = cls(dataset, choice, tuple(inputs.keys()))
            rows.__dict__["inputs"] = inputs
            return rows
        return cls(dataset, choice, tuple(digest.hex() for digest, _ in picture_digests(dataset)))

    @cached_property
    def inputs(self) -> ModelInputs:
        """What models see of the rows. Raises InputError for pictures that cannot be read."""
        return material(self.dataset, self.choice)

    @cached_property
    def fold_names(self) -> tuple[str, ...]:
        """Those of the fold column, else numbers."""
        named = self.dataset.role(self.dataset.columns.fold)
        return tuple(sorted(set(named)) if named is not None else (str(number + 1) for number in range(FOLDS)))

    @cached_property
    def key(self) -> str:
        """32 hexadecimal digits of all that models' answers depend on, but for the order of the rows, which is none."""
        data, nothing = self.dataset, [""] * len(self.keys)
        ids = data.ids.to_pylist()
        groups, folds = data.role(data.columns.groups) or nothing, data.role(data.columns.fold) or nothing
        libraries = ("numpy", "scikit-learn", *(() if self.choice.image is None else ("pillow",)))
        rows = (
            (ids[row], self.keys[row], data.classes[data.labels[row]], groups[row], folds[row])
            for row in data.by_id.tolist()
        )
        return key_of((VERSION, self.fold_names), libraries, rows)


@dataclass(frozen=True)
class LearnedBase:
    """How models learn from the rows.

    fold: (M,) into the rows' `fold_names`. labels: (M,) codes into `classes`, negative for rows that teach nothing.
    """

    rows: KeyedRows
    fold: Codes
    classes: tuple[str, ...]
    labels: Codes

    @classmethod
    def of(cls, rows: KeyedRows) -> LearnedBase:
        """Raises InputError where there are too few different rows."""
        fold, _ = fold_of(rows.dataset, rows.inputs, FOLDS)
        classes, labels, _ = learnable(rows.dataset, fold)
        return cls(rows, fold, classes, labels)

    @cached_property
    def models(self) -> tuple[Classifier, ...]:
        """What learns from the rows."""
        inputs = self.rows.inputs
        usual = tuple(usual_classifiers(inputs, len(self.classes), {}))
        return usual if inputs.texts is not None else (*usual, Classifier.called(BESIDE_COLUMNS))


@dataclass(frozen=True)
class OtherRows:
    """The F different rows of a dataset of N that its base does not have, and where each row of it is found.

    place: (N,) below M a row of the base, from M on one of these. rows: (F,) in the dataset. fold: (F,).
    digests: F of content and fold.
    """

    place: Codes
    rows: Codes
    fold: Codes
    digests: tuple[bytes, ...]

    @classmethod
    def of(cls, base: KeyedRows, fold: Codes, head: KeyedRows) -> OtherRows:
        """fold: (M,) of the base's rows."""
        import numpy as np

        places: dict[tuple[str, int], int] = {}
        known: dict[str, int] = {}
        for row, key in enumerate(base.keys):
            known.setdefault(key, row)
        folds, dataset = _FoldsOfOthers.of(base, fold), head.dataset
        nowhere = [""] * len(dataset)
        ids, groups = dataset.ids.to_pylist(), dataset.role(dataset.columns.groups) or nowhere
        names = dataset.role(dataset.columns.fold) or nowhere
        place = np.empty(len(dataset), np.int64)
        rows: list[int] = []
        own: list[int] = []
        for row, key in enumerate(head.keys):
            if key in known:
                place[row] = known[key]
                continue
            number = folds.fold(key, ids[row], groups[row], names[row])
            if (key, number) not in places:
                places[key, number] = len(base.keys) + len(rows)
                rows.append(row)
                own.append(number)
            place[row] = places[key, number]
        digests = tuple(_digest(*one) for one in places)
        return cls(place, np.array(rows, np.int64), np.array(own, np.int64), digests)


@dataclass(frozen=True)
class _FoldsOfOthers:
    """Folds of the base by row id, by group and by name."""

    by_id: Mapping[str, int]
    by_group: Mapping[str, int]
    by_name: Mapping[str, int]

    @classmethod
    def of(cls, base: KeyedRows, fold: Codes) -> _FoldsOfOthers:
        data, folds = base.dataset, fold.tolist()
        by_id = dict(zip(data.ids.to_pylist(), folds, strict=True)) if data.columns.id is not None else {}
        groups = data.role(data.columns.groups) or []
        by_group = {name: fold for name, fold in zip(groups, folds, strict=False) if name.strip()}
        return cls(by_id, by_group, {name: number for number, name in enumerate(base.fold_names)})

    def fold(self, key: str, id_: str, group: str, name: str) -> int:
        """The one that the row is in by its own column, id or group, else by its content."""
        for found in (self.by_name.get(name), self.by_id.get(id_), self.by_group.get(group)):
            if found is not None:
                return found
        return int.from_bytes(_digest(key, 0)[:8], "big") % len(self.by_name)


def out_of_fold_probabilities(base: LearnedBase, others: OtherRows, seen: ModelInputs) -> tuple[Block, Block]:
    """(M, K) and (F, K) probabilities, calibrated, of the base's rows and of the others.

    seen: F rows, what models see of the others.
    Raises InputError where the columns of both are of different kinds.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    rows = base.rows
    m, f = len(rows.keys), len(others.rows)
    inputs = concatenated(rows.inputs, seen) if f else rows.inputs
    fold = np.concatenate([base.fold, others.fold])
    labels = np.concatenate([base.labels, np.full(f, UNLEARNED)])
    order = np.concatenate([rows.dataset.by_id, np.arange(m, m + f)])
    found = []
    with threadpool_limits(1), progress("training"):  # sums depend on who shares them
        for number, model in enumerate(base.models, 1):
            stage = f"folds of {model.name}, model {number} of {len(base.models)}"
            with progress(stage, total=len(rows.fold_names)) as advance:
                raw, _ = out_of_fold(inputs, labels, fold, model, len(base.classes), order, step=advance)
            found.append(calibrated(raw, labels, fold))
    p = mixed(found, labels, fold, order)
    return p[:m], p[m:]


def _digest(key: str, fold: int) -> bytes:
    return blake2b(f"{fold}\0{key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
