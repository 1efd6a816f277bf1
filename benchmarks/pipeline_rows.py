"""Benchmark of three layouts of the same judged rows and query vectors in TFX.

    python -m benchmarks.pipeline_rows [--rows 2000 20000] [--json FILE]

* vitrine: Vitrine's nodes. Judgements from CSV; vectors in a memory-mapped file, to which examples refer by row number;
  Vitrine's Transform, which also computes the lexical features of the texts.
* mapped: the same nodes, with a Transform that only outputs the row number of the query's vector.
* scalar: a CSV with 768 float columns, one per dimension; TFX's own CsvExampleGen; a Transform that outputs them.

All layouts are validated and used for one epoch of training of the same small model. The vectors are given: encoding is
measured by `encoders.py`. The joined rows of the first two carry the product's text as well. Seconds are those of ML
Metadata, node by node.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.metadata import sqlite_metadata_connection_config
from tfx.types import BaseChannel
from tfx.utils import io_utils

from benchmarks.layouts import DIMENSION
from cli.terminal.output import output_to
from components.csv_example_gen import CsvExampleGen
from components.embedding_gen.executor import join_examples
from components.embedding_gen.schema import join_schemas
from pipelines.beam.arguments import beam_arguments
from pipelines.beam.settings import BeamSettings
from pipelines.metadata.records import latest_run
from pipelines.stages.contracts import SCHEMAS
from vitrine.data import columns
from vitrine.data.formats.arrow import vector_column
from vitrine.embeddings.layout import BATCH
from vitrine.embeddings.writing import write_embeddings
from vitrine.labels import LABELS

SPLITS = {split: f"{split}/*.csv" for split in columns.SPLITS}
SEED = 7
PRODUCTS_PER_QUERY = 20
WORDS = ("red", "blue", "striped", "mug", "lamp", "chair", "wooden", "small", "kettle", "for", "garden", "travel")


@component(use_beam=True)
def JoinGen(  # noqa: N802  # a component's name is a type's
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    examples: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Examples],
    vectors: tfx.dsl.components.Parameter[str],
    beam_pipeline: tfx.dsl.components.BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Join judgements with the rows of given embeddings, as the second half of EmbeddingGen does."""
    with beam_pipeline as pipeline:
        join_examples(pipeline, judgements, f"{vectors}/queries", f"{vectors}/products", examples)


def write_data(directory: Path, rows: int) -> None:
    """Write judgements and vectors in both layouts, four fifths of them for training."""
    rng = np.random.default_rng(SEED)
    queries = max(2, rows // PRODUCTS_PER_QUERY)
    query = np.repeat(np.arange(queries), -(-rows // queries))[:rows]
    product = rng.integers(0, rows, rows)
    labels = rng.choice(list(LABELS), rows)
    train = query < queries * 4 // 5
    judgements = pa.table(
        {
            columns.QUERY_ID: [f"q{i}" for i in query],
            columns.QUERY: [" ".join(WORDS[(i + j) % len(WORDS)] for j in (0, 3, 5)) for i in query],
            columns.PRODUCT_ID: [f"p{i}" for i in product],
            columns.ESCI_LABEL: labels,
        }
    )
    vectors = unit(rng.normal(size=(queries, DIMENSION)))
    scalars = pa.table(
        {columns.QUERY_ID: judgements[columns.QUERY_ID], columns.ESCI_LABEL: judgements[columns.ESCI_LABEL]}
        | {f"f{i}": vectors[query, i] for i in range(DIMENSION)}
    )
    for split, chosen in (("train", train), ("eval", ~train)):
        for layout, table in (("mapped", judgements), ("scalar", scalars)):
            folder = directory / layout / split
            folder.mkdir(parents=True)
            # pandas, because TFX's reader would treat the quotes of a quoted header as a part of the names
            table.filter(pa.array(chosen)).to_pandas().to_csv(folder / "rows.csv", index=False)
    write_vectors(directory / "vectors", vectors, rows, rng)


def write_vectors(directory: Path, query_vectors: NDArray[np.float32], products: int, rng: np.random.Generator) -> None:
    """Write the two embeddings folders that EmbeddingGen's first half writes."""
    queries = pa.table({columns.QUERY_ID: [f"q{i}" for i in range(len(query_vectors))]})
    queries = queries.append_column(columns.QUERY_VECTOR, vector_column(query_vectors))
    table = pa.table(
        {columns.PRODUCT_ID: [f"p{i}" for i in range(products)]}
        | {name: [" ".join(rng.choice(WORDS, 8)) for _ in range(products)] for name in columns.PRODUCT_TEXT}
        | {columns.HAS_IMAGE: [True] * products}
    )
    for name in (columns.TEXT_VECTOR, columns.IMAGE_VECTOR):
        table = table.append_column(name, vector_column(unit(rng.normal(size=(products, DIMENSION)))))
    for name, rows in (("queries", queries), ("products", table)):
        write_embeddings(directory / name, rows.to_batches(BATCH), rows.num_rows)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    """Scale rows to unit length."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def mapped_nodes(directory: Path, preprocessing_fn: str) -> list[BaseNode]:
    """Return Vitrine's nodes, with given vectors."""
    example_gen = CsvExampleGen(str(directory / "mapped"), SPLITS)
    schema = tfx.components.ImportSchemaGen(schema_file=str(SCHEMAS / "judgements.pbtxt"))
    join = JoinGen(judgements=example_gen.outputs["examples"], vectors=str(directory / "vectors"))
    reader = io_utils.SchemaReader()
    joined = join_schemas(*(reader.read(str(SCHEMAS / f"{name}.pbtxt")) for name in ("judgements", "catalogue")))
    io_utils.write_pbtxt_file(str(directory / "joined.pbtxt"), joined)
    joined_schema = tfx.components.ImportSchemaGen(schema_file=str(directory / "joined.pbtxt")).with_id("JoinedSchema")
    return [
        example_gen,
        schema,
        *validation(example_gen, schema),
        join,
        joined_schema,
        *learning(
            join.outputs["examples"],
            joined_schema,
            preprocessing_fn,
            "benchmarks.layouts.mapped_run_fn",
            {"queries": str(directory / "vectors" / "queries")},
        ),
    ]


def scalar_nodes(directory: Path) -> list[BaseNode]:
    """Return TFX's components for a column per dimension."""
    splits = [tfx.proto.Input.Split(name=name, pattern=pattern) for name, pattern in SPLITS.items()]
    example_gen = tfx.components.CsvExampleGen(str(directory / "scalar"), input_config=tfx.proto.Input(splits=splits))
    statistics = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    schema = tfx.components.SchemaGen(statistics=statistics.outputs["statistics"])
    validator = tfx.components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    )
    return [
        example_gen,
        statistics,
        schema,
        validator,
        *learning(
            example_gen.outputs["examples"],
            schema,
            "benchmarks.layouts.scalar_preprocessing_fn",
            "benchmarks.layouts.scalar_run_fn",
        ),
    ]


LAYOUTS: Final[dict[str, Callable[[Path], list[BaseNode]]]] = {
    "vitrine": lambda directory: mapped_nodes(directory, "modules.preprocessing.preprocessing_fn"),
    "mapped": lambda directory: mapped_nodes(directory, "benchmarks.layouts.mapped_preprocessing_fn"),
    "scalar": scalar_nodes,
}


def validation(example_gen: BaseNode, schema: BaseNode) -> list[BaseNode]:
    """Return the nodes for statistics, the inferred schema and validation, as in the pipeline."""
    statistics = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    return [
        statistics,
        tfx.components.SchemaGen(statistics=statistics.outputs["statistics"]),
        tfx.components.ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]),
    ]


def learning(
    examples: BaseChannel,
    schema: BaseNode,
    preprocessing_fn: str,
    run_fn: str,
    custom_config: dict[str, str] | None = None,
) -> list[BaseNode]:
    """Return Transform and a Trainer of one epoch."""
    transform = tfx.components.Transform(
        examples=examples,
        schema=schema.outputs["schema"],
        preprocessing_fn=preprocessing_fn,
        disable_statistics=True,
    )
    trainer = tfx.components.Trainer(
        run_fn=run_fn,
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        custom_config=custom_config or {},
    )
    return [transform, trainer]


def run(name: str, nodes: list[BaseNode], directory: Path) -> dict[str, float]:
    """Run the nodes and return the seconds of each."""
    metadata = directory / f"{name}.db"
    tfx.orchestration.LocalDagRunner().run(
        tfx.dsl.Pipeline(
            pipeline_name=name,
            pipeline_root=str(directory / "artifacts" / name),
            components=nodes,
            metadata_connection_config=sqlite_metadata_connection_config(str(metadata)),
            beam_pipeline_args=beam_arguments(BeamSettings()),
        )
    )
    return {node.name: node.seconds for node in latest_run(metadata).values()}


def main() -> None:
    """Measure, print a table, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        for rows in [200, *arguments.rows]:  # the first run, which is not counted, loads the libraries
            directory = Path(temporary, str(rows))
            write_data(directory, rows)
            with output_to(Path(temporary, "log")) as console:
                console.print(f"{rows} rows …" if rows in arguments.rows else "warming up …")
                seconds = {layout: run(layout, nodes(directory), directory) for layout, nodes in LAYOUTS.items()}
            results.append({"rows": rows, "seconds": seconds})
    report(results[1:])
    if arguments.json:
        arguments.json.write_text(json.dumps(results[1:], indent=2), encoding="utf-8")


def report(results: list[dict[str, Any]]) -> None:
    """Print the seconds of each node, side by side."""
    for result in results:
        seconds, title = result["seconds"], f"{result['rows']:,} rows × {DIMENSION} dimensions"
        table = Table("node", *(f"{layout}, s" for layout in seconds), title=title)
        for name in dict.fromkeys(name for nodes in seconds.values() for name in nodes):
            table.add_row(name, *(_seconds(nodes.get(name)) for nodes in seconds.values()))
        totals = [sum(nodes.values()) for nodes in seconds.values()]
        table.add_row("all", *(f"{total:.1f}" for total in totals))
        table.add_row("scalar takes", *(f"{totals[-1] / total:.1f}×" for total in totals))
        Console().print(table)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    main()
