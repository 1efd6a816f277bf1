"""Where features are served from: settings that become Feast's `feature_store.yaml`."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from vitrine.settings import Section

REGISTRY: Final = "registry.db"
"""The registry's file, in the feature store's directory."""


class SqliteStore(Section):
    """An SQLite file in the feature store's directory. Looks up by key; it cannot search vectors."""

    type: Literal["sqlite"] = "sqlite"

    def feast(self, dimension: int) -> dict[str, Any]:
        """Feast's `online_store` section."""
        return {"type": "sqlite", "path": "online_store.db"}


class MilvusStore(Section):
    """Milvus: embedded (Milvus Lite, a file in the feature store's directory), or a cluster when `uri` is given."""

    type: Literal["milvus"] = "milvus"
    uri: str | None = None
    token: str | None = None

    def feast(self, dimension: int) -> dict[str, Any]:
        """Feast's `online_store` section."""
        section = {"type": "milvus", "embedding_dim": dimension, "vector_enabled": True, "metric_type": "COSINE"}
        if self.uri is None:
            return {**section, "path": "online_store.db", "index_type": "FLAT"}
        return {**section, "uri": self.uri, "token": self.token, "index_type": "AUTOINDEX"}


class RedisStore(Section):
    """Redis, or a Redis cluster. Looks up by key; it cannot search vectors."""

    type: Literal["redis"] = "redis"
    connection_string: str = "localhost:6379"
    cluster: bool = False

    def feast(self, dimension: int) -> dict[str, Any]:
        """Feast's `online_store` section."""
        kind = "redis_cluster" if self.cluster else "redis"
        return {"type": "redis", "redis_type": kind, "connection_string": self.connection_string}


OnlineStore = Annotated[SqliteStore | MilvusStore | RedisStore, Field(discriminator="type")]


class FeatureSettings(Section):
    """Settings of the feature store.

    Attributes:
        project: Feast's name for the whole. Catalogues that share a server need one each.
        online: The online store. SQLite needs nothing installed; Milvus also searches vectors; Redis is shared.
    """

    project: str = Field(default="vitrine", pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    online: OnlineStore = SqliteStore()

    def feature_store(self, dimension: int) -> dict[str, Any]:
        """The content of `feature_store.yaml`, its paths relative to the file.

        Args:
            dimension: The length of the vectors.
        """
        return {
            "project": self.project,
            "provider": "local",
            "registry": REGISTRY,
            "offline_store": {"type": "file"},
            "online_store": self.online.feast(dimension),
            "entity_key_serialization_version": 3,
        }
