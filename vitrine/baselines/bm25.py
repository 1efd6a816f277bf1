"""BM25 over the catalogue's text: the lexical baseline of learned rankings."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT
from vitrine.files.mapped_pages import release_pages
from vitrine.text.analysis import analyse_column, text_array
from vitrine.text.inflection import catalogue_forms
from vitrine.text.matching import SEPARATOR

BATCH: Final = 8192
"""Products, or queries, whose texts are in memory together."""
STOP_WORD: Final = -1
"""Id of English stop words, which are not indexed."""
OTHER: Final = 0
"""Id of all terms that are in no query: they count as words of a product, and are not found."""

Texts = Sequence[str] | npt.NDArray[np.object_]


class Bm25:
    """An index over the terms of title, description, brand, color and category, without English stop words.

    A word's other forms in the catalogue's language, which `vitrine.text.inflection` finds, are one term with it.

    Scores are those of bm25s's default: Lucene's variant, k1 1.5, b 0.75.
    """

    def __init__(self, products: pa.Table, queries: Iterable[str]) -> None:
        """Index the `products` for the terms of `queries`, the only ones that can be asked."""
        import bm25s
        from bm25s.stopwords import STOPWORDS_EN

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # bm25s sets DEBUG itself
        self.product_ids = products[PRODUCT_ID].cast(pa.string()).combine_chunks()
        """The ids, string [N]."""
        forms = catalogue_forms([products[name] for name in PRODUCT_TEXT])
        terms_of = {
            query: [forms.get(term, term) for term in terms] for query, terms in _analysed(list(dict.fromkeys(queries)))
        }
        distinct = {term for terms in terms_of.values() for term in terms} - set(STOPWORDS_EN)
        ids = {term: number for number, term in enumerate(sorted(distinct), OTHER + 1)}
        self._ids_of = {query: [ids[term] for term in terms if term in ids] for query, terms in terms_of.items()}
        self._index = bm25s.BM25()
        documents = _Documents(products, dict.fromkeys(STOPWORDS_EN, STOP_WORD) | ids | _form_ids(forms, ids))
        self._has_terms = bool(len(documents.codes))
        if self._has_terms:  # otherwise, bm25s has nothing to index
            corpus = bm25s.tokenization.Tokenized(documents, {"": OTHER} | ids)
            self._index.index(corpus, show_progress=False)

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """Return the score of every product, float32 [N], in the order of `product_ids`; 0 without a shared term.

        Raises:
            ValueError: the query is not one of those that the products were indexed for.
        """
        if query not in self._ids_of:
            raise ValueError(f"the products were not indexed for the query {query!r}; give it to Bm25 with the others")
        known = self._ids_of[query]
        if not known or not self._has_terms:  # bm25s raises on an empty query
            return np.zeros(len(self.product_ids), dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def score_pairs(self, queries: Texts, product_ids: Texts) -> npt.NDArray[np.float32]:
        """Return the score of each (query, product) pair, float32 [P]; 0 for a product outside the catalogue."""
        scores = np.zeros(len(queries), dtype=np.float32)
        found = pc.index_in(pa.array(product_ids, pa.string()), value_set=self.product_ids)
        rows = np.asarray(pc.fill_null(found, -1), dtype=np.int64)
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
        ids: list[str] = self.product_ids.take(pa.array(best)).to_pylist()
        return ids


def _form_ids(forms: Mapping[str, str], ids: Mapping[str, int]) -> dict[str, int]:
    """Return the ids of forms: those of the terms that they stand for."""
    return {form: ids[term] for form, term in forms.items() if term in ids}


class _Documents:
    """The ids of each product's terms, in two arrays: as lists, all would take ten times the room."""

    def __init__(self, products: pa.Table, ids: dict[str, int]) -> None:
        """Analyse the texts; `ids` has the terms that are told apart, and those that are not indexed."""
        parts = list(_batches(products, ids))
        self.codes = np.concatenate([np.empty(0, np.int32), *(codes for codes, _ in parts)])
        self._ends = np.cumsum(np.concatenate([np.empty(0, np.int64), *(lengths for _, lengths in parts)]))

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[list[int]]:
        start = 0
        for end in self._ends.tolist():
            yield self.codes[start:end].tolist()
            start = end


def _batches(products: pa.Table, ids: dict[str, int]) -> Iterator[tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]]:
    """Yield the ids of the terms of consecutive products, without stop words, and their number for each product."""
    for batch in products.select(list(PRODUCT_TEXT)).to_batches(max_chunksize=BATCH):
        lists = analyse_column(pc.binary_join_element_wise(*batch.columns, SEPARATOR))
        terms = lists.values.dictionary_encode()
        known = np.asarray([ids.get(term, OTHER) for term in terms.dictionary.to_pylist()], dtype=np.int32)
        codes = known[terms.indices.to_numpy()]
        indexed = codes != STOP_WORD
        offsets = lists.offsets.to_numpy()
        before = np.concatenate([[0], np.cumsum(indexed)])
        yield codes[indexed], before[offsets[1:]] - before[offsets[:-1]]
        release_pages()


def _analysed(queries: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each query with its terms."""
    for start in range(0, len(queries), BATCH):
        batch = queries[start : start + BATCH]
        yield from zip(batch, analyse_column(text_array(batch)).to_pylist(), strict=True)
