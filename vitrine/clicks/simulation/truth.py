"""The judged queries that are replayed, and rankings of their judged products."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from vitrine.clicks.simulation.searches import Rank, Truth
from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY
from vitrine.data.contract.files import Split, read_catalogue, read_judgements
from vitrine.errors import DataError


def read_truth(data: Path, splits: Iterable[Split]) -> Truth:
    """Return the labels of the judged products of each query in the splits.

    Raises:
        DataError: A file of the folder breaks the contract, or there is no judgement.
    """
    truth: dict[str, dict[str, str]] = {}
    for split in splits:
        table = read_judgements(data, split)
        columns = (table[name].to_pylist() for name in (QUERY, PRODUCT_ID, ESCI_LABEL))
        for query, product, label in zip(*columns, strict=True):
            truth.setdefault(query, {})[product] = label
    if not truth:
        raise DataError(f"{data}: no judgements to replay")
    return truth


def lexical_ranking(data: Path, truth: Truth) -> Rank:
    """Return the ranking of each query's judged products by BM25."""
    from vitrine.baselines.bm25 import Bm25

    catalogue: pa.Table = read_catalogue(data)
    index = Bm25(catalogue, truth)

    def rank(query: str) -> list[str]:
        judged = sorted(truth[query])
        scores = index.score_pairs([query] * len(judged), judged)
        return [judged[row] for row in (-scores).argsort(kind="stable")]

    return rank


def model_ranking(serving: Path, truth: Truth, k: int) -> Rank:
    """Return the ranking of a pushed search model, the newest version of a serving directory.

    Raises:
        DataError: There is no model.
    """
    from vitrine.search.local_client import SearchClient

    client = SearchClient(serving)
    queries = list(truth)
    found = dict(zip(queries, client.search(queries, k), strict=True))
    return lambda query: [result.product_id for result in found[query]]
