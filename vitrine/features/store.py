"""Opening and closing of Feast's feature store, and translation of its errors."""

import contextlib
import importlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from vitrine.errors import VitrineError
from vitrine.extras import require_extra
from vitrine.features.views import CONFIG


class FeatureStoreError(VitrineError):
    """Missing feature store, or an online store that cannot be reached."""


@contextlib.contextmanager
def open_store(directory: Path) -> Iterator[Any]:
    """Open the `feast.FeatureStore` in `directory`, and close it afterwards.

    Closing matters, because only one process at a time can open an embedded Milvus.

    Raises:
        FeatureStoreError: There is no feature store in `directory`.
        MissingExtraError: Feast's package for its online store is not installed.
    """
    if not (directory / CONFIG).is_file():
        raise FeatureStoreError(f"{directory}: no {CONFIG} in it; expected what FeatureRegistrar wrote")
    config = yaml.safe_load((directory / CONFIG).read_text(encoding="utf-8"))
    if config["online_store"]["type"] == "milvus":
        require_extra("milvus", f"{directory}: the online store, milvus,", "pymilvus")
    # Feast imports the classes of every store at some point, and those of Milvus emit this warning.
    warnings.filterwarnings("ignore", message='Field name "vector_enabled" in "MilvusOnlineStoreConfig"')
    from feast import FeatureStore

    store = FeatureStore(repo_path=str(directory))
    try:
        yield store
    finally:
        _close(store, directory)


@contextlib.contextmanager
def translated_errors(store: Any, directory: Path) -> Iterator[None]:
    """Raise any exception of a server or an embedded Milvus as a FeatureStoreError of one line.

    Raises:
        FeatureStoreError: The online store of `store` raised something.
    """
    kind = store.config.online_store.type
    try:
        yield
    except Exception as error:
        if kind == "sqlite":
            raise
        reason = " ".join(str(error).split())
        raise FeatureStoreError(f"{directory}: the online store, {kind}, failed: {reason}") from error


@contextlib.contextmanager
def suppressed_output() -> Iterator[None]:
    """Keep Feast's messages and progress bars off the terminal."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _close(store: Any, directory: Path) -> None:
    section = store.config.online_store
    client = getattr(store._get_provider().online_store, "client", None)
    if section.type != "milvus" or client is None:
        return
    client.close()
    if section.path and not section.uri:
        manager = importlib.import_module("milvus_lite.server_manager").server_manager_instance
        manager.release_server(str(directory / section.path))
