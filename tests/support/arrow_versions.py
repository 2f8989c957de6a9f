"""What only newer versions of pyarrow can do."""

import pyarrow as pa

VERSION = int(pa.__version__.split(".")[0])
COMPRESSES_VIEWS = VERSION >= 25  # of short texts, too
READS_FIXED_NULLS = VERSION >= 26  # null lists of a fixed size, from Parquet
