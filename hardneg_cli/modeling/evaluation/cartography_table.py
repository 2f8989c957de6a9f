"""How each row was learned, as a table: what `compare` writes and `find` takes as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.training_evidence import CONFIDENCE, CORRECTNESS, GIVEN_LABEL, OTHER, VARIABILITY
from hardneg_cli.modeling.evaluation.model_outputs import ModelOutputs
from hardneg_cli.modeling.evaluation.training_dynamics import REGIONS, Cartography, TrainingDynamics, cartography
from hardneg_cli.modeling.label_source import GIVEN

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]


def dynamics_of(outputs: ModelOutputs, kind: str, rows: Codes) -> TrainingDynamics:
    """What the models, in the order of training, say of these rows, by the labels of a kind."""
    import numpy as np

    top = np.stack([output.top[rows] for output in outputs.outputs])
    given = [p for p in outputs.p_label[kind] if p is not None]
    p = np.stack([one[rows] for one in given]) if len(given) == len(outputs.outputs) else None
    return TrainingDynamics(outputs.labels[kind][rows], top, p)


def cartography_table(dataset: Dataset, outputs: ModelOutputs, best: int) -> pa.Table:
    """A line for each row that all checkpoints know, in the order of the ids, by the given labels."""
    import numpy as np
    import pyarrow as pa

    dynamics = dynamics_of(outputs, GIVEN, np.arange(len(outputs.rows)))
    found: Cartography = cartography(dynamics)
    names = np.array([*outputs.classes, None], object)
    checkpoints = np.array([*(output.name for output in outputs.outputs), None], object)
    right = dynamics.right
    columns: dict[str, pa.Array] = {"id": dataset.ids.take(outputs.rows)}
    if (texts := dataset.role(dataset.columns.split)) is not None:
        columns["split"] = pa.array([texts[row] for row in outputs.rows.tolist()], pa.string())
    columns[GIVEN_LABEL] = pa.array(names[dynamics.labels], pa.string())
    nothing = pa.nulls(len(outputs.rows), pa.float64())
    columns[CONFIDENCE] = nothing if found.confidence is None else pa.array(found.confidence)
    columns[VARIABILITY] = nothing if found.variability is None else pa.array(found.variability)
    columns[CORRECTNESS] = pa.array(found.correctness)
    columns["forgetting_events"] = pa.array(found.forgetting_events)
    columns["region"] = pa.array(np.array(REGIONS, object)[found.region], pa.string())
    columns["learned_at"] = pa.array(checkpoints[found.learned], pa.string())
    columns[OTHER] = pa.array(names[found.likeliest], pa.string())
    columns["lost_since_first"] = pa.array(right[0] & ~right[-1])
    columns["lost_since_best"] = pa.array(right[best] & ~right[-1])
    return pa.table(columns)
