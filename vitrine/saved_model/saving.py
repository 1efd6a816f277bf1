"""How Vitrine writes its SavedModels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

OPTION: Final = "disable_meta_optimizer"


def save(module: tf.Module, directory: Path | str, signatures: Mapping[str, Any]) -> None:
    """`tf.saved_model.save`, of functions that are left alone by TensorFlow's graph optimizer.

    A call of a function carries the options that it was traced with, and the optimizer works on the function when it is
    called for the first time, whatever the session says. In these models that takes a second or more a signature, and
    makes none of their answers faster, some slower (docs/BENCHMARKS.md). Calls inside what was loaded from another
    SavedModel, such as Transform's, stay as they are.

    Args:
        module: what is saved.
        directory: where to.
        signatures: functions by the names that they are served under, best not traced before.
    """
    before = tf.config.optimizer.get_experimental_options().get(OPTION, False)
    tf.config.optimizer.set_experimental_options({OPTION: True})
    try:
        tf.saved_model.save(module, str(directory), signatures=signatures)
    finally:
        tf.config.optimizer.set_experimental_options({OPTION: before})
