"""Keras 3 models inside a `tf.Module` that is exported as a SavedModel."""

from collections.abc import Callable

import keras
import tensorflow as tf


class KerasModule(tf.Module):
    """A module that holds a Keras model and tracks its variables, but no Keras object.

    `tf.saved_model.save` writes two handles for each `keras.Variable` that it tracks: the functions read one, and the
    checkpoint is restored into the other. `tf.saved_model.load` repairs that; a session, which is what TF Serving
    runs, fails with `Could not find variable` (keras-team/keras#20095). Tracking the `tf.Variable`s inside them gives
    one handle. It also leaves out a compiled model's optimizer.
    """

    def __init__(self, model: keras.Model) -> None:
        super().__init__()
        self.weights = [variable.value for variable in model.variables]
        self._model: Callable[[], keras.Model] = lambda: model  # tf.Module does not track what a function closes over

    @property
    def model(self) -> keras.Model:
        """The Keras model."""
        return self._model()
