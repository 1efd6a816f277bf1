"""Apply the definitions to a Feast registry and fill the online store."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from vitrine.features.offline import Embeddings, write_offline
from vitrine.features.settings import FeatureSettings
from vitrine.features.store import open_store, quiet, told
from vitrine.features.views import CONFIG, SUMMARY

Define = Callable[[int], Sequence[Any]]
"""From the vectors' length to Feast's entities, feature views and services."""


@dataclass(frozen=True)
class Registration:
    """What was registered.

    Attributes:
        online_store: The kind of online store.
        dimension: The length of the vectors.
        rows: How many rows each feature view got.
        event_time: The rows' time, ISO 8601.
        seconds: How long it took to write, apply and materialize.
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
    """Make `directory` a Feast repository of these embeddings: offline files, registry, filled online store.

    Registering again in the same directory keeps the offline history and puts the new vectors online. Products that
    are gone by then keep their last vectors there; a fresh directory has none of them.

    Args:
        embeddings: The tables to register.
        directory: The repository. It can be moved: paths in its `feature_store.yaml` are relative to itself.
        settings: Which online store to fill.
        define: The definitions to apply, such as `feature_repo.definitions.definitions`.
        now: The event time of the rows, with a time zone; by default the present.

    Returns:
        What `summary.json` in `directory` says, too.

    Raises:
        FeatureStoreError: The online store cannot be reached or fails.
    """
    begun = time.perf_counter()
    now = now or datetime.now(UTC)
    directory.mkdir(parents=True, exist_ok=True)
    rows = write_offline(embeddings, directory, now)
    config = settings.feature_store(embeddings.dimension)
    (directory / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    with quiet(), open_store(directory) as store, told(store, directory):
        store.apply(list(define(embeddings.dimension)))
        moment = timedelta(seconds=1)
        store.materialize(start_date=now - moment, end_date=now + moment)
    registration = Registration(
        settings.online.type, embeddings.dimension, rows, now.isoformat(), round(time.perf_counter() - begun, 3)
    )
    (directory / SUMMARY).write_text(json.dumps(asdict(registration), indent=2) + "\n", encoding="utf-8")
    return registration
