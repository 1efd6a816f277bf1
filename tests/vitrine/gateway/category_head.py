"""The shop with a category head: a thing's word and a colour's image are its categories."""

import shutil
from pathlib import Path
from typing import Final

import numpy as np
import tensorflow as tf

from tests.vitrine.gateway.conftest import push
from tests.vitrine.search import shop
from vitrine.categories.head import CategoryHead
from vitrine.saved_model.saving import save

SEEN: Final = {"red": "mug", "green": "lamp"}
"""The category that the image of a colour shows."""
FAILS: Final = "white"
"""The colour whose image makes the head fail."""


class ShopHead(CategoryHead):
    """A head whose classes are the directions of their words and images."""

    def __init__(self) -> None:
        encoder = shop.HashingEncoder()
        directions, images = encoder.encode_text(shop.THINGS), encoder.encode_image(map(shop.image_bytes, SEEN))
        directions -= directions.mean(axis=0)
        for image, thing in zip(images, SEEN.values(), strict=True):
            directions[shop.THINGS.index(thing)] += image - images.mean(axis=0)
        super().__init__(shop.THINGS, [directions.T, np.zeros(len(shop.THINGS), np.float32)], temperature=0.7)
        self.failing = tf.constant(encoder.encode_image([shop.image_bytes(FAILS)]))

    @tf.function(input_signature=[tf.TensorSpec([None, shop.DIMENSION], tf.float32, name="embedding")])
    def predict(self, embedding: tf.Tensor) -> dict[str, tf.Tensor]:
        tf.debugging.assert_less(tf.linalg.matmul(embedding, self.failing, transpose_b=True), 0.999, FAILS)
        classes, probability = self.best(embedding)
        return {"category": tf.gather(self.category, classes), "probability": probability}


def push_with_head(pushed: Path, serving: Path) -> Path:
    """Copy the shop to `serving` as version 1, with a head in its search model."""
    push(pushed, serving, 1)
    model, with_head = serving / "product_search" / "1", serving / "with-head"
    loaded = tf.saved_model.load(str(model))
    loaded.category_head = ShopHead()
    signatures = {name: loaded.signatures[name] for name in loaded.signatures}
    save(loaded, with_head, {**signatures, "predict_category_embedding": loaded.category_head.predict})
    shutil.rmtree(model)
    with_head.rename(model)
    return serving
