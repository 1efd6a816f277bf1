"""Saving of SavedModels that load fast: without TensorFlow's graph optimizer, and trimmed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import tensorflow as tf

from vitrine.saved_model.trimming import trim

OPTION: Final = "disable_meta_optimizer"


def save(module: tf.Module, directory: Path | str, signatures: Mapping[str, tf.types.experimental.Callable]) -> None:
    """Save a SavedModel whose functions skip TensorFlow's graph optimizer.

    A function call carries the options it was traced with, and the optimizer runs on the function's first call,
    whatever the session's options. In these models that takes a second or more per signature, makes none of their
    answers faster, and some slower (docs/BENCHMARKS.md). Functions loaded from another SavedModel, such as Transform's,
    have their own options, which are changed in the written file (see `vitrine.saved_model.trimming`).

    Args:
        module: The module to save.
        directory: The directory to write.
        signatures: Functions by signature name. Functions that were traced before keep their options.
    """
    before = tf.config.optimizer.get_experimental_options().get(OPTION, False)
    tf.config.optimizer.set_experimental_options({OPTION: True})
    try:
        tf.saved_model.save(module, str(directory), signatures=signatures)
        trim(Path(directory))
    finally:
        tf.config.optimizer.set_experimental_options({OPTION: before})
