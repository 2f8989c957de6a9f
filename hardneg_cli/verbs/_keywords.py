"""Keywords that verbs share, in groups: what a verb takes as `**options`, spelled out, and read back as groups.

A group is a frozen dataclass with the names and defaults that the command line has as well. A verb names the keywords
that it takes, for type checkers, and the groups that they belong to:

    class FindKeywords(DataKeywords, ModelKeywords, total=False): ...

    @spelled_out(FindKeywords, Columns, Reading, ModelSources)
    def find(data: Data, columns: Columns | None = None, **options: Unpack[FindKeywords]) -> Findings:
        models = grouped(ModelSources, options)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from inspect import Parameter
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypedDict, TypeVar

from hardneg_cli.data.class_names import ClassNames, as_names
from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.feature_numbers import with_vectors_only
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.load import load
from hardneg_cli.errors import HardnegError, InputError, did_you_mean, quote
from hardneg_cli.io.tables.spill import MEMORY
from hardneg_cli.runtime.argument_words import in_arguments

if TYPE_CHECKING:
    from hardneg_cli.io.files.source import Source
    from hardneg_cli.review.decisions.decision_sources import GivenDecisions

P = ParamSpec("P")
R = TypeVar("R")
Group = TypeVar("Group")
Settings = Mapping[str, Mapping[str, Any]]
Data: TypeAlias = object  # a path, a `Dataset`, or a frame: pandas, polars, Arrow, `datasets`, what narwhals takes


class DataKeywords(TypedDict, total=False):
    """Which column plays which part, and how the file is read."""

    label: str
    id: str | None
    text: str | None
    image: str | None
    groups: str | None
    split: str | None
    fold: str | None
    prob_prefix: str
    classes_are_numbers: bool
    classes: ClassNames | None
    encoding: str | None
    on_bad_rows: str


class ModelKeywords(TypedDict, total=False):
    """Models that have judged the rows."""

    probs: Any
    classes: ClassNames | None
    features: Any
    embed: str | Callable[[list[str]], object] | None


@dataclass(frozen=True)
class Reading:
    """encoding: of text files, UTF-8 by default. on_bad_rows: `fail`, or `skip` to leave them out."""

    encoding: str | None = None
    on_bad_rows: str = "fail"

    @property
    def may_skip(self) -> bool:
        return self.on_bad_rows == "skip"


@dataclass(frozen=True)
class ModelSources:
    """probs: a file, an N×K array or a frame, or a list of several, one a model. classes: of arrays' columns, in order.

    Arrays of labels' numbers or texts, as scikit-learn's `predict_proba` makes them, need no `classes`.
    """

    probs: Any = ()
    classes: ClassNames | None = None
    features: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "probs", _several(self.probs))
        object.__setattr__(self, "classes", self.class_names)

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The classes as texts. Raises InputError for a file that lists none."""
        return as_names(self.classes)


@dataclass(frozen=True)
class DecisionsRead:
    """decisions: logs, filled queues or decisions, by default the log beside the data, () for none."""

    decisions: GivenDecisions = None
    audit: Data | None = None


@dataclass(frozen=True)
class UnitChoice:
    """detectors: names, by default every one that the input allows. settings: by unit, then by name."""

    detectors: Sequence[str] = ()
    settings: Settings = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", self.settings or {})


@dataclass(frozen=True)
class EngineChoice:
    """memory: bytes of probabilities that may be held at a time. engine: `local` threads, or a `dask` cluster."""

    memory: int = MEMORY
    engine: str = "local"
    scheduler: str | None = None


@dataclass(frozen=True)
class Training:
    """models: names of classifiers, by default what suits the data; several are mixed."""

    models: Sequence[str] = ()
    folds: int = 5
    rounds: int = 3
    seed: int = 0


@dataclass(frozen=True)
class RowLimit:
    """At most so many rows, in all and of each class."""

    limit: int | None = None
    per_class: int | None = None


def _several(probs: Any) -> tuple[Any, ...]:
    """Each model's probabilities: one alone is a path, an array, a frame, or rows as lists."""
    import numpy as np

    if probs is None:
        return ()
    if not isinstance(probs, list | tuple):
        return tuple(probs) if getattr(probs, "ndim", 2) == 3 else (probs,)
    if probs and all(isinstance(one, list | tuple) for one in probs):
        values = np.asarray(probs)
        return tuple(values) if values.ndim == 3 else (values,)
    return tuple(probs)


def spelled_out(keywords: type, *groups: type) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The verb with a signature that spells its `**options` out; a keyword that it has not is a TypeError.

    Its errors speak of arguments, and a list of names may be one name.
    """

    def spelled(verb: Callable[P, R]) -> Callable[P, R]:
        taken = keywords.__annotations__
        members = {
            member.name: Parameter(
                member.name, Parameter.KEYWORD_ONLY, default=_default(member), annotation=member.type
            )
            for one in groups
            for member in fields(one)
            if member.name in taken
        }
        signature = inspect.signature(verb)
        own = [parameter for parameter in signature.parameters.values() if parameter.kind is not Parameter.VAR_KEYWORD]
        known = {parameter.name: parameter for parameter in [*own, *members.values()]}
        lists = {name for name, parameter in known.items() if str(parameter.annotation).startswith("Sequence[str")}

        @wraps(verb)
        def called(*args: P.args, **options: P.kwargs) -> R:
            for name, value in options.items():
                if name not in known:
                    raise TypeError(f"{verb.__name__}() has no keyword {quote(name)}{did_you_mean(name, known)}")
                if name in lists and isinstance(value, str):  # one name, no list of its letters
                    options[name] = (value,)
            try:
                return verb(*args, **options)
            except HardnegError as error:
                error.reword(in_arguments(error.command_line, known))
                raise

        called.__dict__["__signature__"] = signature.replace(parameters=[*known.values()])
        called.__dict__["groups"] = groups
        return called

    return spelled


def grouped(kind: type[Group], options: Mapping[str, object]) -> Group:
    """The members of the group that are among the options; the others have their defaults."""
    return kind(**{one.name: options[one.name] for one in fields(kind) if one.name in options})  # type: ignore[arg-type]


def data_columns(columns: Columns | None, options: Mapping[str, object]) -> Columns:
    """The columns, with those that are named by keywords in their place; a feature by its name is no probability."""
    named = {one.name: options[one.name] for one in fields(Columns) if one.name in options}
    chosen = replace(columns or Columns(), **named)  # type: ignore[arg-type]
    features = feature_choice(options.get("features"), None).columns  # type: ignore[arg-type]
    plain = [name for name in features if not set(name) & set("*?[") and name not in (chosen.beside or ())]
    return replace(chosen, beside=(*(chosen.beside or ()), *plain)) if plain else chosen


def read_data(
    data: Any, columns: Columns | None, options: Mapping[str, object], files: Sequence[Source] = (), *,
    needs_vectors: bool = True,
) -> Dataset:  # fmt: skip
    """The dataset, read as the keywords say unless it is one already; from `files`, if there are any.

    needs_vectors: whether a row without one is a bad row, where vectors are chosen.
    """
    reading = grouped(Reading, options)
    dataset = data if isinstance(data, Dataset) else load(
        data, data_columns(columns, options), encoding=reading.encoding, on_bad_rows=reading.on_bad_rows, files=files
    )  # fmt: skip
    return with_vectors(dataset, options) if needs_vectors else dataset


def with_vectors(dataset: Dataset, options: Mapping[str, object]) -> Dataset:
    """The dataset, less the rows that have no vector where bad rows may be left out and vectors are chosen."""
    if not grouped(Reading, options).may_skip:
        return dataset
    return with_vectors_only(dataset, feature_choice(grouped(ModelSources, options).features, dataset.columns))


def confirm_guard(guard: float | None) -> None:
    """Raises InputError for a guard that is no probability."""
    if guard is not None and not 0 <= guard <= 1:
        raise InputError(f"--guard is a probability, 0 to 1, not {guard:g}")


def _default(member: Any) -> Any:
    return {} if member.default_factory is dict else member.default
