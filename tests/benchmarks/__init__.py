"""What hardneg is worth and what it costs, measured: `python -m tests.benchmarks NAME` (see `__main__.py`)."""
