"""CsvExampleGen with the contract's column types.

TFX's own CsvExampleGen infers a column's type from its values, so ids that happen to be digits would lose their leading
zeros, and an empty column would have no type. TFX's driver identifies files by size and by modification time in
seconds; this one by content, if they are on this machine.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Final

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
from apache_beam.io.filesystems import FileSystems
from tfx.components.example_gen import component, driver
from tfx.components.example_gen.utils import FINGERPRINT_PROPERTY_NAME, SPAN_PROPERTY_NAME
from tfx.components.util import examples_utils
from tfx.dsl.components.base import executor_spec
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.orchestration.data_types import RuntimeParameter
from tfx.proto import example_gen_pb2
from tfx.types import Artifact, artifact_utils
from tfx.types.standard_component_specs import (
    EXAMPLES_KEY,
    INPUT_BASE_KEY,
    INPUT_CONFIG_KEY,
    OUTPUT_DATA_FORMAT_KEY,
)
from tfx.utils import proto_utils
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.example_inputs import (
    CATALOGUE,
    Reading,
    fingerprint,
    input_groups,
    input_spans,
    reading_config,
    reading_of,
)
from components.moved_queries import write_moves
from components.worker_files import writable
from vitrine.data import columns
from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.packing import faults, pack
from vitrine.data.contract.query_splits import Splits, find_splits
from vitrine.data.contract.span_merge import SpanMerge, files_of, turns
from vitrine.data.contract.spans import folder_of, span_names
from vitrine.data.formats.arrow import as_features
from vitrine.data.formats.arrow_csv import read_blocks
from vitrine.data.formats.dialect import CONTRACT, header, quote_faults
from vitrine.errors import DataError

TYPES: Final = dict.fromkeys((*columns.CATALOGUE, *columns.JUDGEMENTS), pa.string()) | dict.fromkeys(
    (columns.PRICE, columns.WEIGHT), pa.float32()
)
FILE_BYTES: Final = 128 << 20
"""Size of a file's examples before compression, about, so that later nodes have files to share."""
OPTIONS: Final = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
"""The fastest compression: what is saved by more is read back once or twice only."""
FILE_FORMAT: Final = "tfrecords_gzip"
"""TFX's name for the format."""
SPANS: Final = "spans"
"""The property of examples with the spans that were read, as `span_names` names them, as a JSON list."""


class ConvertCsv(beam.DoFn):
    """Conversion of numbered groups of CSV files into TFRecord files of tf.Examples.

    The rows of a file keep their order. Further columns of a catalogue are read, as its `reading` says, into one
    feature. With `merging`, a split and the splits of all queries, a group is the judgements of spans, to be merged.
    """

    def __init__(self, folder: str, reading: Reading | None = None, merging: tuple[str, Splits] | None = None) -> None:
        self._folder = folder
        self._reading = reading
        self._merging = merging

    def setup(self) -> None:
        self._encoder = RecordBatchToExamplesEncoder()

    def process(self, numbered: tuple[int, Iterable[Sequence[str]]]) -> Iterator[str]:
        number, (sources,) = numbered
        merging = self._merging
        blocks = _merged(sources, SpanMerge(*merging)) if merging else _blocks(sources[0], self._reading)
        examples = chain.from_iterable(self._encoder.encode(as_features(block)) for block in blocks)
        # Each turn takes the first example of its part; a source without rows has one part without examples.
        for part, first in enumerate(chain([b""], examples)):
            target = f"{self._folder}/data_tfrecord-{number:05d}-{part:05d}.gz"
            with writable(target) as path, tf.io.TFRecordWriter(str(path), OPTIONS) as writer:
                for example in _within(FILE_BYTES, chain([first] if first else [], examples)):
                    writer.write(example)
            yield target


def _blocks(source: str, reading: Reading | None = None) -> Iterator[pa.RecordBatch]:
    _check_quotes(source)
    types = TYPES
    if reading:  # a catalogue may have an attribute that is called as a column of the judgements, such as weight
        further = dict.fromkeys((*reading.attributes, *columns.EXTRA), pa.string())
        types = {name: TYPES[name] for name in columns.CATALOGUE} | {columns.PRICE: pa.float64()} | further
    try:
        row = 2  # after the header
        for block in read_blocks(partial(FileSystems.open, source), types):
            yield _with_attributes(block, reading, source, row) if reading else block
            row += block.num_rows
    except pa.ArrowInvalid as error:
        raise DataError(f"{source}: {error}; `vitrine prepare` writes files that can be read") from None


def _with_attributes(block: pa.RecordBatch, reading: Reading, source: str, row: int) -> pa.RecordBatch:
    """Return a block, which begins in `row` of a file, with its further columns in one.

    Raises:
        DataError: A column is missing, or a value is not of its type.
    """
    names = block.schema.names
    for name in reading.attributes:
        if name not in names:
            raise DataError(f"{source}:1: column {name!r} is missing, and data.attributes declares it")
    for fault in faults(block, reading.attributes, Path(source), row):
        raise DataError(str(fault))
    known = block.select([name for name in names if name in columns.CATALOGUE])
    if columns.PRICE in names:  # tf.Examples have numbers in single precision
        place = known.schema.get_field_index(columns.PRICE)
        known = known.set_column(place, columns.PRICE, known.column(place).cast(pa.float32(), safe=False))
    packed = pack(block, reading.attributes, reading.currency)
    if packed.null_count == len(packed):
        return known
    return pa.RecordBatch.from_arrays([*known.columns, packed], [*known.schema.names, columns.ATTRIBUTES])


def _merged(files: Iterable[str], merge: SpanMerge) -> Iterator[pa.RecordBatch]:
    """Yield the judgements of files that count, in the order of `turns`."""
    for turn in turns(files):
        for block in _blocks(turn.file):
            block, counting = merge.add(block, turn)
            yield block.filter(counting)


def _check_quotes(source: str) -> None:
    """Raise DataError if a quote hides rows of a file on this machine, as it can in files that people write."""
    path = Path(source)
    if path.is_file():
        for fault in quote_faults(path, path, CONTRACT, len(header(path))):
            raise DataError(str(fault))


def _within(size: int, examples: Iterable[bytes]) -> Iterator[bytes]:
    """Yield examples until they have `size` bytes or more."""
    for example in examples:
        yield example
        size -= len(example)
        if size <= 0:
            return


class Executor(BaseBeamExecutor):
    """Conversion of the files of every split.

    TFX's executor shuffles all examples before it writes them, for which Beam's local runner holds a whole split in
    memory. The Trainer shuffles what it reads.
    """

    def Do(  # noqa: N802  # TFX's name
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, object],
    ) -> None:
        """Write the examples of every split, with the same names as input and output splits."""
        input_config = example_gen_pb2.Input()
        proto_utils.json_to_proto(exec_properties[INPUT_CONFIG_KEY], input_config)
        outputs = output_dict[EXAMPLES_KEY]
        examples = artifact_utils.get_single_instance(outputs)
        examples.split_names = artifact_utils.encode_split_names([split.name for split in input_config.splits])
        base, reading = str(exec_properties[INPUT_BASE_KEY]), reading_of(exec_properties)
        window = reading.window
        patterns = [split.pattern for split in input_config.splits if window]
        spans = {folder_of(pattern): input_spans(base, pattern, window) for pattern in patterns}
        splits = find_splits(spans, _blocks)
        with self._make_beam_pipeline() as pipeline:
            for split in input_config.splits:
                folder, uri = folder_of(split.pattern), artifact_utils.get_split_uri(outputs, split.name)
                if len(spans.get(folder, ())) > 1 or splits.change(folder):
                    files = files_of(spans, folder, splits)
                    convert_files(pipeline, split.pattern, [files], uri, merging=(folder, splits))
                else:
                    of_catalogue = reading if split.pattern.startswith(f"{CATALOGUE}/") else None
                    convert_files(pipeline, split.pattern, input_groups(base, split.pattern, window), uri, of_catalogue)
        if window:
            numbers = {name for of_split in spans.values() for name in span_names(of_split)}
            names = sorted(numbers, key=lambda name: int(name.partition("/")[0]))
            examples.set_string_custom_property(SPANS, json.dumps(names))
            write_moves(examples, splits.moves)
        examples_utils.set_payload_format(examples, exec_properties[OUTPUT_DATA_FORMAT_KEY])
        examples_utils.set_file_format(examples, FILE_FORMAT)


def convert_files(
    pipeline: beam.Pipeline,
    pattern: str,
    groups: list[list[str]],
    folder: str,
    reading: Reading | None = None,
    merging: tuple[str, Splits] | None = None,
) -> None:
    """Add the conversion of the files of a split, in `groups`, to a pipeline; see `ConvertCsv`."""
    (
        pipeline
        | f"Files of {pattern}" >> beam.Create(list(enumerate(groups)))
        | f"Spread {pattern}" >> beam.GroupByKey()  # over the workers
        | f"Convert {pattern}" >> beam.ParDo(ConvertCsv(folder, reading, merging))
    )


class Driver(driver.FileBasedDriver):
    """ExampleGen's driver with a fingerprint of the contents of files on this machine."""

    def resolve_exec_properties(self, exec_properties: dict[str, object], *rest: object) -> dict[str, object]:
        """Return the properties that TFX's driver resolves, with the fingerprint."""
        resolved: dict[str, object] = super().resolve_exec_properties(exec_properties, *rest)
        base = str(resolved[INPUT_BASE_KEY])
        if "://" not in base:
            input_config = example_gen_pb2.Input()
            proto_utils.json_to_proto(resolved[INPUT_CONFIG_KEY], input_config)
            window = reading_of(resolved).window
            resolved[FINGERPRINT_PROPERTY_NAME] = fingerprint(Path(base), input_config, window)
            if window:
                spans = [max(input_spans(base, split.pattern, window)) for split in input_config.splits]
                resolved[SPAN_PROPERTY_NAME] = max(0, *spans)
        return resolved


class CsvExampleGen(component.FileBasedExampleGen):
    """Ingestion of `{input_base}/{pattern}` for each of `splits`, a mapping of split names to file patterns.

    Missing cells are absent features, strings stay strings, and `price` is a float. Columns beyond the contract's are
    left out, but for a catalogue's currencies and its declared `attributes`: they are one feature. `currency` is that
    of products without one. With a `window` of spans, the judgements in it are merged, and the newest catalogue is
    read; see `vitrine.data.contract.spans`.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(
        self,
        input_base: str | RuntimeParameter,
        splits: dict[str, str],
        window: str | None = None,
        attributes: Mapping[str, Attribute] = MappingProxyType({}),
        currency: str = "",
    ) -> None:
        reading = Reading(window=window or "", attributes=dict(attributes), currency=currency)
        input_config = example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name=name, pattern=pattern) for name, pattern in splits.items()]
        )
        output_config = None
        if len(splits) == 1:  # TFX hashes a single split's rows into two splits; one bucket keeps it whole
            whole = example_gen_pb2.SplitConfig.Split(name=next(iter(splits)), hash_buckets=1)
            output_config = example_gen_pb2.Output(split_config=example_gen_pb2.SplitConfig(splits=[whole]))
        super().__init__(
            input_base=input_base,
            input_config=input_config,
            output_config=output_config,
            custom_config=reading_config(reading) if reading != Reading() else None,
        )
