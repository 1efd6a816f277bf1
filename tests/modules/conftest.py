"""A small catalogue, transformed and trained on as by TFX's components."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io
from tfx_bsl.public import tfxio

from modules.preprocessing import preprocessing_fn
from modules.trainer import run_fn
from tests.embedding_folders import write_folder
from vitrine.data import columns
from vitrine.data.formats.arrow import vector_column
from vitrine.labels import CLASS_IDS, GAINS

DIMENSION = 8
KINDS = ("mug", "kettle", "lamp", "chair", "hat")
COLORS = ("red", "blue", "green", "white")
STRINGS = (columns.QUERY_ID, columns.QUERY, columns.PRODUCT_ID, columns.ESCI_LABEL, *columns.PRODUCT_TEXT)
Row = dict[str, Any]


def _unit(*words: str) -> np.ndarray:
    total = sum(np.random.default_rng(sum(map(ord, word))).normal(size=DIMENSION) for word in words)
    return (total / np.linalg.norm(total)).astype("<f4")


def make_rows(first_query: int, queries: int) -> list[Row]:
    """Make eight judged pairs per query: exact kind and colour, another colour, a complement, irrelevant products."""
    rows, rng = [], np.random.default_rng(first_query)
    for query in range(first_query, first_query + queries):
        kind, color = query % len(KINDS), COLORS[query % len(COLORS)]
        for index in range(8):
            shift = (0, 0, 0, 0, 1, 1, 2, 3)[index]
            offered = KINDS[(kind + shift) % len(KINDS)]
            painted = color if index < 2 else COLORS[int(rng.integers(len(COLORS)))]
            label = "E" if not shift and painted == color else ("S", "C", "I", "I")[shift]
            vector, image_vector = _unit(offered, painted), _unit(offered)
            rows.append(
                {
                    columns.QUERY_ID: f"q{query}",
                    columns.QUERY: f"{color} {KINDS[kind]} {query}",
                    columns.PRODUCT_ID: f"p{query}-{index}",
                    columns.ESCI_LABEL: label,
                    "title": f"{painted.title()} {offered}s",
                    "description": "",
                    "brand": "Acme",
                    "color": painted,
                    "category": offered,
                    columns.QUERY_VECTOR: _unit(KINDS[kind], color).tobytes(),
                    columns.TEXT_VECTOR: vector.tobytes(),
                    columns.IMAGE_VECTOR: (image_vector if index % 2 else np.zeros(DIMENSION, "<f4")).tobytes(),
                    columns.HAS_IMAGE: index % 2,
                    columns.GAIN: GAINS[CLASS_IDS[label]],
                    columns.WEIGHT: 0.5 if index else 1.0,
                }
            )
    return rows


def make_example(row: Row) -> bytes:
    """Return a serialized tf.Example of the row."""
    feature = {}
    for name, value in row.items():
        if isinstance(value, int):
            feature[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
        elif isinstance(value, float):
            feature[name] = tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
        else:
            packed = value if isinstance(value, bytes) else value.encode()
            feature[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[packed]))
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def _schema() -> schema_pb2.Schema:
    schema = schema_pb2.Schema()
    kinds = dict.fromkeys(STRINGS, schema_pb2.BYTES)
    kinds |= dict.fromkeys((columns.HAS_IMAGE, columns.QUERY_ROW, columns.PRODUCT_ROW), schema_pb2.INT)
    for name, kind in {**kinds, columns.GAIN: schema_pb2.FLOAT, columns.WEIGHT: schema_pb2.FLOAT}.items():
        feature = schema.feature.add(name=name, type=kind)
        feature.presence.min_fraction = 1
        feature.shape.dim.add(size=1)
    return schema


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The outputs of Transform and Trainer: `rows`, `raw` files, `transform`, `model`, `run` directories, `schema`."""
    root = tmp_path_factory.mktemp("trained")
    rows = {"train": make_rows(0, 60), "eval": make_rows(100, 20)}
    embeddings = _write_embeddings(root, [*rows["train"], *rows["eval"]])
    for split, examples in rows.items():
        with tf.io.TFRecordWriter(str(root / f"raw-{split}.gz"), "GZIP") as writer:
            for row in examples:
                writer.write(make_example(row))
    _transform(root)
    arguments = SimpleNamespace(
        train_files=[str(root / "examples" / "Split-train" / "*")],
        eval_files=[str(root / "examples" / "Split-eval" / "*")],
        transform_graph_path=str(root / "transform"),
        schema_path=None,
        serving_model_dir=str(root / "model" / "Format-Serving"),
        model_run_dir=str(root / "model_run" / "7"),
        custom_config={"epochs": 30, "batch_size": 64, "lineage": {"pipeline_run": "r1"}, "embeddings": embeddings},
    )
    run_fn(arguments)
    return SimpleNamespace(root=root, rows=rows, schema=_schema(), arguments=arguments, dimension=DIMENSION)


def _write_embeddings(root: Path, rows: list[Row]) -> dict[str, str]:
    """Write the embeddings of all rows, set their row numbers, and return the folders."""
    queries = {row[columns.QUERY_ID]: row[columns.QUERY_VECTOR] for row in rows}
    products = {row[columns.PRODUCT_ID]: row for row in rows}
    places = {name: {key: place for place, key in enumerate(known)} for name, known in
              ((columns.QUERY_ID, queries), (columns.PRODUCT_ID, products))}  # fmt: skip
    for row in rows:
        row[columns.QUERY_ROW] = places[columns.QUERY_ID][row[columns.QUERY_ID]]
        row[columns.PRODUCT_ROW] = places[columns.PRODUCT_ID][row[columns.PRODUCT_ID]]

    def column(packed: list[bytes]) -> pa.Array:
        return vector_column(np.stack([np.frombuffer(vector, "<f4") for vector in packed]))

    table = {columns.QUERY_ID: list(queries), columns.QUERY_VECTOR: column(list(queries.values()))}
    write_folder(root / "queries", pa.table(table))
    sides = (columns.TEXT_VECTOR, columns.IMAGE_VECTOR)
    vectors = {name: column([row[name] for row in products.values()]) for name in sides}
    titles = [row["title"] for row in products.values()]
    write_folder(root / "products", pa.table({columns.PRODUCT_ID: list(products), "title": titles, **vectors}))
    return {"query_embeddings": str(root / "queries"), "product_embeddings": str(root / "products")}


def _transform(root: Path) -> None:
    """Analyse the train split, and write both splits and the graph, as TFX's Transform does."""
    sources = {
        split: tfxio.TFExampleRecord(str(root / f"raw-{split}.gz"), schema=_schema(), telemetry_descriptors=["tests"])
        for split in ("train", "eval")
    }
    options = PipelineOptions(["--direct_running_mode=in_memory", "--direct_num_workers=1"])
    config, graph = sources["train"].TensorAdapterConfig(), str(root / "transform")
    with beam.Pipeline(options=options) as pipeline, tft_beam.Context(temp_dir=str(root / "beam")):
        batches = pipeline | sources["train"].BeamSource()
        ((batches, config) | tft_beam.AnalyzeDataset(preprocessing_fn)) | tft_beam.WriteTransformFn(graph)
    metadata_io.write_metadata(dataset_metadata.DatasetMetadata(_schema()), str(root / "transform" / "metadata"))
    encoder = tfxio.RecordBatchToExamplesEncoder(tft.TFTransformOutput(graph).transformed_metadata.schema)
    with beam.Pipeline(options=options) as pipeline, tft_beam.Context(temp_dir=str(root / "beam")):
        analysed = pipeline | tft_beam.ReadTransformFn(graph)
        for split, source in sources.items():
            batches = pipeline | f"Read{split}" >> source.BeamSource()
            transform = tft_beam.TransformDataset(output_record_batches=True)
            transformed, _ = ((batches, config), analysed) | f"Apply{split}" >> transform
            examples = transformed | f"Encode{split}" >> beam.FlatMap(lambda pair: encoder.encode(pair[0]))
            files = str(root / "examples" / f"Split-{split}" / "pairs")
            examples | f"Write{split}" >> beam.io.WriteToTFRecord(files, file_name_suffix=".gz")


@pytest.fixture(scope="session")
def metrics(trained: SimpleNamespace) -> dict[str, dict[str, float]]:
    """The metrics that the training function wrote."""
    values: dict[str, dict[str, float]] = json.loads(
        Path(trained.arguments.model_run_dir, "metrics.json").read_text(encoding="utf-8")
    )
    return values


@pytest.fixture(scope="session")
def transform(trained: SimpleNamespace) -> tft.TFTransformOutput:
    """The transform graph."""
    return tft.TFTransformOutput(trained.arguments.transform_graph_path)
