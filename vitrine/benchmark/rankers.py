"""Rankings without training, except for a fusion weight: lexical, dense, and their fusions.

Each scores judged pairs, [P], or queries with the whole catalogue, [B, N].
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.baselines.bm25 import Bm25
from vitrine.benchmark.split import Floats, Split
from vitrine.metrics.ranking import per_query
from vitrine.search.build.judged_pairs import METRIC
from vitrine.search.build.weight_choice import choose_weight
from vitrine.search.fusion import coefficients
from vitrine.search.products import Products
from vitrine.search.settings import Fusion

BM25: Final = "BM25"
SENTENCE: Final = "sentence encoder"
TEXT: Final = "text vectors"
IMAGE: Final = "image vectors"
FUSED: Final = "text and image"
RRF: Final = "BM25 and dense, by rank"
WEIGHTED: Final = "BM25 and dense, weighted"

MISSING: Final = -1.0
"""The similarity of a product without a vector: below that of every other."""

Scores = dict[str, Floats]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class DenseRanker:
    """A dense ranking by the products' vectors of one kind, float32 [N, D].

    `present`, bool [N], says which products have a vector.
    """

    vectors: Matrix
    present: npt.NDArray[np.bool_]

    def pairs(self, queries: Matrix, query: npt.NDArray[np.int64], row: npt.NDArray[np.int64]) -> Floats:
        """Return the similarity of each pair, [P]."""
        similarity = np.einsum("pd,pd->p", queries[query], self.vectors[row])
        return np.where(self.present[row], similarity, MISSING)

    def matrix(self, queries: Matrix) -> Floats:
        """Return the similarity of each query [B, D] to each product, [B, N]."""
        return np.where(self.present, queries @ self.vectors.T, MISSING)


@dataclass(frozen=True)
class Rankers:
    """All rankings without training over a catalogue.

    Attributes:
        fusion: the weights of text and image, chosen on the train split.
        sentence: the ranker by the sentence encoder, and that encoder's function from texts to vectors.
        share: the dense share of `WEIGHTED`.
        scale: mean and deviation of each score over the train pairs.
    """

    products: Products
    bm25: Bm25
    fusion: Fusion
    sentence: tuple[DenseRanker, Callable[[list[str]], Matrix]] | None = None
    rrf_k: int = 60
    share: float = 0.5
    scale: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def dense_rankers(self) -> dict[str, DenseRanker]:
        """The dense rankers by the run's encoder; by images only if there are any."""
        rankers = {TEXT: DenseRanker(self.products.text_vectors, self.products.has_text)}
        if self.products.image_vectors is not None:
            rankers[IMAGE] = DenseRanker(self.products.image_vectors, self.products.has_image)
        return rankers

    @property
    def dense_name(self) -> str:
        """The name of the dense ranking in the fusions with BM25."""
        return FUSED if self.products.has_image.any() else TEXT

    def of_pairs(self, split: Split) -> Scores:
        """Return every ranking's score of each judged pair, [P]."""
        query, row = split.query, split.pairs.row
        texts = [split.texts[index] for index in query]
        scores: Scores = {BM25: self.bm25.score_pairs(texts, split.product_ids.tolist()).astype(np.float64)}
        if self.sentence:
            ranker, encode = self.sentence
            scores[SENTENCE] = ranker.pairs(encode(split.texts), query, row)
        vectors = split.vectors
        scores |= {name: ranker.pairs(vectors, query, row) for name, ranker in self.dense_rankers.items()}
        if self.dense_name == FUSED:
            on_text, on_image, bias = coefficients(self.fusion, self.products)[row].T
            by_text, by_image = (np.einsum("pd,pd->p", vectors[query], ranker.vectors[row])
                                 for ranker in self.dense_rankers.values())  # fmt: skip
            scores[FUSED] = on_text * by_text + on_image * by_image + bias
        return self._fused(scores, split.ranks)

    def of_catalogue(self, split: Split, queries: slice) -> Scores:
        """Return every ranking's score of all products for some of the queries, [B, N]."""
        texts, vectors = split.texts[queries], split.vectors[queries]
        scores: Scores = {BM25: np.stack([self.bm25.scores(text) for text in texts]).astype(np.float64)}
        if self.sentence:
            ranker, encode = self.sentence
            scores[SENTENCE] = ranker.matrix(encode(texts))
        scores |= {name: ranker.matrix(vectors) for name, ranker in self.dense_rankers.items()}
        if self.dense_name == FUSED:
            on_text, on_image, bias = coefficients(self.fusion, self.products).T
            by_text, by_image = (vectors @ ranker.vectors.T for ranker in self.dense_rankers.values())
            scores[FUSED] = on_text * by_text + on_image * by_image + bias
        return self._fused(scores, _ranks_of_rows)

    def _fused(self, scores: Scores, ranks: Callable[[Floats], Floats]) -> Scores:
        """Add the scores of both fusions (reciprocal ranks: Cormack, Clarke and Büttcher 2009)."""
        scores[RRF] = 1 / (self.rrf_k + ranks(scores[BM25])) + 1 / (self.rrf_k + ranks(scores[self.dense_name]))
        if self.scale:
            lexical, dense = (self.standardise(name, scores[name]) for name in (BM25, self.dense_name))
            scores[WEIGHTED] = (1 - self.share) * lexical + self.share * dense
        return scores

    def standardise(self, name: str, score: Floats) -> Floats:
        """Return the score in deviations from its mean over the train pairs."""
        mean, deviation = self.scale[name]
        return (score - mean) / deviation


def tune_dense_share(rankers: Rankers, train: Split) -> Rankers:
    """Return the rankings with the dense share of `WEIGHTED` that the train split's nDCG@10 chooses."""
    scores = rankers.of_pairs(train)
    scale = {
        name: (float(scores[name].mean()), max(float(scores[name].std()), 1e-9)) for name in (BM25, rankers.dense_name)
    }
    judgements = train.judgements()
    scaled = replace(rankers, scale=scale)
    lexical, dense = (scaled.standardise(name, scores[name]) for name in (BM25, rankers.dense_name))

    def ndcg(share: float) -> Floats:
        return per_query(judgements, train.run((1 - share) * lexical + share * dense), [METRIC])[METRIC]

    return replace(scaled, share=choose_weight(ndcg))


def _ranks_of_rows(scores: Floats) -> Floats:
    """Return the ranks in each row [B, N] by falling score, from 1; equal scores share their mean rank."""
    from scipy.stats import rankdata  # type: ignore[import-untyped]

    ranks: Floats = rankdata(-scores, axis=1)
    return ranks
