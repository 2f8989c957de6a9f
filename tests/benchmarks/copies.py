"""Near copies of short texts: python -m tests.benchmarks copies [DATA_FOLDER] [--quick]

Texts are sentences of 8 to 18 words: of the docstrings of Python's standard library; with DATA_FOLDER, the questions of
BANKING77, and halves of those joined at random. Of some of eleven to thirteen words copies are planted, with one change
each (a kind, in turn). A copy is found if `find --detector near-duplicate --text` flags it or what it is a copy of.
Beside it, the share of the texts as they are that is flagged: copies by chance, wordings of the same, and forms.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from hardneg_cli import find

from . import results

LIBRARIES = ("hardneg-cli", "rapidfuzz", "scikit-learn")
MOST, QUICK_MOST, PLANTED, QUICK_PLANTED = 20_000, 2_000, 200, 20  # texts; copies a kind
RECALL = 0.98
TWO = "two words replaced"  # no small change where texts are alike: reported, not demanded
Change = Callable[[str, random.Random, Sequence[str]], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", metavar="DATA_FOLDER")
    parser.add_argument("--quick", action="store_true")
    results.add_option(parser)
    given = parser.parse_args()
    lines = []
    for name, texts in _sets(given.data):
        some = random.Random(0).sample(texts, min(len(texts), QUICK_MOST if given.quick else MOST))
        lines.append(_measured(name, some, QUICK_PLANTED if given.quick else PLANTED))
        print(*(f"{key}: {value}" for key, value in lines[-1].items()), sep="; ", flush=True)
    worst = min(value for line in lines for kind, value in line["found"].items() if kind != TWO)
    print(f"\nof small changes at least {RECALL} found: {'met' if worst >= RECALL else 'MISSED'} (worst {worst})")
    results.keep(given, "copies", {"copies": lines}, LIBRARIES, whole=given.data is not None and not given.quick)


def _measured(name: str, texts: Sequence[str], many: int) -> results.Record:
    rng = random.Random(1)
    words = [word for text in texts for word in text.split()]
    usual = [row for row, text in enumerate(texts) if 11 <= len(text.split()) <= 13]
    chosen = rng.sample(usual, min(len(usual), many * len(CHANGES)))
    kinds = [list(CHANGES)[place % len(CHANGES)] for place in range(len(chosen))]
    copies = [_copy(texts[row], kind, rng, words) for kind, row in zip(kinds, chosen, strict=True)]
    alone, flagged = _flagged(texts), _flagged([*texts, *copies])
    found: dict[str, list[bool]] = {kind: [] for kind in CHANGES}
    for place, (kind, row) in enumerate(zip(kinds, chosen, strict=True)):
        found[kind].append(flagged[row] or flagged[len(texts) + place])
    shares = {kind: round(sum(each) / max(1, len(each)), 3) for kind, each in found.items()}
    return {"data": name, "texts": len(texts), "flagged": round(sum(alone) / len(alone), 4), "found": shares}


def _copy(text: str, kind: str, rng: random.Random, words: Sequence[str]) -> str:
    """The text with a change of a kind; a word that takes its own place, or its letter that does, changes nothing."""
    while (found := CHANGES[kind](text, rng, words)) == text:
        pass
    return found


def _flagged(texts: Sequence[str]) -> list[bool]:
    frame = pd.DataFrame({"text": texts, "label": [f"class {row % 5}" for row in range(len(texts))]})
    found = find(frame, text="text", detectors=["near-duplicate"], decisions=())
    return [bool(flag) for flag in found.flagged]


def _sets(folder: Path | None) -> Iterator[tuple[str, list[str]]]:
    yield "docstrings", sorted({text for path in _library() for text in _sentences(path)})
    if folder is not None:
        questions = sorted(set(pd.read_csv(folder / "banking77" / "train.csv")["text"].str.strip()))
        yield "BANKING77", questions
        rng, halves = random.Random(2), [text.split() for text in questions]
        joined = (
            rng.choice(halves)[: rng.randint(4, 7)] + rng.choice(halves)[-rng.randint(4, 7) :] for _ in range(MOST)
        )
        yield "BANKING77, halves joined", sorted({" ".join(text) for text in joined})


def _library() -> list[Path]:
    return [path for path in Path(sysconfig.get_path("stdlib")).rglob("*.py") if "packages" not in str(path)]


def _sentences(path: Path) -> Iterator[str]:
    try:
        module = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
    except (SyntaxError, ValueError):  # a test of Python's own, which is no Python
        return
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", ast.get_docstring(node) or ""):
                if 8 <= len(sentence.split()) <= 18:
                    yield " ".join(sentence.split())


def _word(change: Callable[[list[str], int, random.Random, Sequence[str]], list[str]]) -> Change:
    """A change of the text at a random word."""

    def changed(text: str, rng: random.Random, words: Sequence[str]) -> str:
        own = text.split()
        return " ".join(change(own, rng.randrange(len(own) - 1), rng, words))

    return changed


def _misspelled(word: str, rng: random.Random) -> str:
    at, letter = rng.randrange(len(word)), rng.choice("abcdefghijklmnopqrstuvwxyz")
    slips = [word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :], word[:at] + word[at + 1 :]]
    return rng.choice(slips) or letter


CHANGES: dict[str, Change] = {
    "case": lambda text, rng, _: rng.choice([str.upper, str.title, str.swapcase])(text),
    "punctuation": _word(lambda own, at, *_: [*own[:at], own[at] + ",", "-", *own[at + 1 :], "!"]),
    "spacing": _word(lambda own, at, *_: [*own[:at], own[at] + own[at + 1], "", *own[at + 2 :]]),
    "a typo": _word(lambda own, at, rng, _: [*own[:at], _misspelled(own[at], rng), *own[at + 1 :]]),
    "a word replaced": _word(lambda own, at, rng, words: [*own[:at], rng.choice(words), *own[at + 1 :]]),
    "a word more": _word(lambda own, at, rng, words: [*own[:at], rng.choice(words), *own[at:]]),
    "a word less": _word(lambda own, at, *_: [*own[:at], *own[at + 1 :]]),
    "two words exchanged": _word(lambda own, at, *_: [*own[:at], own[at + 1], own[at], *own[at + 2 :]]),
    TWO: _word(lambda own, at, rng, words: [*own[:at], rng.choice(words), *own[at + 1 : -1], rng.choice(words)]),
}

if __name__ == "__main__":
    main()
