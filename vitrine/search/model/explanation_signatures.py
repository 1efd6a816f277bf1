"""The signature that explains the score and the place of one product for a text query, stage by stage.

`explain_text` ranks as `rank_text` does, and returns what each stage gave the product: similarities, words, candidates,
features, classifier, blend and last stage, with exact ranks. It is computed only if it is called.
"""

from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.search.index import filter_mask
from vitrine.search.index.exact_ranks import exact_ranks
from vitrine.search.index.exact_search import LOWEST, Term
from vitrine.search.index.filter_mask import Filter
from vitrine.search.index.lexical_words import QUERY_WORDS, query_words
from vitrine.search.index.postings import LEVELS
from vitrine.search.model.scorer import Scorer
from vitrine.search.model.signatures import Signatures

EXPLAIN_TEXT: Final = "explain_text"

_ONLY_TEXT: Final = np.array([[0, 0, LOWEST], [1, 0, 0], [0, 0, LOWEST], [1, 0, 0]], np.float32)
_ONLY_IMAGE: Final = np.array([[0, 0, LOWEST], [0, 0, LOWEST], [0, 1, 0], [0, 1, 0]], np.float32)
"""The coefficients, by kind of product, of the text and of the image alone; products without them come last."""


_PARTS: Final = (slice(None, -1), slice(-1, None))
"""The candidates, and the product behind them."""


class ExplanationSignatures:
    """The explaining signature of a search model. C is its `candidates`, N the size of its catalogue."""

    def __init__(self, model: Scorer) -> None:
        self._model = model

    def signatures(self) -> Signatures:
        """Return method and input signature by name."""
        query, product, allowed = (
            tf.TensorSpec([None], tf.string, name=name) for name in ("query", "product_id", "allowed")
        )
        vector = tf.TensorSpec([None, self._model.dimension], tf.float32, name="embedding")
        return {EXPLAIN_TEXT: (self.explain_text, [query, vector, allowed, product])}

    def explain_text(
        self, query: tf.Tensor, embedding: tf.Tensor, allowed: tf.Tensor, product_id: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Explain pairs: `query`, `allowed`, `product_id` string [B], `embedding` float32 [B, D].

        Returns:
            [B] each, unless another shape is given; log-odds are those of being exact.

            * `known`, `passes`: bool, whether the catalogue has the product, and whether `allowed` allows it.
            * `by_text`, `by_image`: float32, the similarities in standard deviations above a random pair, NaN without
                text or image; `similarity`: float32, both together, calibrated.
            * `text_rank`, `image_rank`, `similarity_rank`, `word_rank`: int32, the exact rank among the allowed
                products, from 1; 0 without text or image, or without a word of the query.
            * `found_by_similarity`, `found_by_words`, `found_by_id`: bool, the sources that found the product.
            * `words` string, `word_idf`, `word_score` float32 [B, `QUERY_WORDS`]: the query's words as they are
                analysed ("" past their end), what each is worth (0 if the catalogue does not have it), and its share of
                `lexical`, float32; `coverage`: float32, the share of what the words are worth that the product has.
            * `contradiction`, `named`: float32, the log-odds that are lost by contradicting measurements, and gained
                by the id.
            * `candidate_log_odds`, `last_candidate_log_odds`: float32, the product's log-odds by similarity, words and
                id, and those of the last of the C candidates; `candidate_rank`: int32, from 1, or 0 if it is none.
            * `features`: float32, the log-odds by the classifier's features.
            * `classified` float32 [B, 4] (I, C, S, E), `gain` float32: the classifier's labels and expected gain.
            * `blended_log_odds`, `blended_score`: float32, before the last stage; `blended_rank`: int32, or 0.
            * `read`: bool, whether the last stage reads the product; `read_gain`: float32, its expected gain, or NaN.
            * `score` float32, `esci` float32 [B, 4], `rank` int32: as of `rank_text`. The rank is 0 and the score is
                that of `score` if the product is no candidate.
        """
        model, vectors = self._model, self._model.products.vectors
        filtered = filter_mask.unpack(allowed, model.products.count)
        found = tf.cond(
            tf.reduce_all(allowed == ""),
            lambda: model.text_candidates.found(query, embedding),
            lambda: model.text_candidates.found(query, embedding, filtered),
        )
        row = model.products.rows(product_id)
        own = tf.maximum(row, 0)[:, tf.newaxis]
        sides = model.text_query.of_sides(vectors, embedding, own)
        similarity = model.text_query.of(vectors, embedding, own)[:, 0]
        terms = [Term(embedding, tf.constant(each)) for each in (_ONLY_TEXT, _ONLY_IMAGE)]
        ranks = exact_ranks(vectors, [*terms, model.text_retriever.term(embedding)], own[:, 0], filtered)
        return {
            "known": row >= 0,
            "passes": filtered.allows(own)[:, 0],
            "by_text": sides[0][:, 0],
            "by_image": sides[1][:, 0],
            "similarity": similarity,
            "text_rank": tf.where(vectors.has(1, own[:, 0]), ranks[:, 0], 0),
            "image_rank": tf.where(vectors.has(2, own[:, 0]), ranks[:, 1], 0),
            "similarity_rank": ranks[:, 2],
            **self._sources(found, own),
            **self._words(query, own, filtered),
            **self._ranked(query, embedding, found, own),
        }

    def _sources(self, found: tf.Tensor, own: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return which sources have found the products `own` int32 [B, 1], of `TextCandidates.found`."""
        count, hits = self._model.candidates, found == own
        return {
            "found_by_similarity": tf.reduce_any(hits[:, :count], axis=1),
            "found_by_id": hits[:, count],
            "found_by_words": tf.reduce_any(hits[:, count + 1 :], axis=1),
        }

    def _words(self, query: tf.Tensor, own: tf.Tensor, filtered: Filter) -> dict[str, tf.Tensor]:
        index, batch = self._model.products.lexical, tf.shape(query)[0]
        if index is None:
            none, nothing = tf.zeros([batch]), tf.zeros([batch, QUERY_WORDS])
            words = {"word_idf": nothing, "word_score": nothing, "lexical": none, "coverage": none}
            return {"words": query_words(query), **words, "word_rank": tf.zeros([batch], tf.int32)}
        places = index.statistics.find(query)
        levels = index.levels(places, own)
        scores, idf = index.statistics.scores(places, levels), index.statistics.idf(places)
        padding = [[0, 0], [0, QUERY_WORDS - tf.shape(places)[1]]]

        def higher(each: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tf.Tensor:
            sums = index.sums(each[0], each[1])
            return tf.reduce_sum(tf.cast(sums > tf.gather(sums, each[2]) * (1 + 1e-6), tf.int32))

        above = tf.map_fn(higher, (places, filtered.octets, own[:, 0]), fn_output_signature=tf.int32)
        lexical = scores.lexical[:, 0]
        return {
            "words": query_words(query),
            "word_idf": tf.ensure_shape(tf.pad(idf, padding), [None, QUERY_WORDS]),
            "word_score": tf.ensure_shape(tf.pad(levels[:, 0] * idf / LEVELS, padding), [None, QUERY_WORDS]),
            "lexical": lexical,
            "coverage": scores.coverage[:, 0],
            "word_rank": tf.where(lexical > 0, above + 1, 0),
        }

    def _ranked(self, query: tf.Tensor, embedding: tf.Tensor, found: tf.Tensor, own: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the stages from the candidates on, for the products `own` int32 [B, 1]."""
        model, products = self._model, self._model.products
        rows, log_odds = model.text_candidates.best(query, embedding, found)
        is_own = rows == own
        is_candidate = tf.reduce_any(is_own, axis=1)
        place = tf.argmax(tf.cast(is_own, tf.int32), axis=1, output_type=tf.int32)[:, tf.newaxis]
        alone = model.log_odds(query, embedding, products, own)
        # One call of the classifier for the candidates and, behind them, the product.
        both = model.blended(
            query, embedding, products, tf.concat([rows, own], axis=1), tf.concat([log_odds, alone], axis=1)
        )
        blended, single = (tf.nest.map_structure(lambda each, part=part: each[:, part], both) for part in _PARTS)
        score, esci = model.after_last_stage(query, products, rows, blended)
        single_score, single_esci = model.after_last_stage(query, products, own, single)

        def chosen(candidates: tf.Tensor, pair: tf.Tensor) -> tf.Tensor:
            """Return the product's value among the candidates, or as a pair if it is none."""
            among = tf.gather(candidates, place, batch_dims=1)[:, 0]
            mask = tf.reshape(is_candidate, [-1, *[1] * (len(among.shape) - 1)])
            return tf.where(mask, among, pair[:, 0])

        def rank(values: tf.Tensor) -> tf.Tensor:
            """Return the product's rank by the candidates' `values`, in the stable order of the ranking."""
            present = tf.where(rows >= 0, values, LOWEST)
            order = tf.argsort(tf.argsort(present, direction="DESCENDING", stable=True), stable=True)
            return tf.where(is_candidate, tf.gather(order, place, batch_dims=1)[:, 0] + 1, 0)

        read, read_gain = self._read(query, own, rank(blended.score))
        return {
            "contradiction": self._contradiction(query, own),
            "named": chosen(blended.named, single.named),
            "candidate_log_odds": chosen(log_odds, alone),
            "last_candidate_log_odds": tf.reduce_min(tf.where(rows >= 0, log_odds, tf.float32.max), axis=1),
            "candidate_rank": tf.where(is_candidate, place[:, 0] + 1, 0),
            "features": chosen(blended.features, single.features),
            "classified": chosen(blended.classified.esci, single.classified.esci),
            "gain": chosen(blended.classified.gain, single.classified.gain),
            "blended_log_odds": chosen(blended.log_odds, single.log_odds),
            "blended_score": chosen(blended.score, single.score),
            "blended_rank": rank(blended.score),
            "read": read,
            "read_gain": read_gain,
            "score": chosen(score, single_score),
            "esci": chosen(esci, single_esci),
            "rank": rank(score),
        }

    def _contradiction(self, query: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
        model = self._model
        if model.words is None or not model.weights.contradiction:
            return tf.zeros([tf.shape(query)[0]])
        return model.contradiction(query, model.products, own)[:, 0]

    def _read(self, query: tf.Tensor, own: tf.Tensor, rank: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return whether the last stage reads the products, and its expected gains."""
        stage = self._model.last_stage
        if stage is None:
            return tf.zeros_like(rank, tf.bool), tf.fill(tf.shape(rank), float("nan"))
        return rank <= stage.candidates, stage.gain(query, self._model.products.features(own[:, 0]))
