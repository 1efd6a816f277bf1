"""Feast's entities. Stores that name the same one must define it alike."""

from typing import Any, Final

from vitrine.data import columns
from vitrine.features import views

_ENTITIES: Final = {
    "query": (columns.QUERY_ID, "A search query."),
    "product": (columns.PRODUCT_ID, "A product of the catalogue."),
    "project": (views.PROJECT, "A project of Feast, of which an online store may have several."),
}
"""The column of the ids and the description of each entity."""


def entity(name: str) -> Any:
    """Return `feast.Entity` of that name: `query`, `product` or `project`."""
    from feast import Entity, ValueType

    key, description = _ENTITIES[name]
    return Entity(name=name, join_keys=[key], value_type=ValueType.STRING, description=description)
