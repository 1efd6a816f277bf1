"""The pair classifier: a Keras model from the pair's features to the logits of the four classes."""

import keras

from vitrine.classifier.config import ClassifierConfig
from vitrine.classifier.features import LEXICAL
from vitrine.data import columns
from vitrine.labels import LABELS


def build_model(config: ClassifierConfig, dimension: int, lexical: int) -> keras.Model:
    """Builds the model `config` asks for.

    Args:
        config: which model, its widths and its dropout.
        dimension: D, length of the vectors.
        lexical: F, number of lexical features.

    Returns:
        A model from a dict of the inputs of `Pairs.inputs` to logits float32 [B, 4].
    """
    inputs = {name: keras.Input([dimension], name=name) for name in columns.VECTORS}
    inputs[columns.HAS_IMAGE] = keras.Input([], name=columns.HAS_IMAGE)
    inputs[LEXICAL] = keras.Input([lexical], name=LEXICAL)
    x = inputs[columns.QUERY_VECTOR] if config.model == "query_only" else pair_features(inputs)
    x = keras.layers.Dropout(config.dropout)(x)
    x = keras.layers.Dense(config.hidden, "gelu")(x)
    x = keras.layers.Dropout(config.dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(len(LABELS), name="logits")(x))


def pair_features(inputs: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
    query, text, image = (inputs[name] for name in columns.VECTORS)
    scalars = [keras.ops.sum(query * text, axis=1), keras.ops.sum(query * image, axis=1), inputs[columns.HAS_IMAGE]]
    return keras.ops.concatenate(
        [keras.ops.stack(scalars, axis=1), inputs[LEXICAL], query * text, query * image], axis=1
    )
