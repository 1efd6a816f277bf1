"""Measurement of what numbers that move results cost in relevance, and of how far they move it.

    python -m benchmarks.modifiers SERVING DATA [--queries 400] [--seeds 5]

SERVING is the serving directory of a run, and DATA has the contract's files. Train queries are searched in the whole
catalogue. Each product has a random number, which says nothing of relevance: the worst that a shop can prefer by.
Judged products have their gain; others have none.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY
from vitrine.data.contract.files import read_judgements
from vitrine.gateway.catalogue.standings import standings
from vitrine.labels import GAINS, LABELS
from vitrine.markdown import table
from vitrine.metrics.bootstrap import estimate
from vitrine.search.exported_model import MODEL_NAME, ExportedModel
from vitrine.search.index_files import read_description, read_titles
from vitrine.search.local_client import index_directory, newest_version

WEIGHTS: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
K: Final = 10


def measure(serving: Path, judgements: pa.Table, count: int, seeds: int) -> str:
    """Return a Markdown table: by weight, nDCG@10, its loss, and the mean standing of the ten best results."""
    version = newest_version(serving)
    index = index_directory(serving, version)
    confidence, ids = read_description(index).confidence, list(read_titles(index))
    gains: dict[str, dict[str, float]] = {}
    columns = (judgements[name].to_pylist() for name in (QUERY, PRODUCT_ID, ESCI_LABEL))
    for query, product, label in zip(*columns, strict=True):
        gains.setdefault(query, {})[product] = GAINS[LABELS.index(label)]
    chosen = np.random.default_rng(0).permutation(len(gains))[:count].tolist()
    queries = [list(gains)[row] for row in chosen]
    with ExportedModel(serving / MODEL_NAME / str(version)) as model:
        found = model.candidates(queries)
    ndcg, standing = np.zeros((2, len(WEIGHTS), seeds, len(queries)))
    for seed in range(seeds):
        numbers = np.random.default_rng(1 + seed).random(len(ids))
        of_product = dict(zip(ids, standings(numbers).tolist(), strict=True))
        for row, (query, products, scores) in enumerate(zip(queries, found.product_id, found.score, strict=True)):
            names = products[products != ""].tolist()
            own = np.array([of_product[name] for name in names])
            gain = np.array([gains[query].get(name, 0.0) for name in names])
            ideal = dcg(np.sort(list(gains[query].values()))[::-1])
            keys = confidence.comparable(scores[: len(names)])
            for place, weight in enumerate(WEIGHTS):
                order = np.argsort(-(keys + weight * own), kind="stable")[:K]
                ndcg[place, seed, row] = dcg(gain[order]) / ideal if ideal else 0.0
                standing[place, seed, row] = own[order].mean()
    by_query = ndcg.mean(axis=1)
    return table(
        ["weight", "nDCG@10", "loss", "mean standing of the ten best"],
        [
            [f"{weight:g}", f"{by_query[place].mean():.4f}", str(estimate(by_query[0] - by_query[place])),
             f"{standing[place].mean():+.3f}"]
            for place, weight in enumerate(WEIGHTS)
        ],
    )  # fmt: skip


def dcg(gains: npt.NDArray[np.float64]) -> float:
    """Return the discounted cumulative gain of the first ten results (Järvelin and Kekäläinen 2002)."""
    first = gains[:K]
    return float((first / np.log2(np.arange(len(first)) + 2)).sum())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("serving", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    print(measure(options.serving, read_judgements(options.data, "train"), options.queries, options.seeds))
