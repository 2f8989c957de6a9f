"""What holds for every attack and defense, now and later."""

from __future__ import annotations

import inspect
import re

import pytest

from hardneg_cli.modeling.robustness.attacks import ATTACKS
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.explain import manual

every = pytest.mark.parametrize("name", ATTACKS.names)


@every
def test_it_names_its_paper(name: str) -> None:
    assert re.search(r"\b(19|20)\d\d\b", inspect.getdoc(drawers.load("attack", name)) or "")


@every
def test_its_manual_has_its_settings(name: str) -> None:
    settings = drawers.settings(ATTACKS[name].run)
    assert settings
    assert all(f"{name}.{setting} = " in manual(name) for setting in settings)
