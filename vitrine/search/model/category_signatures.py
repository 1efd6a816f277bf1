"""Signatures that predict a category: of a query, of an image, or of a vector of either."""

import tensorflow as tf

from vitrine.categories.head import CategoryHead
from vitrine.search.index.table_rows import rows_of
from vitrine.search.model.scorer import Scorer
from vitrine.search.model.signatures import Signatures


class CategorySignatures:
    """The category signatures of a search model.

    Each returns `category` string [B, K] and `probability` float32 [B, K], the most probable first; K is 5, or the
    number of classes if there are fewer.
    """

    def __init__(self, model: Scorer, head: CategoryHead) -> None:
        self._model, self._head = model, head

    def signatures(self) -> Signatures:
        """Return method and input signature by name. `predict_category_image` needs an encoder of images."""
        query, image = (tf.TensorSpec([None], tf.string, name=name) for name in ("query", "image_bytes"))
        embedding = tf.TensorSpec([None, self._model.dimension], tf.float32, name="embedding")
        signatures: Signatures = {
            "predict_category": (self.predict_category, [query]),
            "predict_category_embedding": (self.predict_category_embedding, [embedding]),
        }
        if self._model.encodes_images:
            signatures |= {"predict_category_image": (self.predict_category_image, [image])}
        return signatures

    def predict_category(self, query: tf.Tensor) -> dict[str, tf.Tensor]:
        """Predict the category of `query` string [B]."""
        return self.predict_category_embedding(self._model.embed_text(query)["embedding"])

    def predict_category_image(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Predict the category of the product on `image_bytes` string [B]."""
        return self.predict_category_embedding(self._model.embed_image(image_bytes)["embedding"])

    def predict_category_embedding(self, embedding: tf.Tensor) -> dict[str, tf.Tensor]:
        """Predict the category of a text's or an image's `embedding` float32 [B, D], or of the mean of several."""
        classes, probability = self._head.best(embedding)
        return {"category": rows_of(self._head.category, classes), "probability": probability}
