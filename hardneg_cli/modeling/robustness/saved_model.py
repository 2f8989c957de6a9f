"""A hardened model as a file that scikit-learn and skops load where hardneg is not installed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.data.features.scikit_learn_columns import scikit_learn_steps
from hardneg_cli.errors import InputError, listing
from hardneg_cli.modeling.out_of_fold import FittedModel

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin
    from sklearn.pipeline import Pipeline

WITHOUT = ("knn",)  # models that are not scikit-learn's
FOREIGN = "{} is not scikit-learn's own, so that it cannot be saved: choose another model"
OF_TRAINING = ("_optimizer", "_random_state")  # what a network keeps to go on learning
SCHEMA = "schema.json"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first date that a zip archive knows


@dataclass(frozen=True)
class SavedModel:
    """A fitted model of texts or columns, and the names of what it takes and answers.

    text: the column of the texts. numbers: those of the numbers. unread: features that are dates or lists. classes: all
    of the dataset's, by code.
    """

    model: FittedModel
    text: str | None
    numbers: Sequence[str]
    unread: Sequence[str]
    classes: Sequence[str]

    def pipeline(self) -> Pipeline:
        """Transformers of scikit-learn's, then the model: from a DataFrame with the columns, or texts, to class names.

        Raises InputError for dates and lists, and where the model needs what scikit-learn has not.
        """
        from sklearn.pipeline import Pipeline

        if not type(self.model.model).__module__.startswith("sklearn."):
            raise InputError(FOREIGN.format("this model"))
        if self.unread:
            raise InputError(
                "no transformer of scikit-learn reads dates or lists: to save the model, leave "
                f"{listing(self.unread)} out of the features"
            )
        steps = scikit_learn_steps(self.model.vectorizer, self.text, self.numbers)
        named = _with_names(self.model, self.classes)
        if len(steps) == 1 and self.text is not None and type(named).__name__.startswith("Hist"):
            raise InputError("a boosting model of so few texts and words cannot be saved: choose another model")
        return Pipeline([*steps, ("model", named)])

    def write(self, out: BinaryIO) -> None:
        """The pipeline as skops writes it, the same bytes for the same model. Raises InputError without skops."""
        refuse_unsaved(None)
        from skops.io import dumps

        out.write(_same_every_time(dumps(self.pipeline())))


def refuse_unsaved(name: str | None) -> None:
    """Raises InputError for a kind of model that cannot be saved, and where skops is missing."""
    from importlib.util import find_spec

    if name in WITHOUT:
        raise InputError(FOREIGN.format(name))
    if find_spec("skops") is None:
        raise InputError("models are saved by skops, which is not installed: pip install 'hardneg-cli[models]'")


def _with_names(fitted: FittedModel, classes: Sequence[str]) -> ClassifierMixin:
    """A copy of the model that answers names instead of codes, without what only its training needs."""
    import numpy as np

    model, names = deepcopy(fitted.model), np.array([classes[code] for code in fitted.classes], str)
    model.classes_ = names
    if hasattr(model, "_label_binarizer"):
        model._label_binarizer.classes_ = names
    for name in OF_TRAINING:
        vars(model).pop(name, None)
    return model


def _same_every_time(packed: bytes) -> bytes:
    """The archive with its parts numbered in the order in which they are named, instead of by address, and no time."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        names: dict[str, str] = {}
        _renumber(schema, {}, names)
        with zipfile.ZipFile(found := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as again:
            for old, new in names.items():
                again.writestr(zipfile.ZipInfo(new, LONG_AGO), _without_gaps(archive.read(old)), zipfile.ZIP_DEFLATED)
            text = json.dumps(schema, indent=2)
            again.writestr(zipfile.ZipInfo(SCHEMA, LONG_AGO), text, zipfile.ZIP_DEFLATED)
    return found.getvalue()


def _without_gaps(part: bytes) -> bytes:
    """The part; an array of records, such as a tree's nodes, with zeros for the bytes between fields, which are any."""
    import numpy as np

    if not part.startswith(np.lib.format.MAGIC_PREFIX):
        return part
    own = np.load(io.BytesIO(part), allow_pickle=False)
    if own.dtype.names is None:
        return part
    clean = np.zeros(own.shape, own.dtype)
    for name in own.dtype.names:
        clean[name] = own[name]
    np.save(found := io.BytesIO(), clean, allow_pickle=False)
    return found.getvalue()


def _renumber(node: object, ids: dict[int, int], names: dict[str, str]) -> None:
    if isinstance(node, dict):
        if isinstance(old := node.get("__id__"), int):
            node["__id__"] = ids.setdefault(old, len(ids) + 1)
        if isinstance(file := node.get("file"), str):
            node["file"] = names.setdefault(file, f"{len(names)}.{file.partition('.')[2]}")
        for child in node.values():
            _renumber(child, ids, names)
    elif isinstance(node, list):
        for child in node:
            _renumber(child, ids, names)
