"""The pair classifier: a Keras model from the pair's features to the logits of the four classes.

Few queries are judged, and they are not those that will be asked: what the model may learn by heart is kept small. A
linear part reads the scalar features (lexical overlap and similarities), another the products of the vectors; a small
network reads the scalars, the vectors projected to a few dimensions, and the categories that both sides speak of (which
is how it learns that a case goes with a phone), under heavy dropout.
"""

from collections.abc import Mapping
from typing import Final

import keras
from keras import layers, ops

from vitrine.classifier.feature_names import CATEGORIES, LEXICAL
from vitrine.classifier.settings import ClassifierSettings
from vitrine.data import columns
from vitrine.labels import LABELS

LARGEST_SCORE: Final = 5.0
"""Lexical features are cut at this many standard deviations: counts have long tails."""

PRODUCT_DROPOUT: Final = 0.5
CODE_SCALE: Final = 3.0
"""Codes begin as small numbers; this makes their products count from the first step."""

Tensors = Mapping[str, keras.KerasTensor]


def build_model(config: ClassifierSettings, dimension: int, lexical: int, categories: int) -> keras.Model:
    """Builds the model `config` asks for.

    Args:
        config: which model, its widths and its dropout.
        dimension: D, length of the vectors.
        lexical: F, number of lexical features.
        categories: C, number of categories that are told apart.

    Returns:
        A model from a dict of `query_vector`, `text_vector`, `image_vector` [B, D], `has_image` [B], `lexical` [B, F],
        `query_category` and `product_category` [B, C] to logits float32 [B, 4]. Its layer `similarities` normalises and
        must be adapted before training.
    """
    inputs = {name: keras.Input([dimension], name=name) for name in columns.VECTORS}
    inputs[columns.HAS_IMAGE] = keras.Input([], name=columns.HAS_IMAGE)
    inputs[LEXICAL] = keras.Input([lexical], name=LEXICAL)
    inputs |= {name: keras.Input([categories], name=name) for name in CATEGORIES}
    logits = _query_only(config, inputs) if config.model == "query_only" else _pair(config, inputs, dimension)
    return keras.Model(inputs, logits, name=config.model)


def similarities(inputs: Tensors) -> keras.KerasTensor:
    """Cosines of query and text, query and picture, text and picture, and whether there is a picture, [B, 4]."""
    query, text, image = (inputs[name] for name in columns.VECTORS)
    cosines = [ops.sum(query * text, axis=1), ops.sum(query * image, axis=1), ops.sum(text * image, axis=1)]
    return ops.stack([*cosines, inputs[columns.HAS_IMAGE]], axis=1)


def _query_only(config: ClassifierSettings, inputs: Tensors) -> keras.KerasTensor:
    hidden = layers.Dense(config.hidden, "gelu")(inputs[columns.QUERY_VECTOR])
    return layers.Dense(len(LABELS), name="logits")(layers.Dropout(config.hidden_dropout)(hidden))


def _pair(config: ClassifierSettings, inputs: Tensors, dimension: int) -> keras.KerasTensor:
    normal = layers.Normalization(name="similarities")(similarities(inputs))
    lexical = ops.clip(inputs[LEXICAL], -LARGEST_SCORE, LARGEST_SCORE)
    scalars = ops.concatenate([lexical, normal, ops.square(normal[:, :2])], axis=1)
    read = [
        layers.Dropout(config.scalar_dropout)(scalars),
        layers.Dropout(config.vector_dropout)(_projected(config, inputs)),
        layers.Dropout(config.category_dropout)(_categories(config, inputs)),
    ]
    hidden = layers.Dense(config.hidden, "gelu")(ops.concatenate(read, axis=1))
    hidden = layers.Dropout(config.hidden_dropout)(hidden)
    parts = [
        layers.Dense(len(LABELS), name="network")(hidden),
        layers.Dense(len(LABELS), name="scalars")(scalars),
        layers.Dense(len(LABELS), use_bias=False, kernel_initializer="zeros", name="products")(
            layers.Dropout(PRODUCT_DROPOUT)(_products(inputs, dimension))
        ),
    ]
    return layers.Add(name="logits")(parts)


def _projected(config: ClassifierSettings, inputs: Tensors) -> keras.KerasTensor:
    """The three vectors in a common small space, and the query's products with the other two, [B, 5 P]."""
    project = layers.Dense(config.projection, use_bias=False, name="projection")
    scale = config.projection**0.5  # unit vectors have small components; the network wants some of about 1
    query, text, image = (ops.normalize(project(inputs[name]), axis=1) * scale for name in columns.VECTORS)
    return ops.concatenate([query * text, query * image, query, text, image], axis=1)


def _categories(config: ClassifierSettings, inputs: Tensors) -> keras.KerasTensor:
    """Codes of the two sides' categories and their product, [B, 3 P]; each side has a code of its own."""
    query, product = (
        layers.Dense(config.projection, use_bias=False, name=f"code_{name}")(inputs[name]) * CODE_SCALE
        for name in CATEGORIES
    )
    return ops.concatenate([query * product, query, product], axis=1)


def _products(inputs: Tensors, dimension: int) -> keras.KerasTensor:
    query, text, image = (inputs[name] for name in columns.VECTORS)
    return ops.concatenate([query * text, query * image], axis=1) * dimension**0.5
