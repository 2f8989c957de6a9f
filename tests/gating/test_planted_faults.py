"""The specification of the gates notices faults in their code: each of these is planted, and its cases must fail.

A fault whose text is not in its module once is outdated: plant it where the code is now.
"""

from __future__ import annotations

import pytest

from support.planted_faults import Fault, Outdated, planted
from support.specifications import EVERY

pytestmark = pytest.mark.slow
GATES = "gating.gates."
FAULTS = [
    # agreement
    Fault(GATES + "agreement", "found.rows < FEWEST_ROWS", "found.rows <= FEWEST_ROWS", "twenty rows are too few",
          ("agreement: twenty are enough",)),
    Fault(GATES + "agreement", "value.low >= at_least", "value.low > at_least", "the least that is allowed is refused",
          ("agreement: the least there may be",)),
    Fault(GATES + "agreement", "if value.low >= at_least", "if value.value >= at_least",
          "the estimate counts, not its lower end", ("agreement: the estimate alone",)),
    Fault(GATES + "agreement", "if len(told) > 1", "if len(told) > 0", "blames rows that all agree about",
          ("agreement: they do not",)),
    Fault(GATES + "agreement", "next(hashes) == one.row_hash", "next(hashes) != ''",
          "counts decisions on other content", ("agreement: about other content",)),
    Fault(GATES + "agreement", "if one.is_decisive]", "]", "being unsure is an answer",
          ("agreement: a drop is an answer",)),
    Fault(GATES + "agreement", 'other = "drop" if one.decision == "keep" else "keep"', 'other = one.decision',
          "who settles a conflict agrees with himself", ("agreement: what was kept against",)),
    # budget
    Fault(GATES + "budget", "len(rows) > allowed", "len(rows) >= allowed", "the budget may not be used up",
          ("budget: as many as there may be",)),
    Fault(GATES + "budget", "flagged > limit", "flagged >= limit", "nor that of a class",
          ("budget: as many of a class",)),
    Fault(GATES + "budget", "np.floor(number * rows + 1e-9)", "np.floor(number * rows)", "29 % of 100 rows are 28",
          ("budget: 29 %",)),
    Fault(GATES + "budget", "np.floor(number", "np.ceil(number", "a share is rounded up",
          ("budget: a share that is not",)),
    Fault(GATES + "budget", "rows[too_many[dataset.labels[rows]]]", "rows",
          "blames rows of classes within their budget", ("budget: one class has too many",)),
    Fault(GATES + "budget", "np.flatnonzero(findings.flagged)", "np.flatnonzero(findings.score >= 0.5)",
          "decided rows are open", ("budget: decided rows are not open",)),
    Fault(GATES + "budget", "not most and not most_per_class", "not most or not most_per_class",
          "one limit alone is no budget", ("budget: as many as there may be", "budget: as many of a class")),
    # contradiction
    Fault(GATES + "contradiction", "(same < copies.size)", "(same <= copies.size)", "every row contradicts itself",
          ("contradiction: copies with one label",)),
    Fault(GATES + "contradiction", " & ~copies.empty", "", "empty rows are copies",
          ("contradiction: rows without content",)),
    Fault(GATES + "contradiction", "contradicts & changed_rows", "contradicts & ~changed_rows", "blames the older rows",
          ("contradiction: a new row joins one", "contradiction: those of before")),
    Fault(GATES + "contradiction", "contradicts & changed_rows", "contradicts | changed_rows",
          "blames every changed row", ("contradiction: a relabeled row", "contradiction: copies with one label")),
    Fault(GATES + "contradiction", "contradicts[~changed_rows]", "contradicts[changed_rows]",
          "the commit's own rows tell of the columns", ("contradiction: only the unchanged rows",)),
    Fault(GATES + "contradiction", "usual.mean() > MOST_USUAL", "usual.mean() >= MOST_USUAL", "half are too many",
          ("contradiction: half of the rows may",)),
    Fault(GATES + "contradiction", "baseline is not None and changed_rows is None", "False",
          "all rows are blamed where nothing tells what changed", ("contradiction: not known what changed",)),
    Fault(GATES + "contradiction", "!= dataset.labels[row]]", "== dataset.labels[row]]", "names a copy that agrees",
          ("contradiction: a new row joins one",)),
    # drift
    Fault(GATES + "drift", "untouched = ~changed_rows", "untouched = changed_rows | True", "touched rows drift",
          ("drift: touched rows",)),
    Fault(GATES + "drift", "[list(findings.decided)] = False", "[list(findings.decided)] = True", "decided rows drift",
          ("drift: decided rows",)),
    Fault(GATES + "drift", "share <= at_most", "share < at_most", "what may drift may not", ("drift: a tenth may",)),
    Fault(GATES + "drift", "now & ~before", "now | ~before", "what was not flagged is new", ("drift: as before",)),
    Fault(GATES + "drift", "before & ~now", "now & ~before", "loses sight of rows that are not flagged any more",
          ("drift: more may not",)),
    Fault(GATES + "drift", "< FEWEST_ROWS", "<= FEWEST_ROWS", "fifty rows are too few", ("drift: fifty rows",)),
    Fault(GATES + "drift", "[changes.place[rows]]", "[rows]", "takes the rows' order for the base's",
          ("drift: rows in another order",)),
    Fault(GATES + "drift", "baseline.flagged is None", "False", "a base without findings breaks it",
          ("drift: no state",)),
    # error-bound
    Fault(GATES + "error_bound", "Verdict(high <= at_most", "Verdict(high < at_most", "what may be wrong may not",
          ("error-bound: what may be wrong",)),
    Fault(GATES + "error_bound", "Verdict(high <= at_most", "Verdict(value <= at_most",
          "the estimate counts, not its bound", ("error-bound: not a little more",)),
    Fault(GATES + "error_bound", "Verdict(high <= at_most", "Verdict(low <= at_most", "the lower end counts",
          ("error-bound: not a little more",)),
    Fault(GATES + "error_bound", "audited.population != len(dataset)", "audited.population < len(dataset)",
          "an audit of more rows will do", ("error-bound: from other data",)),
    Fault(GATES + "error_bound", "raise Unavailable(str(error)) from error", "return",
          "an audit of other labels will do", ("error-bound: labels that have changed",)),
    # imbalance
    Fault(GATES + "imbalance", "ratio > at_most", "ratio >= at_most", "the ratio may not be reached",
          ("imbalance: the ratio that is set",)),
    Fault(GATES + "imbalance", "share[name] > loses", "share[name] >= loses", "half may not go",
          ("imbalance: half of a class",)),
    Fault(GATES + "imbalance", "if rows >= fewer_than", "if rows > fewer_than", "classes of ten rows may go",
          ("imbalance: ten may not",)),
    Fault(GATES + "imbalance", ", 1.0)", ", 9.9)", "a dataset that grows makes losses",
          ("imbalance: a dataset that grows",)),
    Fault(GATES + "imbalance", "(rows * kept)", "rows", "a smaller sample is a loss",
          ("imbalance: a smaller sample",)),
    Fault(GATES + "imbalance", "changes.relabeled & left", "changes.relabeled | left", "blames rows that stayed",
          ("imbalance: more than half",)),
    Fault(GATES + "imbalance", "bad or bool(lost)", "bool(lost)", "the ratio is forgotten where nothing is lost",
          ("imbalance: a bad ratio stays",)),
    Fault(GATES + "imbalance", "*_chunks(changes.dropped_labels)", "", "dropped rows were never there",
          ("imbalance: dropped rows count",)),
    # leak
    Fault(GATES + "leak", "split, named & ~copies.empty)", "split, ~copies.empty)", "rows of no split leak",
          ("leak: rows of no split",)),
    Fault(GATES + "leak", "split, named & ~copies.empty)", "split, named)", "rows without content leak",
          ("leak: rows without content",)),
    Fault(GATES + "leak", "named & grouped", "named", "rows of no group leak", ("leak: rows of no group",)),
    Fault(GATES + "leak", "np.flatnonzero(every & fresh)", "np.flatnonzero(every)", "blames the older rows",
          ("leak: one of before", "leak: a copy in another split")),
    Fault(GATES + "leak", "np.flatnonzero(every & fresh)", "np.flatnonzero(every & ~fresh)", "blames only those",
          ("leak: a copy in another split",)),
    Fault(GATES + "leak", "int(group.max()) + 1) > 1", "int(group.max()) + 1) > 2", "two splits are no leak",
          ("leak: a copy in another split", "leak: a group that is torn")),
    Fault(GATES + "leak", "differs & ~changes.added", "differs & changes.added", "rows that moved are not seen",
          ("leak: a row that moved",)),
    Fault(GATES + "leak", "leaking[~fresh]", "leaking[fresh]", "the commit's own rows tell of the columns",
          ("leak: only the unchanged rows",)),
    Fault(GATES + "leak", "np.ones(len(dataset), bool), \"\"", "np.zeros(len(dataset), bool), \"\"",
          "without a base nothing leaks", ("leak: without a base",)),
    Fault(GATES + "leak", "fresh |= False if", "fresh &= False if", "changed rows are none",
          ("leak: a copy in another",)),
    Fault(GATES + "leak", "changes.relabeled & ~changes.edited", "changes.edited & ~changes.edited",
          "another label makes a leak", ("leak: another label makes none",)),
    Fault(GATES + "leak", "<= ALPHA:", "> ALPHA:", "near copies that are usual fail", ("leak: no more near copies",)),
    Fault(GATES + "leak", "ALPHA = 0.01", "ALPHA = 0.0", "no number of near copies fails",
          ("leak: more near copies",)),
    Fault(GATES + "leak", "int((counts & fresh).sum()), usual", "int((counts & ~fresh).sum()), usual",
          "takes the older rows for the new ones", ("leak: more near copies",)),
    Fault(GATES + "leak", "counts & ~fresh).sum())\n    if not", "counts & fresh).sum())\n    if not",
          "its own near copies are what is usual", ("leak: no more near copies",)),
    # new-class
    Fault(GATES + "new_class", "classes[code] not in known", "classes[code] in known", "known classes are new",
          ("new-class: a slip", "new-class: none")),
    Fault(GATES + "new_class", "*(allowed_classes or ())", "", "nothing is allowed",
          ("new-class: one that is meant",)),
    Fault(GATES + "new_class", "() if baseline is None else baseline.classes", "dataset.classes",
          "its own classes are known", ("new-class: a slip",)),
    Fault(GATES + "new_class", "if not new:", "if len(new) <= 1:", "one new class passes", ("new-class: a slip",)),
    # rate and its test
    Fault(GATES + "rate", "alpha * (1 - FOR_CLASSES) /", "1.0 /", "alpha is ignored", ("rate: a tenth is wrong",)),
    Fault(GATES + "rate", "FOR_CLASSES = 0.2", "FOR_CLASSES = 0.0", "no class is asked", ("rate: one class",)),
    Fault(GATES + "rate", "alpha * FOR_CLASSES", "alpha / FOR_CLASSES", "classes have more than all of the chance",
          ("rate: two of two of a class",)),
    Fault(GATES + "rate", "share = alpha * (1 - FOR_CLASSES) / (2 ", "share = alpha * (1 - FOR_CLASSES) / (1 ",
          "two questions double the chance", ("rate: two questions",)),
    Fault(GATES + "rate", "worse = top == ", "worse = top != ", "corrections are harm",
          ("rate: relabeled for the better",)),
    Fault(GATES + "rate", "sign_p(int(worse.sum()), int(better.sum()))", "sign_p(int(better.sum()), int(worse.sum()))",
          "harm is good", ("rate: relabeled for the worse", "rate: relabeled for the better")),
    Fault(GATES + "rate", "rows[worse], numbers)", "rows[better], numbers)", "blames the corrections",
          ("rate: relabeled for the worse",)),
    Fault(GATES + "rate", "len(rows) < need", "len(rows) <= need", "seven rows are too few", ("rate: seven are not",)),
    Fault(GATES + "rate", 'one.given if one.decision == "keep" else one.new_label', "one.given",
          "what people would relabel is right", ("rate: rows that people would relabel",)),
    Fault(GATES + "rate", "relabeled & ~right", "relabeled", "what people decided is harm",
          ("rate: rows that were relabeled as",)),
    Fault(GATES + "rate", "~changed_rows & judged", "changed_rows & judged", "compares the commit with itself",
          ("rate: wrong labels",)),
    Fault(GATES + "rate", "if not answers and silent", "if False", "what cannot be judged passes",
          ("rate: too few rows", "rate: everything changed")),
    Fault(GATES + "rate", "_labeled(changes.before) &", "", "a first label is a relabeling", ("rate: a first label",)),
    Fault(GATES + "rate", "passed_over[list(findings.decided)] = False", "pass", "a reviewed base lowers what is usual",
          ("rate: a reviewed base",)),
    Fault("gating.changed_row_test", "known = fresh & right", "known = right", "a reviewed base makes commits look bad",
          ("changed rows: the right ones",)),
    Fault("gating.changed_row_test", "(score >= cut) & ~known", "(score > cut) & ~known",
          "the cut itself is in no doubt", ("changed rows: suspect from the cut",)),
    Fault("gating.changed_row_test", "self._count(self.fresh) > 0) & (", "self._count(self.fresh) > 0) | (",
          "compares classes with nothing", ("changed rows: the classes of both",)),
    Fault("gating.changed_row_test", "self._by_shared_class(self.unchanged & self.suspect) /",
          "self._by_shared_class(self.fresh & self.suspect) /", "what the commit has is usual",
          ("changed rows: how many would be usual",)),
    Fault("gating.changed_row_test", "np.flatnonzero(self.fresh | self.unchanged)", "np.arange(len(self.fresh))",
          "rows that are neither count", ("changed rows: rows that are neither",)),
    Fault("gating.changed_row_test", "key=lambda one: (one.p, one.code)", "key=lambda one: one.code",
          "the worst class is not first", ("changed rows: the worst class",)),
    Fault(GATES + "rate", " and not feature_choice.text", "", "texts are looked at",
          ("rate: nobody knows what texts",)),
    Fault("gating.other_source", "shift.larger < LEAST_SHIFT", "shift.larger > LEAST_SHIFT",
          "only what looks alike is from elsewhere", ("rate: of rows that look so",)),
    Fault("gating.other_source", "LEAST_SHIFT, CHANCE = 0.6", "LEAST_SHIFT, CHANCE = 0.7",
          "much has to be elsewhere", ("other source: a larger one",)),
    Fault("gating.other_source", "LEAST_SHIFT, CHANCE = 0.6", "LEAST_SHIFT, CHANCE = 0.55",
          "little is enough where rows are many", ("other source: a small shift",)),
    Fault("gating.other_source", " or shift.p > CHANCE", "", "few rows are from elsewhere by chance",
          ("rate: eight rows",)),
    Fault("gating.other_source", "counted, unchanged, top)", "counted, unchanged, labels)",
          "wrong labels are another look", ("rate: rows that look like the others",)),
    Fault("gating.other_source", "counted[once] = True", "counted = fresh", "copies are a source",
          ("rate: copies are no",)),
    Fault("gating.other_source", "is_less_coherent(values, labels, once, others)", "False",
          "labels that do not fit each other are not judged", ("rate: labels that do not fit",)),
    Fault("statistics.location_shift", "np.abs(larger / count - 0.5)", "(larger / count - 0.5)",
          "what is smaller is no shift", ("rate: of rows that look so to the other",)),
    # reverted
    Fault(GATES + "reverted", "if row.label in (right, row.before)", "if row.label in (row.label, row.before)",
          "nothing is undone", ("reverted: a label that was kept",)),
    Fault(GATES + "reverted", "if row.label in (right, row.before)", "if row.label in (right,)",
          "what was wrong before is this commit's", ("reverted: wrong before",)),
    Fault(GATES + "reverted", "row.before is None and row.label == ruling.given", "row.label == ruling.given",
          "what is not dropped yet is back", ("reverted: not dropped yet",)),
    Fault(GATES + "reverted", "one.at == max(", "one.at == min(", "the first answer counts",
          ("reverted: decided as it had been",)),
    Fault(GATES + "reverted", "None if key in disputed else ", "", "open conflicts are judged",
          ("reverted: rows decided by two",)),
    Fault(GATES + "reverted", "if one.is_decisive]\n    if not sure", "]\n    if not sure",
          "being unsure is a decision", ("reverted: unsure",)),
    Fault(GATES + "reverted", "has_base=changes is not None", "has_base=True",
          "without a base every dropped row is back",
          ("reverted: without a base nobody knows whether it was dropped",)),
    Fault(GATES + "reverted", "rows = rows[~_copied(dataset, rows)]", "pass", "copies are judged by another's decision",
          ("reverted: rows without ids",)),
    Fault(GATES + "reverted", "if not (undone or lines)", "if not undone", "a log may lose lines",
          ("reverted: base's log: a line that is gone",)),
    Fault(GATES + "reverted", "changes.before[row].as_py() != _label(ruling)", "False",
          "what was never applied is lost", ("reverted: base's log: a row that had not",)),
    Fault(GATES + "reverted", "label != _label(ruling):\n            found", "False:\n            found",
          "another id hides a decided row", ("reverted: base's log: nor another id",)),
    # unreviewed
    Fault(GATES + "unreviewed", "len(rows) <= most", "len(rows) < most", "as many as may be left may not",
          ("unreviewed: as many as may", "unreviewed: flagged rows of before")),
    Fault(GATES + "unreviewed", "changed_rows & findings.flagged", "changed_rows | findings.flagged",
          "flagged rows of before count", ("unreviewed: flagged rows of before",)),
    # what is made of verdicts
    Fault("gating.verdict", 'return "not judged"', 'return "passed"', "not judged is passed",
          ("verdicts: outcomes", "choice: what cannot be judged")),
    Fault("gating.verdict", '"failed" if self.means == FAIL', '"failed" if self.means != FAIL', "a warning fails",
          ("verdicts: outcomes", "exit: warned")),
    Fault("gating.verdict", 'if one.outcome == "failed"', 'if one.outcome in ("failed", "warned")', "so it does here",
          ("verdicts: a report passes", "exit: warned")),
    Fault("gating.verdict", "rows[self.changes.changed[rows]]", "rows", "the queue has rows of before",
          ("verdicts: the queue is of changed",)),
    Fault("gating.verdict", "rows[self.changes.changed[rows]]", "rows[~self.changes.changed[rows]]", "or only those",
          ("verdicts: the queue is of changed",)),
    Fault("gating.failing_rows", "or judged.verdict.passed", "", "a gate that passes blames rows",
          ("rows to blame: ",)),
    Fault("gating.failing_rows", "verdict.rows[:most]", "verdict.rows[most:]", "the first rows are left out",
          ("rows to blame: the first",)),
    Fault("gating.failing_rows", "dataset.positions[rows]", "dataset.positions[: len(rows)]", "names other lines",
          ("rows to blame: where",)),
    # which gates are asked
    Fault("verbs.check", "(*gates.require, *settings)", "{*settings}", "what is required is not asked",
          ("choice: required",)),
    Fault("verbs.check", "(*gates.require, *settings)", "{*gates.require}", "settings ask no gate",
          ("choice: with settings",)),
    Fault("verbs.check", "asked.get(name) or gate.BY_DEFAULT", "gate.BY_DEFAULT or asked.get(name)",
          "the default goes before what is named", ("choice: named to fail", "choice: named to warn")),
    Fault("verbs.check", '(name, "warn") for name', '(name, "fail") for name', "a warning is a failure",
          ("choice: named to warn", "exit: warned")),
    Fault("verbs.check", "GateResult(name, means, None, str(reason))", 'GateResult(name, means, Verdict(True, ""))',
          "a gate that cannot judge passes", ("choice: what cannot be judged",)),
    Fault("verbs.check", "loaded.decisions if loaded.decisions or log else None", "loaded.decisions or None",
          "to take the only decision back leaves nothing to judge", ("reverted: base's log: a line that takes",)),
    Fault("verbs.check", "len(dataset.classes) < MIN_CLASSES", "len(dataset.classes) < 1", "one class is judged",
          ("choice: findings of one class",)),
    Fault("verbs.check", "probs, detectors, before = [own.model]", "probs, detectors, before = [own.model][:0]",
          "its own model is not asked", ("choice: its own model",)),
    Fault("verbs.check", "replace(before, state=own.state)", "before", "what it flagged in the base is forgotten",
          ("choice: its own model",)),
    # the exit code
    Fault("cli.commands.check", "not (report.passed or exit_zero)", "not report.passed", "--exit-zero is ignored",
          ("exit: failed, and it does not matter",)),
    Fault("cli.commands.check", "not (report.passed or exit_zero)", "not (report.passed and exit_zero)",
          "what passes fails", ("exit: passed",)),
    Fault("cli.commands.check", "one.verdict is None and one.gate in required", "False",
          "what is required may be silent", ("exit: required and not judged",)),
    Fault("cli.commands.check", "one.verdict is None and one.gate in required",
          "one.verdict is None or one.gate in required", "what is not required may not",
          ("exit: what is not required",)),
    Fault("cli.commands.check", "raise Refused(", "raise InputError(", "a no is an error", ("exit: failed",)),
    Fault("cli.commands.check", "allow_class=gates.allow_class or ()", "allow_class=()", "no class can be allowed",
          ("exit: a class that is allowed",)),
    # what changed
    Fault("data.changes", "self.place == NOWHERE", "self.place != NOWHERE", "rows of before are new",
          ("changes: an added row",)),
    Fault("data.changes", "self.added | self.edited | self.relabeled", "self.added | self.relabeled",
          "edited rows are unchanged", ("changes: each of the three",)),
    Fault("data.changes", "self.added | self.edited | self.relabeled", "self.edited | self.relabeled",
          "added rows are unchanged", ("changes: each of the three",)),
    Fault("data.changes", "self.added | self.edited | self.relabeled", "self.added | self.edited & self.relabeled",
          "only what is edited and relabeled changed", ("changes: each of the three",)),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.module.rpartition('.')[2]}: {fault.means}")
def test_the_specification_notices_it(fault: Fault) -> None:
    for beginning in fault.cases:
        names = [name for name in EVERY if name.startswith(beginning)]
        assert names, f"no case {beginning!r}"
        with planted(fault.module, fault.text, fault.fault):
            noticed = any(map(fails, names))
        assert noticed, f"{fault.text!r} may be {fault.fault!r} ({fault.means}), and {beginning!r} does not notice"


def fails(name: str) -> bool:
    """Whether a case does, by what comes or by an error."""
    try:
        return EVERY[name].deviation() != ""
    except Exception:
        return True


def test_it_is_taken_out_again() -> None:
    fault = FAULTS[0]
    with planted(fault.module, fault.text, fault.fault):
        assert fails(fault.cases[0])
    assert not fails(fault.cases[0])


@pytest.mark.parametrize(
    ("text", "fault", "words"),
    [
        ("no such text", "x", "0 times"),
        ("import", "x", "times"),
        ("BY_DEFAULT = None", "BY_DEFAULT  = None", "nothing"),
    ],
)
def test_an_outdated_one_is_named(text: str, fault: str, words: str) -> None:
    with pytest.raises(Outdated, match=words), planted(f"{GATES}budget", text, fault):
        pass


def test_every_gate_has_faults_and_there_are_more_than_thirty() -> None:
    from hardneg_cli.gating.gates import GATES as UNITS

    modules = {fault.module for fault in FAULTS}
    assert {f"{GATES}{name.replace('-', '_')}" for name in UNITS.names} <= modules
    assert len({(fault.module, fault.text, fault.fault) for fault in FAULTS}) == len(FAULTS) > 30
