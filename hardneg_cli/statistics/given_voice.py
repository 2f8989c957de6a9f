"""What the labels that the data had say beside reviewers' answers: a voice of their own, or an echo of the answers.

p(given | class, answers) = own · T[class, given] + majority · [given is a most frequent answer] + any · (share of the
answers that say it). A label that somebody else gave is a voice, and its T is estimated as a reviewer's is; one that
was made of the answers, their majority or one of them, is explained by the last two terms, which say nothing about the
class. How much of each there is is fitted by EM where the classes are known from the answers and the model alone, so
that an echo cannot confirm itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics.probability import FLOOR, uniform_transition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Codes: TypeAlias = NDArray[np.int64]

USUAL = 0.7  # accuracy to begin with: below a reviewer's, who has seen the label and may have changed it
STEPS = 30


@dataclass(frozen=True)
class GivenVoice:
    """codes: (N,) given classes. echo: N×2 how likely the answers' majority, and any answer, makes the given label.

    shares: (3,) of labels that are a voice of their own, the majority and any answer. flips: K×K T[class, given].
    """

    codes: Codes
    echo: Array
    shares: Array
    flips: Array

    def likelihood(self) -> Array:
        """N×K, of each class."""
        own: Array = self.shares[0] * self.flips.T[self.codes]
        return own + (self.echo @ self.shares[1:])[:, None]

    def evidence(self) -> Array:
        """N×K, its logarithm."""
        import numpy as np

        found: Array = np.log(np.maximum(self.likelihood(), FLOOR))
        return found

    def counts(self, classes: Array) -> Array:
        """K×K expected number of rows by class and given label, of labels that are a voice of their own."""
        import numpy as np
        from scipy.sparse import csr_array

        own = classes * self.shares[0] * self.flips.T[self.codes] / np.maximum(self.likelihood(), FLOOR)
        rows, k = len(self.codes), len(self.flips)
        picks = csr_array((np.ones(rows), (self.codes, np.arange(rows))), shape=(k, rows))
        counts: Array = np.asarray(picks @ own).T
        return counts

    def step(self, classes: Array) -> Array:
        """(3,) shares that explain the labels better, one row of each besides."""
        import numpy as np

        likely = np.maximum(self.likelihood(), FLOOR)
        own = (classes * self.shares[0] * self.flips.T[self.codes] / likely).sum()
        echo = (classes / likely).sum(axis=1) @ (self.echo * self.shares[1:])
        shares = np.r_[own, echo] + 1
        found: Array = shares / shares.sum()
        return found


def echoes(given: Codes, votes: Array) -> Array:
    """N×2 from N×K counts of answers; rows have at least one."""
    import numpy as np

    said = votes[np.arange(len(given)), given]
    most = votes.max(axis=1)
    found: Array = np.column_stack([(said == most) / (votes == most[:, None]).sum(axis=1), said / votes.sum(axis=1)])
    return found


def fit_voice(given: Codes, votes: Array, classes: Array, shrunk: Callable[[Array], Array]) -> GivenVoice:
    """The voice, where the classes (N×K) are those of answers and model. shrunk: flips from expected counts."""
    import numpy as np

    k = votes.shape[1]
    voice = GivenVoice(given, echoes(given, votes), np.full(3, 1 / 3), uniform_transition(1 - USUAL, k))
    for _ in range(STEPS):
        voice = GivenVoice(given, voice.echo, voice.step(classes), shrunk(voice.counts(classes)))
    return voice
