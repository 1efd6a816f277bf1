"""Judged pairs of texts, by query."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, SOURCE
from vitrine.data.contract.judges import CLICKS, judged_by, outranks_clicks
from vitrine.data.contract.weights import judgement_weights
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.text.product_texts import product_texts

Rows = npt.NDArray[np.int64]
Gains = npt.NDArray[np.float32]


@dataclass(frozen=True)
class JudgedTexts:
    """The distinct texts of Q queries and N products, and J judged pairs of them, sorted by query and product.

    `query` and `document`, int64 [J], are the rows of a pair's texts, and `gain`, float32 [J], is its gain, times the
    weight of its judgement. Products of the same text are one document.

    `only_fitted`, int64, are rows of queries that measure nothing: clicks alone have judged them, and others outrank
    clicks.
    """

    queries: list[str]
    documents: pa.Array
    query: Rows
    document: Rows
    gain: Gains
    only_fitted: Rows = field(default_factory=lambda: np.empty(0, np.int64))

    def texts(self, rows: Rows) -> list[str]:
        """Return the texts of documents."""
        texts: list[str] = self.documents.take(pa.array(rows)).to_pylist()
        return texts

    def pool(self, query: int) -> tuple[Rows, Gains]:
        """Return the rows and the gains of a query's judged documents, in the order of the rows."""
        start, end = np.searchsorted(self.query, [query, query + 1])
        return self.document[start:end], self.gain[start:end]

    def with_gain(self, queries: Rows) -> Rows:
        """Return those of `queries` that have a document with a gain."""
        return np.intersect1d(queries, self.query[self.gain > 0])

    def update(self, digest: "hashlib._Hash") -> None:
        """Add the pairs to a digest."""
        for values in (self.query, self.document, self.gain, self.only_fitted):
            digest.update(np.ascontiguousarray(values).data)
        for texts in (self.queries, self.documents.to_pylist()):
            digest.update("\0".join(texts).encode("utf-8", "surrogatepass"))


def judged_texts(judgements: pa.Table, catalogue: pa.Table, fields: Sequence[str]) -> JudgedTexts:
    """Join judged pairs with the texts of the catalogue's `fields`; products without a text are left out."""
    products = pa.array(product_texts(catalogue, fields), pa.string()).dictionary_encode()
    queries = judgements[QUERY].combine_chunks().dictionary_encode()
    known = catalogue[PRODUCT_ID].combine_chunks()
    row = pc.index_in(judgements[PRODUCT_ID].combine_chunks(), value_set=known)
    gain = np.array([GAINS[CLASS_IDS[label]] for label in judgements[ESCI_LABEL].to_pylist()], np.float32)
    gain *= judgement_weights(judgements)
    pairs = pd.DataFrame(
        {"query": np.asarray(queries.indices), "document": np.asarray(products.indices.take(row)), "gain": gain}
    )
    empty = pc.index(products.dictionary, "").as_py()
    best = pairs[pairs["document"] != empty].groupby(["query", "document"], sort=True)["gain"].max().reset_index()
    return JudgedTexts(
        queries.dictionary.to_pylist(),
        products.dictionary,
        best["query"].to_numpy(np.int64),
        best["document"].to_numpy(np.int64),
        best["gain"].to_numpy(np.float32),
        np.setdiff1d(np.arange(len(queries.dictionary)), _measured(judgements, queries)),
    )


def _measured(judgements: pa.Table, queries: pa.DictionaryArray) -> Rows:
    """Return the rows of the queries that judgements measure, in any order; see `without_clicks`."""
    if not outranks_clicks(judged_by(judgements)):
        return np.arange(len(queries.dictionary))
    return np.unique(np.asarray(queries.indices)[np.asarray(pc.not_equal(judgements[SOURCE], CLICKS))])
