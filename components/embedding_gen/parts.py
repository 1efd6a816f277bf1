"""Parts: the files that workers write encoded rows to, and that survive a killed run.

Parts of one run lie in a folder of their own below the pipeline's root, `encoded/<encoding>/<run>`, with a name that
starts with the kind of entity. A run that ends well joins its parts into its outputs and removes them. The next run
finds the parts of one that was killed, and takes their vectors.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from components.worker_files import paths
from vitrine.embeddings.layout import ROWS

_SUFFIX: Final = ".arrows"


@dataclass(frozen=True)
class Parts:
    """The parts of one encoder's runs; `folder` is a path or URI, and ends with the encoding."""

    folder: str
    run: str

    @classmethod
    def of_new_run(cls, root: str, encoding: str) -> "Parts":
        """Return the parts of a run that begins."""
        return cls(f"{root}/{encoding}", uuid.uuid4().hex)

    def new_file(self, kind: str) -> str:
        """Return the name of a new part, and make its folder."""
        folder = f"{self.folder}/{self.run}"
        with suppress(OSError):  # it exists
            FileSystems.mkdirs(folder)
        return f"{folder}/{kind}-{uuid.uuid4().hex}{_SUFFIX}"

    def list_file(self, kind: str) -> str:
        """Return the file with the list of the parts that count."""
        return f"{self.folder}/{self.run}/{kind}.json"

    @property
    def _latest(self) -> str:
        return f"{self.folder}.json"

    def remember(self, embeddings: Mapping[str, str]) -> None:
        """Write down where this run's embeddings are, by kind."""
        with FileSystems.create(self._latest) as file:
            file.write(json.dumps(dict(embeddings)).encode())

    def remembered(self, kind: str) -> list[str]:
        """Return the embeddings of the run before, if it wrote them down and they still exist."""
        if not FileSystems.exists(self._latest):
            return []
        with FileSystems.open(self._latest) as file:
            folder: str = json.loads(file.read())[kind]
        return [folder] if FileSystems.exists(f"{folder}/{ROWS}") else []

    def unfinished(self, kind: str) -> list[str]:
        """Return the parts that earlier runs left behind."""
        return [path for path in paths(f"{self.folder}/**/{kind}-*{_SUFFIX}") if f"/{self.run}/" not in path]

    def remove(self) -> None:
        """Remove the parts of this run, and on this machine those of all earlier ones.

        Other runs may still write to a bucket, whereas only one at a time has a folder on this machine.
        """
        local = FileSystems.get_scheme(self.folder) is None
        folder = self.folder if local else f"{self.folder}/{self.run}"
        with suppress(OSError):
            FileSystems.delete([folder])


def read_part(path: str) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a part; one that was not written to its end is left out."""
    with (
        suppress(pa.ArrowInvalid, OSError),
        FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file,
    ):
        yield from pa.ipc.open_stream(file)


class PartWriter:
    """Writer of one part, batch by batch."""

    def __init__(self, path: str) -> None:
        self.path, self.rows = path, 0
        self._file = FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED)
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a batch, so that it survives this process."""
        self._writer = self._writer or pa.ipc.new_stream(self._file, batch.schema)
        self._writer.write_batch(batch)
        self._file.flush()
        self.rows += batch.num_rows

    def close(self) -> None:
        """Finish the file."""
        if self._writer:
            self._writer.close()
        self._file.close()
