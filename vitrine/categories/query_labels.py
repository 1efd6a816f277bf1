"""The categories of queries: those of the products that were judged exact for them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.categories.classes import NO_CLASS, Classes
from vitrine.categories.examples import Examples, Input
from vitrine.data import columns
from vitrine.data.contract.weights import judgement_weights
from vitrine.embeddings.table import Rows


def query_examples(judgements: pa.Table, queries: Rows, products: Rows, classes: Classes, weight: float) -> Examples:
    """Return an example for each class of a query's exact products, weighted by its share of them.

    The examples of one query have `weight` together, times the mean of its judgements' own weights; those learnt from
    clicks count less than 1. Exact products without a class are left out.
    """
    exact = judgements.filter(pc.equal(judgements[columns.ESCI_LABEL], "E"))
    query = queries.find(exact[columns.QUERY_ID].combine_chunks())
    product = products.find(exact[columns.PRODUCT_ID].combine_chunks())
    label = np.where(product >= 0, classes.label[product], NO_CLASS)
    own = judgement_weights(exact).astype(np.float64)
    pairs = pd.DataFrame({"query": query, "label": label, "own": own})[(query >= 0) & (label != NO_CLASS)]
    sums = pairs.groupby(["query", "label"], as_index=False)["own"].sum()
    share = sums["own"] / sums["query"].map(pairs["query"].value_counts())
    return Examples(
        np.full(len(sums), Input.QUERY, np.uint8),
        sums["query"].to_numpy(np.int64),
        sums["label"].to_numpy(np.int64),
        (weight * share).to_numpy(np.float32),
    )
