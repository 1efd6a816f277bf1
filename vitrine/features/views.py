"""Names of the feature views, and the vector and columns of each. `feature_repo` defines them for Feast."""

from typing import Final

from vitrine.data import columns

QUERY_TEXT: Final = "query_text"
PRODUCT_TEXT: Final = "product_text"
PRODUCT_IMAGE: Final = "product_image"
PRODUCT_ATTRIBUTES: Final = "product_attributes"
REGISTRATION: Final = "registration"
"""The view that says which registration the online store has in whole."""
PRODUCT_OFFER: Final = "product_offer"
"""The view of the attributes that change between runs. It is in a store of its own (`vitrine.features.offers`)."""

VECTORS: Final = {
    QUERY_TEXT: columns.QUERY_VECTOR,
    PRODUCT_TEXT: columns.TEXT_VECTOR,
    PRODUCT_IMAGE: columns.IMAGE_VECTOR,
}
"""The vector of each view that has one. An online store searches one vector per view."""

ENTITY_IDS: Final = {
    QUERY_TEXT: columns.QUERY_ID,
    PRODUCT_TEXT: columns.PRODUCT_ID,
    PRODUCT_IMAGE: columns.PRODUCT_ID,
    PRODUCT_ATTRIBUTES: columns.PRODUCT_ID,
}
"""The column that names the entity of each view."""

FLAGS: Final = (columns.HAS_TEXT, columns.HAS_IMAGE)
"""The flags of a product's text and image, 0 or 1, as the classifier reads them."""

PROJECT: Final = "project"
COMPLETED: Final = "completed"
"""The entity and the feature of `REGISTRATION`: Feast's project, and the rows' event time, "" while they change."""

REGISTERED: Final = "registered"
"""The folder of the digests of the rows that the online store has, with one file per view."""
OFFLINE: Final = "offline"
"""The folder of the Parquet files, with one folder per view."""

EVENT_TIME: Final = "event_timestamp"
SUMMARY: Final = "summary.json"
CONFIG: Final = "feature_store.yaml"
"""Files in the directory of a feature store: the summary of the registration, and Feast's configuration."""
