"""The gates, and all around them, answer what the cases of support/specifications say."""

from __future__ import annotations

import pytest

from support.specifications import EVERY

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", EVERY)
def test_it_answers_as_specified(name: str) -> None:
    assert not EVERY[name].deviation()
