"""Runs both halves on Beam and describes what came out."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow.parquet
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils
from tfx_bsl.tfxio import tf_example_record

from components.artifacts import describe
from components.embedding_gen.encode import EncodeShard, ShardDistinct
from components.embedding_gen.join import JoinVectors
from components.embedding_gen.look_up import LookUpShard
from components.embedding_gen.schema import join_schemas
from components.embedding_gen.settings import Settings
from components.staging import on_disk
from vitrine import progress
from vitrine.data import columns
from vitrine.encoders.load import load_encoder, vectors_of

UNDECODABLE_FILE = "_undecodable.json"  # readers of Parquet folders pass over names with an underscore
Artifacts = dict[str, list[types.Artifact]]


class Executor(base_beam_executor.BaseBeamExecutor):
    """EmbeddingGen's executor."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        """Encode, then join. Raises DataError where a judgement names a product that is not in the catalogue."""
        with on_disk(chain(*input_dict.values()), chain(*output_dict.values())):
            self._encode_and_join(input_dict, output_dict, exec_properties)

    def _encode_and_join(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        settings = Settings.from_dict(json.loads(exec_properties["settings"]))
        encoder_path = path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["encoder"]))
        judgements, catalogue = (artifact_utils.get_single_instance(input_dict[k]) for k in ("judgements", "catalogue"))
        queries, products, examples = (
            artifact_utils.get_single_instance(output_dict[key])
            for key in ("query_embeddings", "product_embeddings", "examples")
        )
        prepared = vectors_of(Path(encoder_path))
        encode_shard, source_of_vectors = (LookUpShard, str(prepared)) if prepared else (EncodeShard, encoder_path)
        with self._make_beam_pipeline() as pipeline:
            for what, artifact, source, id_column, names in (
                ("queries", queries, judgements, columns.QUERY_ID, (columns.QUERY_ID, columns.QUERY)),
                ("products", products, catalogue, columns.PRODUCT_ID, columns.CATALOGUE[:-1]),
            ):
                encode = encode_shard(id_column, source_of_vectors, artifact.uri, settings)
                (
                    pipeline
                    | f"Read {what}" >> _record_batches(source, _splits(source))
                    | f"Distinct {what}" >> beam.ParDo(ShardDistinct(id_column, names, settings.shards))
                    | f"Group {what}" >> beam.GroupByKey()
                    | f"Encode {what}" >> beam.ParDo(encode)
                    | f"Merge {what}" >> beam.CombineGlobally(_merge)
                    | f"Report {what}" >> beam.Map(_write_undecodable, artifact.uri)
                )
        with self._make_beam_pipeline() as pipeline:
            join_examples(pipeline, judgements, queries.uri, products.uri, examples)
        encoder = load_encoder(Path(encoder_path))
        for artifact, what in ((queries, "queries"), (products, "products")):
            count = sum(piece.count_rows() for piece in pyarrow.parquet.ParquetDataset(artifact.uri).fragments)
            describe(artifact, encoder.fingerprint, encoder.dimension, count)
            progress.note(f"{count} {what} encoded")
        _write_schema(input_dict, output_dict)


def join_examples(
    pipeline: beam.Pipeline, judgements: types.Artifact, queries: str, products: str, examples: types.Artifact
) -> None:
    """Add the joining of every split of `judgements` with the Parquet folders to `pipeline`; describe `examples`."""
    splits = _splits(judgements)
    examples.split_names = artifact_utils.encode_split_names(splits)
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    for split in splits:
        target = artifact_utils.get_split_uri([examples], split)
        (
            pipeline
            | f"Read {split}" >> _record_batches(judgements, [split])
            | f"Join {split}" >> beam.ParDo(JoinVectors(queries, products))
            | f"Write {split}" >> beam.io.WriteToTFRecord(f"{target}/data_tfrecord", file_name_suffix=".gz")
        )


def _splits(examples: types.Artifact) -> list[str]:
    splits: list[str] = artifact_utils.decode_split_names(examples.split_names)
    return splits


def _record_batches(examples: types.Artifact, splits: list[str]) -> beam.PTransform:
    patterns = [f"{artifact_utils.get_split_uri([examples], split)}/*" for split in splits]
    record = tf_example_record.TFExampleRecord(file_pattern=patterns, telemetry_descriptors=["EmbeddingGen"])
    return record.BeamSource()


def _merge(parts: list[dict[str, str]]) -> dict[str, str]:
    return {product: reason for part in parts for product, reason in part.items()}


def _write_undecodable(undecodable: dict[str, str], directory: str) -> None:
    """Leave the reasons of the pictures that could not be decoded beside the vectors, for the report."""
    if undecodable:
        example = next(iter(undecodable.values()))
        progress.note(
            f"pictures of {len(undecodable)} products could not be decoded and count as missing, such as {example}"
        )
    path = Path(directory) / UNDECODABLE_FILE
    path.write_text(json.dumps(undecodable, indent=2, sort_keys=True), encoding="utf-8")


def _write_schema(input_dict: Artifacts, output_dict: Artifacts) -> None:
    reader = io_utils.SchemaReader()
    schemas = [
        reader.read(io_utils.get_only_uri_in_dir(artifact_utils.get_single_uri(input_dict[key])))
        for key in ("schema", "catalogue_schema")
    ]
    path = Path(artifact_utils.get_single_uri(output_dict["joined_schema"])) / "schema.pbtxt"
    io_utils.write_pbtxt_file(str(path), join_schemas(*schemas))
