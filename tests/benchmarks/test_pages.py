"""The manual's measured tables are what the results make, and every result says where it is from."""

from __future__ import annotations

import pytest

from benchmarks import pages, results

PAGES = {page: (pages.MANUAL / page).read_text(encoding="utf-8") for page in pages.PAGES}


@pytest.mark.parametrize("page", pages.PAGES)
def test_the_tables_are_what_the_results_make(page: str) -> None:
    assert pages.filled(PAGES[page]) == PAGES[page], "run python -m tests.benchmarks pages"


def test_every_table_stands_on_a_page_once() -> None:
    named = [block[2] for page in PAGES.values() for block in pages.BLOCK.finditer(page)]
    assert sorted(named) == sorted([*pages.TABLES, *pages.SENTENCES])


@pytest.mark.parametrize("name", sorted(path.stem for path in results.RESULTS.glob("*.json")))
def test_every_result_says_where_it_is_from(name: str) -> None:
    found = results.read(name)
    assert found.benchmark == name
    assert found.command.startswith("python ")
    assert found.measured[:2] == "20"
    assert found.made
    assert "hardneg-cli" in found.versions
