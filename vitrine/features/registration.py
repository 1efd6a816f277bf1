"""Registration of embeddings: apply the definitions to a Feast registry and write what changed to the online store."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import yaml

from vitrine.features import views
from vitrine.features.materialization import materialize, read_completed
from vitrine.features.offline import Embeddings, view_rows, write_offline
from vitrine.features.removal import remove_entities
from vitrine.features.row_changes import find_changes, read_digests, write_digests
from vitrine.features.settings import FeatureSettings
from vitrine.features.store import open_store, suppressed_output, translated_errors
from vitrine.features.views import CONFIG, SUMMARY

Define = Callable[[int, bool], Sequence[Any]]
"""A function that returns Feast's entities, feature views and services.

It takes the vectors' length, and whether vectors have columns for filters.
"""
LATER: Final = timedelta(milliseconds=1)
"""The time by which a registration is at least later than the earlier one."""


@dataclass(frozen=True)
class Registration:
    """Summary of a registration.

    Attributes:
        online_store: The kind of online store.
        dimension: The length of the vectors.
        rows: The number of rows of each feature view.
        written: The number of them that were new or different, and were written.
        removed: The number of rows of each feature view that were removed.
        event_time: The event time of what was written, ISO 8601.
        seconds: The duration of writing and applying.
    """

    online_store: str
    dimension: int
    rows: dict[str, int]
    written: dict[str, int]
    removed: dict[str, int]
    event_time: str
    seconds: float


def register(
    embeddings: Embeddings,
    directory: Path,
    settings: FeatureSettings,
    define: Define,
    now: datetime | None = None,
    earlier: Path | None = None,
) -> Registration:
    """Create a Feast repository of the embeddings in `directory`: offline files, registry and filled online store.

    Only rows that differ from those of the earlier registration are written, and entities that are gone are removed
    from the online store. The offline history stays. Everything is written if there is no earlier registration, if it
    had other settings, or if the online store does not have the whole of it: because another registration wrote to a
    shared server since, or was killed while it did.

    Args:
        embeddings: The tables to register.
        directory: The repository. It can be moved: the paths in its `feature_store.yaml` are relative.
        settings: The online store to fill.
        define: The definitions to apply, such as `feature_repo.definitions.definitions`.
        now: The event time of the rows, with a time zone; by default the current time. It is later than that of the
            earlier registration in any case.
        earlier: The repository of the earlier registration, which stays as it is; by default `directory` itself.

    Returns:
        The content of `summary.json` in `directory`.

    Raises:
        FeatureStoreError: The online store cannot be reached or fails.
    """
    begun = time.perf_counter()
    config = yaml.safe_dump(settings.feature_store(embeddings.dimension), sort_keys=False)
    previous = _take_over(earlier or directory, directory, config)
    now = now or datetime.now(UTC)
    if previous:
        now = max(now, previous + LATER)
    rows, written, removed = {}, {}, {}
    with suppressed_output(), open_store(directory) as store, translated_errors(store, directory):
        store.apply(list(define(embeddings.dimension, settings.filters)))
        is_known = previous is not None and read_completed(store) == previous.isoformat()
        materialize(store, views.REGISTRATION, _registration(store, ""), now - LATER / 2)
        for view, table in view_rows(embeddings, settings.filters):
            changes = find_changes(table, read_digests(directory, view))
            different = changes.rows if is_known else table
            write_offline(different, directory, view, now)
            materialize(store, view, different, now)
            remove_entities(store, view, changes.removed.to_pylist())
            write_digests(directory, view, changes.present)
            rows[view], written[view], removed[view] = len(table), len(different), len(changes.removed)
        completed = _registration(store, now.isoformat())
        write_offline(completed, directory, views.REGISTRATION, now)
        materialize(store, views.REGISTRATION, completed, now)
    registration = Registration(
        online_store=settings.online.type,
        dimension=embeddings.dimension,
        rows=rows,
        written=written,
        removed=removed,
        event_time=now.isoformat(),
        seconds=round(time.perf_counter() - begun, 3),
    )
    (directory / SUMMARY).write_text(json.dumps(asdict(registration), indent=2) + "\n", encoding="utf-8")
    return registration


def _take_over(earlier: Path, directory: Path, config: str) -> datetime | None:
    """Copy the repository of the earlier registration, unless its settings were others, and write the configuration.

    Returns:
        The event time of the earlier registration, or None if there is none to continue.
    """
    present = earlier / CONFIG
    continues = (earlier / SUMMARY).exists() and present.exists() and present.read_text(encoding="utf-8") == config
    if continues and earlier != directory:
        shutil.copytree(earlier, directory, dirs_exist_ok=True, copy_function=_link_or_copy)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / CONFIG).write_text(config, encoding="utf-8")
    if not continues:
        return None
    return datetime.fromisoformat(json.loads((directory / SUMMARY).read_text(encoding="utf-8"))["event_time"])


def _link_or_copy(source: str, target: str) -> None:
    """Link Parquet files, which are replaced but never changed, and copy all others."""
    if source.endswith(".parquet"):
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copy2(source, target)


def _registration(store: Any, completed: str) -> pa.Table:
    """Return the row that says which registration the online store has; "" while its rows change."""
    return pa.table({views.PROJECT: [store.project], views.COMPLETED: [completed]})
