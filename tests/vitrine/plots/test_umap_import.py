import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, environment

ENDS = "import os\nos._exit(139)\n"
"""A package whose import ends the process, as PyTorch's does after TensorFlow's when it loads triton."""

MAP = """
import numpy as np
from vitrine.plots.umap_import import umap_class
points = umap_class()(n_neighbors=3, random_state=0, n_jobs=1).fit_transform(np.random.default_rng(0).random((12, 4)))
print(points.shape)
"""


def test_umap_is_imported_without_pytorch_where_that_would_end_the_process(tmp_path: Path) -> None:
    for package in ("torch", "torchvision", "triton"):
        (tmp_path / f"{package}.py").write_text(ENDS)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MAP],
        env=environment() | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "(12, 2)\n"), done.stderr
