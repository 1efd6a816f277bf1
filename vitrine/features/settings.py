"""Settings of the feature store, from which Feast's `feature_store.yaml` is written."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from vitrine.settings import Section

REGISTRY: Final = "registry.db"
"""The registry's file in the directory of the feature store."""
KEY_VERSION: Final = 3
"""The version of Feast's encoding of entity keys."""
PROJECT_NAME: Final = r"^[A-Za-z][A-Za-z0-9_]*$"
"""The pattern of Feast's project names."""


class SqliteStore(Section):
    """An SQLite file in the directory of the feature store. It supports lookups by key but no vector search."""

    type: Literal["sqlite"] = "sqlite"

    def feast(self, dimension: int) -> dict[str, Any]:
        """Return Feast's `online_store` section."""
        return {"type": "sqlite", "path": "online_store.db"}


class MilvusStore(Section):
    """Milvus: a cluster if `uri` is given, else Milvus Lite with a file in the directory of the feature store."""

    type: Literal["milvus"] = "milvus"
    uri: str | None = None
    token: str | None = None

    def feast(self, dimension: int) -> dict[str, Any]:
        """Return Feast's `online_store` section."""
        section = {"type": "milvus", "embedding_dim": dimension, "vector_enabled": True, "metric_type": "COSINE"}
        section["enable_openai_compatible_store"] = True  # numbers are stored as numbers, which filters compare
        if self.uri is None:
            return {**section, "path": "online_store.db", "index_type": "FLAT"}
        return {**section, "uri": self.uri, "token": self.token, "index_type": "AUTOINDEX"}


class RedisStore(Section):
    """Redis or a Redis cluster. It supports lookups by key but no vector search."""

    type: Literal["redis"] = "redis"
    connection_string: str = "localhost:6379"
    cluster: bool = False

    def feast(self, dimension: int) -> dict[str, Any]:
        """Return Feast's `online_store` section."""
        kind = "redis_cluster" if self.cluster else "redis"
        return {"type": "redis", "redis_type": kind, "connection_string": self.connection_string}


OnlineStore = Annotated[SqliteStore | MilvusStore | RedisStore, Field(discriminator="type")]


class FeatureSettings(Section):
    """Settings of the feature store.

    Attributes:
        project: Feast's project name. Catalogues that share a server need different names.
        online: The online store. SQLite needs no server; Milvus also searches vectors; Redis can be shared.
    """

    project: str = Field(default="vitrine", pattern=PROJECT_NAME)
    online: OnlineStore = SqliteStore()

    @property
    def filters(self) -> bool:
        """True if the online store filters while it searches, as Milvus does, and has columns for that."""
        return self.online.type == "milvus"

    def feature_store(self, dimension: int) -> dict[str, Any]:
        """Return the content of `feature_store.yaml`, with paths relative to the file.

        Args:
            dimension: The length of the vectors.
        """
        return feast_config(self.project, self.online.feast(dimension))


def feast_config(project: str, online_store: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a `feature_store.yaml`, with paths relative to the file."""
    return {
        "project": project,
        "provider": "local",
        "registry": REGISTRY,
        "offline_store": {"type": "file"},
        "online_store": online_store,
        "entity_key_serialization_version": KEY_VERSION,
    }
