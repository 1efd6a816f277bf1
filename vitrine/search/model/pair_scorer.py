"""The score of a product for a query, computed in the graph, wherever the product comes from.

The score of a product for a text query, in (0, 1), is

    sigmoid((1 − blend) (slope × similarity + words + features + intercept) + blend × logit(expected gain))

with the calibrated `similarity` of `vitrine.search.fusion`, the weighted sum `words` of the lexical score and the
coverage of `vitrine.search.index.word_statistics`, the weighted sum `features` of the classifier's lexical features,
and its `expected gain`. `IDENTIFIED` is added for the product whose id is the query. A product whose measurements
contradict the query loses odds of being exact, both in the line and in the classifier's probabilities
(`vitrine.search.index.measurements`). Candidates are found without the features, which cost more. A last stage may then
change the scores of the best ones (`vitrine.search.model.last_stage`), but not that of a product whose id is the query.
"""

from typing import Final, NamedTuple, Protocol

import tensorflow as tf

from vitrine.data.columns import QUERY, QUERY_VECTOR
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.search.index.lexical_words import query_ids
from vitrine.search.index.measurements import contradicted, only_measurements
from vitrine.search.index.stored_vectors import ProductVectors
from vitrine.search.index.table_rows import rows_of
from vitrine.search.index.word_statistics import WordScores, WordStatistics
from vitrine.search.model import odds
from vitrine.search.model.last_stage import LastStage
from vitrine.search.model.signatures import Signatures
from vitrine.search.model.similarity import Similarity
from vitrine.search.settings import SearchWeights

CLASSIFY: Final = "classify_with_features"
"""The signature of the classifier that search uses."""

EXPLAIN_IMAGE: Final = "explain_image"
EXPLAIN_IMAGE_EMBEDDING: Final = "explain_image_embedding"

IDENTIFIED: Final = 16.0
"""Log-odds of the product whose id is the query: more than similarity, words and classifier give to any other."""


class Classified(NamedTuple):
    """The classifier's output for pairs of any one shape S.

    Attributes:
        esci: the probabilities, float32 [S, 4].
        gain: the expected gain, float32 [S].
        features: the lexical features, float32 [S, F].
    """

    esci: tf.Tensor
    gain: tf.Tensor
    features: tf.Tensor


class Blended(NamedTuple):
    """The parts of the score of pairs [B, R] before the last stage.

    Attributes:
        classified: the classifier's output.
        features: the log-odds by the classifier's lexical features, float32 [B, R].
        named: `IDENTIFIED` where the product's id is the query, else 0, float32 [B, R].
        log_odds: those of the score, float32 [B, R].
        score: the score, float32 [B, R].
    """

    classified: Classified
    features: tf.Tensor
    named: tf.Tensor
    log_odds: tf.Tensor
    score: tf.Tensor


class ProductLookup(Protocol):
    """Products by row: those of the catalogue in the graph, or those given with a request.

    `product_id` is string [N].
    """

    product_id: tf.Tensor | tf.Variable

    @property
    def vectors(self) -> ProductVectors:
        """The vectors of the products."""
        ...

    def features(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the product's inputs of the classifier's `classify`, [P] or [P, D] each, for `rows` int32 [P]."""
        ...

    def word_scores(self, words: tf.Tensor, rows: tf.Tensor) -> WordScores:
        """Return the scores [B, R] of `rows` int32 [B, R] for queries' `words` int32 [B, T]."""
        ...

    def measurements(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the measurements in the texts of `rows` int32 [B, R], ids int64 [B, R, M]."""
        ...


class PairScorer(tf.Module):
    """The encoder, the classifier and the weights of search, without any product."""

    def __init__(
        self,
        encoder: tf.Module,
        encodes_images: bool,
        dimension: int,
        classifier: tf.Module,
        weights: SearchWeights,
        words: WordStatistics | None,
    ) -> None:
        """Track `encoder`, `classifier` and `words`, so that saving this module saves them too.

        `classifier` is a loaded SavedModel with the signature `classify_with_features`. Without the catalogue's
        `words`, words do not count.
        """
        super().__init__()
        self.encoder, self.classifier, self.words = encoder, classifier, words
        self.encodes_images, self.dimension = encodes_images, dimension
        self.last_stage: LastStage | None = None
        self.weights = weights
        self.text_query, self.image_query = Similarity(weights.text_query), Similarity(weights.image_query)

    def embedding_signatures(self) -> Signatures:
        """Return the signatures that embed queries. `embed_image` needs an encoder of images."""
        signatures: Signatures = {"embed_text": (self.embed_text, [tf.TensorSpec([None], tf.string, name="query")])}
        if self.encodes_images:
            image = tf.TensorSpec([None], tf.string, name="image_bytes")
            signatures["embed_image"] = (self.embed_image, [image])
            if self.explains_images:
                vector = tf.TensorSpec([None, self.dimension], tf.float32, name="embedding")
                query = tf.TensorSpec([None], tf.string, name="query")
                signatures[EXPLAIN_IMAGE] = (self.explain_image, [query, image])
                signatures[EXPLAIN_IMAGE_EMBEDDING] = (self.explain_image_embedding, [vector, image])
        return signatures

    @property
    def explains_images(self) -> bool:
        """True if the encoder says which patches of an image matter."""
        return self.encodes_images and hasattr(self.encoder, "explain_image")

    def explain_image(self, query: tf.Tensor, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Explain the similarity of images to `query`, string [B] each; see `explain_image_embedding`."""
        return self.explain_image_embedding(self.embed_text(query)["embedding"], image_bytes)

    def explain_image_embedding(self, embedding: tf.Tensor, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Explain the similarity of `image_bytes` string [B] to `embedding` float32 [B, D], patch by patch.

        Returns the outputs of `vitrine.encoders.images.encoder.ImageTextModule.explain_image`: `relevance` float32
        [B, G, G], `similarity` and `region_share` float32 [B], `keeps_ratio` bool [B].
        """
        outputs: dict[str, tf.Tensor] = self.encoder.explain_image(embedding, image_bytes)
        return outputs

    def embed_text(self, query: tf.Tensor) -> dict[str, tf.Tensor]:
        """Embed `query` string [B]: `embedding` float32 [B, D], rows of unit length."""
        return {"embedding": tf.ensure_shape(self.encoder.embed_text(query), [None, self.dimension])}

    def embed_image(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Embed `image_bytes` string [B]: `embedding` float32 [B, D], rows of unit length."""
        return {"embedding": tf.ensure_shape(self.encoder.embed_image(image_bytes), [None, self.dimension])}

    def classified(self, query: tf.Tensor, vectors: tf.Tensor, products: ProductLookup, rows: tf.Tensor) -> Classified:
        """Classify each of `rows` [B, R] for `query` [B], whose words are spelled as the catalogue does.

        Products whose measurements contradict the query lose odds of being exact.
        """
        per_query = tf.shape(rows)[1] if rows.shape[1] is None else rows.shape[1]
        spelled = query if self.words is None else self.words.forms.respelled(query)
        queries, repeated = tf.repeat(spelled, per_query), tf.repeat(vectors, per_query, axis=0)
        flat = self.classified_pairs(queries, repeated, products, tf.maximum(tf.reshape(rows, [-1]), 0))
        classified = Classified(*(tf.reshape(each, [-1, per_query, *each.shape[1:]]) for each in flat))
        if not self.weights.contradiction or self.words is None:
            return classified
        penalty = self.contradiction(query, products, rows)
        exact = tf.one_hot(CLASS_IDS["E"], len(GAINS))
        doubted = classified.esci * tf.exp(-penalty[:, :, tf.newaxis] * exact)
        doubted /= tf.reduce_sum(doubted, axis=2, keepdims=True)
        gain = tf.where(penalty > 0, tf.linalg.matvec(doubted, tf.constant(GAINS)), classified.gain)
        return classified._replace(esci=doubted, gain=gain)

    def classified_pairs(
        self, query: tf.Tensor, vectors: tf.Tensor, products: ProductLookup, rows: tf.Tensor
    ) -> Classified:
        """Classify each pair of `query` [P] and `rows` [P]."""
        # Lexical features reduce over words and fail without any, so an empty batch is padded by one row.
        count = tf.shape(rows)[0]
        padding = 1 - tf.minimum(count, 1)
        answer = self.classifier.signatures[CLASSIFY](
            **{
                QUERY: tf.concat([query, tf.fill([padding], "")], axis=0),
                QUERY_VECTOR: tf.pad(vectors, [[0, padding], [0, 0]]),
            },
            **products.features(tf.pad(rows, [[0, padding]])),
        )
        return Classified(*(answer[name][:count] for name in ("probabilities", "expected_gain", "lexical")))

    def scored(
        self, query: tf.Tensor, embedding: tf.Tensor, products: ProductLookup, rows: tf.Tensor, log_odds: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the scores [B, R] in (0, 1) and probabilities [B, R, 4] of `rows` int32 [B, R] for text queries.

        `query` is string [B], `embedding` float32 [B, D], `log_odds` those of the rows.
        """
        return self.after_last_stage(query, products, rows, self.blended(query, embedding, products, rows, log_odds))

    def after_last_stage(
        self, query: tf.Tensor, products: ProductLookup, rows: tf.Tensor, blended: Blended
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the scores and probabilities of `rows` after the last stage, as `scored` does."""
        if self.last_stage is None:
            return blended.score, blended.classified.esci
        last, esci = self.last_stage(query, products.features, rows, blended.score, blended.classified.esci)
        return tf.where(blended.named > 0, blended.score, last), esci

    def blended(
        self, query: tf.Tensor, embedding: tf.Tensor, products: ProductLookup, rows: tf.Tensor, log_odds: tf.Tensor
    ) -> Blended:
        """Return the scores of `rows` before the last stage; the arguments are those of `scored`."""
        classified = self.classified(query, embedding, products, rows)
        features = tf.zeros_like(log_odds)
        if self.weights.features:
            features = tf.linalg.matvec(classified.features, tf.constant(self.weights.features, tf.float32))
        named, blend = identified(query, products, rows), self.weights.blend
        total = (1 - blend) * (log_odds + features) + blend * (odds.log_odds(classified.gain) + named)
        return Blended(classified, features, named, total, tf.sigmoid(total))

    def log_odds(self, query: tf.Tensor, embedding: tf.Tensor, products: ProductLookup, rows: tf.Tensor) -> tf.Tensor:
        """Return the log-odds of `rows` int32 [B, R] by similarity, words and id, float32 [B, R], for text queries.

        `query` is string [B], `embedding` float32 [B, D].
        """
        log_odds = self.text_query.log_odds(self.text_query.of(products.vectors, embedding, rows))
        log_odds += identified(query, products, rows)
        if self.words is None:
            return log_odds
        ids = query_ids(query)
        if self.weights.contradiction:
            log_odds -= self.contradiction(query, products, rows, ids)
        scores = products.word_scores(self.words.places(ids), rows)
        return log_odds + self.weights.lexical * scores.lexical + self.weights.coverage * scores.coverage

    def contradiction(
        self, query: tf.Tensor, products: ProductLookup, rows: tf.Tensor, ids: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Return the log-odds that `rows` int32 [B, R] lose for contradicting `query` string [B], float32 [B, R].

        `ids` are those of the query's words, if they are known.
        """
        # Most queries measure nothing, and spare the look at the products.
        found = tf.cond(
            tf.reduce_any(tf.strings.regex_full_match(query, r"(?s).*\p{N}.*")),
            lambda: contradicted(
                only_measurements(query_ids(query) if ids is None else ids), products.measurements(tf.maximum(rows, 0))
            ),
            lambda: tf.zeros(tf.shape(rows), tf.bool),
        )
        return self.weights.contradiction * tf.cast(found, tf.float32)


def identified(query: tf.Tensor, products: ProductLookup, rows: tf.Tensor) -> tf.Tensor:
    """Return `IDENTIFIED` where the product of `rows` int32 [B, R] has `query` string [B] as its id, else 0."""
    ids = tf.strings.lower(rows_of(products.product_id, tf.maximum(rows, 0)))
    return IDENTIFIED * tf.cast(ids == tf.strings.lower(tf.strings.strip(query))[:, tf.newaxis], tf.float32)
