"""Judgements of several raters made one for each query and product."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY_ID
from vitrine.data.formats.records import Records
from vitrine.data.tables.labels import LabelMap
from vitrine.labels import LABELS

Raters = Literal["mean", "vote", "first"]
FURTHER: Final = "judgements of further raters of a pair, which are in its label"
NOT_FIRST: Final = "judgements of pairs that were judged before"


def merge_raters(records: Records, raters: Raters, labels: LabelMap) -> tuple[Records, int]:
    """Merge the judgements of each query and product, at its first row; return them and the number of other rows.

    `esci_label` has the values of the file on the way in, and labels on the way out. A vote without a majority, and a
    mean between two labels, go to the less relevant one. Values without a label are neither merged nor counted, so
    that the rules refuse them.
    """
    table = records.table
    mapped = labels.labels(table[ESCI_LABEL])
    known = np.asarray(pc.is_in(mapped, value_set=pa.array(LABELS)))
    pairs = pc.binary_join_element_wise(table[QUERY_ID], table[PRODUCT_ID], "\0").combine_chunks()
    codes = pairs.dictionary_encode().indices.to_numpy().astype(np.int64)
    codes[~known] = codes.max(initial=0) + 1 + np.flatnonzero(~known)
    _, first, group = np.unique(codes, return_index=True, return_inverse=True)
    if raters != "first":
        values = (table[ESCI_LABEL] if raters == "mean" else mapped).to_pylist()
        mapped = mapped.to_pylist()
        order = np.argsort(group, kind="stable")
        bounds = np.flatnonzero(np.diff(group[order], prepend=-1))
        for rows in np.split(order, bounds[1:]):
            if len(rows) > 1:
                given = [values[row] for row in rows.tolist()]
                mapped[rows[0]] = labels.mean(given) if raters == "mean" else _vote(given)
    labelled = table.set_column(table.column_names.index(ESCI_LABEL), ESCI_LABEL, pa.array(mapped, pa.string()))
    kept = pa.array(np.sort(first))
    merged = replace(records, table=labelled.take(kept), rows=records.rows.take(kept))
    return merged, table.num_rows - len(kept)


def _vote(labels: Sequence[str]) -> str:
    counts = Counter(labels)
    return max(sorted(counts, key=LABELS.index), key=counts.__getitem__)
