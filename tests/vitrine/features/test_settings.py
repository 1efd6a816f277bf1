import pytest
from pydantic import ValidationError

from vitrine.features.settings import FeatureSettings


def test_sqlite_is_the_default_and_its_path_is_relative() -> None:
    assert FeatureSettings().feature_store(8) == {
        "project": "vitrine",
        "provider": "local",
        "registry": "registry.db",
        "offline_store": {"type": "file"},
        "online_store": {"type": "sqlite", "path": "online_store.db"},
        "entity_key_serialization_version": 3,
    }


def test_milvus_is_embedded_unless_an_address_is_given() -> None:
    embedded = FeatureSettings.model_validate({"online": {"type": "milvus"}}).feature_store(8)["online_store"]
    assert (embedded["path"], embedded["embedding_dim"], embedded["vector_enabled"]) == ("online_store.db", 8, True)
    cluster = {"type": "milvus", "uri": "http://milvus:19530", "token": "${MILVUS_TOKEN}"}
    section = FeatureSettings.model_validate({"online": cluster}).feature_store(8)["online_store"]
    assert (section["uri"], section["token"]) == ("http://milvus:19530", "${MILVUS_TOKEN}")
    assert "path" not in section


def test_redis_may_be_a_cluster() -> None:
    online = {"type": "redis", "connection_string": "redis:6379", "cluster": True}
    section = FeatureSettings.model_validate({"online": online}).feature_store(8)["online_store"]
    assert section == {"type": "redis", "redis_type": "redis_cluster", "connection_string": "redis:6379"}


@pytest.mark.parametrize("online", [{"type": "postgres"}, {"type": "sqlite", "path": "x"}, {}])
def test_unknown_stores_and_keys_are_refused(online: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        FeatureSettings.model_validate({"online": online})
