"""Export of the ranking model: the search model without its products, for candidates that are found elsewhere."""

from pathlib import Path
from typing import Final

import tensorflow as tf

from vitrine.errors import DataError
from vitrine.files.replacing import replace_directory
from vitrine.saved_model.saving import save
from vitrine.saved_model.versions import find_versions
from vitrine.search.build.warmup import copy_warmup
from vitrine.search.exported_model import MODEL_NAME

RANKING_MODEL: Final = "product_ranking"
"""The model's name in the serving directory and in requests."""
SIGNATURES: Final = (
    *("embed_text", "embed_image", "explain_image", "explain_image_embedding"),
    *("rerank_text", "rerank_both", "diversify_given"),
    *("predict_category", "predict_category_image", "predict_category_embedding"),
)
"""The signatures that need no product: those of images only where the encoder encodes them, and those of categories
only where the run has trained a head."""


def export_version(serving: Path, version: int) -> Path:
    """Write the ranking model of a pushed version beside it in the serving directory; return its directory.

    Raises:
        DataError: The version was not pushed, or has no signature that ranks given candidates.
    """
    pushed = find_versions(serving / MODEL_NAME)
    if version not in pushed:
        listed = ", ".join(map(str, pushed)) or "none"
        raise DataError(f"{serving / MODEL_NAME}: has no version {version}; pushed are {listed}")
    directory = serving / RANKING_MODEL / str(version)
    with replace_directory(directory) as partial:
        export_ranking_model(pushed[version], partial)
    return directory


def export_ranking_model(search_model: Path, directory: Path) -> None:
    """Save an exported search model without its products: encoder, classifier, last stage, category head, word
    statistics, weights and warm-up.

    Raises:
        DataError: The model has no signature that ranks given candidates.
    """
    import tensorflow_text  # noqa: F401  The encoder's operations.

    loaded = tf.saved_model.load(str(search_model))
    signatures = {name: loaded.signatures[name] for name in SIGNATURES if name in loaded.signatures}
    if "rerank_text" not in signatures:
        raise DataError(f"{search_model} has no signature rerank_text; run the pipeline again")
    model = tf.Module()
    model.encoder, model.classifier = loaded.encoder, loaded.classifier
    for name in ("words", "last_stage", "category_head"):
        if getattr(loaded, name, None) is not None:
            setattr(model, name, getattr(loaded, name))
    save(model, directory, signatures)
    copy_warmup(search_model, directory, RANKING_MODEL, signatures)
