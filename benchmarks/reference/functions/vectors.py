"""Batches, and vectors of unit length."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

BATCH = 32


def unit_vectors(inputs: Sequence[Any], embed: Callable[[list[Any]], torch.Tensor]) -> np.ndarray:
    """Embed batch by batch; float32 [N, D], rows of unit length."""
    with torch.inference_mode():
        vectors = [embed(list(inputs[start : start + BATCH])).float() for start in range(0, len(inputs), BATCH)]
        return torch.nn.functional.normalize(torch.cat(vectors), dim=-1).numpy()
