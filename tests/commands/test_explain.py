"""The manuals: what `hardneg explain` says comes from the code itself."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from hardneg_cli import InputError, find
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.markdown_text import plain_page
from hardneg_cli.verbs.explain import manual, overview, story


@pytest.mark.parametrize("name", drawers.names("detector"))
def test_every_detector_explains_itself(name: str) -> None:
    text = manual(name)
    detect = drawers.load("detector", name).detect
    assert text.startswith(name)
    assert "Needs: " in text
    assert all(f"{name}.{setting} = " in text for setting in drawers.settings(detect))
    assert f"{name} " in overview()


def test_needs_are_what_a_user_has_to_bring() -> None:
    assert "Needs: labels, features (--features or --text)." in manual("outvoted-label")
    assert "Needs: labels, probabilities (--probs)." in manual("doubtful-label")
    assert "uses where there are any: features" in manual("outlier")


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(InputError, match="did you mean 'outlier'"):
        manual("outlir")


@pytest.mark.parametrize("name", drawers.names("page"))
def test_every_page_opens_with_a_sentence_that_the_overview_shows(name: str) -> None:
    title, _, first = drawers.document("page", name).splitlines()[:3]
    assert title.startswith("# ")
    assert first.endswith(".")
    assert f"{name} " in overview()
    assert first in overview()


def test_a_page_is_plain_text() -> None:
    text = manual("exit-codes")
    assert text.startswith("Exit codes\n==========\n\n")
    assert "```" not in text
    assert "code  means\n0     done; `find` whatever it finds" in text
    assert "<!--" not in manual("quality")


def test_markdown_as_text() -> None:
    page = "# A\n\n<!-- x -->\n## B\n| a | b |\n| --- | ---: |\n| [x](y) | [z](https://w) |\n\n```sh\n# c | d\n```\n"
    assert plain_page(page) == "A\n=\n\nB\n-\na  b\nx  z (https://w)\n\n    # c | d\n"


def test_a_name_that_two_kinds_share_is_explained_twice() -> None:
    text = manual("csv")
    assert "csv (format)\n" in text
    assert "csv (table format)\n" in text


def test_hints_are_looked_for_among_all_kinds() -> None:
    for typed, meant in {"exit-code": "exit-codes", "leek": "leak", "parqet": "parquet"}.items():
        with pytest.raises(InputError, match=f"did you mean {meant!r}"):
            manual(typed)
    with pytest.raises(InputError, match="'find' is a command: hardneg find --help"):
        manual("find")


def test_a_row_tells_why_it_is_flagged_or_not(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    table = pa.table({"id": ["a", "b"], "given_label": ["cat", "dog"], "suggested_label": ["dog", "cat"],
                      "score": [0.9, 0.1], "flagged": ["true", "false"], "detectors": ["doubtful-label,outlier", ""],
                      "why": ["the model gives 'dog' 0.8 and the label 0.1; far away", ""], "p_given": [0.1, 0.9],
                      "p_suggested": [0.8, 0.05], "rank": [1, 2]})  # fmt: skip
    pa.csv.write_csv(table, path)
    said = story(str(path), "a").splitlines()
    assert said[0] == "a: labeled 'cat', score 0.900, rank 1; the lowest flagged score is 0.900"
    assert said[1:4] == ["flagged", "doubtful-label: the model gives 'dog' 0.8 and the label 0.1", "outlier: far away"]
    assert story(str(path), "b").splitlines()[1:] == [
        "not flagged: its score is below the cut", "the models' mean probability: 'dog' 0.900, 'cat' 0.050",
    ]  # fmt: skip
    assert "outvoted-label: has nothing against it" in story(str(path), "a", "outvoted-label")
    with pytest.raises(InputError, match="no row 'c'"):
        story(str(path), "c")


def test_a_row_is_told_by_what_it_is(tmp_path: Path) -> None:
    texts = ["I lost\x1b[31m my card", "the rate"] * 9
    table = pa.table({"id": [f"r{place}" for place in range(18)], "label": ["a", "b"] * 9, "text": texts})
    findings = find(table, text="text")
    pa.csv.write_csv(findings.table(every=True), tmp_path / "q.csv")
    told = story(str(tmp_path / "q.csv"), "r0").splitlines()
    assert told[1] == r"text: I lost\x1b[31m my card"
