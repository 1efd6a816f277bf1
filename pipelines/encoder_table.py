"""The table of encoders: those of a run's data beside each other, written into the run's directory."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipelines.benchmark import SERVING
from pipelines.metadata.records import find_output
from pipelines.report_encoders import update_report
from pipelines.run_directory import RunDirectory
from pipelines.settings import RunSettings
from vitrine.benchmark.encoders.figure import draw
from vitrine.benchmark.encoders.product_rows import Data
from vitrine.benchmark.encoders.table import compare_encoders
from vitrine.benchmark.encoders.table_json import FILE, EncoderTable
from vitrine.benchmark.encoders.text import as_markdown
from vitrine.data.images.image_root import image_folder
from vitrine.encoders.loading import open_source
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import SentenceOptions
from vitrine.errors import ConfigError, DataError
from vitrine.files.replacing import write_text

OPTION: Final = "--encoders"
RUN: Final = "run"
"""The source that stands for the run's own encoder."""


def run_encoder_table(settings: RunSettings, directory: RunDirectory, sources: Sequence[str]) -> EncoderTable:
    """Compare the encoders of `sources` on the run's data, and write the table into the run's `benchmark/`.

    `encoders.json` has all figures, `encoders.md` and `encoders.png` show them, and so does the run's report if its own
    encoder is one of them.

    Raises:
        ConfigError: a source does not exist, or is named twice.
        DataError: a checkpoint or the data cannot be read, or the run has no encoder.
    """
    started = time.monotonic()
    data = Data(Path(settings.data.dir), image_folder(settings.data.images), settings.embedding.text_fields)
    measured = compare_encoders(data, _open(settings, directory, sources))
    figures: EncoderTable = {"name": settings.name, **measured, "seconds": round(time.monotonic() - started, 1)}
    directory.benchmark.mkdir(exist_ok=True)
    file = directory.benchmark / FILE
    draw(figures, file.with_suffix(".png"))
    write_text(file.with_suffix(".md"), as_markdown(figures))
    write_text(file, json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    update_report(directory)
    return figures


def _open(settings: RunSettings, directory: RunDirectory, sources: Sequence[str]) -> dict[str, Encoder]:
    """Open all encoders, so that an error is found before the first one is measured."""
    twice = next((source for place, source in enumerate(sources) if source in sources[:place]), None)
    if twice or not all(sources):
        problem = f"'{twice}' is named twice" if twice else "a name is empty"
        raise ConfigError(f"{OPTION}: {problem}; separate the sources of encoders by commas")
    encoders = {source: _open_source(source, settings, directory) for source in sources}
    for source, encoder in encoders.items():
        if not encoder.encodes_any_text:
            raise ConfigError(f"{OPTION}: '{source}' has precomputed vectors, which encode no other texts")
        try:
            encoder.encode_document([])
        except DataError as error:  # the files leave the prompt of documents open
            raise DataError(f"{OPTION}: '{source}': {error}") from None
    return encoders


def _open_source(source: str, settings: RunSettings, directory: RunDirectory) -> Encoder:
    """Open an encoder. The one that the run's settings name has their prompts and dimension."""
    if source == RUN:
        source = str(find_output(directory, "ClipTrainer", "model").path / SERVING)
        return open_source(source, settings.encoder.precision, SentenceOptions(), OPTION)
    options = settings.encoder.options if source == settings.encoder.source else SentenceOptions()
    return open_source(source, settings.encoder.precision, options, OPTION)
