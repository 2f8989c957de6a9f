"""Texts as vectors: hashed, in blocks, learned from a sample; and near copies among them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.features import text_vectors as vectors
from hardneg_cli.statistics import hashed_grams
from hardneg_cli.statistics.text_edits import BagsOfWords, changed
from hardneg_cli.verbs.find import find

WORDS = [
    "card",
    "arrive",
    "money",
    "transfer",
    "pending",
    "top-up",
    "refund",
    "fee",
    "Ünïcode",
    "中文",
    "don't",
    "a_b",
    "7.5",
]
ODD = ["", " ", "a", "…", "Ünïcode  ß\tÇa_va 中文字 x", "🙂 ok", "İstanbul\u2028new line", "x " * 3000]


def texts(many: int, seed: int = 0, words: int = 9) -> list[str]:
    rng = np.random.default_rng(seed)
    return [
        " ".join(f"{WORDS[w]}{rng.integers(30)}" for w in rng.integers(len(WORDS), size=words)) for _ in range(many)
    ]


def test_hashed_counts_are_those_of_scikit_learn() -> None:
    some = [*texts(200), *ODD]
    words = CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b").fit_transform(some)
    pieces = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform(some)
    for found, expected in zip(hashed_grams.hashed_grams(some), (words, pieces), strict=True):
        assert (found.sum(axis=1) == np.asarray(expected.sum(axis=1)).ravel()).all()
        fewer = np.diff(expected.indptr) - np.diff(found.indptr)  # of a million columns, hardly two n-grams share one
        assert (fewer >= 0).all()
        assert fewer.sum() <= 10


@pytest.mark.slow
def test_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [*texts(300), *ODD]
    expected = vectors.text_vectors(some)
    assert expected.shape == (len(some), vectors.DIMENSIONS)
    length = np.linalg.norm(expected, axis=1)
    assert np.isclose(length, np.array([bool(text.strip()) for text in some]), atol=1e-5)[
        [0, 1, 2, 4, 20, -8, -7]
    ].all()
    weights = vectors.GramWeights.of([hashed_grams.hashed_grams(some)])
    whole = weights.weighed(hashed_grams.hashed_grams(some))
    monkeypatch.setattr(hashed_grams, "CHARACTERS", 500)
    parts = [weights.weighed(hashed_grams.hashed_grams(some[block])) for block in hashed_grams.blocks(some)]
    assert len(parts) > 20
    assert sum(part.shape[0] for part in parts) == len(some)
    assert np.concatenate([part.toarray() for part in parts]).tobytes() == whole.toarray().tobytes()


@pytest.mark.slow
def test_a_sample_teaches_as_well_and_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"text": texts(900), "label": ["a", "b", "c"] * 300})
    frame["label"] = frame.text.str.split().str[0].str.rstrip("0123456789")
    monkeypatch.setattr(vectors, "LEARNED_FROM", 500)
    monkeypatch.setattr("hardneg_cli.detection.evidence.features.LEARNED_FROM", 500)
    found = find(frame, Columns(text="text"), detectors=["outvoted-label"], decisions=())
    assert "text: vectors learned from 500 random texts" in found.notes
    shuffled = find(
        frame.sample(frac=1, random_state=1), Columns(text="text"), detectors=["outvoted-label"], decisions=()
    )
    assert sorted(found.score.tolist()) == sorted(shuffled.score.tolist())


TWELVE = "Where can I find the code that verifies my new bank card"


@pytest.mark.parametrize(
    ("other", "share"),
    [
        ("where can i find, the code that verifies - MY NEW BANK CARD?", 0),
        ("Where can I find the code that verifys my new bank card", 2 / 45),
        ("Where can I find the code that verifies my old bank card", 3 / 45),
        ("Where can I find the code that verifies my bank card", 3 / 45),
        ("Where can I find the advertisement that verifies my new bank card", 1 / 12),
        ("Where can I find the that code verifies my new bank card", 1 / 12),
        ("Where could we read the code that unlocks my new bank account", 1),
    ],
)
def test_a_change_is_counted_in_letters_or_in_words(other: str, share: float) -> None:
    found = changed([TWELVE, other], np.array([0]), np.array([1]), words=0.1, letters=0.1)
    assert found.tolist() == pytest.approx([share])


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("my card was refused", "my card was refussed", True),
        ("payment of 150 euros", "payment of 159 euros", False),  # another number is another text
        ("a bag of 1.5 kg of rice", "a bag of 15 kg of rice", False),
        ("insufficient", "sufficient", False),
        ("a virtual card", "a physical card", False),
        ("银行卡还没有到请问怎么办呢谢谢", "银行卡还没有到请问怎么办呢谢了", True),
        ("", "…", False),
    ],
)
def test_short_texts(one: str, other: str, near: bool) -> None:
    found = changed([one, other], np.array([0]), np.array([1]), words=0.1, letters=0.1)
    assert (found[0] <= 0.1) == near


def test_what_bags_say_at_least_is_never_more_than_what_is_changed() -> None:
    some = [*texts(40, words=11), *ODD]
    some += [text.replace("1", "") + "?" for text in some]
    left, right = np.divmod(np.arange(len(some) ** 2), len(some))
    words, letters = BagsOfWords.of(some).least(left, right)
    assert (np.minimum(words, letters) <= changed(some, left, right) + 1e-12).all()


@pytest.mark.slow
def test_texts_with_a_word_changed_or_misspelled_are_near_copies() -> None:
    some = texts(300, words=12)
    changed = [text.replace(text.split()[5], "something") for text in some[:20]]
    misspelled = [text[:4] + "q" + text[5:] for text in some[20:40]]
    frame = pd.DataFrame({"text": [*some, *changed, *misspelled]})
    frame["label"] = "a"
    frame.loc[::7, "label"] = "b"
    found = find(frame, Columns(text="text"), detectors=["near-duplicate"], decisions=())
    flagged = found.flagged
    assert (flagged[300:] | flagged[:40]).all()
    assert flagged.sum() == 40
    again = find(frame.sample(frac=1, random_state=3), Columns(text="text"), detectors=["near-duplicate"], decisions=())
    assert again.flagged.sum() == 40
