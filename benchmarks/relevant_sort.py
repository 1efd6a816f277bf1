"""Measurement of which candidates are sorted by something else than relevance, by the bound of their scores.

    python -m benchmarks.relevant_sort SERVING DATA [--queries 400]

SERVING is the serving directory of a run, and DATA has the contract's files. Train queries are searched in the whole
catalogue, and each bound, a share of the best score, keeps some of their candidates. Unjudged ones do not count.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY
from vitrine.data.contract.files import read_judgements
from vitrine.markdown import table
from vitrine.metrics.bootstrap import estimate
from vitrine.search.exported_model import MODEL_NAME, ExportedModel
from vitrine.search.local_client import newest_version

BOUNDS: Final = (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75)
SEED: Final = 0


def measure(model: ExportedModel, judgements: pa.Table, count: int) -> str:
    """Return what each bound keeps, as a Markdown table; the intervals are over queries."""
    distinct = judgements[QUERY].unique().to_pylist()
    chosen = np.random.default_rng(SEED).permutation(len(distinct))[:count]
    queries = [distinct[row] for row in chosen.tolist()]
    labels: dict[str, dict[str, str]] = {query: {} for query in distinct}
    judged = zip(*(judgements[name].to_pylist() for name in (QUERY, PRODUCT_ID, ESCI_LABEL)), strict=True)
    for query, product, label in judged:
        labels[query][product] = label
    found = model.candidates(queries)
    rows = []
    for bound in BOUNDS:
        kept = {label: list[float]() for label in "ESCI"}
        numbers, wrong = list[float](), list[float]()
        for query, products, scores in zip(queries, found.product_id, found.score, strict=True):
            passing = (products != "") & (scores >= bound * scores.max())
            numbers.append(float(passing.sum()))
            of_kept = [labels[query].get(product, "") for product in products[passing].tolist()]
            of_all = [labels[query].get(product, "") for product in products.tolist()]
            for label, shares in kept.items():
                if total := of_all.count(label):
                    shares.append(of_kept.count(label) / total)
            if known := [label for label in of_kept if label]:
                wrong.append(sum(label in "CI" for label in known) / len(known))
        means = [str(estimate(np.array(kept[label]))) for label in "ESCI"]
        rows.append([f"{bound:g}", f"{np.mean(numbers):.1f}", *means, str(estimate(np.array(wrong)))])
    return table(["bound", "candidates", *(f"{label} kept" for label in "ESCI"), "C or I among them"], rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("serving", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--queries", type=int, default=400)
    options = parser.parse_args()
    with ExportedModel(options.serving / MODEL_NAME / str(newest_version(options.serving))) as exported:
        print(measure(exported, read_judgements(options.data, "train"), options.queries))
