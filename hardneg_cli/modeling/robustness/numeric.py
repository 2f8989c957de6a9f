"""Hardening against small changes of numbers: projected gradient where the model has one, else transfer."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.errors import InputError
from hardneg_cli.modeling.out_of_fold import Classifier, FittedModel
from hardneg_cli.modeling.robustness.attacks import ATTACKS
from hardneg_cli.modeling.robustness.augmentation import Augmented, TrainingRows, fitted, together
from hardneg_cli.modeling.robustness.network import Network, network
from hardneg_cli.runtime.drawers import Settings, UnitSettings
from hardneg_cli.runtime.evidence_store import checked_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.modeling.robustness.attacks.distillation import DistilledPoints

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

LEARNING = {"steps": 7, "starts": 1}  # of the attack within training, which makes one for each batch
SWITCH = 2  # values of a number between which there is nothing
IMITATED = 4  # points around each row that an imitator learns from
STEPS, FEWEST_EPOCHS = 8, 5  # of a student: as many steps as so many times the rows' epochs have
ROUNDS = 2  # of attacking and learning from it, without a gradient
SOFT = "soft-label"  # the kind of a version with another label than its parent's
DIFFERENTIABLE = ("mlp", "logistic")


@dataclass(frozen=True)
class NumericAttack:
    """N rows of numbers, and the kind of model that learns them. radius: (D,) how far each number may move."""

    material: ModelInputs
    classifier: Classifier
    settings: UnitSettings
    seed: int
    radius: Block

    @classmethod
    def of(
        cls, material: ModelInputs, train: Codes, classifier: Classifier, settings: UnitSettings,
        seed: int, epsilon: float, names: Sequence[str],
    ) -> NumericAttack:  # fmt: skip
        """epsilon: how far numbers move, as a share of their standard deviation among the `train` rows.

        names: of the columns of numbers, empty for one that is to stay, as dates are; numbers with two values only,
        missing ones and categories stay, too. Raises InputError where there is nothing to move.
        """
        import numpy as np

        assert material.numbers is not None
        free = [
            bool(name) and len(np.unique(column[~np.isnan(column)])) > SWITCH
            for name, column in zip(names, material.numbers.T, strict=True)
        ]
        if not any(free):
            raise InputError("no number to move: each is a date, or has no more than two values")
        return cls(
            material, classifier, settings, seed, np.where(free, epsilon * _spread(material.numbers[train]), 0.0)
        )

    def fitted(self, training: TrainingRows, more: Augmented | None = None) -> FittedModel:
        """The model after these rows, and their augmented ones."""
        return fitted(self.classifier, self.material, training, more, seed=self.seed)

    def adversarial(self, training: TrainingRows, plain: FittedModel) -> FittedModel | None:
        """The same kind of model after adversarial training; None for a kind without a gradient."""
        from sklearn.neural_network import MLPClassifier

        if self.classifier.name not in DIFFERENTIABLE:
            return None
        own, linear = plain.model, not hasattr(plain.model, "coefs_")
        layers, penalty = ((), 1 / own.C) if linear else (own.hidden_layer_sizes, own.alpha)
        empty = MLPClassifier(layers, alpha=penalty, random_state=self.seed)
        settings = {"epochs": own.max_iter} if not linear else {}
        run, chosen = self._strategy("adversarial-training", settings)
        attack, its = self._strategy("projected-gradient")
        points = plain.points(self.material, training.rows)
        reach = partial(_reach, self._radius(plain), points.min(axis=0), points.max(axis=0))
        model = run(empty, points, training.labels, training.weights, reach, partial(attack, **(its | LEARNING)),
                    self.seed, **chosen)  # fmt: skip
        return FittedModel(plain.vectorizer, model, model.classes_)

    def versions(self, training: TrainingRows, plain: FittedModel, robust: FittedModel | None) -> list[Augmented]:
        """What the hardened model says around each row; without one, what fools models that learn from what did."""
        rows, labels = training.rows, training.labels
        if robust is not None:
            return [self._distilled(training, plain, robust)]
        found = [self.attacked(plain, training, rows, labels)]
        while len(found) < ROUNDS:
            model = self.fitted(training, together(found, training).changed())
            found.append(self.attacked(model, training, rows, labels))
        return found

    def _distilled(self, training: TrainingRows, plain: FittedModel, robust: FittedModel) -> Augmented:
        import numpy as np

        rows, labels, points = training.rows, training.labels, plain.points(self.material, training.rows)
        seeds = count(self.seed + 1)

        def fools(model: FittedModel, seed: int = self.seed) -> Block:
            moved = replace(self, seed=seed).attacked(model, training, rows, labels)
            return plain.points(moved.within(self.material), np.arange(len(rows)))

        def versions(found: DistilledPoints) -> Augmented:
            given, moves = robust.classes[found.labels], found.points - points[found.rows]
            kinds = np.where(moves.any(axis=1), "projected-gradient", "").astype(object)
            kinds[given != labels[found.rows]] = SOFT
            own = rows[found.rows]
            return Augmented(own, tuple(kinds.tolist()), self._numbers(plain, own, moves), labels=given)

        def fools_next(found: DistilledPoints) -> Block:
            student, seed = self._student(plain, len(found.rows) / len(rows)), next(seeds)
            return fools(fitted(student, self.material, training, versions(found), seed=seed), seed)

        run, chosen = self._strategy("distillation")
        codes = np.searchsorted(robust.classes, labels)
        return versions(run(robust.model.predict_proba, codes, [fools(robust), fools(plain)], fools_next, **chosen))

    def _student(self, plain: FittedModel, times: float) -> Classifier:
        """The kind of model, with steps enough for so many times the rows: of these, fewer epochs do."""
        if not hasattr(plain.model, "coefs_"):
            return self.classifier
        epochs = max(FEWEST_EPOCHS, round(plain.model.max_iter * STEPS / (1 + times)))
        return Classifier.called(self.classifier.name, {**dict(self.classifier.settings), "epochs": epochs})

    def _bounds(self, model: FittedModel, training: TrainingRows, rows: Codes) -> tuple[Block, Block, Block]:
        """The rows' points, and the bounds within which they may move; (n, D) each. What is missing stays."""
        import numpy as np

        seen, points = model.points(self.material, training.rows), model.points(self.material, rows)
        low, high = _reach(self._radius(model), seen.min(axis=0), seen.max(axis=0), points, 1.0)
        assert self.material.numbers is not None
        missing = np.flatnonzero(np.isnan(self.material.numbers[rows]))
        row, column = np.divmod(missing, self.material.numbers.shape[1])
        low[row, column] = high[row, column] = points[row, column]
        return points, low, high

    def attacked(self, model: FittedModel, training: TrainingRows, rows: Codes, labels: Codes) -> Augmented:
        """The rows, each moved to where the model is most wrong about its label, in the range of the training rows."""
        import numpy as np

        rng = np.random.default_rng(self.seed)
        points, low, high = self._bounds(model, training, rows)
        known = np.isin(labels, model.classes)
        moved = points.copy()
        inside = points[known], labels[known], low[known], high[known], rng
        if self.classifier.name in DIFFERENTIABLE:
            run, chosen = self._strategy("projected-gradient")
            moved[known] = run(network(model.model), *inside, **chosen)
            kind = "projected-gradient"
        else:
            run, chosen = self._strategy("transfer")
            moved[known] = run(self._imitator(model, training), model.model.predict, *inside, **chosen)
            kind = "transfer"
        changed = np.flatnonzero((moved != points).any(axis=1))
        kinds = np.full(len(rows), "", object)
        kinds[changed] = kind
        return Augmented(rows, tuple(kinds.tolist()), self._numbers(model, rows, moved - points))

    def least_changes(self, model: FittedModel, attacked: Augmented, labels: Codes) -> Augmented:
        """Of the rows that the model gets right and their versions wrong, the points just behind the boundary."""
        import numpy as np

        own = model.points(self.material, attacked.parents)
        theirs = model.points(attacked.within(self.material), np.arange(len(attacked)))
        fooled = np.flatnonzero((model.model.predict(own) == labels) & (model.model.predict(theirs) != labels))
        if not len(fooled):
            return attacked.take(fooled)
        run, chosen = self._strategy("least-change")
        found = run(model.model.predict, own[fooled], theirs[fooled], labels[fooled], **chosen)
        rows = attacked.parents[fooled]
        return Augmented(rows, ("boundary",) * len(rows), self._numbers(model, rows, found - own[fooled]))

    def _strategy(self, name: str, defaults: Settings | None = None) -> tuple[Callable[..., Any], dict[str, Any]]:
        run = ATTACKS[name].run
        given = {**(defaults or {}), **self.settings.get(name, {})}
        return run, checked_settings("strategy", name, run, given)

    def _radius(self, model: FittedModel) -> Block:
        """(D',) how far each coordinate of the model's space may move; the signs of gaps stay."""
        import numpy as np

        width = model.points(self.material, np.arange(1)).shape[1]
        return np.concatenate([self.radius / model.vectorizer.spread, np.zeros(width - len(self.radius))])

    def _numbers(self, model: FittedModel, rows: Codes, moves: Block) -> Block:
        """(n, D) the rows' numbers after moves in the model's space; what did not move stays as it is, to the bit."""
        import numpy as np

        assert self.material.numbers is not None
        own = self.material.numbers[rows]
        moves = moves[:, : own.shape[1]]
        found: Block = np.where(moves == 0, own, own + moves * model.vectorizer.spread)
        return found

    def _imitator(self, model: FittedModel, training: TrainingRows) -> Network:
        """A network that answers as the model does, near the rows."""
        import numpy as np
        from sklearn.neural_network import MLPClassifier

        rng = np.random.default_rng(self.seed)
        seen = model.points(self.material, training.rows)
        around = np.tile(seen, (IMITATED, 1))
        around += self._radius(model) * rng.uniform(-2, 2, around.shape)
        points = np.vstack([seen, around])
        found = MLPClassifier((128,), max_iter=30, n_iter_no_change=30, random_state=self.seed)
        with warnings.catch_warnings():
            from sklearn.exceptions import ConvergenceWarning

            warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs are enough
            return network(found.fit(points, model.model.predict(points)))


def _spread(numbers: Block) -> Block:
    """(D,) the standard deviations of what is not missing."""
    import numpy as np

    return np.array([column[~np.isnan(column)].std() if not np.isnan(column).all() else 0.0 for column in numbers.T])


def _reach(radius: Block, least: Block, most: Block, points: Block, share: float) -> tuple[Block, Block]:
    """The bounds (n, D) of each point: within a share of the radius, and not out of the range it is in."""
    import numpy as np

    low = np.maximum(points - share * radius, np.minimum(least, points))
    return low, np.minimum(points + share * radius, np.maximum(most, points))
