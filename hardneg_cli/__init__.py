"""hardneg: find mislabeled rows, have people decide, write the corrected dataset.

The verbs and nouns below are the Python interface. Nothing of the command line is imported with them, and each of
them only when it is asked for: `hardneg --help` need not wait for all.
"""

from importlib import import_module

TYPE_CHECKING = False  # `python -m` would import `typing` from the working folder, see __main__
if TYPE_CHECKING:  # for readers of types alone; a test compares it with the table
    from hardneg_cli.data.columns import Columns as Columns
    from hardneg_cli.data.dataset import Dataset as Dataset
    from hardneg_cli.detection.findings import Findings as Findings
    from hardneg_cli.errors import Busy as Busy
    from hardneg_cli.errors import HardnegError as HardnegError
    from hardneg_cli.errors import InputError as InputError
    from hardneg_cli.errors import Refused as Refused
    from hardneg_cli.gating.verdict import CheckReport as CheckReport
    from hardneg_cli.gating.verdict import Verdict as Verdict
    from hardneg_cli.modeling.error_model.tables import DualResult as DualResult
    from hardneg_cli.modeling.evaluation.compare_result import CompareResult as CompareResult
    from hardneg_cli.modeling.robustness.tables import HardenResult as HardenResult
    from hardneg_cli.preparation.augmentation.result import AugmentResult as AugmentResult
    from hardneg_cli.preparation.splits.result import SplitResult as SplitResult
    from hardneg_cli.preparation.weights.result import WeighResult as WeighResult
    from hardneg_cli.review.correction.apply_result import ApplyResult as ApplyResult
    from hardneg_cli.review.decisions.decision import Decision as Decision
    from hardneg_cli.review.decisions.decision import UnsettledDecisions as UnsettledDecisions
    from hardneg_cli.review.decisions.filled_queue import AutoPolicy as AutoPolicy
    from hardneg_cli.review.reviewers.collected import CollectResult as CollectResult
    from hardneg_cli.verbs.apply import apply as apply
    from hardneg_cli.verbs.assign import AssignResult as AssignResult
    from hardneg_cli.verbs.assign import assign as assign
    from hardneg_cli.verbs.audit import AuditDraw as AuditDraw
    from hardneg_cli.verbs.audit import AuditEstimate as AuditEstimate
    from hardneg_cli.verbs.audit import audit_draw as audit_draw
    from hardneg_cli.verbs.audit import audit_estimate as audit_estimate
    from hardneg_cli.verbs.augment import augment as augment
    from hardneg_cli.verbs.check import check as check
    from hardneg_cli.verbs.collect import collect as collect
    from hardneg_cli.verbs.compare import compare as compare
    from hardneg_cli.verbs.diff import diff as diff
    from hardneg_cli.verbs.dual import dual as dual
    from hardneg_cli.verbs.explain import explain as explain
    from hardneg_cli.verbs.find import find as find
    from hardneg_cli.verbs.harden import harden as harden
    from hardneg_cli.verbs.load import load as load
    from hardneg_cli.verbs.mine import MineResult as MineResult
    from hardneg_cli.verbs.mine import mine as mine
    from hardneg_cli.verbs.predict import PredictResult as PredictResult
    from hardneg_cli.verbs.predict import predict as predict
    from hardneg_cli.verbs.refine import RefineResult as RefineResult
    from hardneg_cli.verbs.refine import refine as refine
    from hardneg_cli.verbs.split import split as split
    from hardneg_cli.verbs.undo import UndoResult as UndoResult
    from hardneg_cli.verbs.undo import undo as undo
    from hardneg_cli.verbs.weigh import weigh as weigh

__version__ = "0.1.0"
_HOMES = {
    "ApplyResult": "review.correction.apply_result",
    "AssignResult": "verbs.assign",
    "AuditDraw": "verbs.audit",
    "AuditEstimate": "verbs.audit",
    "AugmentResult": "preparation.augmentation.result",
    "AutoPolicy": "review.decisions.filled_queue",
    "Busy": "errors",
    "CheckReport": "gating.verdict",
    "CollectResult": "review.reviewers.collected",
    "Columns": "data.columns",
    "CompareResult": "modeling.evaluation.compare_result",
    "Dataset": "data.dataset",
    "Decision": "review.decisions.decision",
    "DualResult": "modeling.error_model.tables",
    "Findings": "detection.findings",
    "HardenResult": "modeling.robustness.tables",
    "HardnegError": "errors",
    "InputError": "errors",
    "MineResult": "verbs.mine",
    "PredictResult": "verbs.predict",
    "RefineResult": "verbs.refine",
    "Refused": "errors",
    "SplitResult": "preparation.splits.result",
    "UndoResult": "verbs.undo",
    "UnsettledDecisions": "review.decisions.decision",
    "Verdict": "gating.verdict",
    "WeighResult": "preparation.weights.result",
    "apply": "verbs.apply",
    "assign": "verbs.assign",
    "audit_draw": "verbs.audit",
    "audit_estimate": "verbs.audit",
    "augment": "verbs.augment",
    "check": "verbs.check",
    "collect": "verbs.collect",
    "compare": "verbs.compare",
    "diff": "verbs.diff",
    "dual": "verbs.dual",
    "explain": "verbs.explain",
    "find": "verbs.find",
    "harden": "verbs.harden",
    "load": "verbs.load",
    "mine": "verbs.mine",
    "predict": "verbs.predict",
    "refine": "verbs.refine",
    "split": "verbs.split",
    "undo": "verbs.undo",
    "weigh": "verbs.weigh",
}
__all__ = [*_HOMES]


if not TYPE_CHECKING:  # a name that is not among those above is a mistake, which type checkers are to say

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(_HOMES)
