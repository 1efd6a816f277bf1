"""What a gateway asks: every candidate of a query, not only the best few, with why it matched and only where allowed.

Queries come as vectors, from `embed_text` and `embed_image`: whoever turns a page or changes a filter has them already.
`rank_text`, `rank_image`, `rank_both` and `rank_similar` answer with all C candidates, re-ranked, best first, so that
one answer can be paged through; with the calibrated similarity of each side of the product; and with products that
`allowed` (see `vitrine.search.model.filter_mask`) permits, found exactly. Where fewer than C are found, the last ones
have no id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import tensorflow as tf

from vitrine.search.fusion import UNFINDABLE
from vitrine.search.index.candidates import NOTHING
from vitrine.search.model import filter_mask as permitted
from vitrine.search.model.scorer import Scorer
from vitrine.search.model.stored_products import Side
from vitrine.search.settings import Fusion

SIGNATURES: Final = ("rank_text", "rank_image", "rank_both", "rank_similar")


class RankingSignatures:
    """The signatures over a search model. C is its `candidates`, N the size of its catalogue."""

    def __init__(self, model: Scorer) -> None:
        self._model = model
        self._count = model.products.product_id.shape[0]

    def signatures(self) -> dict[str, tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]]:
        """Method and input signature by name. An encoder of texts only has no picture to ask with."""
        query, product, allowed = (
            tf.TensorSpec([None], tf.string, name=name) for name in ("query", "product_id", "allowed")
        )
        vector, words, picture = (
            tf.TensorSpec([None, self._model.dimension], tf.float32, name=name)
            for name in ("embedding", "text_embedding", "image_embedding")
        )
        share = tf.TensorSpec([None], tf.float32, name="image_share")
        wanted: dict[str, tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]] = {
            "rank_text": (self.rank_text, [query, vector, allowed]),
            "rank_similar": (self.rank_similar, [product, allowed]),
        }
        if self._model.encodes_images:
            wanted |= {
                "rank_image": (self.rank_image, [vector, allowed]),
                "rank_both": (self.rank_both, [query, words, picture, share, allowed]),
            }
        return wanted

    def rank_text(self, query: tf.Tensor, embedding: tf.Tensor, allowed: tf.Tensor) -> dict[str, tf.Tensor]:
        """`query`, `allowed` string [B], `embedding` float32 [B, D] → `product_id` string [B, C], `score` float32
        [B, C] as `search` gives it, `esci` float32 [B, C, 4], and `by_text`, `by_image` float32 [B, C]: how many
        standard deviations the similarity to that side lies above a random pair's, NaN where there is no such side.
        """
        model, side = self._model, self._model.text_side
        rows = self._candidates(side, embedding, allowed)
        similarity = model.similarity(side, embedding, rows)
        esci, gain = model.classified(query, embedding, rows)
        by_sides = self._sides(side.fusion, embedding, rows)
        return self._answer(rows, model.blended(similarity, gain), esci, *by_sides)

    def rank_image(self, embedding: tf.Tensor, allowed: tf.Tensor) -> dict[str, tf.Tensor]:
        """`embedding` float32 [B, D], `allowed` string [B] → the outputs of `rank_text`, ranked by similarity alone."""
        model, side = self._model, self._model.image_side
        rows = self._candidates(side, embedding, allowed)
        score = tf.sigmoid(side.log_odds(model.similarity(side, embedding, rows)))
        esci, _ = model.classified(tf.fill([tf.shape(embedding)[0]], ""), embedding, rows)
        return self._answer(rows, score, esci, *self._sides(side.fusion, embedding, rows))

    def rank_both(
        self,
        query: tf.Tensor,
        text_embedding: tf.Tensor,
        image_embedding: tf.Tensor,
        image_share: tf.Tensor,
        allowed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """`query`, `allowed` string [B], vectors of words and picture float32 [B, D], and the picture's share float32
        [B] in [0, 1] → the outputs of `rank_text`.

        "Like this, but blue": the log-odds of words and of picture, weighted by the picture's share. The classifier has
        no say, since the words alone do not tell what is wanted; `esci` is what it says of the words.
        """
        share = tf.clip_by_value(image_share, 0.0, 1.0)
        mask = permitted.unpack(allowed, self._count)
        return self._mixed(query, text_embedding, image_embedding, share, mask)

    def rank_similar(self, product_id: tf.Tensor, allowed: tf.Tensor) -> dict[str, tf.Tensor]:
        """`product_id`, `allowed` string [B] → the outputs of `rank_text`: what is like a product, itself left out.

        Its title is the query of `esci`, so that complements can be told from substitutes. An unknown product has no
        results.
        """
        model = self._model
        rows = model.products.rows.lookup(product_id)
        known = tf.maximum(rows, 0)
        words, picture = model.products.vectors(known)
        mask = permitted.unpack(allowed, self._count) & (rows != NOTHING)[:, tf.newaxis]
        mask &= tf.range(self._count) != rows[:, tf.newaxis]
        has_text = tf.reduce_any(words != 0, axis=1)
        has_image = tf.reduce_any(picture != 0, axis=1) if model.encodes_images else tf.zeros_like(has_text)
        share = tf.where(has_text, tf.where(has_image, 0.5, 0.0), 1.0)
        titles = tf.gather(model.products.strings["title"], known)
        return self._mixed(titles, words, picture, share, mask)

    def _mixed(
        self, query: tf.Tensor, words: tf.Tensor, picture: tf.Tensor, share: tf.Tensor, mask: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Rank by the weighted log-odds of text vectors `words` and image vectors `picture`, float32 [B, D] each."""
        model = self._model
        asked = [(model.text_side, words, 1 - share)]
        if model.encodes_images:
            asked.append((model.image_side, picture, share))
        scored = [side.log_odds(side.index.scores(vectors)) * part[:, tf.newaxis] for side, vectors, part in asked]
        rows = permitted.best(tf.add_n(scored), mask, model.candidates)
        exact = [
            side.log_odds(model.similarity(side, vectors, rows)) * part[:, tf.newaxis] for side, vectors, part in asked
        ]
        esci, _ = model.classified(query, words, rows)
        parts = [(self._sides(side.fusion, vectors, rows), part[:, tf.newaxis]) for side, vectors, part in asked]
        by_sides = [tf.add_n([one[i] * part for one, part in parts]) for i in range(2)]
        return self._answer(rows, tf.sigmoid(tf.add_n(exact)), esci, *by_sides)

    def _candidates(self, side: Side, vectors: tf.Tensor, allowed: tf.Tensor) -> tf.Tensor:
        """Rows int32 [B, C] of the candidates: by the index if everything is allowed, exactly if not."""
        count = self._model.candidates
        return tf.cond(
            tf.reduce_all(allowed == ""),
            lambda: tf.ensure_shape(side.index.candidates(vectors, count), [None, count]),
            lambda: permitted.best(side.index.scores(vectors), permitted.unpack(allowed, self._count), count),
        )

    def _sides(self, fusion: Fusion, vectors: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Calibrated similarities of query vectors [B, D] to text and picture of `rows` [B, C], float32 [B, C] each."""
        known = tf.maximum(rows, 0)
        sides = self._model.products.vectors(tf.reshape(known, [-1]))
        has = (self._model.products.has_text, self._model.products.has_image)
        repeated = tf.repeat(vectors, self._model.candidates, axis=0)
        text, image = (
            tf.where(
                tf.gather(there, known) > 0,
                (tf.reshape(tf.reduce_sum(repeated * side, axis=1), tf.shape(rows)) - scale.mean) / scale.std,
                float("nan"),
            )
            for there, side, scale in zip(has, sides, (fusion.text, fusion.image), strict=True)
        )
        return text, image

    def _answer(
        self, rows: tf.Tensor, score: tf.Tensor, esci: tf.Tensor, by_text: tf.Tensor, by_image: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        model = self._model
        order = tf.argsort(tf.where(rows == NOTHING, UNFINDABLE, score), direction="DESCENDING", stable=True)
        rows, score, esci, by_text, by_image = (
            tf.gather(tensor, order, batch_dims=1) for tensor in (rows, score, esci, by_text, by_image)
        )
        ids = tf.gather(model.products.product_id, tf.maximum(rows, 0))
        return {
            "product_id": tf.where(rows == NOTHING, "", ids),
            "score": tf.where(rows == NOTHING, 0.0, score),
            "esci": esci,
            "by_text": by_text,
            "by_image": by_image,
        }
