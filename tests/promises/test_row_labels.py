"""A data frame's row labels that are called like the ids are the ids, of data, probabilities, base and pool alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hardneg_cli import apply, check, find, load

ROWS = 60
RIGHT = np.array(["cat", "dog"])[np.arange(ROWS) % 2]
GIVEN = np.where(np.arange(ROWS) % 15 == 0, "dog", RIGHT)
P = np.where(RIGHT[:, None] == ["cat", "dog"], 0.95, 0.05)


def frames(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    labels = pd.Index([f"r{row:02d}" for row in range(ROWS)], name=name)
    data = pd.DataFrame({"label": GIVEN, "n": range(ROWS)}, index=labels)
    return data, pd.DataFrame(P, index=labels, columns=["prob_cat", "prob_dog"])


@pytest.mark.parametrize("name", ["id", "doc"])
def test_rows_are_found_by_their_labels_and_come_back_under_them(name: str) -> None:
    data, probs = frames(name)
    columns = {} if name == "id" else {"id": name}
    findings = find(data, probs=probs.sample(frac=1, random_state=0), **columns)
    assert findings.dataset.ids.to_pylist() == [*data.index]
    assert (findings.score == find(data.reset_index(), probs=P, **columns).score).all()
    assert (findings.flagged == (GIVEN != RIGHT)).all()
    queue = findings.table().to_pandas().assign(decision="relabel")
    queue.loc[0, "decision"] = "drop"
    clean = apply(data, queue, **columns).data
    dropped = queue.loc[0, "id"]
    pd.testing.assert_frame_equal(clean, data.assign(label=RIGHT).drop(index=dropped))
    changes = check(clean, base=data, **columns).changes
    assert changes is not None
    assert len(changes.dropped) == 1


def test_other_row_labels_are_no_column() -> None:
    data, _ = frames("row")
    assert load(data).columns.id is None
    assert load(data.assign(id=range(ROWS)).rename_axis("id")).ids.to_pylist() == [str(row) for row in range(ROWS)]
