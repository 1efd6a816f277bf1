"""Benchmark of tuning: text encoders alone on the eval split, whose queries search the whole catalogue by similarity.

    python -m benchmarks.tuned_encoder DATA ORIGINAL TUNED [--text title] [--precision bfloat16] [--serving DIR]

ORIGINAL and TUNED are sources of text encoders: directories or package:NAME. A tuned one is the output of a run's
ClipTrainer. Products of the same text are one document. Recall is the share of a query's exact documents. With
--serving, the search model that a run has pushed searches the catalogue too, beside BM25.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.baselines.bm25 import Bm25
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.encoders.loading import load_encoder, source_directory
from vitrine.evaluation.retrieval import HeldOutQueries
from vitrine.labels import GAINS
from vitrine.markdown import table
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.metrics.ranking import Judgements, Run, per_query
from vitrine.saved_model.versions import find_versions
from vitrine.search.exported_model import MODEL_NAME, ExportedModel
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
    parser.add_argument("--serving", type=Path, help="the serving directory of a run")
    options = parser.parse_args()
    judged = judged_texts(read_judgements(options.data, "eval"), read_catalogue(options.data), options.text.split("+"))
    held_out = HeldOut(judged, np.arange(len(judged.queries)), np.arange(len(judged.documents)))
    original, tuned = (
        held_out.measure(load_encoder(source_directory(source), options.precision))
        for source in (options.original, options.tuned)
    )
    with_exact = _with_exact(held_out.judgements)
    for name, chosen in {"all queries": np.ones(len(with_exact), bool), "queries with an E": with_exact}.items():
        print(f"\n{name}: {chosen.sum():,}, of {len(judged.documents):,} documents\n")
        print(table(["", "original", "tuned", "difference"], [_row(each, original, tuned, chosen) for each in METRICS]))
    if options.serving:
        _whole_search(options.data, options.serving)


def _whole_search(data: Path, serving: Path) -> None:
    """Measure the newest search model and BM25 over the whole catalogue, and print the table."""
    asked = HeldOutQueries.sample(read_judgements(data, "eval"))
    model = ExportedModel(list(find_versions(serving / MODEL_NAME).values())[-1])
    ranked = {
        "BM25": asked.search_bm25(Bm25(read_catalogue(data), asked.text.values()), model.top_k),
        "search model": asked.search(model),
    }
    values = {
        name: per_query(asked.judged, Run.from_top(list(results), list(results.values())), (NDCG,))[NDCG]
        for name, results in ranked.items()
    }
    with_exact = _with_exact(asked.judged)
    rows = []
    for name, chosen in {"all queries": np.ones(len(with_exact), bool), "queries with an E": with_exact}.items():
        first, second = (each[chosen] for each in values.values())
        figures = (f"{estimate(each).value:.3f}" for each in (first, second))
        rows.append([f"{name} ({chosen.sum():,})", *figures, str(compare(second, first).difference)])
    print("\nwhole search, nDCG@10\n")
    print(table(["", *values, "difference"], rows))


def _with_exact(judgements: Judgements) -> npt.NDArray[np.bool_]:
    """Return which queries, in the order of the values, have an exact product."""
    exact = set(judgements.query_id[judgements.gain == GAINS[-1]].tolist())
    return np.array([query in exact for query in judgements.queries])


def _row(metric: str, original: Values, tuned: Values, chosen: np.ndarray) -> list[str]:
    before, after = original[metric][chosen], tuned[metric][chosen]
    return [
        METRICS[metric],
        *(f"{estimate(each).value:.3f}" for each in (before, after)),
        str(compare(after, before).difference),
    ]


if __name__ == "__main__":
    main()
