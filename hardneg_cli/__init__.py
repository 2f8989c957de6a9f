"""hardneg: find mislabeled rows, have people decide, write the corrected dataset.

The verbs and nouns below are the Python interface; nothing of the command line is imported with them.
"""

from hardneg_cli.apply import Applied, apply
from hardneg_cli.check import check, diff
from hardneg_cli.collect import Collected, collect
from hardneg_cli.compare import compare
from hardneg_cli.dataset import Columns, Dataset, load
from hardneg_cli.deciding.decisions import Decision, Unsettled
from hardneg_cli.deciding.queue import Policy
from hardneg_cli.errors import Busy, HardnegError, InputError, Refused
from hardneg_cli.find import find
from hardneg_cli.findings import Findings
from hardneg_cli.mine import mine
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
