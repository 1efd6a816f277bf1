"""Benchmark of tuning: text encoders alone on the eval split, whose queries search the whole catalogue by similarity.

    python -m benchmarks.tuned_encoder DATA ORIGINAL TUNED [--text title] [--precision bfloat16]

ORIGINAL and TUNED are sources of text encoders: directories or package:NAME. A tuned one is the output of a run's
ClipTrainer. Products of the same text are one document. Recall is the share of a query's exact documents.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.encoders.loading import load_encoder, source_directory
from vitrine.labels import GAINS
from vitrine.markdown import table
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.tuning.judged_texts import judged_texts
from vitrine.tuning.validation import NDCG, POOLS, RECALL, HeldOut, Values

METRICS: Final = {NDCG: "nDCG@10", RECALL: "recall@100", POOLS: "judged pools, nDCG@10"}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("original")
    parser.add_argument("tuned")
    parser.add_argument("--text", default="title", help="the product's fields, joined with + (default: title)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="bfloat16")
    options = parser.parse_args()
    judged = judged_texts(read_judgements(options.data, "eval"), read_catalogue(options.data), options.text.split("+"))
    held_out = HeldOut(judged, np.arange(len(judged.queries)), np.arange(len(judged.documents)))
    original, tuned = (
        held_out.measure(load_encoder(source_directory(source), options.precision))
        for source in (options.original, options.tuned)
    )
    judgements = held_out.judgements
    exact = set(judgements.query_id[judgements.gain == GAINS[-1]].tolist())
    with_exact = np.array([query in exact for query in judgements.queries])
    groups = {"all queries": np.ones(len(with_exact), bool), "queries with an E": with_exact}
    for name, chosen in groups.items():
        print(f"\n{name}: {chosen.sum():,}, of {len(judged.documents):,} documents\n")
        print(table(["", "original", "tuned", "difference"], [_row(each, original, tuned, chosen) for each in METRICS]))


def _row(metric: str, original: Values, tuned: Values, chosen: np.ndarray) -> list[str]:
    before, after = original[metric][chosen], tuned[metric][chosen]
    return [
        METRICS[metric],
        *(f"{estimate(each).value:.3f}" for each in (before, after)),
        str(compare(after, before).difference),
    ]


if __name__ == "__main__":
    main()
