"""The sample's notebook, run from its first cell to its last.

`python tests/support/notebook.py` writes it anew with what its cells answer; a test compares them.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOK = Path(__file__).parents[2] / "sample_data/digits.ipynb"
COMMAND = "python tests/support/notebook.py"


def executed(folder: Path) -> NotebookNode:
    """The notebook with the answers of its cells, run in the folder; raises CellExecutionError for one that fails."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}, record_timing=False)
    client.execute()
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec, "language_info": {"name": "python"}}
    return notebook


def answers(notebook: NotebookNode) -> list[str]:
    """What each cell answers, as text."""
    return [
        "".join(output.get("text") or output["data"]["text/plain"] for output in cell.get("outputs", []))
        for cell in notebook.cells
    ]


if __name__ == "__main__":
    nbformat.write(executed(NOTEBOOK.parent), NOTEBOOK)
