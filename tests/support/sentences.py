"""Made sentences of three classes, which a model learns from a few hundred of them; no two are alike."""

from __future__ import annotations

import random

import pandas as pd

WORDS = {
    "card": ("card", "pin", "chip", "contactless", "freeze", "stolen", "replace"),
    "loan": ("loan", "interest", "instalment", "mortgage", "repay", "credit", "terms"),
    "fees": ("fee", "charge", "refund", "exchange", "abroad", "commission", "cost"),
}
FILLERS = (
    "please",
    "why",
    "my",
    "the",
    "how",
    "is",
    "about",
    "today",
    "again",
    "help",
    "with",
    "where",
    "could",
    "you",
)
HARD = 0.08  # of the sentences speak of another class besides


def sentences(rows: int, seed: int, first: int = 0) -> pd.DataFrame:
    """`rows` with the columns id, label, text; ids begin with the number `first`."""
    rng = random.Random(seed)
    found = []
    for number in range(first, first + rows):
        label = rng.choice(sorted(WORDS))
        other = rng.choice(sorted(WORDS)) if rng.random() < HARD else label
        words = rng.sample(WORDS[label], 2) + rng.sample(WORDS[other], 1) + rng.sample(FILLERS, 5)
        rng.shuffle(words)
        found.append((f"s{number}", label, f"{' '.join(words)} {number}"))
    return pd.DataFrame(found, columns=["id", "label", "text"])


def mislabeled(frame: pd.DataFrame, share: float, seed: int = 0) -> pd.DataFrame:
    """The rows, of which a share has the label of another class."""
    rng = random.Random(seed)
    wrong = frame.copy()
    for row in rng.sample(range(len(frame)), round(share * len(frame))):
        label = frame["label"].iloc[row]
        wrong.iloc[row, 1] = rng.choice([name for name in sorted(WORDS) if name != label])
    return wrong
