"""The input files of an ExampleGen: those of a pattern, or of a window of spans."""

from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from google.protobuf import wrappers_pb2  # type: ignore[import-untyped]
from pydantic import BaseModel, Field
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types.standard_component_specs import CUSTOM_CONFIG_KEY
from tfx.utils import proto_utils

from vitrine.data.attributes.declaration import Attributes
from vitrine.data.contract.spans import files_by_span, in_window, newest, patterns
from vitrine.errors import DataError
from vitrine.fingerprints import digest, file_fingerprint

CATALOGUE: Final = "catalogue"
"""The folder of catalogues, whose newest span counts."""


class Reading(BaseModel):
    """The columns that an ExampleGen reads beyond the contract's, and the window of spans."""

    window: str = ""
    attributes: Attributes = Field(default={})
    currency: str = ""


def reading_config(reading: Reading) -> example_gen_pb2.CustomConfig:
    """Return the configuration of an ExampleGen; of a window of spans alone, it is the window's text."""
    plain = not (reading.attributes or reading.currency)
    config = example_gen_pb2.CustomConfig()
    text = reading.window if plain else reading.model_dump_json()
    config.custom_config.Pack(wrappers_pb2.StringValue(value=text))
    return config


def reading_of(exec_properties: Mapping[str, object]) -> Reading:
    """Return the configuration in the properties of an ExampleGen."""
    text = exec_properties.get(CUSTOM_CONFIG_KEY)
    if not text:
        return Reading()
    config, value = example_gen_pb2.CustomConfig(), wrappers_pb2.StringValue()
    proto_utils.json_to_proto(text, config)
    config.custom_config.Unpack(value)
    if value.value.startswith("{"):
        return Reading.model_validate_json(value.value)
    return Reading(window=value.value)


def input_files(base: str, pattern: str) -> list[str]:
    """Return the files below `base` that match a pattern, in order. Brackets and stars in `base` mean themselves."""
    if "://" in base:
        return sorted(fileio.glob(f"{base}/{pattern}"))
    return sorted(map(str, Path(base).glob(pattern)))


def input_spans(base: str, pattern: str, window: str) -> dict[int, list[str]]:
    """Return the files of each span in the window that match a pattern, the newest span first.

    The window counts the spans of all splits. Of a catalogue, the newest span alone is returned.

    Raises:
        DataError: There are no files.
    """
    folder, _, rest = pattern.partition("/")
    of_all_splits = f"{folder}/*/{rest.rpartition('/')[2]}" if "/" in rest else pattern
    spans = files_by_span(file for part in patterns(of_all_splits) for file in input_files(base, part))
    chosen = newest(spans) if folder == CATALOGUE else in_window(spans, window)
    matching = {span: [file for file in files if fnmatch(file, f"*/{rest}")] for span, files in chosen.items()}
    if not any(matching.values()):
        raise _no_files(base, pattern)
    return {span: files for span, files in matching.items() if files}


def input_groups(base: str, pattern: str, window: str) -> list[list[str]]:
    """Return the files of a split in groups that are converted independently; spans of judgements are one group.

    Raises:
        DataError: There are no files, or, without a window, all of them are in spans.
    """
    if window:
        spans = list(input_spans(base, pattern, window).values())
        return [[file] for file in spans[0]] if len(spans) == 1 else [[file for files in spans for file in files]]
    files = input_files(base, pattern)
    if not files:
        in_spans = any(input_files(base, part) for part in patterns(pattern))
        if in_spans:
            raise DataError(f"{base}/{pattern}: all files are in spans; set data.spans to 'all' or 'last N'")
        raise _no_files(base, pattern)
    return [[file] for file in files]


def _no_files(base: str, pattern: str) -> DataError:
    return DataError(f"{base}/{pattern}: no such files; data.dir must hold catalogue/*.csv and judgements/*/*.csv")


def fingerprint(base: Path, input_config: example_gen_pb2.Input, window: str = "") -> str:
    """Return a line per split with the number of files, their bytes and a digest of their contents."""
    lines = []
    for split in input_config.splits:
        files = [Path(file) for group in input_groups(str(base), split.pattern, window) for file in group]
        size = sum(file.stat().st_size for file in files)
        contents = digest(*map(file_fingerprint, files))
        lines.append(f"split:{split.name},num_files:{len(files)},total_bytes:{size},content:{contents}")
    return "\n".join(lines)
