"""CsvExampleGen with the contract's column types.

TFX's own CsvExampleGen infers a column's type from its values, so ids that happen to be digits would lose their leading
zeros, and an empty column would have no type. TFX's driver identifies files by size and by modification time in
seconds; this one by content, if they are on this machine.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
from apache_beam.io.filesystems import FileSystems
from tfx.components.example_gen import component, driver
from tfx.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from tfx.components.example_gen.utils import FINGERPRINT_PROPERTY_NAME
from tfx.dsl.components.base import executor_spec
from tfx.dsl.io import fileio
from tfx.orchestration.data_types import RuntimeParameter
from tfx.proto import example_gen_pb2
from tfx.types.standard_component_specs import INPUT_BASE_KEY, INPUT_CONFIG_KEY
from tfx.utils import proto_utils
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from vitrine.data import columns
from vitrine.data.formats.arrow import as_features
from vitrine.data.formats.arrow_csv import read_blocks
from vitrine.errors import DataError
from vitrine.fingerprints import digest, file_fingerprint


class _ReadCsv(beam.DoFn):
    """Reading of a CSV file into serialized tf.Examples, a block at a time."""

    def process(self, path: str) -> Iterator[bytes]:
        encoder = RecordBatchToExamplesEncoder()
        types = dict.fromkeys((*columns.CATALOGUE, *columns.JUDGEMENTS), pa.string()) | {columns.PRICE: pa.float32()}
        try:
            for batch in read_blocks(partial(FileSystems.open, path), types):
                yield from encoder.encode(as_features(batch))
        except pa.ArrowInvalid as error:
            raise DataError(f"{path}: {error}; `vitrine prepare` writes files that can be read") from None


@beam.ptransform_fn
@beam.typehints.with_input_types(beam.Pipeline)
@beam.typehints.with_output_types(bytes)
def _csv_to_examples(
    pipeline: beam.Pipeline, exec_properties: dict[str, object], split_pattern: str
) -> beam.PCollection[bytes]:
    pattern = f"{exec_properties[INPUT_BASE_KEY]}/{split_pattern}"
    paths = sorted(fileio.glob(pattern))
    if not paths:
        raise DataError(f"{pattern}: no such files; data.dir must hold catalogue/*.csv and judgements/*/*.csv")
    return pipeline | "Paths" >> beam.Create(paths) | "ReadCsv" >> beam.ParDo(_ReadCsv())


class Executor(BaseExampleGenExecutor):
    """ExampleGen's executor with the contract's parser."""

    def GetInputSourceToExamplePTransform(self) -> beam.PTransform:  # noqa: N802  # TFX's name
        """Return the transform from a split's pattern to serialized tf.Examples."""
        return _csv_to_examples


class Driver(driver.FileBasedDriver):
    """ExampleGen's driver with a fingerprint of the contents of files on this machine."""

    def resolve_exec_properties(self, exec_properties: dict[str, object], *rest: object) -> dict[str, object]:
        """Return the properties that TFX's driver resolves, with the fingerprint."""
        resolved: dict[str, object] = super().resolve_exec_properties(exec_properties, *rest)
        base = str(resolved[INPUT_BASE_KEY])
        if "://" not in base:
            input_config = example_gen_pb2.Input()
            proto_utils.json_to_proto(resolved[INPUT_CONFIG_KEY], input_config)
            resolved[FINGERPRINT_PROPERTY_NAME] = fingerprint(Path(base), input_config)
        return resolved


def fingerprint(base: Path, input_config: example_gen_pb2.Input) -> str:
    """Return a line per split with the number of files, their bytes and a digest of their contents."""
    lines = []
    for split in input_config.splits:
        files = sorted(map(Path, fileio.glob(f"{base}/{split.pattern}")))
        size = sum(file.stat().st_size for file in files)
        contents = digest(*map(file_fingerprint, files))
        lines.append(f"split:{split.name},num_files:{len(files)},total_bytes:{size},content:{contents}")
    return "\n".join(lines)


class CsvExampleGen(component.FileBasedExampleGen):
    """Ingestion of `{input_base}/{pattern}` for each of `splits`, a mapping of split names to file patterns.

    Missing cells are absent features, strings stay strings, `price` is a float, and columns beyond the contract's are
    left out.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(self, input_base: str | RuntimeParameter, splits: dict[str, str]) -> None:
        input_config = example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name=name, pattern=pattern) for name, pattern in splits.items()]
        )
        output_config = None
        if len(splits) == 1:  # TFX hashes a single split's rows into two splits; one bucket keeps it whole
            whole = example_gen_pb2.SplitConfig.Split(name=next(iter(splits)), hash_buckets=1)
            output_config = example_gen_pb2.Output(split_config=example_gen_pb2.SplitConfig(splits=[whole]))
        super().__init__(input_base=input_base, input_config=input_config, output_config=output_config)
