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
from vitrine.text.analysis import analyse, analyse_column

BATCH: Final = 8192
"""Products whose texts are in memory together."""
SEPARATOR: Final = " . "
"""Text between the fields, so that a number that ends one gets no unit from the next."""
STOP_WORD: Final = -1
"""Id of English stop words, which are not indexed."""


class Bm25:
    """An index over the terms of title, description, brand, color and category, without English stop words.

    Scores are those of bm25s's default: Lucene's variant, k1 1.5, b 0.75.
    """

    def __init__(self, products: pa.Table) -> None:
        import bm25s
        from bm25s.stopwords import STOPWORDS_EN

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # bm25s sets DEBUG itself
        self.product_ids: list[str] = products[PRODUCT_ID].to_pylist()
        self._row = {product_id: row for row, product_id in enumerate(self.product_ids)}
        ids = dict.fromkeys(STOPWORDS_EN, STOP_WORD)
        documents = list(_documents(products, ids))
        self._ids = {term: number for term, number in ids.items() if number != STOP_WORD}
        self._index = bm25s.BM25()
        if self._ids:  # bm25s cannot index a catalogue without a term
            self._index.index((documents, dict(self._ids)), show_progress=False)

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """Return the score of every product, float32 [N], in the order of `product_ids`; 0 without a shared term."""
        known = [self._ids[term] for term in analyse(query) if term in self._ids]
        if not known:  # bm25s raises on an empty query
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
        """Return the best k products for each query, best first; products without a shared term are left out."""
        return [self._best(self.scores(query), k) for query in queries]

    def _best(self, scores: npt.NDArray[np.float32], k: int) -> list[str]:
        found = np.flatnonzero(scores)
        if len(found) > k:  # sorting all would take longer than scoring
            found = found[scores[found] >= np.partition(scores[found], -k)[-k]]
        best = found[np.argsort(-scores[found], kind="stable")[:k]]
        return [self.product_ids[row] for row in best]


def _documents(products: pa.Table, ids: dict[str, int]) -> Iterator[list[int]]:
    """Yield the ids of each product's terms, a batch of the table at a time; add new terms to `ids`."""
    stop_words = len(ids)
    for batch in products.select(list(PRODUCT_TEXT)).to_batches(max_chunksize=BATCH):
        lists = analyse_column(pc.binary_join_element_wise(*batch.columns, SEPARATOR))
        terms = lists.values.dictionary_encode()
        known = [ids.setdefault(term, len(ids) - stop_words) for term in terms.dictionary.to_pylist()]
        codes = np.asarray(known, dtype=np.int64)[terms.indices.to_numpy()]
        for document in np.split(codes, lists.offsets.to_numpy()[1:-1]):
            yield document[document != STOP_WORD].tolist()
