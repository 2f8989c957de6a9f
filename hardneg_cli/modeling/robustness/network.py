"""A fitted network or logistic regression of scikit-learn as a function whose gradient by its input is known.

Backpropagation by hand: through rectified linear units to the input instead of to the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError
from hardneg_cli.statistics.probability import softmax

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Network:
    """Layers of weights and biases with rectified linear units between them, and the K classes that come out."""

    weights: tuple[Block, ...]
    biases: tuple[Block, ...]
    classes: Codes

    def logits(self, points: Block) -> Block:
        """(n, K) unnormalized log-probabilities."""
        return self._layers(points)[-1]

    def predicted(self, points: Block) -> Codes:
        """(n,) the most probable class of each point."""
        found: Codes = self.classes[self.logits(points).argmax(axis=1)]
        return found

    def loss(self, points: Block, labels: Codes) -> Block:
        """(n,) cross-entropy of the labels, each one of `classes`."""
        import numpy as np
        from scipy.special import logsumexp

        logits = self.logits(points)
        found: Block = logsumexp(logits, axis=1) - logits[np.arange(len(points)), self._places(labels)]
        return found

    def gradient(self, points: Block, labels: Codes) -> Block:
        """(n, D) of the loss of each point with respect to the point."""
        import numpy as np

        layers = self._layers(points)
        back: Block = softmax(layers[-1])
        back[np.arange(len(points)), self._places(labels)] -= 1
        for number in range(len(self.weights) - 1, -1, -1):
            back = back @ self.weights[number].T
            if number:
                back *= layers[number] > 0
        return back

    def _places(self, labels: Codes) -> Codes:
        import numpy as np

        return np.searchsorted(self.classes, labels)

    def _layers(self, points: Block) -> list[Block]:
        """What goes into each layer, and what comes out of the last."""
        import numpy as np

        layers = [points]
        for number, (weights, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            out = layers[-1] @ weights + bias
            layers.append(np.maximum(out, 0, out=out) if number < len(self.weights) - 1 else out)
        return layers


def network(model: Any) -> Network:
    """The function that a fitted MLPClassifier or LogisticRegression computes. Raises InputError for any other model.

    Between two classes they have one output, the logit of the second; here the first one's is 0.
    """
    import numpy as np

    if hasattr(model, "coefs_") and model.activation == "relu":
        weights, biases = [*model.coefs_], [*model.intercepts_]
    elif type(model).__name__ == "LogisticRegression":
        weights, biases = [model.coef_.T], [model.intercept_]
    else:
        raise InputError(f"the gradient of {type(model).__name__} is not known; choose --model mlp or logistic")
    if weights[-1].shape[1] == 1:
        weights[-1] = np.column_stack([np.zeros(len(weights[-1])), weights[-1]])
        biases[-1] = np.concatenate([np.zeros(1), biases[-1]])
    return Network(tuple(weights), tuple(biases), model.classes_)
