"""A description of what an encoder computes, and its comparison with reference vectors."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.sentence.heads import Head
from vitrine.errors import DataError

LEAST_COSINE: Final = 0.999
"""Cosine from which on a vector counts as the reference's."""


class Comparison(NamedTuple):
    """The cosines of an encoder's vectors to the reference, and the text with the lowest."""

    minimum: float
    median: float
    worst: str

    @property
    def passes(self) -> bool:
        """True if every vector is the reference's."""
        return self.minimum >= LEAST_COSINE


def describe(encoder: Encoder) -> dict[str, JsonValue]:
    """Return what the encoder computes, as JSON values."""
    common: dict[str, JsonValue] = {
        "kind": encoder.kind,
        "dimension": encoder.dimension,
        "images": encoder.encodes_images,
    }
    if isinstance(encoder, SentenceEncoder):
        common |= _describe_sentence(encoder)
    if isinstance(encoder, ImageTextEncoder):
        common |= _flat(encoder.described)
    return common | {"fingerprint": encoder.fingerprint}


def _flat(fields: Mapping[str, object], prefix: str = "") -> dict[str, JsonValue]:
    """Return the fields of nested objects by names with dots."""
    flat: dict[str, JsonValue] = {}
    for name, value in fields.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = to_jsonable_python(value)
    return flat


def _describe_sentence(encoder: SentenceEncoder) -> dict[str, JsonValue]:
    transformer, tokenizer, modules = encoder.described
    options = encoder.options
    pooling = f"Pooling {' + '.join(modules.pooling.modes)}"
    if not modules.pooling.include_prompt:
        pooling += " without the prompt"
    cut = [f"cut to {options.dimension}"] if options.dimension != modules.output(transformer.width) else []
    return {
        "family": transformer.family,
        "layers": transformer.rules["num_hidden_layers"],
        "width": transformer.width,
        "tokenizer": tokenizer,
        "max_tokens": transformer.max_tokens,
        "modules": ["Transformer", pooling, *map(_head, modules.heads), *cut, "unit length"],
        "query_prompt": options.query,
        "document_prompt": options.document,
        "undecided": options.undecided,
    }


def _head(head: Head) -> str:
    if head.kind != "Dense":
        return head.kind
    return f"Dense {head.inputs} → {head.outputs} {head.activation}" + " with residual" * head.residual


def read_reference(texts: Path, vectors: Path) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Read a JSON array of texts, and their reference vectors from a `.npy` file, float32 [N, D].

    Raises:
        DataError: a file cannot be read, or the two do not belong together.
    """
    try:
        listed = json.loads(texts.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{texts}: not a JSON file ({error})") from None
    if not isinstance(listed, list) or not listed or not all(isinstance(text, str) for text in listed):
        raise DataError(f"{texts}: expected a JSON array of texts")
    try:
        matrix = np.load(vectors, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{vectors}: not an array of NumPy ({error})") from None
    if matrix.ndim != 2 or len(matrix) != len(listed):
        raise DataError(f"{vectors}: an array of shape {matrix.shape}, for {len(listed)} texts in {texts}")
    return listed, matrix.astype(np.float32)


def compare(
    encoder: Encoder, texts: Sequence[str], vectors: npt.NDArray[np.float32], documents: bool = False
) -> Comparison:
    """Compare the vectors of texts, as queries or as documents, with the reference's, float32 [N, D], of any length.

    Raises:
        DataError: the reference has another number of dimensions.
    """
    if vectors.shape[1] != encoder.dimension:
        raise DataError(f"the reference has {vectors.shape[1]} dimensions, the encoder {encoder.dimension}")
    ours = encoder.encode_document(texts) if documents else encoder.encode_text(texts)
    lengths = np.maximum(np.linalg.norm(vectors, axis=1), np.finfo(np.float32).tiny)
    cosines = (ours * vectors).sum(axis=1) / lengths
    return Comparison(float(cosines.min()), float(np.median(cosines)), texts[int(cosines.argmin())])
