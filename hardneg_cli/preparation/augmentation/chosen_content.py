"""What of a dataset is changed: its texts, its columns or its pictures; and the transforms that are tried on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.feature_numbers import feature_columns
from hardneg_cli.data.features.features import FeatureChoice, feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.features.mixed_columns import mixed_columns
from hardneg_cli.errors import InputError, listing, quote
from hardneg_cli.io.files.small_pictures import PILLOW, has_pillow
from hardneg_cli.preparation.augmentation.content import Content
from hardneg_cli.preparation.augmentation.pictures import PictureContent
from hardneg_cli.preparation.augmentation.rewriting import Rewriter
from hardneg_cli.preparation.augmentation.tables import TableContent, decimals
from hardneg_cli.preparation.augmentation.texts import TextContent
from hardneg_cli.preparation.augmentation.transforms import TRANSFORMS
from hardneg_cli.runtime.evidence_store import checked_settings

Settings = Mapping[str, Mapping[str, object]]


def chosen_content(
    dataset: Dataset, features: object, chosen: tuple[Sequence[str], Rewriter | None], settings: Settings, seed: int
) -> Content:  # fmt: skip
    """The content, with settings of transforms by name, those of other units ignored.

    chosen: names of transforms, by default all that fit, and what users bring. Raises InputError where there is none.
    """
    by, rewriter = chosen
    choice = feature_choice(features, dataset.columns)  # type: ignore[arg-type]
    if choice.file or choice.array is not None or choice.embed is not None:
        raise InputError(
            f"augment writes new rows, so what it changes has to be in {dataset.name}: name its columns with --features"
        )
    what = "text" if dataset.columns.text is not None else "columns" if choice.columns else "picture"
    if rewriter is not None and what != "text":
        raise InputError(f"--using {rewriter.name} makes texts of texts: name their column with --text")
    own = {
        name: checked_settings("transform", name, TRANSFORMS[name].run, settings.get(name, {}))
        for name in TRANSFORMS.names
    }
    kinds = _kinds(by, what, rewriter)
    if what == "text":
        assert dataset.columns.text is not None
        if rewriter is not None:
            _ = rewriter.function  # raises before any work is done
        inputs = material(dataset, FeatureChoice(columns=choice.columns))
        return TextContent(inputs, dataset.columns.text, kinds, dataset.classes, seed, own, rewriter)
    if what == "columns":
        return _table(dataset, choice, kinds, own, seed)
    if dataset.columns.image is None:
        raise InputError(
            "nothing to change: name the text with --text, the columns with --features, or the pictures with --image"
        )
    if not has_pillow():
        raise InputError(PILLOW)
    return PictureContent(dataset, material(dataset, FeatureChoice(image=dataset.columns.image)), kinds, seed, own)


def _kinds(by: Sequence[str], what: str, rewriter: Rewriter | None) -> tuple[str, ...]:
    """The transforms to try. Raises InputError for one that there is not, or that is of no use here."""
    fitting = [name for name in TRANSFORMS.names if what == TRANSFORMS[name].OF]
    for name in by:
        if name in TRANSFORMS.names and name not in fitting:
            raise InputError(
                f"--by {name} changes {_article(TRANSFORMS[name].OF)}; here it is one of {listing(fitting, 9)}"
            )
        if lacking := TRANSFORMS[name].lacking():
            raise InputError(lacking)
    if by or rewriter is not None:
        return (*dict.fromkeys(by), *([] if rewriter is None else [rewriter.name]))
    return tuple(name for name in fitting if TRANSFORMS[name].MILD and not TRANSFORMS[name].lacking())


def left_out(content: Content, by: Sequence[str]) -> list[str]:
    """What would have been tried, if there was what it needs."""
    if by or not isinstance(content, TableContent):
        return []
    every = (one for one in TRANSFORMS if one.OF == "columns" and one.MILD)
    return [why for one in every if (why := one.lacking())]


def _article(what: str) -> str:
    return {"text": "a text", "picture": "a picture", "columns": "columns"}[what]


def _table(
    dataset: Dataset, choice: FeatureChoice, kinds: tuple[str, ...], settings: dict[str, dict[str, object]], seed: int
) -> TableContent:  # fmt: skip
    inputs = material(dataset, FeatureChoice(columns=choice.columns))
    columns = feature_columns(dataset, choice.columns, dataset.columns.probabilities(dataset.all_columns))
    if not inputs.categories and inputs.numbers is not None and inputs.numbers.shape[1] != len(columns):
        raise InputError(f"{dataset.name}: column {quote(columns[0])} holds lists; augment needs a column a number")
    texts = dataset.texts(columns)
    found = mixed_columns(dataset.name, texts)
    names = tuple(found.numbers)
    places = tuple(decimals(texts[name].to_pylist()) for name in names)
    return TableContent(inputs, names, frozenset(found.dates), places, kinds, seed, settings)


def content_keys(content: Content) -> list[str]:
    """What no version may be like: the texts, or rows as models see them; pictures are compared by what is done."""
    if isinstance(content, TextContent):
        return [*content.texts]
    return [] if isinstance(content, PictureContent) else content.inputs.keys()
