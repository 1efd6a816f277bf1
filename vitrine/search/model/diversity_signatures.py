"""Signatures that order ranked products by maximal marginal relevance (see `vitrine.search.model.diversity`).

`diversify` takes the ids and scores of products of the catalogue, such as the outputs of a ranking signature.
`diversify_given` takes the vectors of the products as well, for those that are found elsewhere, such as in Milvus.
Products without an id, and in `diversify` unknown ones, come last.
"""

from typing import Final

import tensorflow as tf

from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_ID, TEXT_VECTOR
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.stored_vectors import ProductVectors
from vitrine.search.model.diversity import diverse_order
from vitrine.search.model.given_products import GivenVectors, input_specs
from vitrine.search.model.scorer import Scorer
from vitrine.search.model.signatures import Signatures

DIVERSIFY: Final = "diversify"
DIVERSIFY_GIVEN: Final = "diversify_given"


class DiversitySignatures:
    """The signatures of a search model that order R products for each of B queries.

    They return `order` int64 [B, R], the positions of the products from 0 in the diverse order.
    """

    def __init__(self, model: Scorer) -> None:
        self._model = model

    def signatures(self) -> Signatures:
        """Return method and input signature by name."""
        given = input_specs(self._model.dimension)
        score = tf.TensorSpec([None, None], tf.float32, name="score")
        diversity = tf.TensorSpec([None], tf.float32, name="diversity")
        ranked = [given[PRODUCT_ID], score, diversity]
        vectors = [given[name] for name in (TEXT_VECTOR, IMAGE_VECTOR, HAS_TEXT, HAS_IMAGE)]
        return {
            DIVERSIFY: (self.diversify, ranked),
            DIVERSIFY_GIVEN: (self.diversify_given, [*ranked, *vectors]),
        }

    def diversify(self, product_id: tf.Tensor, score: tf.Tensor, diversity: tf.Tensor) -> dict[str, tf.Tensor]:
        """Order products of the catalogue: `product_id` string, `score` float32 [B, R], `diversity` float32 [B]."""
        products = self._model.products
        rows = tf.reshape(products.rows(tf.reshape(product_id, [-1])), tf.shape(product_id))
        return _order(products.vectors, rows, score, diversity)

    def diversify_given(
        self,
        product_id: tf.Tensor,
        score: tf.Tensor,
        diversity: tf.Tensor,
        text_vector: tf.Tensor,
        image_vector: tf.Tensor,
        has_text: tf.Tensor,
        has_image: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Order given products: the inputs of `diversify`, vectors float32 [B, R, D], and the sides that they have."""
        shape = tf.shape(product_id)
        rows = tf.where(product_id == "", NO_ROW, tf.reshape(tf.range(tf.size(product_id)), shape))
        flat = (tf.reshape(each, [-1, *each.shape[2:]]) for each in (text_vector, image_vector, has_text, has_image))
        return _order(GivenVectors(*flat), rows, score, diversity)


def _order(vectors: ProductVectors, rows: tf.Tensor, score: tf.Tensor, diversity: tf.Tensor) -> dict[str, tf.Tensor]:
    order = diverse_order(vectors, rows, score, diversity, tf.shape(rows)[1])
    return {"order": tf.cast(order, tf.int64)}  # JSON's integers
