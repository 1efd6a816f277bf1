"""Keras 3 models inside a `tf.Module` that is exported as a SavedModel."""

import keras
import tensorflow as tf


class KerasModule(tf.Module):
    """Holds a Keras model and tracks its variables, but no Keras object.

    `tf.saved_model.save` writes two handles for a `keras.Variable` that it meets: the functions read the one, and the
    checkpoint is restored into the other. `tf.saved_model.load` puts that right; a session, which is what TF Serving
    runs, answers `Could not find variable` (keras-team/keras#20095). With the `tf.Variable`s inside them there is one.
    A compiled model's optimizer is left out too.
    """

    def __init__(self, model: keras.Model) -> None:
        super().__init__()
        self.weights = [variable.value for variable in model.variables]
        self._model = lambda: model  # what a function closes over is not tracked

    @property
    def model(self) -> keras.Model:
        """The model itself."""
        return self._model()
