"""Keys of entities, as Feast encodes them for online stores."""

from collections.abc import Sequence

from vitrine.features import views
from vitrine.features.settings import KEY_VERSION


def entity_keys(view: str, ids: Sequence[str]) -> list[bytes]:
    """Return the key of each entity of a view."""
    from feast.infra.key_encoding_utils import serialize_entity_key
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    entities = [
        EntityKey(join_keys=[views.ENTITY_IDS[view]], entity_values=[Value(string_val=entity_id)]) for entity_id in ids
    ]
    return [serialize_entity_key(entity, KEY_VERSION) for entity in entities]
