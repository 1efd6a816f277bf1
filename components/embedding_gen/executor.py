"""EmbeddingGen's executor: runs encoding and joining on Beam, and describes the outputs."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import pyarrow as pa
from apache_beam.io.filesystems import FileSystems
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils
from tfx_bsl.tfxio import tf_example_record

from components.artifacts import ENCODED, ENCODING, REUSED, describe
from components.embedding_gen.encode import ID, EncodeRows, Encoding, Kind, Part, ReadRows, distinct, shared_encoder
from components.embedding_gen.join import JoinProducts
from components.embedding_gen.parts import Parts, read_part
from components.embedding_gen.schema import join_schemas
from components.examples import read_split
from components.staging import is_remote
from components.worker_files import copy_file
from vitrine import progress
from vitrine.data.columns import SOURCE
from vitrine.data.contract.judges import judged_by, outranks_clicks
from vitrine.embeddings.encoding import Tally
from vitrine.embeddings.settings import EncodingSettings
from vitrine.embeddings.writing import write_embeddings
from vitrine.fingerprints import digest

Artifacts = dict[str, list[types.Artifact]]
INPUTS: Final[dict[Kind, str]] = {"queries": "judgements", "products": "catalogue"}
OUTPUTS: Final[dict[Kind, str]] = {"queries": "query_embeddings", "products": "product_embeddings"}
EARLIER: Final[dict[Kind, str]] = {"queries": "earlier_queries", "products": "earlier_products"}
SLICE_ROWS: Final = 64
"""Rows that go to a worker together, so that long texts of one file are spread as well."""
UNDECODABLE_FILE: Final = "undecodable_images.json"
"""The file beside the products' embeddings with the reason why an image could not be decoded, by the product's id."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """EmbeddingGen's executor."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:  # noqa: N802
        """Encode, then join. Raises DataError if a judgement names a product that is not in the catalogue."""
        try:
            self._encode_and_join(input_dict, output_dict, exec_properties)
        finally:
            shared_encoder.cache_clear()  # later nodes need the memory

    def _encode_and_join(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        settings = EncodingSettings.model_validate_json(exec_properties["settings"])
        encoder_uri = path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["encoder"]))
        encoder = shared_encoder(encoder_uri, settings.precision)
        encoding = digest(encoder.fingerprint, settings.precision, exec_properties["encoding_code"])
        parts = Parts.of_new_run(exec_properties["parts"], encoding)
        approval = artifact_utils.get_single_instance(input_dict["approval"])
        examples = {kind: artifact_utils.get_single_instance(input_dict[name]) for kind, name in INPUTS.items()}
        outputs = {kind: artifact_utils.get_single_instance(output_dict[name]) for kind, name in OUTPUTS.items()}
        with self._make_beam_pipeline() as pipeline:
            for kind, artifact in examples.items():
                earlier = (
                    parts.remembered(kind)
                    if exec_properties["remember"]
                    else _of_encoding(input_dict.get(EARLIER[kind], []), encoding)
                )
                entities = Encoding(
                    kind=kind,
                    encoder=encoder_uri,
                    settings=settings,
                    parts=parts,
                    earlier=tuple(earlier),
                    origin=outputs[kind].uri,
                    total=approval.get_int_custom_property(kind),
                )
                encode_entities(pipeline, entities, artifact)
        for kind, artifact in outputs.items():
            tally, count = join_parts(parts, kind, artifact.uri)
            describe(artifact, encoder.fingerprint, encoder.dimension, count)
            artifact.set_string_custom_property(ENCODING, encoding)
            artifact.set_int_custom_property(ENCODED, tally.encoded)
            artifact.set_int_custom_property(REUSED, tally.reused)
            _note(kind, count, tally)
        with self._make_beam_pipeline() as pipeline:
            joined = artifact_utils.get_single_instance(output_dict["examples"])
            join_examples(pipeline, examples["queries"], outputs["queries"].uri, outputs["products"].uri, joined)
        _write_schema(input_dict, output_dict)
        parts.remove()
        if exec_properties["remember"]:
            parts.remember({kind: artifact.uri for kind, artifact in outputs.items()})


def _of_encoding(earlier: list[types.Artifact], encoding: str) -> list[str]:
    return [artifact.uri for artifact in earlier if artifact.get_string_custom_property(ENCODING) == encoding]


def encode_entities(pipeline: beam.Pipeline, encoding: Encoding, examples: types.Artifact) -> None:
    """Add to `pipeline` the encoding of the distinct entities of all splits into parts, and the list of the parts."""
    kind = encoding.kind
    rows = (
        pipeline
        | f"Read {kind}" >> _record_batches(examples, _splits(examples))
        | f"Rows of {kind}" >> beam.ParDo(ReadRows(kind))
    )
    if kind == "queries":  # one occurs in many judgements; products are distinct, see AnomalyGate
        rows = (
            rows
            | f"Key {kind}" >> beam.Map(_in_one_group)
            | f"Group {kind}" >> beam.GroupByKey()
            | f"Ungroup {kind}" >> beam.FlatMap(_distinct_queries)
        )
    if encoding.settings.shards > 1:
        # By turns: few groups, each on the worker of its key's hash, would leave some workers without any.
        rows = rows | f"Slice {kind}" >> beam.FlatMap(_slices) | f"Spread {kind}" >> beam.Reshuffle()
    (
        rows
        | f"Encode {kind}" >> beam.ParDo(EncodeRows(encoding)).with_output_types(str)
        | f"Collect {kind}" >> beam.CombineGlobally(_together)
        | f"List {kind}" >> beam.Map(_write_list, encoding.parts.list_file(kind))
    )


def _in_one_group(batch: pa.RecordBatch) -> tuple[int, pa.RecordBatch]:
    return 0, batch


def _distinct_queries(group: tuple[int, Iterable[pa.RecordBatch]]) -> list[pa.RecordBatch]:
    _, batches = group
    (rows,) = pa.Table.from_batches(list(batches)).combine_chunks().to_batches()
    return [distinct(rows, ID["queries"])]


def _slices(rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield the rows in batches that are small beside a worker's share, and beside the sort buffers of an engine."""
    for start in range(0, rows.num_rows, SLICE_ROWS):
        yield rows.slice(start, SLICE_ROWS)


def _together(lists: Iterable[str]) -> str:
    return json.dumps([part for parts in lists for part in json.loads(parts)])


def _write_list(parts: str, path: str) -> None:
    with FileSystems.create(path) as file:
        file.write(parts.encode())


def join_parts(parts: Parts, kind: Kind, uri: str) -> tuple[Tally, int]:
    """Join the listed parts into the embeddings folder `uri`; return their tally and the number of rows."""
    with FileSystems.open(parts.list_file(kind)) as file:
        listed = [Part(**{**fields, "tally": Tally(**fields["tally"])}) for fields in json.loads(file.read())]
    tally, count = Tally.total(part.tally for part in listed), sum(part.rows for part in listed)
    with tempfile.TemporaryDirectory(prefix="vitrine-") as scratch:
        folder = Path(scratch if is_remote(uri) else uri)
        write_embeddings(folder, (batch for part in listed for batch in read_part(part.path)), count)
        if kind == "products":
            (folder / UNDECODABLE_FILE).write_text(json.dumps(tally.undecodable, indent=2, sort_keys=True))
        if is_remote(uri):
            for file in folder.iterdir():
                copy_file(str(file), f"{uri}/{file.name}")
    return tally, count


def _note(kind: Kind, count: int, tally: Tally) -> None:
    # Here, since notes of a worker process do not reach the terminal.
    reused = f", {tally.reused:,} vectors taken from earlier runs" if tally.reused else ""
    progress.note(f"{count:,} {kind}: {tally.encoded:,} vectors encoded{reused}")
    if tally.undecodable:
        example = next(iter(tally.undecodable.values()))
        number = len(tally.undecodable)
        progress.note(f"images of {number} products could not be decoded and count as missing, such as {example}")


def join_examples(
    pipeline: beam.Pipeline, judgements: types.Artifact, queries: str, products: str, examples: types.Artifact
) -> None:
    """Add to `pipeline` the join of every split of `judgements` with the embeddings' rows; describe `examples`.

    The eval split is what gates measure, so clicks have no place there beside judgements that outrank them.
    """
    splits = _splits(judgements)
    examples.split_names = artifact_utils.encode_split_names(splits)
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    for split in splits:
        target = artifact_utils.get_split_uri([examples], split)
        is_outranked = split == "eval" and outranks_clicks(judged_by(read_split(judgements, split, (SOURCE,))))
        (
            pipeline
            | f"Read {split}" >> _record_batches(judgements, [split])
            | f"Join {split}" >> beam.ParDo(JoinProducts(queries, products, is_outranked))
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
