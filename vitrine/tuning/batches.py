"""Batches of queries with the documents that they are compared with."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.tuning.judged_texts import JudgedTexts, Rows


class Batch(NamedTuple):
    """B queries and D distinct documents, shorter ones first.

    `target`, float32 [B, D], is the gain of each judged pair, as a share of the gains of the query's documents.
    """

    queries: list[str]
    documents: list[str]
    target: npt.NDArray[np.float32]


def epoch_batches(
    judged: JudgedTexts, queries: Rows, mined: Rows, settings: JudgementTuningSettings, rng: np.random.Generator
) -> Iterator[Batch]:
    """Yield the batches of an epoch, each query once; queries that are left over are left out.

    Args:
        judged: the pairs.
        queries: rows [Q] of queries, which all have a document with a gain.
        mined: rows of documents [Q, M] that are added to each query's, -1 for none.
        settings: the number of queries of a batch, and of judged documents of a query.
        rng: random generator of the order and of the documents.
    """
    size = min(settings.batch_size, len(queries))
    order = rng.permutation(len(queries))
    for start in range(0, len(order) - size + 1, size):
        chosen = order[start : start + size]
        drawn = [draw(judged, int(query), settings.judged, rng) for query in queries[chosen]]
        yield batch(judged, queries[chosen], np.concatenate([*drawn, mined[chosen].ravel()]))


def draw(judged: JudgedTexts, query: int, others: int, rng: np.random.Generator) -> Rows:
    """Draw a document of a query with probability by gain, and `others` of its judged documents."""
    documents, gains = judged.pool(query)
    first = rng.choice(len(documents), p=gains.astype(np.float64) / gains.sum(dtype=np.float64))
    rest = rng.permutation(np.delete(documents, first))[:others]
    return np.append(rest, documents[first])


def batch(judged: JudgedTexts, queries: Rows, documents: Rows) -> Batch:
    """Join queries and documents; every judged pair among them is a part of the target."""
    rows = np.unique(documents[documents >= 0])
    gain = np.zeros((len(queries), len(rows)), np.float32)
    for place, query in enumerate(queries):
        pool, gains = judged.pool(int(query))
        column = np.minimum(np.searchsorted(rows, pool), len(rows) - 1)
        found = rows[column] == pool
        gain[place, column[found]] = gains[found]
    texts = judged.texts(rows)
    order = np.argsort([len(text) for text in texts], kind="stable")
    target = gain[:, order] / gain.sum(axis=1, keepdims=True)
    return Batch([judged.queries[query] for query in queries], [texts[row] for row in order], target)
