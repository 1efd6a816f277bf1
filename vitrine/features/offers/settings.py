"""Settings of the store of offers."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field

from vitrine.features import views
from vitrine.features.settings import PROJECT_NAME, RedisStore, SqliteStore, feast_config
from vitrine.settings import Section


class OfferSettings(Section):
    """Settings of the store of offers, used when the first update makes it.

    Attributes:
        project: Feast's project name. Catalogues that share a Redis need different names.
        online: The online store: a file beside the served versions, or a Redis.
    """

    project: str = Field(default="vitrine", pattern=PROJECT_NAME)
    online: Annotated[SqliteStore | RedisStore, Field(discriminator="type")] = SqliteStore()

    def feature_store(self) -> dict[str, Any]:
        """Return the content of `feature_store.yaml`, with paths relative to the file."""
        return feast_config(self.project, self.online.feast(dimension=0))


def read_offer_settings(directory: Path) -> OfferSettings:
    """Return the settings that the store in `directory` was made with."""
    config = yaml.safe_load((directory / views.CONFIG).read_text(encoding="utf-8"))
    online = config["online_store"]
    store = (
        RedisStore(connection_string=online["connection_string"], cluster=online["redis_type"] == "redis_cluster")
        if online["type"] == "redis"
        else SqliteStore()
    )
    return OfferSettings(project=config["project"], online=store)
