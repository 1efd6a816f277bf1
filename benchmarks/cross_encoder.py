"""Benchmark of a cross-encoder that re-ranks judged pools, alone and blended with a sentence encoder's similarity.

    python -m benchmarks.cross_encoder --data data/crowdflower [--seeds 3] [--text title] [--json FILE] [--quick]

1. Distillation without judgements: learn the sentence encoder's similarities of made-up queries and catalogue texts.
2. Folds of the train split by query: fit on the others, score each fold. The blend of the log-odds of the expected gain
   and of the similarity is chosen by these scores, so that it ranks the train queries best.
3. Fit on the whole train split with each seed; the epoch and the temperature are chosen on train queries held out.
4. Evaluation on the eval split: each seed alone, the mean of the seeds' probabilities, and both blended.

`--quick` takes a few queries and one epoch, as a smoke test. The training settings are the defaults of
`vitrine.cross_encoder.settings`, which were chosen on folds of CrowdFlower's train split. Seconds are wall-clock time.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from rich.console import Console
from rich.table import Table
from sklearn.linear_model import LogisticRegression

from cli.terminal.output import output_to
from vitrine.benchmark.reranking import log_odds
from vitrine.cross_encoder.distillation import distil
from vitrine.cross_encoder.scoring import CrossEncoder, load_cross_encoder
from vitrine.cross_encoder.settings import CrossEncoderSettings, DistillationSettings
from vitrine.cross_encoder.training import EpochReport, fit
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.files import Split, read_catalogue, read_judgements
from vitrine.data.contract.splits import fold
from vitrine.encoders.loading import load_encoder, source_directory
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.metrics.classification import classification
from vitrine.metrics.ranking import Judgements, Run, compare_runs, evaluate, per_query

FOLDS: Final = 3
GRID: Final = np.linspace(0, 1, 21)
METRIC: Final = "ndcg@10"
QUICK_QUERIES: Final = 12


class Clock:
    """A stopwatch for consecutive steps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> float:
        """Record the seconds since the last lap, and return them."""
        self._last, before = time.monotonic(), self._last
        self.laps[name] = self._last - before
        return self.laps[name]


@dataclass(frozen=True)
class Judged:
    """A split's judged pairs, with each product's text and the sentence encoder's cosine, float32 [P]."""

    judgements: Judgements
    pairs: Pairs
    cosine: np.ndarray

    def run(self, score: np.ndarray) -> Run:
        """Return the pools ranked by scores [P]."""
        return Run(self.judgements.query_id, self.judgements.product_id, score.astype(np.float64))

    def ndcg(self, score: np.ndarray) -> float:
        """Return the mean nDCG@10 of scores [P]."""
        return float(per_query(self.judgements, self.run(score), [METRIC])[METRIC].mean())


def read(data: Path, split: Split, texts: dict[str, str], source: str, quick: bool) -> Judged:
    """Read a split and compute its cosines."""
    table = read_judgements(data, split)
    if quick:
        query_ids = sorted(set(table[QUERY_ID].to_pylist()))[:QUICK_QUERIES]
        table = table.filter(pc.is_in(table[QUERY_ID], pa.array(query_ids)))
    columns = {name: table[name].to_pylist() for name in (QUERY_ID, QUERY, PRODUCT_ID, ESCI_LABEL)}
    judgements = Judgements.from_labels(columns[QUERY_ID], columns[PRODUCT_ID], columns[ESCI_LABEL])
    labels = np.array([CLASS_IDS[label] for label in columns[ESCI_LABEL]], np.int64)
    pairs = Pairs(columns[QUERY], [texts[product] for product in columns[PRODUCT_ID]], labels)
    encoder = load_encoder(source_directory(source))
    cosine = np.einsum("pd,pd->p", encoder.encode_text(pairs.queries), encoder.encode_document(pairs.texts))
    return Judged(judgements, pairs, cosine)


def product_texts(data: Path, fields: Sequence[str]) -> dict[str, str]:
    """Return each product's text: its fields, one after the other."""
    table = read_catalogue(data)
    rows = zip(*(table[name].to_pylist() for name in fields), strict=True)
    texts = (" ".join(value for value in row if value) for row in rows)
    return dict(zip(table[PRODUCT_ID].to_pylist(), texts, strict=True))


def similarity_line(train: Judged) -> LogisticRegression:
    """Fit the log-odds of the label Exact as a linear function of the cosine."""
    return LogisticRegression().fit(train.cosine[:, np.newaxis], train.pairs.labels == CLASS_IDS["E"])


def load_or_fit(config: CrossEncoderSettings, pairs: Pairs, directory: Path, console: Console) -> CrossEncoder:
    """Load the model in `directory`, or fit it and save it there."""
    if not directory.exists():
        fit(config, pairs, reporter(console, directory.name)).save(directory)
    return load_cross_encoder(directory)


def out_of_fold(config: CrossEncoderSettings, train: Judged, keep: Path, console: Console) -> np.ndarray:
    """Return probabilities float32 [P, 4] of every train pair by a model that was not trained on its query."""
    pairs = train.pairs
    folds = np.array([fold(query, FOLDS) for query in pairs.queries])
    probabilities = np.zeros((len(folds), len(GAINS)), np.float32)
    for index in range(FOLDS):
        model = load_or_fit(config, pairs.where(folds != index), keep / f"fold-{index}", console)
        fold_pairs = pairs.where(folds == index)
        probabilities[folds == index] = model.probabilities(fold_pairs.queries, fold_pairs.texts)
    return probabilities


def choose_blend(train: Judged, probabilities: np.ndarray, line: LogisticRegression) -> tuple[float, list[float]]:
    """Return the share of the cross-encoder that ranks the train queries best, and nDCG@10 at each of `GRID`."""
    by_similarity = line.decision_function(train.cosine[:, np.newaxis])
    by_gain = log_odds(probabilities)
    ndcgs = [train.ndcg((1 - share) * by_similarity + share * by_gain) for share in GRID]
    return float(GRID[int(np.argmax(ndcgs))]), ndcgs


def reporter(console: Console, name: str) -> EpochReport:
    """Return a callback that prints the metrics of an epoch."""

    def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
        figures = ", ".join(f"{metric} {value:.3f}" for metric, value in metrics.items())
        console.print(f"{name}, epoch {epoch + 1}: {figures}")

    return on_epoch


def classes(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Return the accuracy, macro-F1 and quadratic kappa of the likeliest classes."""
    measures = classification(labels, probabilities.argmax(axis=1))
    return {"accuracy": measures.accuracy, "macro_f1": measures.macro_f1, "kappa": measures.kappa}


def measure(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the whole experiment; see the module's docstring."""
    texts = product_texts(arguments.data, arguments.text.split("+"))
    shared = {"precision": arguments.precision, "max_tokens": arguments.max_tokens}
    distillation = DistillationSettings(**shared, **({"pairs": 200} if arguments.quick else {}))
    train = read(arguments.data, "train", texts, distillation.source, arguments.quick)
    line = similarity_line(train)
    clock = Clock()
    with ExitStack() as stack:
        keep = arguments.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        source = arguments.source or str(keep / "distillation")
        if not Path(source).exists() and not arguments.source:
            distil(distillation, list(texts.values())).save(Path(source))
            console.print(f"distillation: {clock.lap('distillation'):.0f} s")
        config = CrossEncoderSettings(source=source, **shared, **({"epochs": 1} if arguments.quick else {}))
        folded = out_of_fold(config, train, keep, console)
        clock.lap("folds")
        blend, ndcgs = choose_blend(train, folded, line)
        models = {}
        for seed in range(arguments.seeds):
            name = f"seed {seed}"
            models[name] = load_or_fit(
                config.model_copy(update={"seed": seed}), train.pairs, keep / f"seed-{seed}", console
            )
            clock.lap(name)
    held_out = read(arguments.data, "eval", texts, distillation.source, arguments.quick)
    answers = {
        name: model.probabilities(held_out.pairs.queries, held_out.pairs.texts) for name, model in models.items()
    }
    answers["mean of the seeds"] = np.mean(list(answers.values()), axis=0)
    return {
        "data": arguments.data.name,
        "text": arguments.text,
        "train folds": {
            "similarity alone": train.ndcg(train.cosine),
            "cross-encoder": {METRIC: train.ndcg(log_odds(folded)), **classes(train.pairs.labels, folded)},
            "blended": max(ndcgs),
        },
        "blend": blend,
        "eval": results(held_out, answers, line.decision_function(held_out.cosine[:, np.newaxis]), blend),
        "seconds": clock.laps,
    }


def results(
    held_out: Judged, answers: dict[str, np.ndarray], by_similarity: np.ndarray, blend: float
) -> dict[str, dict[str, Any]]:
    """Return each system's measures on the eval split; `answers` are probabilities [P, 4]."""
    similarity = held_out.run(by_similarity)
    rows: dict[str, dict[str, Any]] = {
        "similarity alone": {METRIC: evaluate(held_out.judgements, similarity, [METRIC])[METRIC].to_dict()}
    }
    for name, answer in answers.items():
        by_gain = log_odds(answer)
        for label, score in ((name, by_gain), (f"{name}, blended", (1 - blend) * by_similarity + blend * by_gain)):
            run = held_out.run(score)
            versus = compare_runs(held_out.judgements, run, similarity)
            rows[label] = {
                METRIC: evaluate(held_out.judgements, run, [METRIC])[METRIC].to_dict(),
                "above similarity": {**versus.difference.to_dict(), "p": versus.p_value},
            }
        rows[name] |= classes(held_out.pairs.labels, answer)
    return rows


def report(result: dict[str, Any]) -> None:
    """Print the table of the eval split and the figures of the train folds."""
    table = Table("eval", "nDCG@10", "above similarity", "accuracy", "macro-F1", "kappa")
    for name, row in result["eval"].items():
        value, versus = row[METRIC], row.get("above similarity")
        table.add_row(
            name,
            f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]",
            f"{versus['value']:+.3f} (p = {versus['p']:.4f})" if versus else "",
            *(f"{row[key]:.3f}" if key in row else "" for key in ("accuracy", "macro_f1", "kappa")),
        )
    console = Console()
    console.print(table)
    seeds = [row for name, row in result["eval"].items() if name.startswith("seed") and not name.endswith("blended")]
    for key in (METRIC, "accuracy", "macro_f1", "kappa"):
        values = [row[key]["value"] if key == METRIC else row[key] for row in seeds]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        console.print(f"{key} over the seeds: {statistics.mean(values):.3f} ± {spread:.3f}")
    console.print(f"train folds: {result['train folds']}; share of the cross-encoder: {result['blend']:.2f}")
    console.print(f"seconds: {result['seconds']}")


def main() -> None:
    """Measure, print the tables, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="data folder with judgements")
    parser.add_argument("--seeds", type=int, default=3, help="models to train (default: 3)")
    parser.add_argument("--text", default="title", help="the product's fields, joined with + (default: title)")
    parser.add_argument("--max-tokens", type=int, default=96, help="tokens of a pair (default: 96)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="of the products")
    parser.add_argument(
        "--source", help="start from this model (a directory or package:NAME) instead of the distilled one"
    )
    parser.add_argument("--keep", type=Path, help="keep the models in this folder, and reuse those that it has")
    parser.add_argument("--quick", action="store_true", help="a few queries and one epoch, as a smoke test")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE as well")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error("--seeds takes a whole number from 1")
    tf.config.threading.set_intra_op_parallelism_threads(2)
    with tempfile.TemporaryDirectory() as temporary, output_to(Path(temporary, "log")) as console:
        result = measure(arguments, console)
    report(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
