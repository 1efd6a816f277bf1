"""Prediction without training: the class whose name has the vector most similar to the product's."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vitrine.categories.examples import Examples, InputVectors
from vitrine.categories.taxonomy import SEPARATOR
from vitrine.encoders.protocol import Encoder


def nearest_names(
    encoder: Encoder, names: Sequence[str], source: InputVectors, examples: Examples, shown: int
) -> npt.NDArray[np.int32] | None:
    """Return the classes of the most similar names, int32 [E, K]; None if the encoder does not encode any text.

    The levels of a name are read as words, the last one first: `Clothing > Shoes` is "Shoes, Clothing".
    """
    if not encoder.encodes_any_text:
        return None
    vectors = encoder.encode_text([", ".join(reversed(name.split(SEPARATOR))) for name in names])
    parts = [np.argsort(-(block.vectors(source) @ vectors.T)) for block in examples.blocks()]
    return np.concatenate(parts)[:, :shown].astype(np.int32)
