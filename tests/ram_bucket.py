"""A bucket in this process's memory, for Beam and TFX. Its files are not on a disk, so code must not use local paths.

TensorFlow has the file system `ram://`, which TFX supports; this module adds the support of Beam.
"""

import io
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from apache_beam.io.filesystem import CompressedFile, CompressionTypes, FileMetadata, FileSystem

BUCKET = "ram://bucket"
"""The bucket's address, which Beam can open once this module is imported."""
gfile = tf.io.gfile


class _File(io.BytesIO):
    """An object of the bucket: it is read whole, or written when it is closed."""

    def __init__(self, path: str, mode: str) -> None:
        super().__init__(gfile.GFile(path, "rb").read() if mode == "rb" else b"")
        self.path, self.mode = path, mode

    def close(self) -> None:
        if self.mode == "wb" and not self.closed:
            gfile.makedirs(self.path.rpartition("/")[0])  # without it `walk` does not list the file
            with gfile.GFile(self.path, "wb") as file:
                file.write(self.getvalue())
        super().close()


class RamFileSystem(FileSystem):
    """The file system of the scheme `ram`, by which Beam finds it."""

    @classmethod
    def scheme(cls) -> str:
        return "ram"

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join((basepath.rstrip("/"), *paths))

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path: str) -> None:
        gfile.makedirs(path)

    def has_dirs(self) -> bool:
        return False

    def _list(self, prefix: str) -> Iterator[FileMetadata]:
        for folder, _, names in gfile.walk(prefix.rpartition("/")[0]):
            for name in names:
                path = self.join(folder, name)
                if path.startswith(prefix):
                    yield self.metadata(path)

    def create(self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO) -> Any:
        return self._open(path, "wb", compression_type)

    def open(self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO) -> Any:
        return self._open(path, "rb", compression_type)

    def _open(self, path: str, mode: str, compression_type: str) -> Any:
        file = _File(path, mode)
        compression = self._get_compression_type(path, compression_type)
        return file if compression == CompressionTypes.UNCOMPRESSED else CompressedFile(file, compression)

    def copy(self, sources: list[str], destinations: list[str]) -> None:
        for source, destination in zip(sources, destinations, strict=True):
            gfile.copy(source, destination, overwrite=True)

    def rename(self, sources: list[str], destinations: list[str]) -> None:
        for source, destination in zip(sources, destinations, strict=True):
            gfile.rename(source, destination, overwrite=True)

    def exists(self, path: str) -> bool:
        return bool(gfile.exists(path))

    def size(self, path: str) -> int:
        return int(gfile.stat(path).length)

    def last_updated(self, path: str) -> float:
        return gfile.stat(path).mtime_nsec / 1e9

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, self.size(path))

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            gfile.rmtree(path) if gfile.isdir(path) else gfile.remove(path)
