"""Registration of embeddings: apply the definitions to a Feast registry and fill the online store."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from vitrine.features.materialization import materialize
from vitrine.features.offline import Embeddings, write_offline
from vitrine.features.settings import FeatureSettings
from vitrine.features.store import open_store, suppressed_output, translated_errors
from vitrine.features.views import CONFIG, SUMMARY

Define = Callable[[int], Sequence[Any]]
"""A function of the vectors' length that returns Feast's entities, feature views and services."""


@dataclass(frozen=True)
class Registration:
    """Summary of a registration.

    Attributes:
        online_store: The kind of online store.
        dimension: The length of the vectors.
        rows: The number of rows of each feature view.
        event_time: The rows' event time, ISO 8601.
        seconds: The duration of writing, applying and materializing.
    """

    online_store: str
    dimension: int
    rows: dict[str, int]
    event_time: str
    seconds: float


def register(
    embeddings: Embeddings,
    directory: Path,
    settings: FeatureSettings,
    define: Define,
    now: datetime | None = None,
) -> Registration:
    """Create a Feast repository of the embeddings in `directory`: offline files, registry and filled online store.

    A further registration in the same directory keeps the offline history and puts the new vectors online. Products
    that were removed since keep their last vectors there; a fresh directory does not have them.

    Args:
        embeddings: The tables to register.
        directory: The repository. It can be moved: the paths in its `feature_store.yaml` are relative.
        settings: The online store to fill.
        define: The definitions to apply, such as `feature_repo.definitions.definitions`.
        now: The event time of the rows, with a time zone; by default the current time.

    Returns:
        The content of `summary.json` in `directory`.

    Raises:
        FeatureStoreError: The online store cannot be reached or fails.
    """
    begun = time.perf_counter()
    now = now or datetime.now(UTC)
    directory.mkdir(parents=True, exist_ok=True)
    rows = write_offline(embeddings, directory, now)
    config = settings.feature_store(embeddings.dimension)
    (directory / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    with suppressed_output(), open_store(directory) as store, translated_errors(store, directory):
        store.apply(list(define(embeddings.dimension)))
        materialize(store, directory, now)
    registration = Registration(
        settings.online.type, embeddings.dimension, rows, now.isoformat(), round(time.perf_counter() - begun, 3)
    )
    (directory / SUMMARY).write_text(json.dumps(asdict(registration), indent=2) + "\n", encoding="utf-8")
    return registration
