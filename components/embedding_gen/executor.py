"""EmbeddingGen's executor: runs encoding and joining on Beam, and describes the outputs."""

import json
from typing import Any, Final, Literal

import apache_beam as beam
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils
from tfx_bsl.tfxio import tf_example_record

from components.artifacts import describe
from components.embedding_gen import undecodable_images as undecodable
from components.embedding_gen.encode import DeduplicateAndShard, EncodeShard, shared_encoder
from components.embedding_gen.files import count_rows, local_copy
from components.embedding_gen.join import JoinVectors
from components.embedding_gen.precomputed import LookUpVectors
from components.embedding_gen.schema import join_schemas
from components.embedding_gen.settings import Settings
from vitrine import progress
from vitrine.data import columns
from vitrine.encoders.loading import precomputed_directory

Artifacts = dict[str, list[types.Artifact]]
ENTITIES: Final = {
    "queries": (columns.QUERY_ID, (columns.QUERY_ID, columns.QUERY)),
    "products": (columns.PRODUCT_ID, columns.CATALOGUE[:-1]),
}
"""The id column and the string columns of each kind of entity."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """EmbeddingGen's executor."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        """Encode, then join. Raises DataError if a judgement names a product that is not in the catalogue."""
        try:
            self._encode_and_join(input_dict, output_dict, exec_properties)
        finally:
            shared_encoder.cache_clear()  # later nodes need the memory

    def _encode_and_join(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        settings = Settings.from_dict(json.loads(exec_properties["settings"]))
        encoder_uri = path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["encoder"]))
        encoder = shared_encoder(encoder_uri, settings.precision)
        judgements, catalogue = (artifact_utils.get_single_instance(input_dict[k]) for k in ("judgements", "catalogue"))
        queries, products, examples = (
            artifact_utils.get_single_instance(output_dict[key])
            for key in ("query_embeddings", "product_embeddings", "examples")
        )
        with self._make_beam_pipeline() as pipeline:
            encode_entities(pipeline, "queries", judgements, encoder_uri, queries.uri, settings)
            encode_entities(pipeline, "products", catalogue, encoder_uri, products.uri, settings)
        with self._make_beam_pipeline() as pipeline:
            join_examples(pipeline, judgements, queries.uri, products.uri, examples)
        undecodable.note(products.uri)  # here: notes of a worker process do not reach the terminal
        for artifact, kind in ((queries, "queries"), (products, "products")):
            count = count_rows(artifact.uri)
            describe(artifact, encoder.fingerprint, encoder.dimension, count)
            progress.note(f"{count} {kind} encoded")
        _write_schema(input_dict, output_dict)


def encode_entities(
    pipeline: beam.Pipeline,
    kind: Literal["queries", "products"],
    examples: types.Artifact,
    encoder: str,
    target: str,
    settings: Settings,
) -> None:
    """Add to `pipeline` the encoding of the distinct entities of all splits into Parquet files below `target`."""
    id_column, names = ENTITIES[kind]
    precomputed = precomputed_directory(local_copy(encoder))
    encode = (
        LookUpVectors(id_column, str(precomputed), target, settings)
        if precomputed
        else EncodeShard(id_column, encoder, target, settings)
    )
    (
        pipeline
        | f"Read {kind}" >> _record_batches(examples, _splits(examples))
        | f"Distinct {kind}" >> beam.ParDo(DeduplicateAndShard(id_column, names, settings.shards))
        | f"Group {kind}" >> beam.GroupByKey()
        | f"Encode {kind}" >> beam.ParDo(encode)
        | f"Merge {kind}" >> beam.CombineGlobally(undecodable.merge)
        | f"Report {kind}" >> beam.Map(undecodable.write, target)
    )


def join_examples(
    pipeline: beam.Pipeline, judgements: types.Artifact, queries: str, products: str, examples: types.Artifact
) -> None:
    """Add to `pipeline` the join of every split of `judgements` with the Parquet folders; describe `examples`."""
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


def _write_schema(input_dict: Artifacts, output_dict: Artifacts) -> None:
    reader = io_utils.SchemaReader()
    schemas = [
        reader.read(io_utils.get_only_uri_in_dir(artifact_utils.get_single_uri(input_dict[key])))
        for key in ("schema", "catalogue_schema")
    ]
    path = f"{artifact_utils.get_single_uri(output_dict['joined_schema'])}/schema.pbtxt"
    io_utils.write_pbtxt_file(path, join_schemas(*schemas))
