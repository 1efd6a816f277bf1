"""The pair classifier: a Keras model from the features of a pair to the logits of the four classes.

Few queries are judged, and users search with other ones, so the model's capacity to memorise is kept small. One linear
part reads the scalar features (lexical overlap and similarities), another the products of the vectors. A small network
with heavy dropout reads the scalars, the vectors projected to a few dimensions, and the categories of both texts (from
which it learns that a case goes with a phone).
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
"""Bound on lexical features in standard deviations, since counts have long tails."""

PRODUCT_DROPOUT: Final = 0.5
CODE_SCALE: Final = 3.0
"""Factor of the codes. They start as small numbers; with it their products matter from the first step."""

Tensors = Mapping[str, keras.KerasTensor]


def build_model(settings: ClassifierSettings, dimension: int, lexical: int, categories: int) -> keras.Model:
    """Build the model.

    Args:
        settings: kind of the model, its widths and its dropout.
        dimension: D, length of the vectors.
        lexical: F, number of lexical features.
        categories: C, number of categories that are distinguished.

    Returns:
        A model from a dict of `query_vector`, `text_vector`, `image_vector` [B, D], `has_image` [B], `lexical` [B, F],
        `query_category` and `product_category` [B, C] to logits float32 [B, 4]. Its normalisation layer `similarities`
        must be adapted before training.
    """
    inputs = {name: keras.Input([dimension], name=name) for name in columns.VECTORS}
    inputs[columns.HAS_IMAGE] = keras.Input([], name=columns.HAS_IMAGE)
    inputs[LEXICAL] = keras.Input([lexical], name=LEXICAL)
    inputs |= {name: keras.Input([categories], name=name) for name in CATEGORIES}
    logits = _query_only(settings, inputs) if settings.model == "query_only" else _pair(settings, inputs, dimension)
    return keras.Model(inputs, logits, name=settings.model)


def similarities(inputs: Tensors) -> keras.KerasTensor:
    """Return the cosines of query and text, query and image, text and image, and `has_image`, [B, 4]."""
    query, text, image = (inputs[name] for name in columns.VECTORS)
    cosines = [ops.sum(query * text, axis=1), ops.sum(query * image, axis=1), ops.sum(text * image, axis=1)]
    return ops.stack([*cosines, inputs[columns.HAS_IMAGE]], axis=1)


def _query_only(settings: ClassifierSettings, inputs: Tensors) -> keras.KerasTensor:
    hidden = layers.Dense(settings.hidden, "gelu")(inputs[columns.QUERY_VECTOR])
    return layers.Dense(len(LABELS), name="logits")(layers.Dropout(settings.hidden_dropout)(hidden))


def _pair(settings: ClassifierSettings, inputs: Tensors, dimension: int) -> keras.KerasTensor:
    normal = layers.Normalization(name="similarities")(similarities(inputs))
    lexical = ops.clip(inputs[LEXICAL], -LARGEST_SCORE, LARGEST_SCORE)
    scalars = ops.concatenate([lexical, normal, ops.square(normal[:, :2])], axis=1)
    inputs_of_network = [
        layers.Dropout(settings.scalar_dropout)(scalars),
        layers.Dropout(settings.vector_dropout)(_projected(settings, inputs)),
        layers.Dropout(settings.category_dropout)(_categories(settings, inputs)),
    ]
    hidden = layers.Dense(settings.hidden, "gelu")(ops.concatenate(inputs_of_network, axis=1))
    hidden = layers.Dropout(settings.hidden_dropout)(hidden)
    parts = [
        layers.Dense(len(LABELS), name="network")(hidden),
        layers.Dense(len(LABELS), name="scalars")(scalars),
        layers.Dense(len(LABELS), use_bias=False, kernel_initializer="zeros", name="products")(
            layers.Dropout(PRODUCT_DROPOUT)(_products(inputs, dimension))
        ),
    ]
    return layers.Add(name="logits")(parts)


def _projected(settings: ClassifierSettings, inputs: Tensors) -> keras.KerasTensor:
    """Project the three vectors into a small common space, and multiply the query's with the other two, [B, 5 P]."""
    project = layers.Dense(settings.projection, use_bias=False, name="projection")
    scale = settings.projection**0.5  # components of unit vectors are small; the network needs values of about 1
    query, text, image = (ops.normalize(project(inputs[name]), axis=1) * scale for name in columns.VECTORS)
    return ops.concatenate([query * text, query * image, query, text, image], axis=1)


def _categories(settings: ClassifierSettings, inputs: Tensors) -> keras.KerasTensor:
    """Encode the categories of query and product, each with weights of its own, and multiply them, [B, 3 P]."""
    query, product = (
        layers.Dense(settings.projection, use_bias=False, name=f"code_{name}")(inputs[name]) * CODE_SCALE
        for name in CATEGORIES
    )
    return ops.concatenate([query * product, query, product], axis=1)


def _products(inputs: Tensors, dimension: int) -> keras.KerasTensor:
    query, text, image = (inputs[name] for name in columns.VECTORS)
    return ops.concatenate([query * text, query * image], axis=1) * dimension**0.5
