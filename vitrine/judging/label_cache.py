"""The labels that a model has given, on disk, so that nothing is asked twice and a killed command continues."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from vitrine.errors import DataError
from vitrine.files.locking import LockedError, exclusive
from vitrine.judging.rubric import INSTRUCTIONS


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
        """Record the labels of an answer, on the disk when this returns."""
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
            try:
                entry = json.loads(line)
                self._labels[entry["key"]] = entry["label"]
            except (ValueError, TypeError, KeyError):
                break
            if not line.endswith(b"\n"):
                break
            whole += len(line)
        # A kill may have cut the last line; its products are judged again.
        self._file.truncate(whole)
        self._file.seek(whole)


@contextmanager
def label_cache(path: Path, model: str) -> Iterator[LabelCache]:
    """Open a cache, or create it, for this process alone until the block ends.

    Raises:
        DataError: Another process judges with it, or it cannot be written.
    """
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            stack.enter_context(exclusive(path))
            file = stack.enter_context(path.open("r+b"))
        except LockedError:
            raise DataError(
                f"{path}: another command judges with it; wait for it, or name another with --cache"
            ) from None
        except OSError as error:
            raise DataError(f"{path}: {error.strerror or error}; name another --cache") from None
        yield LabelCache(file, model)
