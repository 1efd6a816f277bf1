"""The labels that a model has given, on disk, so that nothing is asked twice and a killed command continues."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from vitrine.errors import DataError
from vitrine.files.locking import LockedError, exclusive
from vitrine.judging.rubric import INSTRUCTIONS

START: Final = b'{"key"'
"""The beginning of each line."""


class LabelCache:
    """An append-only file with a line of JSON for each label. Keys have all that a label depends on.

    A label of another model, rubric, query or product text is another one; its place in the request does not count.
    """

    def __init__(self, file: IO[bytes], model: str) -> None:
        self._labels: dict[str, str] = {}
        self._file, self._model = file, model
        self._read()

    def get(self, query: str, product: Mapping[str, str]) -> str | None:
        """Return the label of a product's texts for a query, if there is one."""
        return self._labels.get(self._key(query, product))

    def add(self, query: str, labels: list[tuple[Mapping[str, str], str]]) -> None:
        """Record the labels of an answer, on the disk when this returns.

        Raises:
            DataError: The file cannot be written.
        """
        try:
            self._write(query, labels)
        except OSError as error:
            with suppress(OSError):  # closing writes again what is left
                self._file.close()
            raise DataError(
                f"{self._file.name}: {error.strerror or error}; with room for it, the same command continues"
            ) from error

    def _write(self, query: str, labels: list[tuple[Mapping[str, str], str]]) -> None:
        for product, label in labels:
            key = self._key(query, product)
            self._labels[key] = label
            line = {"key": key, "label": label, "model": self._model, "query": query, "title": product.get("title", "")}
            self._file.write(json.dumps(line, ensure_ascii=False).encode(errors="replace") + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _key(self, query: str, product: Mapping[str, str]) -> str:
        parts = json.dumps([INSTRUCTIONS, self._model, query, sorted(product.items())])
        return hashlib.sha256(parts.encode()).hexdigest()[:32]

    def _read(self) -> None:
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n") and (whole or START.startswith(line[: len(START)])):
                break  # a kill has cut the last line; its products are judged again
            try:
                entry = json.loads(line)
                self._labels[entry["key"]] = entry["label"]
            except (ValueError, TypeError, KeyError, RecursionError):
                raise DataError(f"{self._file.name}: not a file of labels; name another with --cache") from None
            whole += len(line)
        self._file.truncate(whole)
        self._file.seek(whole)


@contextmanager
def label_cache(path: Path, model: str) -> Iterator[LabelCache]:
    """Open a cache, or create it, for this process alone until the block ends.

    Raises:
        DataError: Another process judges with it, it holds something else, or it cannot be read or written.
    """
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            stack.enter_context(exclusive(path))
            cache = LabelCache(stack.enter_context(path.open("r+b")), model)
        except LockedError:
            raise DataError(
                f"{path}: another command judges with it; wait for it, or name another with --cache"
            ) from None
        except OSError as error:
            raise DataError(f"{path}: {error.strerror or error}; name another --cache") from None
        yield cache
