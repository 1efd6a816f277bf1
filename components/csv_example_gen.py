"""CsvExampleGen that knows the contract's types.

TFX's own CsvExampleGen infers a column's type from its values, so a catalogue whose ids happen to be digits would lose
their leading zeros, and an empty column would have no type at all. This one differs in how it parses, nothing else.
"""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.csv
from apache_beam.io.filesystems import FileSystems
from tfx.components.example_gen import component
from tfx.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from tfx.dsl.components.base import executor_spec
from tfx.dsl.io import fileio
from tfx.orchestration.data_types import RuntimeParameter
from tfx.proto import example_gen_pb2
from tfx.types.standard_component_specs import INPUT_BASE_KEY
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from vitrine.data import columns
from vitrine.data.formats.arrow import as_features
from vitrine.errors import DataError


class _ReadCsv(beam.DoFn):
    """From a file's path to serialized tf.Examples, a block of the file at a time."""

    def process(self, path: str) -> Iterator[bytes]:
        encoder = RecordBatchToExamplesEncoder()
        types = dict.fromkeys((*columns.CATALOGUE, *columns.JUDGEMENTS), pa.string()) | {columns.PRICE: pa.float32()}
        parse = pa.csv.ParseOptions(newlines_in_values=True)
        try:
            with FileSystems.open(path) as file:
                present = [name for name in pa.csv.open_csv(file, parse_options=parse).schema.names if name in types]
            convert = pa.csv.ConvertOptions(
                column_types=types, include_columns=present, strings_can_be_null=True, null_values=[""]
            )
            with FileSystems.open(path) as file:
                for batch in pa.csv.open_csv(file, parse_options=parse, convert_options=convert):
                    yield from encoder.encode(as_features(batch))
        except pa.ArrowInvalid as error:
            raise DataError(f"{path}: {error}; `vitrine prepare` writes files that can be read") from None


@beam.ptransform_fn
@beam.typehints.with_input_types(beam.Pipeline)
@beam.typehints.with_output_types(bytes)
def _csv_to_examples(
    pipeline: beam.Pipeline, exec_properties: dict[str, Any], split_pattern: str
) -> beam.PCollection[bytes]:
    pattern = f"{exec_properties[INPUT_BASE_KEY]}/{split_pattern}"
    paths = sorted(fileio.glob(pattern))
    if not paths:
        raise DataError(f"{pattern}: no such files; data.dir must hold catalogue/*.csv and judgements/*/*.csv")
    return pipeline | "Paths" >> beam.Create(paths) | "ReadCsv" >> beam.ParDo(_ReadCsv())


class Executor(BaseExampleGenExecutor):
    """ExampleGen's executor with the parser above."""

    def GetInputSourceToExamplePTransform(self) -> beam.PTransform:  # noqa: N802  # TFX's name
        """Return the transform from a split's pattern to serialized tf.Examples."""
        return _csv_to_examples


class CsvExampleGen(component.FileBasedExampleGen):
    """Ingest `{input_base}/{pattern}` for each of `splits`, a mapping of split names to file patterns.

    Missing cells are absent features, strings stay strings, `price` is a float, and columns beyond the contract's are
    left out.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, input_base: str | RuntimeParameter, splits: dict[str, str]) -> None:
        config = example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name=name, pattern=pattern) for name, pattern in splits.items()]
        )
        output = None
        if len(splits) == 1:  # TFX hashes the rows of a single split into two new ones; one bucket keeps it whole
            whole = example_gen_pb2.SplitConfig.Split(name=next(iter(splits)), hash_buckets=1)
            output = example_gen_pb2.Output(split_config=example_gen_pb2.SplitConfig(splits=[whole]))
        super().__init__(input_base=input_base, input_config=config, output_config=output)
