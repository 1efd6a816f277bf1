"""UMAP without the neural networks that `import umap` loads beside it."""

import importlib
import sys
from typing import Final

_NETWORKS: Final = "umap.parametric_umap"
"""The module of UMAP that imports torchvision where it is installed, and so triton, which ends a process that has
TensorFlow. `umap` itself does without the module."""


def umap_class() -> type:
    """Return `umap.UMAP`, imported without PyTorch even where that is installed.

    Raises:
        ModuleNotFoundError: umap-learn, which the extra `notebooks` brings, is missing.
    """
    blocked = sys.modules.setdefault(_NETWORKS, None)  # type: ignore[arg-type]  # None: importing it is an ImportError
    try:
        umap: type = importlib.import_module("umap").UMAP  # by name: the images have no packages of notebooks
    finally:
        if blocked is None:
            del sys.modules[_NETWORKS]
    return umap
