"""BM25 over the catalogue's text: the lexical baseline of learned rankings."""

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT


class Bm25:
    """An index over title, description, brand, color and category, with English stop words and Snowball stems.

    Scores are those of bm25s's default: Lucene's variant, k1 1.5, b 0.75.
    """

    def __init__(self, products: pa.Table) -> None:
        import bm25s
        import Stemmer

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # bm25s sets DEBUG itself
        self._bm25s = bm25s
        self._stemmer = Stemmer.Stemmer("english")
        self.product_ids: list[str] = products[PRODUCT_ID].to_pylist()
        self._row = {product_id: row for row, product_id in enumerate(self.product_ids)}
        texts = pc.binary_join_element_wise(*(products[name] for name in PRODUCT_TEXT), " ").to_pylist()
        self._index = bm25s.BM25()
        self._index.vocab_dict = {}
        tokens = self._tokens(texts)
        if any(tokens):  # bm25s cannot index a catalogue without a word
            self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """Return the score of every product, float32 [N], in the order of `product_ids`; 0 without a shared word."""
        tokens = self._tokens([query])[0]
        # bm25s raises on an empty query, and on words that the index does not have.
        known = [token for token in tokens if token in self._index.vocab_dict]
        if not known:
            return np.zeros(len(self.product_ids), dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def score_pairs(self, queries: Sequence[str], product_ids: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the score of each (query, product) pair, float32 [P]; 0 for a product outside the catalogue."""
        scores = np.zeros(len(queries), dtype=np.float32)
        rows = np.asarray([self._row.get(product_id, -1) for product_id in product_ids], dtype=np.int64)
        for query, members in pd.Series(queries, dtype=object).groupby(list(queries)).indices.items():
            pool = rows[members]
            scores[members] = np.where(pool >= 0, self.scores(str(query))[pool], 0)
        return scores

    def search(self, queries: Sequence[str], k: int) -> list[list[str]]:
        """Return the best k products for each query, best first; products without a shared word are left out."""
        return [self._best(self.scores(query), k) for query in queries]

    def _best(self, scores: npt.NDArray[np.float32], k: int) -> list[str]:
        best = np.argsort(-scores, kind="stable")[:k]
        return [self.product_ids[row] for row in best[scores[best] > 0]]

    def _tokens(self, texts: list[str]) -> list[list[str]]:
        tokens: list[list[str]] = self._bm25s.tokenize(
            texts, stopwords="en", stemmer=self._stemmer, return_ids=False, show_progress=False
        )
        return tokens
