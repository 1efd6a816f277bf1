"""Benchmark of a cross-encoder as the last stage: what it costs a search, and what it does to held-out queries.

    python -m benchmarks.last_stage WITHOUT WITH DATA [--turns 200]

WITHOUT and WITH are the serving directories of two runs of the same data, of which the second has the setting
`search.cross_encoder`; DATA has the contract's files. nDCG@10 is that of the whole catalogue, where unjudged products
have no gain, and that of the judged pools. Searches are calls of `serving_default` in a session, without HTTP; both
models search for the same query one after the other, so that the load of the machine is the same for both.
"""

import argparse
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.figures import percentile, ratio, take_turns
from vitrine.data.contract.files import read_judgements
from vitrine.evaluation.retrieval import HeldOutQueries
from vitrine.markdown import table
from vitrine.metrics.ranking import Run, compare_runs, evaluate
from vitrine.search.exported_model import MODEL_NAME, ExportedModel
from vitrine.search.local_client import newest_version
from vitrine.serving.lifecycle.servable import Servable

METRIC: Final = "ndcg@10"
UNCOUNTED: Final = 20


def quality(folders: Mapping[str, Path], held_out: HeldOutQueries) -> str:
    """Measure both models on the held-out queries, as a Markdown table."""
    judged, texts = held_out.judged, [held_out.text[query] for query in held_out.judged.query_id]
    runs: dict[str, dict[str, Run]] = {"whole catalogue": {}, "judged pools": {}}
    for name, folder in folders.items():
        with ExportedModel(folder) as model:
            found = held_out.search(model)
            runs["whole catalogue"][name] = Run.from_top(list(found), list(found.values()))
            scores = model.score(texts, judged.product_id.tolist()).astype(np.float64)
            runs["judged pools"][name] = Run(judged.query_id, judged.product_id, scores)
    rows = []
    for name, (without, last) in ((name, tuple(both.values())) for name, both in runs.items()):
        figures = (str(evaluate(judged, run, [METRIC])[METRIC]) for run in (without, last))
        rows.append([name, *figures, str(compare_runs(judged, last, without).difference)])
    return table(["nDCG@10", "without", "with", "difference"], rows)


def cost(folders: Mapping[str, Path], held_out: HeldOutQueries, turns: int) -> str:
    """Measure the searches of both models, as a Markdown table."""
    texts = [np.array([text.encode()], object) for text in held_out.text.values()]
    searches = {
        name: Servable.load(MODEL_NAME, int(folder.name), folder).signature("serving_default")
        for name, folder in folders.items()
    }
    calls: dict[str, Any] = {
        name: lambda turn, search=search: search.run({"query": texts[turn % len(texts)]})
        for name, search in searches.items()
    }
    without, last = (timing.clock for timing in take_turns(calls, turns, UNCOUNTED).values())
    ratios = [after / before for before, after in zip(without, last, strict=True)]
    spread = f"{percentile(ratios, 0.1):.1f} – {percentile(ratios, 0.9):.1f}"
    medians = (f"{1000 * statistics.median(clock):.1f}" for clock in (without, last))
    head = ["one query", "ms without", "ms with", "ratio", "a tenth – nine tenths"]
    return table(head, [["`serving_default`", *medians, f"{ratio(without, last):.1f}×", spread]])


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("without", type=Path)
    parser.add_argument("last", type=Path, metavar="with")
    parser.add_argument("data", type=Path)
    parser.add_argument("--turns", type=int, default=200, help="searches of each model (default: 200)")
    options = parser.parse_args()
    held_out = HeldOutQueries.sample(read_judgements(options.data, "eval"))
    servings = {"without": options.without, "with": options.last}
    folders = {name: serving / MODEL_NAME / str(newest_version(serving)) for name, serving in servings.items()}
    print(f"{len(held_out.text)} queries\n")
    print(quality(folders, held_out), end="\n\n")
    print(cost(folders, held_out, options.turns))


if __name__ == "__main__":
    main()
