"""The least that any program must do, to read the file, and one argmax: python script_floor.py LIBRARY FILE"""

import sys

library, path = sys.argv[1:]
if library == "numpy":
    import numpy as np

    np.load(path).argmax(axis=1)
elif library == "pandas":
    import pandas as pd

    frame = pd.read_csv(path) if path.endswith(".csv") else pd.read_parquet(path)
    frame[[name for name in frame.columns if name.startswith("prob_")]].to_numpy().argmax(axis=1)
else:
    import numpy as np
    from pyarrow import csv, parquet

    table = csv.read_csv(path) if path.endswith(".csv") else parquet.read_table(path)
    names = [name for name in table.column_names if name.startswith("prob_")]
    np.column_stack([table[name].to_numpy() for name in names]).argmax(axis=1)
