"""Execution of the notebooks on the newest run, or the one that `VITRINE_RUN` names; the files are rewritten.

`python -m notebooks.execute [NOTEBOOK.ipynb ...]`; without a name, all of them.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

try:
    import nbformat
    from jupyter_client import AsyncKernelManager
    from nbclient import NotebookClient
    from nbformat import NotebookNode
except ModuleNotFoundError as error:
    raise SystemExit(f"{error}: executing notebooks needs pip install 'vitrine-search[notebooks]'") from None

FOLDER: Final = Path(__file__).parent
INTERACTIVE: Final = "interactive"
"""The tag of cells with output for a browser only: megabytes of scripts, which code hosts do not show anyway."""
SCRIPT: Final = "application/javascript"
KERNEL: Final = {"display_name": "Python 3", "language": "python", "name": "python3"}
CELL_SECONDS: Final = 600
"""Time limit of a cell."""


def execute(path: Path) -> NotebookNode:
    """Execute a notebook in a kernel of its own, in its folder as Jupyter does; raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as sockets:  # instead of ports, which other users could open
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets}/kernel")
        client = NotebookClient(notebook, manager, timeout=CELL_SECONDS, resources={"metadata": {"path": path.parent}})
        # PYTHONPATH: if several checkouts share an environment, this one is imported.
        client.execute(env=os.environ | {"PYTHONPATH": str(FOLDER.parent)}, cleanup_kc=True)
    return notebook


def strip(notebook: NotebookNode) -> None:
    """Remove metadata that differs between executions, and output that only a browser shows."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if INTERACTIVE in tags:
            cell.outputs = []
        elif cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if SCRIPT not in output.get("data", {})]


def main() -> None:
    """Execute the notebooks in the arguments, or all."""
    for path in map(Path, sys.argv[1:] or sorted(FOLDER.glob("*.ipynb"))):
        notebook = execute(path)
        strip(notebook)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
