"""The script that a careful user writes with pandas and cleanlab: rank the label issues, score them, write a queue.

python script_cleanlab.py QUEUE DATA.csv|DATA.parquet, or QUEUE LABELS.csv PROBABILITIES.npy CLASSES.txt
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores


def main(queue, data, *more):
    is_csv = Path(data).suffix == ".csv"
    frame = pd.read_csv(data, dtype={"id": str, "label": str}) if is_csv else pd.read_parquet(data)
    if more:
        probabilities = np.load(more[0])
        classes = Path(more[1]).read_text().split()
    else:
        columns = [name for name in frame.columns if name.startswith("prob_")]
        probabilities = frame[columns].to_numpy()
        classes = [name.removeprefix("prob_") for name in columns]
    labels = frame["label"].map({name: code for code, name in enumerate(classes)}).to_numpy()
    issues = find_label_issues(labels, probabilities, return_indices_ranked_by="self_confidence")
    quality = get_label_quality_scores(labels, probabilities)
    suggested = np.array(classes)[probabilities[issues].argmax(axis=1)]
    found = frame.iloc[issues][["id", "label"]].assign(suggested=suggested, quality=quality[issues])
    found.to_csv(queue, index=False)


if __name__ == "__main__":  # cleanlab starts processes
    main(*sys.argv[1:])
