"""What holds for every unit of every drawer, now and later."""

from __future__ import annotations

import inspect
from collections import Counter
from types import FunctionType, ModuleType
from typing import Any

import pytest

from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.drawers import DRAWERS

WITH_CONTRACT = [kind for kind, drawer in DRAWERS.items() if drawer.contract is not None]
UNITS = [(kind, name, "") for kind in WITH_CONTRACT for name in drawers.names(kind)]
UNITS += [
    ("command", name, folder) for folder in drawers.folders("command") for name in drawers.names("command", folder)
]
TUNED = [(kind, name) for kind, name, _ in UNITS if DRAWERS[kind].tuned]
every_unit = pytest.mark.parametrize(("kind", "name", "within"), UNITS)


def contract_of(kind: str) -> Any:
    return getattr(DRAWERS[kind].package, str(DRAWERS[kind].contract))


@pytest.mark.parametrize("kind", WITH_CONTRACT)
def test_a_contract_is_a_documented_protocol_with_an_example(kind: str) -> None:
    contract = contract_of(kind)
    assert contract._is_protocol
    assert contract.__doc__
    words = inspect.getdoc(DRAWERS[kind].package) or ""
    assert f"    def {DRAWERS[kind].verb}(" in words, "the drawer's docstring shows a small unit"
    optional = [name for name, value in vars(contract).items() if name.isupper() and name in contract.__annotations__]
    assert not [name for name in optional if name not in contract.__doc__]


@every_unit
def test_a_unit_is_complete(kind: str, name: str, within: str) -> None:
    unit, contract = drawers.load(kind, name, within), contract_of(kind)
    for member in (*contract.__annotations__, *(each for each in vars(contract) if not each.startswith("_"))):
        assert hasattr(unit, member), f"{member} is in the contract"


@every_unit
def test_a_unit_says_what_it_is(kind: str, name: str, within: str) -> None:
    words = inspect.getdoc(drawers.load(kind, name, within)) or ""
    assert words.split("\n\n")[0].endswith((".", ":"))


@every_unit
def test_it_shares_code_by_no_public_name(kind: str, name: str, within: str) -> None:
    """What a unit defines beyond the contract is its own: what several need stands in a file with an underscore."""
    unit, contract = drawers.load(kind, name, within), contract_of(kind)
    theirs = {*contract.__annotations__, *vars(contract)}
    used = [
        value
        for key, value in vars(unit).items()
        if isinstance(value, FunctionType) and key not in theirs and is_unit(value.__module__, kind, unit)
    ]
    assert not used


def is_unit(module: str, kind: str, unit: ModuleType) -> bool:
    folder, _, name = module.rpartition(".")
    return folder == DRAWERS[kind].package.__name__ and not name.startswith("_") and module != unit.__name__


@pytest.mark.parametrize(("kind", "name"), TUNED)
def test_a_setting_takes_its_own_default(kind: str, name: str) -> None:
    function = drawers.verb(kind, name)
    for key, setting in drawers.settings(function).items():
        assert setting.parse(key, str(setting.default)) == setting.default
        assert setting.choices or key in (function.__doc__ or ""), (
            "the function's docstring says what the setting means"
        )


@pytest.mark.parametrize("kinds", [("format", "annotation tool"), ("report",), ("table format",)])
def test_an_extension_is_of_one_unit(kinds: tuple[str, ...]) -> None:
    units = [drawers.load(kind, name) for kind in kinds for name in drawers.names(kind)]
    extensions = Counter(extension for unit in units for extension in unit.EXTENSIONS)
    assert set(extensions.values()) <= {1}
    assert all(extension == extension.lower() and extension.startswith(".") for extension in extensions)


def test_one_name_is_one_unit_for_users() -> None:
    """What `-o name:path` and `--set name.setting` mean must be plain."""
    outputs = [*drawers.names("format"), *drawers.names("annotation tool")]
    tuned = [name for _, name in TUNED]
    assert len(set(outputs)) == len(outputs)
    assert len(set(tuned)) == len(tuned)
