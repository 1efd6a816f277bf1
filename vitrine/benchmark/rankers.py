"""The rankings that need no judgements but a weight: lexical, dense, and their fusions.

Each is a function of the same scores: of judged pairs, [P], or of queries and the whole catalogue, [B, N].
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
from vitrine.search.build.tuning import GRID, middle_of_best
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

NOWHERE: Final = -1.0
"""The similarity of a product that lacks the side: below that of every other."""

Scores = dict[str, Floats]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Dense:
    """A side of the products, float32 [N, D], and which of them have it, bool [N]."""

    vectors: Matrix
    there: npt.NDArray[np.bool_]

    def pairs(self, queries: Matrix, query: npt.NDArray[np.int64], row: npt.NDArray[np.int64]) -> Floats:
        """Similarity of each pair, [P]."""
        similarity = np.einsum("pd,pd->p", queries[query], self.vectors[row])
        return np.where(self.there[row], similarity, NOWHERE)

    def matrix(self, queries: Matrix) -> Floats:
        """Similarity of each query [B, D] to each product, [B, N]."""
        return np.where(self.there, queries @ self.vectors.T, NOWHERE)


@dataclass(frozen=True)
class Rankers:
    """The catalogue as each ranking sees it.

    Attributes:
        fusion: weights of text and picture, chosen on train.
        sentence: the products' vectors by the sentence encoder, and a function from queries' texts to theirs.
        share: the dense part of `WEIGHTED`; `scale` the mean and deviation of each score over the train pairs.
    """

    products: Products
    bm25: Bm25
    fusion: Fusion
    sentence: tuple[Dense, Callable[[list[str]], Matrix]] | None = None
    rrf_k: int = 60
    share: float = 0.5
    scale: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def sides(self) -> dict[str, Dense]:
        """The dense sides that the run's encoder gives; pictures only where there are some."""
        sides = {TEXT: Dense(self.products.text_vectors, self.products.has_text)}
        if self.products.has_image.any():
            sides[IMAGE] = Dense(self.products.image_vectors, self.products.has_image)
        return sides

    @property
    def dense(self) -> str:
        """The ranking that stands for the dense ones in the fusions with BM25."""
        return FUSED if self.products.has_image.any() else TEXT

    def of_pairs(self, split: Split) -> Scores:
        """Every ranking's score of each judged pair, [P]."""
        query, row = split.query, split.pairs.row
        texts = [split.texts[one] for one in query]
        scores: Scores = {BM25: self.bm25.score_pairs(texts, split.product_ids.tolist()).astype(np.float64)}
        if self.sentence:
            side, encode = self.sentence
            scores[SENTENCE] = side.pairs(encode(split.texts), query, row)
        vectors = split.vectors
        scores |= {name: side.pairs(vectors, query, row) for name, side in self.sides.items()}
        if self.dense == FUSED:
            on_text, on_image, bias = coefficients(self.fusion, self.products)[row].T
            by_text, by_image = (np.einsum("pd,pd->p", vectors[query], side.vectors[row])
                                 for side in self.sides.values())  # fmt: skip
            scores[FUSED] = on_text * by_text + on_image * by_image + bias
        return self._fused(scores, split.ranks)

    def of_catalogue(self, split: Split, at: slice) -> Scores:
        """Every ranking's score of all products for some of the queries, [B, N]."""
        texts, vectors = split.texts[at], split.vectors[at]
        scores: Scores = {BM25: np.stack([self.bm25.scores(text) for text in texts]).astype(np.float64)}
        if self.sentence:
            side, encode = self.sentence
            scores[SENTENCE] = side.matrix(encode(texts))
        scores |= {name: side.matrix(vectors) for name, side in self.sides.items()}
        if self.dense == FUSED:
            on_text, on_image, bias = coefficients(self.fusion, self.products).T
            by_text, by_image = (vectors @ side.vectors.T for side in self.sides.values())
            scores[FUSED] = on_text * by_text + on_image * by_image + bias
        return self._fused(scores, _ranks_of_rows)

    def _fused(self, scores: Scores, ranks: Callable[[Floats], Floats]) -> Scores:
        """The scores and those of both fusions (reciprocal ranks: Cormack, Clarke and Büttcher 2009)."""
        scores[RRF] = 1 / (self.rrf_k + ranks(scores[BM25])) + 1 / (self.rrf_k + ranks(scores[self.dense]))
        if self.scale:
            lexical, dense = (self.standard(name, scores[name]) for name in (BM25, self.dense))
            scores[WEIGHTED] = (1 - self.share) * lexical + self.share * dense
        return scores

    def standard(self, name: str, score: Floats) -> Floats:
        """The score in deviations from its mean over the train pairs."""
        mean, deviation = self.scale[name]
        return (score - mean) / deviation


def weighted(rankers: Rankers, train: Split) -> Rankers:
    """The rankings with the share of `WEIGHTED` chosen on the train split, by nDCG@10."""
    scores = rankers.of_pairs(train)
    scale = {name: (float(scores[name].mean()), max(float(scores[name].std()), 1e-9)) for name in (BM25, rankers.dense)}
    judgements = train.judgements()
    tried = []
    for share in GRID:
        candidate = replace(rankers, scale=scale, share=float(share))
        lexical, dense = (candidate.standard(name, scores[name]) for name in (BM25, rankers.dense))
        run = train.run((1 - candidate.share) * lexical + candidate.share * dense)
        tried.append(per_query(judgements, run, [METRIC])[METRIC])
    return replace(rankers, scale=scale, share=middle_of_best(tried))


def _ranks_of_rows(scores: Floats) -> Floats:
    """Ranks in each row [B, N] by falling score, from 1; equal scores share the middle, as words in no product do."""
    from scipy.stats import rankdata  # type: ignore[import-untyped]

    found: Floats = rankdata(-scores, axis=1)
    return found
