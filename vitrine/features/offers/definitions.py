"""Feast's entity, push source and feature view of the offers."""

from typing import Any, Final

from vitrine.features import views
from vitrine.features.entities import entity
from vitrine.features.offers.attributes import Attributes

PUSH_SOURCE: Final = "product_offer_updates"


def offer_definitions(attributes: Attributes) -> list[Any]:
    """Return the Feast objects in the order of their dependencies. Paths are relative to the repository."""
    from feast import FeatureView, Field, FileSource, PushSource
    from feast.types import Float64, Int64, String

    types = {"number": Float64, "integer": Int64, "flag": Int64, "text": String}
    product = entity("product")
    files = FileSource(
        name=f"{views.PRODUCT_OFFER}_files",
        path=f"{views.OFFLINE}/{views.PRODUCT_OFFER}",
        timestamp_field=views.EVENT_TIME,
    )
    view = FeatureView(
        name=views.PRODUCT_OFFER,
        entities=[product],
        schema=[Field(name=name, dtype=types[kind]) for name, kind in attributes.kinds.items()],
        source=PushSource(name=PUSH_SOURCE, batch_source=files),
        online=True,
        description="Price, stock and other attributes that change between runs.",
    )
    return [product, view]
