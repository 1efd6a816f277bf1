"""Removal of entities from one view of an online store. Feast 0.67 itself removes only whole views."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from vitrine.features.entity_keys import entity_keys

IDS: Final = 10_000
"""Entities of one removal, which bounds memory."""


def remove_entities(store: Any, view: str, ids: Sequence[str]) -> None:
    """Remove the rows of `ids` from a view in the online store of the `feast.FeatureStore`; unknown ids are ignored.

    The other views of the same entities stay, also in Redis, which has all of them under one key.
    """
    feature_view, config = store.get_feature_view(view), store.config
    remove = _REMOVALS[config.online_store.type]
    for start in range(0, len(ids), IDS):
        keys = entity_keys(view, ids[start : start + IDS])
        remove(store._get_provider().online_store, config, feature_view, keys)


def _remove_from_sqlite(online: Any, config: Any, view: Any, keys: Sequence[bytes]) -> None:
    from feast.infra.online_stores.helpers import compute_table_id
    from feast.infra.online_stores.sqlite import _quote_id

    statement = f"DELETE FROM {_quote_id(compute_table_id(config.project, view))} WHERE entity_key = ?"  # noqa: S608
    with online._get_conn(config) as connection:
        connection.executemany(statement, [(key,) for key in keys])


def _remove_from_milvus(online: Any, config: Any, view: Any, keys: Sequence[bytes]) -> None:
    from feast.infra.online_stores.helpers import compute_table_id

    online._connect(config).delete(compute_table_id(config.project, view), ids=[key.hex() for key in keys])


def _remove_from_redis(online: Any, config: Any, view: Any, keys: Sequence[bytes]) -> None:
    from feast.infra.online_stores.helpers import _mmh3

    fields = [_mmh3(f"{view.name}:{feature.name}") for feature in view.features]
    with online._get_client(config.online_store).pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hdel(key + config.project.encode(), f"_ts:{view.name}", *fields)
        pipe.execute()


_REMOVALS: Final[Mapping[str, Callable[[Any, Any, Any, Sequence[bytes]], None]]] = {
    "sqlite": _remove_from_sqlite,
    "milvus": _remove_from_milvus,
    "redis": _remove_from_redis,
}
