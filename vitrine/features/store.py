"""Opening and closing Feast's store, and what goes wrong with it in words."""

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
    """The feature store is not there, or its online store cannot be reached."""


@contextlib.contextmanager
def open_store(directory: Path) -> Iterator[Any]:
    """The `feast.FeatureStore` in `directory`, closed afterwards.

    Closing matters: only one process at a time can have an embedded Milvus open.

    Raises:
        FeatureStoreError: There is no feature store in `directory`.
        MissingExtraError: Feast's package for its online store is not installed.
    """
    if not (directory / CONFIG).is_file():
        raise FeatureStoreError(f"{directory}: no {CONFIG} in it; expected what FeatureRegistrar wrote")
    config = yaml.safe_load((directory / CONFIG).read_text(encoding="utf-8"))
    if config["online_store"]["type"] == "milvus":
        require_extra("milvus", f"{directory}: the online store, milvus,", "pymilvus")
    # Feast imports every store's classes at some point, and Milvus's warn of themselves.
    warnings.filterwarnings("ignore", message='Field name "vector_enabled" in "MilvusOnlineStoreConfig"')
    from feast import FeatureStore

    store = FeatureStore(repo_path=str(directory))
    try:
        yield store
    finally:
        _close(store, directory)


@contextlib.contextmanager
def told(store: Any, directory: Path) -> Iterator[None]:
    """Tell whatever a server or an embedded Milvus raises as one line. Each has exceptions of its own.

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
def quiet() -> Iterator[None]:
    """Keep Feast's prints and bars off the terminal."""
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
