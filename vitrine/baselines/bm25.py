"""BM25 over the catalogue's text: the lexical baseline of learned rankings."""

import logging
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT

BATCH: Final = 8192
"""Products whose texts are in memory together."""


class Bm25:
    """An index over title, description, brand, color and category, with English stop words and Snowball stems.

    Scores are those of bm25s's default: Lucene's variant, k1 1.5, b 0.75.
    """

    def __init__(self, products: pa.Table) -> None:
        import bm25s
        import Stemmer
        from bm25s.tokenization import Tokenizer

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # bm25s sets DEBUG itself
        self.product_ids: list[str] = products[PRODUCT_ID].to_pylist()
        self._row = {product_id: row for row, product_id in enumerate(self.product_ids)}
        self._tokenizer = Tokenizer(stopwords="en", stemmer=Stemmer.Stemmer("english"))
        ids = list(self._tokenizer.streaming_tokenize(_texts(products), allow_empty=False))
        self._index = bm25s.BM25()
        self._index.vocab_dict = {}
        if any(ids):  # bm25s cannot index a catalogue without a word
            self._index.index((ids, self._tokenizer.get_vocab_dict()), show_progress=False)

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """Return the score of every product, float32 [N], in the order of `product_ids`; 0 without a shared word."""
        (known,) = self._tokenizer.streaming_tokenize([query], update_vocab=False, allow_empty=False)
        if not known or not self._index.vocab_dict:  # bm25s raises on an empty query
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
        found = np.flatnonzero(scores)
        if len(found) > k:  # sorting all would take longer than scoring
            found = found[scores[found] >= np.partition(scores[found], -k)[-k]]
        best = found[np.argsort(-scores[found], kind="stable")[:k]]
        return [self.product_ids[row] for row in best]


def _texts(products: pa.Table) -> Iterator[str]:
    """Yield the text of each product, a batch of the table at a time."""
    for batch in products.select(list(PRODUCT_TEXT)).to_batches(max_chunksize=BATCH):
        yield from pc.binary_join_element_wise(*batch.columns, " ").to_pylist()
