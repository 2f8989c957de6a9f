"""The house's rules that a test can hold; ceilings may only fall."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from support.paths import PACKAGE, ROOT

MODULES = {str(path.relative_to(PACKAGE)): ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}
MOODS = {
    "said", "told", "heard", "asked", "asking", "answered", "judged", "blamed", "touched", "surveyed", "kept", "lots",
    "taught", "trusted", "drawn", "decided", "settled", "settling", "shown", "typing", "erring", "lookout", "lean",
}  # fmt: skip
EMPTY_WORDS = {"utils", "helpers", "common", "base", "core", "manager", "factory"}
BROAD = ("except Exception", "except BaseException", "except:")
MOST_ANY = 144
MOST_PARAMETERS = 8


def definitions() -> Iterator[tuple[str, str]]:
    """Each module, class and function: where it is, and its name."""
    for path, tree in MODULES.items():
        yield path, Path(path).stem
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}:{node.lineno}", node.name


def words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()))


@pytest.mark.process
def test_imports_go_downwards_only() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules of the package that a module imports when it runs; a drawer's contract belongs to no folder."""
    types = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    for_types = {id(line) for node in types for line in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in for_types:
            home = (node.module or "").removeprefix("hardneg_cli.").replace(".", "/")
            targets = {f"{home}.py", *(f"{home}/{name.name}.py" for name in node.names)}
            yield from targets & MODULES.keys()


def folder_arrows() -> dict[str, set[str]]:
    """For each folder the other folders of its room that its modules import."""
    arrows: dict[str, set[str]] = {}
    for path, tree in MODULES.items():
        home = Path(path).parent
        others = {Path(target).parent for target in imported(tree)} - {home}
        arrows.setdefault(str(home), set()).update(str(it) for it in others if it.parts[:1] == home.parts[:1])
    return arrows


def test_folders_of_a_room_point_one_way() -> None:
    arrows = folder_arrows()
    arrows.get("review/decisions", set()).discard("review/audit")  # the labels that an audit corrects
    list(TopologicalSorter(arrows).static_order())  # raises CycleError, which names the folders


def test_the_package_holds_rooms_and_nothing_beside_them() -> None:
    entries = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 20
    assert {path.stem for path in entries if path.suffix == ".py"} == {"__init__", "__main__", "errors"}


def test_names_say_what_things_are() -> None:
    assert not {where: name for where, name in definitions() if words(name) & MOODS}
    assert not {Path(path).stem for path in MODULES} & EMPTY_WORDS


def test_a_public_class_name_means_one_class() -> None:
    names = Counter(
        node.name
        for tree in MODULES.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert not [name for name, times in names.items() if times > 1]


def test_verbs_and_commands_have_few_parameters() -> None:
    counts = {
        f"{path}:{node.name}": len(node.args.args) + len(node.args.kwonlyargs) + bool(node.args.kwarg)
        for path, tree in MODULES.items()
        if path.startswith(("verbs/", "cli/commands/"))
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    assert not {where: count for where, count in counts.items() if count > MOST_PARAMETERS}


def test_any_stands_only_where_anything_may_come() -> None:
    times = sum(isinstance(node, ast.Name) and node.id == "Any" for tree in MODULES.values() for node in ast.walk(tree))
    assert times <= MOST_ANY


def test_errors_become_exit_codes_in_one_place() -> None:
    lines = {path: (PACKAGE / path).read_text().splitlines() for path in MODULES}
    broad = [path for path, text in lines.items() if any(line.strip().startswith(BROAD) for line in text)]
    assert broad == ["cli/app.py"]
