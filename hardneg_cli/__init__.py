"""hardneg: find mislabeled rows, have people decide, write the corrected dataset.

The verbs and nouns below are the Python interface. Nothing of the command line is imported with them, and each of
them only when it is asked for: `hardneg --help` need not wait for all.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardneg_cli.apply import Applied, apply
    from hardneg_cli.check import check, diff
    from hardneg_cli.collect import collect
    from hardneg_cli.compare import compare
    from hardneg_cli.dataset import Columns, Dataset, load
    from hardneg_cli.deciding.decisions import Decision, Unsettled
    from hardneg_cli.deciding.queue import Policy
    from hardneg_cli.errors import Busy, HardnegError, InputError, Refused
    from hardneg_cli.find import find
    from hardneg_cli.findings import Findings
    from hardneg_cli.mine import mine
    from hardneg_cli.outcomes.collected import Collected
    from hardneg_cli.predict import predict
    from hardneg_cli.undo import undo
    from hardneg_cli.verdicts import Report, Verdict

__version__ = "0.1.0"
__all__ = [
    "Applied",
    "Busy",
    "Collected",
    "Columns",
    "Dataset",
    "Decision",
    "Findings",
    "HardnegError",
    "InputError",
    "Policy",
    "Refused",
    "Report",
    "Unsettled",
    "Verdict",
    "apply",
    "check",
    "collect",
    "compare",
    "diff",
    "find",
    "load",
    "mine",
    "predict",
    "undo",
]

_HOMES = {
    "Applied": "apply",
    "Busy": "errors",
    "Collected": "outcomes.collected",
    "Columns": "dataset",
    "Dataset": "dataset",
    "Decision": "deciding.decisions",
    "Findings": "findings",
    "HardnegError": "errors",
    "InputError": "errors",
    "Policy": "deciding.queue",
    "Refused": "errors",
    "Report": "verdicts",
    "Unsettled": "deciding.decisions",
    "Verdict": "verdicts",
    "diff": "check",
    "load": "dataset",
}  # a verb's home has its name


class _Package(ModuleType):
    """The name of a verb means the function, even once the file of that name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        is_verb = name in __all__ and isinstance(value, ModuleType)
        super().__setattr__(name, getattr(value, name) if is_verb else value)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, name)}"), name)
    globals()[name] = value
    return value


sys.modules[__name__].__class__ = _Package
