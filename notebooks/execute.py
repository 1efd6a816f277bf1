"""Executes the notebooks on the newest run, or the one that `VITRINE_RUN` names, and writes them back.

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
"""The tag of cells whose output is for a browser: megabytes of scripts, which pages that show code leave out anyway."""
SCRIPT: Final = "application/javascript"
KERNEL: Final = {"display_name": "Python 3", "language": "python", "name": "python3"}
SECONDS: Final = 600
"""That one cell may take."""


def execute(path: Path) -> NotebookNode:
    """Execute a notebook in a kernel of its own, in its folder as Jupyter does; raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as sockets:  # that nobody else can open, instead of ports
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets}/kernel")
        client = NotebookClient(notebook, manager, timeout=SECONDS, resources={"metadata": {"path": path.parent}})
        # The path: of several checkouts that share an environment, this one.
        client.execute(env=os.environ | {"PYTHONPATH": str(FOLDER.parent)}, cleanup_kc=True)
    return notebook


def strip(notebook: NotebookNode) -> None:
    """Take away what differs from one execution to the next without a change, and what only a browser shows."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if INTERACTIVE in tags:
            cell.outputs = []
        elif cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if SCRIPT not in one.get("data", {})]


def main() -> None:
    """Execute those that are named, or all."""
    for path in map(Path, sys.argv[1:] or sorted(FOLDER.glob("*.ipynb"))):
        notebook = execute(path)
        strip(notebook)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
