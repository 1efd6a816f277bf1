"""Names of the feature views, the vector and the columns each holds. `feature_repo` tells Feast what they are."""

from typing import Final

from vitrine.data import columns

QUERY_TEXT: Final = "query_text"
PRODUCT_TEXT: Final = "product_text"
PRODUCT_IMAGE: Final = "product_image"
PRODUCT_ATTRIBUTES: Final = "product_attributes"

VECTORS: Final = {
    QUERY_TEXT: columns.QUERY_VECTOR,
    PRODUCT_TEXT: columns.TEXT_VECTOR,
    PRODUCT_IMAGE: columns.IMAGE_VECTOR,
}
"""The vector of each view that has one. One a view, since an online store searches one a view."""

ENTITY_IDS: Final = {
    QUERY_TEXT: columns.QUERY_ID,
    PRODUCT_TEXT: columns.PRODUCT_ID,
    PRODUCT_IMAGE: columns.PRODUCT_ID,
    PRODUCT_ATTRIBUTES: columns.PRODUCT_ID,
}
"""The column that names the entity of each view."""

FLAGS: Final = (columns.HAS_TEXT, columns.HAS_IMAGE)
"""Which sides a product has, 0 or 1, as the classifier reads them."""

OFFLINE: Final = "offline"
"""The folder of the Parquet files, one folder a view in it."""

EVENT_TIME: Final = "event_timestamp"
SUMMARY: Final = "summary.json"
CONFIG: Final = "feature_store.yaml"
"""Files in a feature store's directory: what was registered, and Feast's own settings."""
