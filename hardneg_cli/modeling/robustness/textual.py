"""Hardening against small edits of texts, for any kind of model: it is only asked what it thinks of each version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.modeling.out_of_fold import Classifier, FittedModel
from hardneg_cli.modeling.robustness.attacks import ATTACKS
from hardneg_cli.modeling.robustness.augmentation import Augmented, TrainingRows, fitted, together
from hardneg_cli.runtime.drawers import UnitSettings
from hardneg_cli.runtime.evidence_store import checked_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

LETTERS = re.compile(r"[^\W\d_]+")
ROUNDS = 2  # of attacking and learning from it
TELLING = 3  # letters that a word of a class name has at least; shorter ones stand anywhere


@dataclass(frozen=True)
class TextAttack:
    """N rows with texts, perhaps with numbers that stay, of K classes, and the kind of model that learns them."""

    material: ModelInputs
    classifier: Classifier
    settings: UnitSettings
    seed: int
    classes: Sequence[str]

    def fitted(self, training: TrainingRows, more: Augmented | None = None) -> FittedModel:
        """The model after these rows, and their augmented ones."""
        return fitted(self.classifier, self.material, training, more, seed=self.seed)

    def adversarial(self, training: TrainingRows, plain: FittedModel) -> None:
        """Texts have no gradient to train by."""

    def versions(self, training: TrainingRows, plain: FittedModel, robust: FittedModel | None) -> list[Augmented]:
        """What fools the plain model, and what fools one that has learned from that."""
        found = [self.attacked(plain, training, training.rows, training.labels)]
        while len(found) < ROUNDS:
            model = self.fitted(training, together(found, training).changed())
            found.append(self.attacked(model, training, training.rows, training.labels))
        return found

    def attacked(self, model: FittedModel, training: TrainingRows, rows: Codes, labels: Codes) -> Augmented:
        """The rows, each edited until the model is wrong about its label, or as far as it may be."""
        import numpy as np

        assert self.material.texts is not None
        run = ATTACKS["text-perturbation"].run
        given = self.settings.get("text-perturbation", {})
        settings = checked_settings("strategy", "text-perturbation", run, given)

        def judge(places: Sequence[int], texts: Sequence[str]) -> NDArray[np.float64]:
            at = np.asarray(places, np.int64)
            versions = Augmented(rows[at], ("",) * len(at), texts=tuple(texts)).within(self.material)
            p = model.probabilities(versions, np.arange(len(at)), len(self.classes))
            each, label = np.arange(len(at)), labels[at]
            p_label = p[each, label]
            p[each, label] = -1
            margins: NDArray[np.float64] = p_label - p.max(axis=1)
            return margins

        words = {word for name in self.classes for word in LETTERS.findall(name.casefold()) if len(word) >= TELLING}
        found = run([self.material.texts[row] for row in rows], judge, words, self.seed, **settings)
        kinds = tuple("+".join(one.kinds) for one in found)
        return Augmented(rows, kinds, texts=tuple(one.text for one in found))

    def least_changes(self, model: FittedModel, attacked: Augmented, labels: Codes) -> Augmented:
        """None: edits have nothing between them, and those of a text stop where the prediction flips."""
        import numpy as np

        return attacked.take(np.array([], np.int64))
