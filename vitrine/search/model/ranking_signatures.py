"""Signatures for gateways: all candidates of a query, with filters and the similarities to text and image.

Queries are given as vectors from `embed_text` and `embed_image`, which a client keeps when it turns a page or changes a
filter. `rank_text`, `rank_image`, `rank_both` and `rank_similar` return all C candidates, re-ranked, best first, for
paging, with the calibrated similarities to the text and the image of each product. With a filter `allowed` (see
`vitrine.search.index.filter_mask`), retrieval is exact, or by inverted lists where many products are allowed (see
`vitrine.search.model.retriever`). Where fewer than C are found, the last ones have no id.
"""

from __future__ import annotations

from typing import Final

import tensorflow as tf

from vitrine.search.index import filter_mask
from vitrine.search.index.exact_search import exact_search
from vitrine.search.index.filter_mask import Filter
from vitrine.search.model.candidate_ranking import CandidateRanking
from vitrine.search.model.scorer import Scorer
from vitrine.search.model.signatures import Signatures

SIGNATURES: Final = ("rank_text", "rank_image", "rank_both", "rank_similar")


class RankingSignatures:
    """The ranking signatures of a search model. C is its `candidates`, N the size of its catalogue."""

    def __init__(self, model: Scorer) -> None:
        self._model = model
        self._count = model.products.count
        self._ranking = CandidateRanking(model, model.products)

    def signatures(self) -> Signatures:
        """Return method and input signature by name. Image signatures need an encoder of images."""
        query, product, allowed = (
            tf.TensorSpec([None], tf.string, name=name) for name in ("query", "product_id", "allowed")
        )
        vector, text, image = (
            tf.TensorSpec([None, self._model.dimension], tf.float32, name=name)
            for name in ("embedding", "text_embedding", "image_embedding")
        )
        share = tf.TensorSpec([None], tf.float32, name="image_share")
        signatures: Signatures = {
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
        candidates = self._model.text_candidates
        found = tf.cond(
            tf.reduce_all(allowed == ""),
            lambda: candidates.found(query, embedding),
            lambda: candidates.found(query, embedding, filter_mask.unpack(allowed, self._count)),
        )
        return self._ranking.by_text(query, embedding, *candidates.best(query, embedding, found))

    def rank_image(self, embedding: tf.Tensor, allowed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Rank for image queries: `embedding` float32 [B, D], `allowed` string [B].

        Returns the outputs of `rank_text`, ranked by similarity alone.
        """
        count, retriever = self._model.candidates, self._model.image_retriever
        rows = tf.cond(
            tf.reduce_all(allowed == ""),
            lambda: retriever.candidates(embedding, count)[0],
            lambda: retriever.allowed(embedding, count, filter_mask.unpack(allowed, self._count))[0],
        )
        return self._ranking.by_image(embedding, rows)

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
        return self._ranking.by_both(query, text, image, share, rows)
