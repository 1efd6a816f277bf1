"""Cheap features of pairs of a query and a product: shared words, without an encoder."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.baselines.bm25 import Bm25
from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT
from vitrine.text.analysis import analyse_column, text_array

Floats = npt.NDArray[np.float64]
FIELDS: Final = PRODUCT_TEXT


def pair_features(catalogue: pa.Table, queries: Sequence[str], products: Sequence[str]) -> Floats:
    """Return float64 [P, 2 + 2F] for P pairs, `queries` and `products` aligned, and the F text fields of a product.

    These are the BM25 score and its share of the best one of the query's pairs; and for each field, the share of the
    query's terms that it has, and whether it has any.
    """
    scores = Bm25(catalogue, queries).score_pairs(queries, products).astype(np.float64)
    names, query = np.unique(np.asarray(queries, object).astype(str), return_inverse=True)
    best = np.zeros(len(names))
    np.maximum.at(best, query, scores)
    columns = [np.log1p(scores), np.divide(scores, best[query], out=np.zeros_like(scores), where=best[query] > 0)]
    rows = pc.index_in(pa.array(products, pa.string()), value_set=catalogue[PRODUCT_ID].combine_chunks())
    needed = pc.unique(rows.drop_null())
    terms_of = [set(terms) for terms in analyse_column(text_array(names)).to_pylist()]
    place = {row: number for number, row in enumerate(needed.to_pylist())}
    places = [place.get(row) for row in rows.to_pylist()]
    for field in FIELDS:
        words = [set(terms) for terms in analyse_column(catalogue[field].take(needed)).to_pylist()]
        share = np.asarray(
            [
                len(terms_of[number] & words[where]) / max(len(terms_of[number]), 1) if where is not None else 0.0
                for number, where in zip(query.tolist(), places, strict=True)
            ]
        )
        columns += [share, (share > 0).astype(np.float64)]
    return np.stack(columns, 1)
