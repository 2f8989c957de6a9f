"""What is not installed with the package alone: its absence is one line that says what to install."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hardneg_cli import InputError, find

ASKED = """
import json, sys
missing, addresses = json.loads(sys.argv[1])
for name in missing:
    sys.modules[name] = None
from hardneg_cli import InputError, find
for address in addresses:
    try:
        find(address)
    except InputError as error:
        print(json.dumps(str(error)))
"""
HUB, S3 = "pip install 'hardneg-cli[hub]'", "pip install 'hardneg-cli[s3]'"
TOLD = {
    "hf://datasets/someone/pets/train.parquet": HUB, "hf://datasets/someone/pets/*.parquet": HUB,
    "s3://bucket/train.parquet": S3, "gs://bucket/train.parquet": "gcsfs",
}  # fmt: skip


@pytest.mark.process
@pytest.mark.parametrize("missing", [["fsspec"], ["huggingface_hub", "s3fs", "gcsfs"]])
def test_addresses_without_what_they_need(missing: list[str]) -> None:
    asked = json.dumps([missing, list(TOLD)])
    done = subprocess.run([sys.executable, "-c", ASKED, asked], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for (address, hint), line in zip(TOLD.items(), lines, strict=True):
        assert line.startswith(f"{address}: such addresses need more than is installed: ")
        assert ("fsspec" if missing == ["fsspec"] and hint == "gcsfs" else hint) in line
        assert "\n" not in line


@pytest.mark.parametrize("address", ["hf://datasets/nobody here/pets/x.csv", "hf://x", "hf://", "who://x"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(InputError) as refused:
        find(address)
    assert str(refused.value).startswith(f"{address}: cannot be read: ")
    assert "\n" not in str(refused.value)
