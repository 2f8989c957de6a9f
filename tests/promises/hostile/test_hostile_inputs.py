"""Whatever the bytes: no bug, no signal, nothing slow or large, no input changed, nothing left, one line that says why.

Inputs are sound files that were damaged by chance, and others that are made by hand. A short part runs here:
HOSTILE_INPUTS=2000 HOSTILE_SEED=3 runs so many, and all that are made by hand; another seed damages otherwise.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from hardneg_cli.runtime import drawers
from support.hostile.good_files import good_files
from support.hostile.hand_made_binaries import binaries
from support.hostile.hand_made_texts import texts
from support.hostile.mutations import mutated
from support.hostile.running import CaseServer, Files, HostileCase, faults
from support.hostile.situations import SITUATIONS, Situation

INPUTS = int(os.environ.get("HOSTILE_INPUTS", "4"))
SEED = int(os.environ.get("HOSTILE_SEED", "0"))


def test_every_command_is_tried() -> None:
    assert {situation.command for situation in SITUATIONS} == {*drawers.names("command"), "audit"}


@pytest.mark.slow
@pytest.mark.process
def test_no_input_breaks_a_command(tmp_path: Path) -> None:
    with CaseServer(tmp_path) as server:
        good = good_files(server)
        wrong = {
            f"{case.name}: {' '.join(case.arguments)}": [*found, ending.err[-1500:]]
            for case, ending in server.endings(chain(_some(texts(good)), _some(binaries(good)), _damaged(good)))
            if (found := faults(case, ending))
        }
    assert not wrong, "\n".join(f"{name}\n  {fault}" for name, found in wrong.items() for fault in found)


def _some(cases: Iterator[HostileCase]) -> Iterator[HostileCase]:
    """Of what is made by hand, all where there are many inputs, else a part."""
    chance = random.Random(SEED)
    return (case for case in cases if chance.random() < INPUTS / 600)


def _damaged(good: Files) -> Iterator[HostileCase]:
    """Situations in an order of chance, each as often as the others."""
    chance = random.Random(SEED)
    waiting: list[Situation] = []
    for number in range(INPUTS):
        if not waiting:
            waiting = random.Random(SEED + number).sample(SITUATIONS, len(SITUATIONS))
        yield _case(number, waiting.pop(), good, chance)


def _case(number: int, situation: Situation, good: Files, chance: random.Random) -> HostileCase:
    name, files = situation.hostile, situation.files(good)
    files[name] = mutated(name, files[name], chance)
    arguments = tuple(situation.arguments.split())
    return HostileCase(f"{SEED}/{number} {name}", arguments, files, situation.outputs, situation.stdin)
