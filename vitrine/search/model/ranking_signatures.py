"""Signatures for gateways: all candidates of a query, with filters and the similarities to text and image.

Queries are given as vectors from `embed_text` and `embed_image`, which a client keeps when it turns a page or changes a
filter. `rank_text`, `rank_image`, `rank_both` and `rank_similar` return all C candidates, re-ranked, best first, for
paging, with the calibrated similarities to the text and the image of each product. With a filter `allowed` (see
`vitrine.search.index.filter_mask`), retrieval is exact, or by inverted lists where many products are allowed (see
`vitrine.search.model.retriever`). Where fewer than C are found, the last ones have no id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import tensorflow as tf

from vitrine.search.fusion import UNFINDABLE
from vitrine.search.index import filter_mask
from vitrine.search.index.exact_search import exact_search
from vitrine.search.index.filter_mask import Filter
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.model.retriever import Retriever
from vitrine.search.model.scorer import Scorer
from vitrine.search.settings import Fusion

SIGNATURES: Final = ("rank_text", "rank_image", "rank_both", "rank_similar")


class RankingSignatures:
    """The ranking signatures of a search model. C is its `candidates`, N the size of its catalogue."""

    def __init__(self, model: Scorer) -> None:
        self._model = model
        self._count = model.products.count

    def signatures(self) -> dict[str, tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]]:
        """Return method and input signature by name. Image signatures need an encoder of images."""
        query, product, allowed = (
            tf.TensorSpec([None], tf.string, name=name) for name in ("query", "product_id", "allowed")
        )
        vector, text, image = (
            tf.TensorSpec([None, self._model.dimension], tf.float32, name=name)
            for name in ("embedding", "text_embedding", "image_embedding")
        )
        share = tf.TensorSpec([None], tf.float32, name="image_share")
        signatures: dict[str, tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]] = {
            "rank_text": (self.rank_text, [query, vector, allowed]),
            "rank_similar": (self.rank_similar, [product, allowed]),
        }
        if self._model.encodes_images:
            signatures |= {
                "rank_image": (self.rank_image, [vector, allowed]),
                "rank_both": (self.rank_both, [query, text, image, share, allowed]),
            }
        return signatures

    def rank_text(self, query: tf.Tensor, embedding: tf.Tensor, allowed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Rank for text queries: `query`, `allowed` string [B], `embedding` float32 [B, D].

        Returns:
            `product_id` string [B, C]; `score` float32 [B, C], as of `search`; `esci` float32 [B, C, 4]; `by_text` and
            `by_image` float32 [B, C], the similarity to text and image in standard deviations above a random pair, NaN
            where the product has no text or image.
        """
        model, retriever = self._model, self._model.text_retriever
        rows, similarity = self._candidates(retriever, embedding, allowed)
        esci, gain = model.classified(query, embedding, rows)
        similarities = self._similarities(retriever.fusion, embedding, rows)
        return self._answer(rows, model.blended(similarity, gain), esci, *similarities)

    def rank_image(self, embedding: tf.Tensor, allowed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Rank for image queries: `embedding` float32 [B, D], `allowed` string [B].

        Returns the outputs of `rank_text`, ranked by similarity alone.
        """
        model, retriever = self._model, self._model.image_retriever
        rows, similarity = self._candidates(retriever, embedding, allowed)
        score = tf.sigmoid(retriever.log_odds(similarity))
        esci, _ = model.classified(tf.fill([tf.shape(embedding)[0]], ""), embedding, rows)
        return self._answer(rows, score, esci, *self._similarities(retriever.fusion, embedding, rows))

    def rank_both(
        self,
        query: tf.Tensor,
        text_embedding: tf.Tensor,
        image_embedding: tf.Tensor,
        image_share: tf.Tensor,
        allowed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Rank for queries of text and image, such as "like this, but blue".

        `query` and `allowed` are string [B], `text_embedding` and `image_embedding` float32 [B, D], and `image_share`,
        the image's share, float32 [B] in [0, 1].

        Returns the outputs of `rank_text`, ranked by the log-odds of text and image, weighted by the image's share. The
        classifier does not change the score, since the text alone does not describe the query; `esci` is its result for
        the text.
        """
        share = tf.clip_by_value(image_share, 0.0, 1.0)
        filtered = filter_mask.unpack(allowed, self._count)
        return self._rank_weighted(query, text_embedding, image_embedding, share, filtered)

    def rank_similar(self, product_id: tf.Tensor, allowed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Rank products similar to a product, which is left out: `product_id`, `allowed` string [B].

        Returns the outputs of `rank_text`. The product's title is the query of `esci`, which distinguishes complements
        from substitutes. An unknown product has no results.
        """
        model = self._model
        rows = model.products.rows(product_id)
        known = tf.maximum(rows, 0)
        text, image = model.products.vectors.gather(known)
        has_text, has_image = (model.products.vectors.has(side, known) for side in (1, 2))
        share = tf.where(has_text, tf.where(has_image & model.encodes_images, 0.5, 0.0), 1.0)
        filtered = filter_mask.unpack(allowed, self._count).without(rows)
        titles = model.products.texts["title"].gather(known)
        return self._rank_weighted(titles, text, tf.zeros_like(text) if image is None else image, share, filtered)

    def _rank_weighted(
        self, query: tf.Tensor, text: tf.Tensor, image: tf.Tensor, share: tf.Tensor, filtered: Filter
    ) -> dict[str, tf.Tensor]:
        """Rank by the weighted log-odds of query vectors `text` and `image`, float32 [B, D] each."""
        model = self._model
        queries = [(model.text_retriever, text, (1 - share)[:, tf.newaxis])]
        if model.encodes_images:
            queries.append((model.image_retriever, image, share[:, tf.newaxis]))
        terms = [retriever.log_odds_term(vectors, weight) for retriever, vectors, weight in queries]
        rows = exact_search(model.products.vectors, terms, model.candidates, filtered)
        scored = [
            retriever.log_odds(retriever.similarity(vectors, rows)) * weight for retriever, vectors, weight in queries
        ]
        esci, _ = model.classified(query, text, rows)
        weighted = [
            [similarity * weight for similarity in self._similarities(retriever.fusion, vectors, rows)]
            for retriever, vectors, weight in queries
        ]
        by_text, by_image = (tf.add_n(similarities) for similarities in zip(*weighted, strict=True))
        return self._answer(rows, tf.sigmoid(tf.add_n(scored)), esci, by_text, by_image)

    def _candidates(self, retriever: Retriever, vectors: tf.Tensor, allowed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return rows and similarities [B, C] of the candidates, with or without a filter."""
        count = self._model.candidates
        rows, similarity = tf.cond(
            tf.reduce_all(allowed == ""),
            lambda: retriever.candidates(vectors, count),
            lambda: retriever.allowed(vectors, count, filter_mask.unpack(allowed, self._count)),
        )
        return rows, similarity

    def _similarities(self, fusion: Fusion, vectors: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return calibrated similarities, float32 [B, C], of vectors [B, D] to text and image of `rows` [B, C]."""
        known, stored = tf.maximum(rows, 0), self._model.products.vectors
        text, image = (
            tf.where(stored.has(side, known), (products - scale.mean) / scale.std, float("nan"))
            for side, products, scale in zip(
                (1, 2), stored.inner_products(vectors, known), (fusion.text, fusion.image), strict=True
            )
        )
        return text, image

    def _answer(
        self, rows: tf.Tensor, score: tf.Tensor, esci: tf.Tensor, by_text: tf.Tensor, by_image: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        model = self._model
        order = tf.argsort(tf.where(rows == NO_ROW, UNFINDABLE, score), direction="DESCENDING", stable=True)
        rows, score, esci, by_text, by_image = (
            tf.gather(tensor, order, batch_dims=1) for tensor in (rows, score, esci, by_text, by_image)
        )
        ids = tf.gather(model.products.product_id, tf.maximum(rows, 0))
        return {
            "product_id": tf.where(rows == NO_ROW, "", ids),
            "score": tf.where(rows == NO_ROW, 0.0, score),
            "esci": esci,
            "by_text": by_text,
            "by_image": by_image,
        }
