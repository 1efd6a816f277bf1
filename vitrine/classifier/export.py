"""Export of the classifier as a SavedModel that reads raw values and includes the transform graph."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from vitrine.classifier.feature_names import CATEGORIES, LABEL, LEXICAL
from vitrine.classifier.model import LARGEST_SCORE
from vitrine.data import columns
from vitrine.labels import GAINS
from vitrine.saved_model.keras_module import KerasModule
from vitrine.saved_model.saving import save

STRINGS = (columns.QUERY, *columns.PRODUCT_TEXT)
OUTPUTS = ("probabilities", "expected_gain", "class_id")
TEXT_FEATURES = (LEXICAL, *CATEGORIES)
"""The transformed features that are computed from texts alone."""


class Classifier(tf.Module):
    """The transform graph, the model and the temperature that the signatures use."""

    def __init__(
        self,
        model: keras.Model,
        transform: Callable[..., Mapping[str, tf.Tensor]],
        raw_spec: dict[str, Any],
        temperature: float,
    ) -> None:
        super().__init__()
        self._model = KerasModule(model)
        self.transform = transform
        self.temperature = tf.constant(temperature, tf.float32)
        self._raw_spec = raw_spec

    def predict(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return calibrated probabilities [B, 4], expected gain [B] and class id [B] for the model's inputs."""
        probabilities = tf.nn.softmax(self._model.model(dict(inputs), training=False) / self.temperature)
        return {
            "probabilities": probabilities,
            "expected_gain": tf.linalg.matvec(probabilities, tf.constant(GAINS, tf.float32)),
            "class_id": tf.argmax(probabilities, axis=1),
        }

    def transform_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the transformed features of serialized raw examples, string [B]; the label may be missing."""
        spec = dict(self._raw_spec)
        defaults: dict[str, str | int] = {columns.ESCI_LABEL: "", columns.QUERY_ROW: 0, columns.PRODUCT_ROW: 0}
        spec |= {name: _with_default(spec[name], default) for name, default in defaults.items()}
        return dict(self.transform(tf.io.parse_example(examples, spec)))

    def parse_vectors(self, examples: tf.Tensor, dimension: int) -> dict[str, tf.Tensor]:
        """Return the three vectors, float32 [B, dimension], which serialized examples hold as little-endian float32."""
        spec = {name: tf.io.FixedLenFeature([], tf.string) for name in columns.VECTORS}
        packed = tf.io.parse_example(examples, spec)
        vectors = {name: tf.io.decode_raw(values, tf.float32, little_endian=True) for name, values in packed.items()}
        return {name: tf.ensure_shape(vector, [None, dimension]) for name, vector in vectors.items()}

    def transform_raw(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return `lexical` float32 [B, F] and both categories float32 [B, C] of raw strings [B]."""
        rows = tf.shape(raw[columns.QUERY])[0]
        values = {name: raw.get(name, tf.zeros([rows], feature.dtype)) for name, feature in self._raw_spec.items()}
        shaped = {name: _shaped(values[name], feature) for name, feature in self._raw_spec.items()}
        transformed = self.transform(shaped)
        return {name: transformed[name] for name in TEXT_FEATURES}


def _with_default(feature: Any, default: str | int) -> Any:
    if isinstance(feature, tf.io.FixedLenFeature):
        return tf.io.FixedLenFeature(feature.shape, feature.dtype, default if not feature.shape else [default])
    return feature


def _shaped(values: tf.Tensor, feature: Any) -> Any:
    if isinstance(feature, tf.io.FixedLenFeature):
        return tf.reshape(values, [-1, *feature.shape])
    return tf.sparse.from_dense(values[:, None])


def export_classifier(classifier: Classifier, dimension: int, directory: Path | str) -> None:
    """Write the SavedModel.

    Args:
        classifier: the classifier to export.
        dimension: D, length of the vectors.
        directory: the directory to create.
    """
    vector = tf.TensorSpec([None, dimension], tf.float32)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serving_default(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        transformed = classifier.transform_examples(examples)
        inputs = classifier.parse_vectors(examples, dimension)
        inputs |= {name: transformed[name] for name in (columns.HAS_IMAGE, *TEXT_FEATURES)}
        return classifier.predict(inputs)

    @tf.function(autograph=False)
    def classify_with_features(**raw: tf.Tensor) -> dict[str, tf.Tensor]:
        inputs = {name: raw[name] for name in columns.VECTORS}
        has_image = tf.cast(raw[columns.HAS_IMAGE], tf.float32)
        text_features = classifier.transform_raw({name: raw[name] for name in STRINGS})
        answer = classifier.predict({**inputs, columns.HAS_IMAGE: has_image, **text_features})
        return {**answer, LEXICAL: tf.clip_by_value(text_features[LEXICAL], -LARGEST_SCORE, LARGEST_SCORE)}

    @tf.function(autograph=False)
    def classify(**raw: tf.Tensor) -> dict[str, tf.Tensor]:
        answer = classify_with_features(**raw)
        return {name: answer[name] for name in OUTPUTS}

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def transform_features(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        transformed = classifier.transform_examples(examples)
        return {LABEL: transformed[LABEL], columns.QUERY_ID: transformed[columns.QUERY_ID]}

    specs = {name: tf.TensorSpec([None], tf.string, name=name) for name in STRINGS}
    specs |= {name: tf.TensorSpec(vector.shape, vector.dtype, name=name) for name in columns.VECTORS}
    specs[columns.HAS_IMAGE] = tf.TensorSpec([None], tf.int64, name=columns.HAS_IMAGE)
    save(
        classifier,
        directory,
        {
            "serving_default": serving_default,
            "classify": classify.get_concrete_function(**specs),
            "classify_with_features": classify_with_features.get_concrete_function(**specs),
            "transform_features": transform_features,
        },
    )
